"""File watcher for hot reload: compares the contents of the plugin folder, and debounces changes.

Polling works on every file system, on network mounts and in containers, where kernel notifications
(inotify) do not. Contents are compared, not times: an edit within the same second and of the same
size is seen, and a file that was only touched is not reloaded.
Not watchfiles: it relies on kernel notifications, its polling compares times, and neither runs on
an injected clock.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
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

_SEEN = (".py", ".po")

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
    if path.name == "__init__.py":
        return _digest_folder(path.parent)
    try:
        return _digest_file(str(path), os.stat(path))  # noqa: PTH116  # see _digest_folder
    except OSError as error:
        return _said(error)


def _digest_folder(folder: Path) -> bytes:
    # Paths as texts, without pathlib, which took two thirds of a look: there are two a second.
    whole = hashlib.blake2b(digest_size=16)
    for path in sorted(_files_below(str(folder))):
        try:
            about = os.stat(path)  # noqa: PTH116  # as above
            if not stat.S_ISREG(about.st_mode):
                continue  # to read a pipe would wait
            digest = _digest_file(path, about)
        except FileNotFoundError:
            continue
        except OSError as error:
            digest = _said(error)
        whole.update(os.fsencode(path) + b"\0" + digest)
    return whole.digest()


def _files_below(folder: str) -> Iterator[str]:
    """Yield the paths of what is looked at in a folder; none where the folder cannot be read."""
    for place, _, names in os.walk(folder):
        yield from (os.path.join(place, n) for n in names if n.endswith(_SEEN))  # noqa: PTH118  # as above


def _digest_file(path: str, about: os.stat_result) -> bytes:
    """Return a file's digest; time and size of one that is too large, which is not read.

    Raises:
        OSError: it cannot be read.

    """
    if about.st_size > LARGEST_BYTES:
        return f"{about.st_mtime_ns} {about.st_size}".encode()
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123  # as above
        return hashlib.blake2b(file.read(), digest_size=16).digest()


def _said(error: OSError) -> bytes:
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
