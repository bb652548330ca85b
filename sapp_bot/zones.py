"""Time zones as the pinned `tzdata` has them, whatever the system's own files say.

`zoneinfo` reads the system's files first, and those of a system of last year are wrong today. Here
each zone is read from the package, so nothing is changed for the rest of the process.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z][A-Za-z0-9_+-]*){0,2}")


@lru_cache(maxsize=128)
def read_zone(name: str) -> ZoneInfo | None:
    """Return a time zone by its name in the IANA database ("Europe/Moscow"); None for no name."""
    if not _NAME.fullmatch(name):
        return None
    resource = files("tzdata").joinpath("zoneinfo", *name.split("/"))
    try:
        with resource.open("rb") as file:
            return ZoneInfo.from_file(file, key=name)
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Return the names of all zones, sorted."""
    with files("tzdata").joinpath("zones").open("r", encoding="ascii") as file:
        return tuple(sorted(line.strip() for line in file if line.strip()))
