"""Keeps for the next start what a start makes of source files: code of plugins, catalogues.

One file in the data folder, with what the last start used and nothing else. An entry's name is a
digest of all that it was made from, so it cannot be stale as a .pyc can, which counts as fresh by
time and size. As code is run from it, the file is believed only when nobody else could have
written it: it must be this user's, closed to all others, and signed with the bot's secret key;
who can merely write into the folder cannot make the bot run anything. In doubt it is ignored, and
the start makes all anew.
"""

from __future__ import annotations

import importlib.util
import logging
import marshal
import os
import stat
import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from .domain.ports import Signer

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

log = structlog.get_logger(__name__)

LARGEST_BYTES = 32_000_000
"""Size from which the file is neither read nor written; the built-in plugins need 1,000,000."""

_TAG_BYTES = sha256().digest_size
_PYTHON = (
    importlib.util.MAGIC_NUMBER + f"{sys.implementation.cache_tag}-{sys.flags.optimize}".encode()
)
_HEAD = b"sapp-bot start cache 1\0" + _PYTHON + b"\0"
"""Begins what is signed: no other signed text of the bot, and no code of another Python, can pass
for a cache of this one."""


class _Unusable(Exception):
    """The file is not believed; the text says why."""

    level = logging.DEBUG
    """Level of the line in the log. Most of these come with an update, and mend themselves."""


class _NotPrivate(_Unusable):
    """Others than the bot's user may have written the file."""

    level = logging.WARNING


class _NotSigned(_Unusable):
    """The file is not what somebody with the key has written."""

    level = logging.INFO


def start_cache_path(folder: Path) -> Path:
    """Return where the cache is in the bot's data folder."""
    return folder / "start_cache"


class StartCache:
    """Cache of what starts make of source files; without a path it keeps nothing.

    It gives what the start before has kept, until `save`: from then on, nothing is kept.

    Args:
        path: The file.
        signer: Signs the file, and verifies it.

    """

    def __init__(self, path: Path | None = None, signer: Signer | None = None) -> None:
        self._place = (path, signer) if path is not None and signer is not None else None
        self._read: Mapping[str, bytes] = {}
        self._used: dict[str, bytes] = {}

    def open(self) -> None:
        """Read the file; one that is missing or not to be believed is an empty one."""
        if self._place is None:
            return
        try:
            self._read = _read(*self._place)
        except FileNotFoundError:
            log.debug("start_cache.none")
        except OSError as error:
            log.debug("start_cache.unused", reason=str(error))
        except _Unusable as error:
            log.log(error.level, "start_cache.unused", reason=str(error))

    def get(self, kind: str, source: bytes, about: str = "") -> bytes | None:
        """Return what was kept; None if there is nothing.

        Args:
            kind: What it is, and the version of its form: "code 1".
            source: Content of the file that it was made from.
            about: What else it was made from.

        """
        name = _name(kind, source, about)
        found = self._read.get(name)
        if found is not None:
            self._used[name] = found
        return found

    def keep(self, kind: str, source: bytes, made: bytes, about: str = "") -> None:
        """Keep what was made, for the next start; takes what `get` takes."""
        if self._place is not None:
            self._used[_name(kind, source, about)] = made

    def save(self, *, whole: bool = True) -> None:
        """Write what this start has used, if it is not what the file has; frees the memory.

        Args:
            whole: Whether it has used all that the next one may need. If not, as in safe mode,
                the file stays as it is.

        """
        place, read, used = self._place, self._read, self._used
        self._place, self._read, self._used = None, {}, {}
        if place is None or not whole or read.keys() == used.keys():
            return
        try:
            _write(*place, used)
        except (OSError, _Unusable) as error:
            log.debug("start_cache.unwritten", reason=str(error))


NO_CACHE = StartCache()


class Recent(Generic[K, V]):
    """What this process has made lately, for whichever start: `lru_cache` by a key that is given.

    Args:
        most: How many results are remembered.

    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Return what was made for a key, or make it; two threads may both make the same."""
        found = self._made.pop(key, None)
        made = make() if found is None else found
        self._made[key] = made
        while len(self._made) > self._most:
            self._made.popitem(last=False)
        return made


def _name(kind: str, source: bytes, about: str) -> str:
    return f"{kind} {sha256(source).hexdigest()} {about}"


def _read(path: Path, signer: Signer) -> Mapping[str, bytes]:
    """Return the entries of a file.

    Raises:
        OSError: it cannot be read, or is a symbolic link.
        _Unusable: it is not to be believed, or of another version.

    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(file.fileno())
        is_private = about.st_uid == os.geteuid() and not about.st_mode & 0o077
        if not stat.S_ISREG(about.st_mode) or not is_private:
            raise _NotPrivate(f"others may have written {path}: it is not private to this user")
        if about.st_size > LARGEST_BYTES:
            raise _Unusable(f"{path} is too large")
        tag, signed = file.read(_TAG_BYTES), file.read(LARGEST_BYTES)
    if not signer.verify(signed, tag) or len(tag) != _TAG_BYTES:
        raise _NotSigned(f"{path} is damaged, or signed with another key")
    if not signed.startswith(_HEAD):
        raise _Unusable(f"{path} is of another version")
    entries: Mapping[str, bytes] = marshal.loads(memoryview(signed)[len(_HEAD) :])  # noqa: S302  # signed by us
    return entries


def _write(path: Path, signer: Signer, entries: Mapping[str, bytes]) -> None:
    """Replace the file at once.

    Raises:
        OSError: it cannot be written.
        _Unusable: it would be too large.

    """
    signed = _HEAD + marshal.dumps(dict(entries))
    if _TAG_BYTES + len(signed) > LARGEST_BYTES:
        raise _Unusable(f"{path} would be too large")
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)  # whatever lies there, it is not written into
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(signer.sign(signed) + signed)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
