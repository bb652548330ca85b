"""File watcher for hot reload: compares the contents of the plugin folder, and debounces changes.

Polling works on every file system, on network mounts and in containers, where kernel notifications
(inotify) do not. Contents are compared, not times: an edit within the same second and of the same
size is seen, and a file that was only touched is not reloaded.
Not watchfiles: it relies on kernel notifications, its polling compares times, and neither runs on
an injected clock.
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

POLL_S = 0.5
"""Seconds between two polls, and so the debounce too: two polls must see the same change."""

_SEEN = frozenset({".py", ".po"})

Prints = Mapping[Path, bytes]
"""Digest of each plugin's files, by the plugin's path."""

Files = Callable[[], Iterable[Path]]
Apply = Callable[[Iterable[Path], Iterable[Path]], Awaitable[None]]


def fingerprints(files: Files, locales: Path) -> Prints:
    """Return the digests of all plugins and of the shared translations.

    Args:
        files: Returns the plugin files.
        locales: The folder of shared translations.

    Raises:
        PluginError: the plugin folder cannot be read.

    """
    prints = {path: fingerprint(path) for path in files()}
    return {**prints, locales: _digest_folder(locales)}


def fingerprint(path: Path) -> bytes:
    """Return the digest of a plugin's files: its own, or all in its folder."""
    return _digest_folder(path.parent) if path.name == "__init__.py" else _digest_file(path)


def _digest_folder(folder: Path) -> bytes:
    whole = hashlib.blake2b(digest_size=16)
    for path in sorted(folder.rglob("*")):
        if path.suffix in _SEEN and path.is_file():
            whole.update(str(path).encode("utf-8", "surrogateescape") + b"\0" + _digest_file(path))
    return whole.digest()


def _digest_file(path: Path) -> bytes:
    """Return a file's digest; time and size of one that is too large, which is not read."""
    try:
        about = path.stat()
        if about.st_size > LARGEST_BYTES:
            return f"{about.st_mtime_ns} {about.st_size}".encode()
        return hashlib.blake2b(path.read_bytes(), digest_size=16).digest()
    except OSError as error:
        return (error.strerror or "").encode()


class FileWatcher:
    """Poller of the plugin folder.

    Args:
        files: Returns the plugin files.
        locales: The folder of shared translations.
        apply: Called with the changed paths and with those that are gone.
        clock: Times the polls.

    """

    def __init__(self, files: Files, locales: Path, apply: Apply, clock: Clock) -> None:
        self._look = partial(fingerprints, files, locales)
        self._apply = apply
        self._clock = clock
        self._known: Prints = {}
        self._last: Prints = {}
        self._has_warned = False
        self._thread = WorkerThread("watch")

    async def start(self) -> None:
        """Store the current digests as known.

        Call it before the plugins are read: a change while they are read is then seen.
        """
        self._known = self._last = await self._read_digests()

    async def run(self) -> NoReturn:
        """Poll until cancelled."""
        while True:
            await self._clock.sleep(POLL_S)
            await self.look()

    async def look(self, *, at_once: bool = False) -> list[Path]:
        """Poll once, apply what changed, and return the new and changed paths.

        Args:
            at_once: Apply a change at once. Otherwise it is applied when two polls in a row see
                it, as an editor may still be writing the file.

        """
        now = await self._read_digests()
        steady, self._last = at_once or now == self._last, now
        if not steady or now == self._known:
            return []
        changed = [path for path, print_ in now.items() if self._known.get(path) != print_]
        gone = self._known.keys() - now.keys()
        self._known = now
        await self._apply(changed, gone)
        return changed

    async def _read_digests(self) -> Prints:
        try:
            prints = await self._thread.run(self._look)
        except (OSError, PluginError) as error:  # a folder may vanish while it is looked through
            if not self._has_warned:
                log.error("plugins.unseen", reason=str(error))  # noqa: TRY400  # no trace
            self._has_warned = True
            return self._last
        self._has_warned = False
        return prints
