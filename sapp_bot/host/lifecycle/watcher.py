"""File watcher for hot reload: sees by content that the plugin folder changed, and debounces it.

Looking every half second works on every file system, over networks and in containers, where
notices of the kernel do not. Contents are compared, not times: an edit within the same second, of
the same size, is seen, and a file that was only touched is left alone.
Not watchfiles: it relies on those notices, its polling compares times, and both bring a clock of
their own, which no test can turn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import NoReturn

import structlog

from sapp_bot.domain.ports import Clock
from sapp_bot.errors import PluginError
from sapp_bot.host.runtime.threads import WorkerThread

from .importer import LARGEST_BYTES

log = structlog.get_logger(__name__)

EVERY_S = 0.5
"""Between two looks, and so the debounce too: a change counts when two looks see the same."""

_SEEN = frozenset({".py", ".po"})

Prints = Mapping[Path, bytes]
"""A digest of each plugin's files, by its path."""

Files = Callable[[], Iterable[Path]]
Apply = Callable[[Iterable[Path], Iterable[Path]], Awaitable[None]]


def fingerprints(files: Files, locales: Path) -> Prints:
    """Take the prints of all plugins as they are now, and of the shared translations.

    Raises:
        PluginError: the folder cannot be read.

    """
    prints = {path: _print(path) for path in files()}
    return {**prints, locales: _print_folder(locales)}


def _print(path: Path) -> bytes:
    return _print_folder(path.parent) if path.name == "__init__.py" else _print_file(path)


def _print_folder(folder: Path) -> bytes:
    whole = hashlib.blake2b(digest_size=16)
    for path in sorted(folder.rglob("*")):
        if path.suffix in _SEEN and path.is_file():
            whole.update(str(path).encode("utf-8", "surrogateescape") + b"\0" + _print_file(path))
    return whole.digest()


def _print_file(path: Path) -> bytes:
    """Digest a file; of one that is too large to be a plugin only what the folder says of it."""
    try:
        about = path.stat()
        if about.st_size > LARGEST_BYTES:
            return f"{about.st_mtime_ns} {about.st_size}".encode()
        return hashlib.blake2b(path.read_bytes(), digest_size=16).digest()
    except OSError as error:
        return (error.strerror or "").encode()


class FileWatcher:
    """Looks at the folder again and again, and tells what changed once it stands still."""

    def __init__(self, files: Files, locales: Path, apply: Apply, clock: Clock) -> None:
        self._look = partial(fingerprints, files, locales)
        self._apply = apply
        self._clock = clock
        self._known: Prints = {}
        self._last: Prints = {}
        self._complained = False
        self._thread = WorkerThread("watch")

    async def start(self) -> None:
        """Take the folder as it is now for known. Called before it is read."""
        self._known = self._last = await self._prints()

    async def run(self) -> NoReturn:
        """Look for ever."""
        while True:
            await self._clock.sleep(EVERY_S)
            await self.look()

    async def look(self, *, at_once: bool = False) -> list[Path]:
        """Look once; gives what was found to be new or changed.

        Changes are debounced: one counts when it is found twice, unmoved, as an editor may still be
        writing. `at_once` leaves the debounce out.
        """
        now = await self._prints()
        steady, self._last = at_once or now == self._last, now
        if not steady or now == self._known:
            return []
        changed = [path for path, print_ in now.items() if self._known.get(path) != print_]
        gone = self._known.keys() - now.keys()
        self._known = now
        await self._apply(changed, gone)
        return changed

    async def _prints(self) -> Prints:
        try:
            prints = await self._thread.run(self._look)
        except (OSError, PluginError) as error:  # a folder may vanish while it is looked through
            if not self._complained:
                log.error("plugins.unseen", reason=str(error))  # noqa: TRY400  # no trace
            self._complained = True
            return self._last
        self._complained = False
        return prints
