"""Secrets from files: `NAME_FILE` names the file that holds `NAME`, as Docker secrets come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

SUFFIX = "_FILE"


def read_secret_files(
    variables: Mapping[str, str], names: Iterable[str]
) -> tuple[dict[str, str], list[str]]:
    """Return the secrets that stand in files, and what is wrong with those that cannot be read.

    Args:
        variables: The environment; names in capitals.
        names: The settings that may stand in a file; in capitals.

    """
    found: dict[str, str] = {}
    wrong: list[str] = []
    for name in names:
        path = variables.get(name + SUFFIX, "").strip()
        if not path:
            continue
        if variables.get(name, "").strip():
            wrong.append(f"{name} is set, and {name}{SUFFIX}, too: keep one")
            continue
        try:
            found[name] = Path(path).expanduser().read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError, RuntimeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
            wrong.append(f"{name}{SUFFIX} names {path}, which cannot be read: {why}")
            continue
        if not found[name]:
            wrong.append(f"{name}{SUFFIX} names {path}, which is empty")
    return found, wrong
