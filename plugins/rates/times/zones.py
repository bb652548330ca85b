"""Time zones as the pinned `tzdata` has them, whatever the system's own files say.

`zoneinfo` reads the system's files first, and those of a system of last year are wrong today. Here
each zone is read from the package, so nothing is changed for the rest of the process.
"""

import re
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from zoneinfo import ZoneInfo

from sapp_bot import NextStep
from sapp_bot.services import UserError

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z][A-Za-z0-9_+-]*){0,2}")


class UnknownZone(UserError):
    """There is no such time zone."""

    next_steps = (NextStep("rates", "‹ Rates"), NextStep("start", "‹ Home"))

    reply = "“{name}” is no time zone. Please write it as Europe/Moscow."

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


def database_version() -> str:
    """Return the release of the time zone database: "2026.6" is 2026f."""
    return version("tzdata")


@lru_cache(maxsize=128)
def zone(name: str) -> ZoneInfo:
    """Return a time zone by its name in the IANA database: "Europe/Moscow".

    Raises:
        UnknownZone: the database has none of that name.

    """
    if not _KEY.fullmatch(name):
        raise UnknownZone(name)
    resource = files("tzdata").joinpath("zoneinfo", *name.split("/"))
    try:
        with resource.open("rb") as file:
            return ZoneInfo.from_file(file, key=name)
    except (OSError, ValueError) as error:
        raise UnknownZone(name) from error


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Return the names of all zones, sorted."""
    with files("tzdata").joinpath("zones").open("r", encoding="ascii") as file:
        return tuple(sorted(line.strip() for line in file if line.strip()))
