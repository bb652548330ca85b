"""The folder is looked at again and again; what changed counts once it stands still."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sapp_bot.host.lifecycle.importer import LARGEST_BYTES
from sapp_bot.host.lifecycle.loader import find_plugins
from sapp_bot.host.lifecycle.watcher import POLL_S, FileWatcher
from sapp_bot.testing import ManualClock
from tests.host.live import GREET, write


class Notes:
    """Takes down what was found."""

    def __init__(self) -> None:
        self.found: list[tuple[list[str], list[str]]] = []

    async def apply(self, changed: Iterable[Path], gone: Iterable[Path] = ()) -> None:
        """Note a change."""
        self.found.append((sorted(p.name for p in changed), sorted(p.name for p in gone)))


class Looking:
    """A watch on a folder, and its notes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes = Notes()
        self.clock = ManualClock()
        files = lambda: find_plugins(folder)  # noqa: E731  # one line is enough
        self.watch = FileWatcher(files, folder / "locales", self.notes.apply, self.clock)

    async def twice(self) -> list[tuple[list[str], list[str]]]:
        """Look two times; gives what was found since the last call."""
        await self.watch.look()
        await self.watch.look()
        found, self.notes.found = self.notes.found, []
        return found


@pytest.fixture
async def looking(tmp_path: Path) -> Looking:
    """Watch a folder with one plugin."""
    write(tmp_path, "greet", GREET)
    looking = Looking(tmp_path)
    await looking.watch.start()
    return looking


class Vanishing:
    """A folder that goes away while it is looked through."""

    def __init__(self) -> None:
        self.is_gone = False

    def __call__(self) -> Iterable[Path]:
        """List nothing, or fail."""
        if self.is_gone:
            raise FileNotFoundError("a folder")
        return []


async def test_a_folder_that_vanishes_ends_nothing(tmp_path: Path) -> None:
    """What cannot be looked through is told once, and nothing counts as changed."""
    files, notes = Vanishing(), Notes()
    watch = FileWatcher(files, tmp_path / "locales", notes.apply, ManualClock())
    await watch.start()
    files.is_gone = True
    with capture_logs() as logs:
        await watch.look()
        await watch.look()

    assert [entry["event"] for entry in logs] == ["plugins.unseen"]
    assert notes.found == []


async def test_all_looks_share_one_thread(tmp_path: Path) -> None:
    """No thread is started twice a second for ever: each look is made by the first one's."""
    used = set()

    def files() -> Iterable[Path]:
        used.add(threading.current_thread())
        return []

    watch = FileWatcher(files, tmp_path / "locales", Notes().apply, ManualClock())
    await watch.start()
    await watch.look()
    await watch.look()

    assert [thread.name for thread in used] == ["watch"]


async def test_nothing_new_is_nothing(looking: Looking) -> None:
    """What was there at the start is no change."""
    assert await looking.twice() == []


async def test_a_change_counts_when_it_stands_still(looking: Looking) -> None:
    """While somebody is still writing, nothing happens."""
    write(looking.folder, "greet", GREET + "# half")
    await looking.watch.look()
    write(looking.folder, "greet", GREET + "# whole")
    await looking.watch.look()
    assert looking.notes.found == []
    await looking.watch.look()

    assert looking.notes.found == [(["greet.py"], [])]


async def test_new_and_deleted_files_are_found(looking: Looking) -> None:
    """Each once."""
    write(looking.folder, "other", GREET)
    assert await looking.twice() == [(["other.py"], [])]
    (looking.folder / "greet.py").unlink()

    assert await looking.twice() == [([], ["greet.py"])]


async def test_the_same_times_and_size_hide_nothing(looking: Looking) -> None:
    """The content decides: an edit of the same size, with its old times put back, is seen."""
    path = looking.folder / "greet.py"
    about = path.stat()
    write(looking.folder, "greet", GREET.replace("one", "two"))
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))

    assert await looking.twice() == [(["greet.py"], [])]


async def test_a_touch_is_no_change(looking: Looking) -> None:
    """A new time on an old text reloads nothing."""
    os.utime(looking.folder / "greet.py", (1, 1))

    assert await looking.twice() == []


async def test_a_package_changes_with_its_modules(looking: Looking) -> None:
    """A module below, and a translation, belong to the plugin; other files do not."""
    package = looking.folder / "pack"
    (package / "locales").mkdir(parents=True)
    (package / "__init__.py").write_text(GREET)
    await looking.twice()
    (package / "deep.py").write_text("x = 1")
    assert await looking.twice() == [(["__init__.py"], [])]
    (package / "locales" / "ru.po").write_text("")
    assert await looking.twice() == [(["__init__.py"], [])]
    (package / "README.md").write_text("hello")

    assert await looking.twice() == []


async def test_shared_translations_are_watched(looking: Looking) -> None:
    """A change of theirs is told under the name of their folder."""
    (looking.folder / "locales").mkdir()
    await looking.twice()
    (looking.folder / "locales" / "ru.po").write_text("")

    assert await looking.twice() == [(["locales"], [])]


async def test_a_large_file_is_not_read_again_and_again(looking: Looking) -> None:
    """Of what is too large to be a plugin, size and time are enough."""
    path = looking.folder / "large.py"
    path.write_bytes(b"#" * (LARGEST_BYTES + 1))
    assert await looking.twice() == [(["large.py"], [])]
    assert await looking.twice() == []


async def test_a_folder_that_is_away_changes_nothing(looking: Looking) -> None:
    """When the folder cannot be read, the plugins stay as they are."""
    away = looking.folder.with_name("away")
    looking.folder.rename(away)
    assert await looking.twice() == []
    away.rename(looking.folder)

    assert await looking.twice() == []


async def test_it_looks_by_itself(looking: Looking) -> None:
    """Every half second, without being asked."""
    watching = asyncio.create_task(looking.watch.run())
    write(looking.folder, "greet", GREET + "# new")
    async with asyncio.timeout(10):
        while not looking.notes.found:
            await looking.clock.advance(POLL_S)
    watching.cancel()
    await asyncio.wait([watching])

    assert looking.notes.found == [(["greet.py"], [])]
