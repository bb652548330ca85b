"""Gives each worker on a machine a folder of its own, the same one after a restart."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from sapp_bot.errors import ConfigError
from sapp_bot.observability.heartbeat import heartbeat_path


def workers_folder(data: Path) -> Path:
    """Return where the folders of the workers are."""
    return data / "workers"


def folders_in_use(data: Path) -> list[Path]:
    """Return the folders of the workers that live, or have ended without a word."""
    found = workers_folder(data).glob("*")
    return sorted(folder for folder in found if heartbeat_path(folder).exists())


@contextmanager
def own_folder(data: Path) -> Iterator[Path]:
    """Take the first folder below `data` that no living worker has, until the block ends.

    Raises:
        ConfigError: none can be made.

    """
    for number in count(1):
        folder = workers_folder(data) / str(number)
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = (folder / "lock").open("w")
        except OSError as error:
            raise ConfigError(f"SAPP_DATA: {folder} cannot be used: {error.strerror}") from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield folder
            return
