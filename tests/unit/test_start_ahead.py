"""What a start does while it waits for Telegram, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path
from shutil import copy

from sapp_bot.host.lifecycle.importer import PluginImports
from sapp_bot.paths import shipped_plugins
from sapp_bot.start_ahead import read_ahead
from sapp_bot.start_cache import Recent


class RecordingImports(PluginImports):
    """Notes what is compiled ahead."""

    def __init__(self) -> None:
        super().__init__()
        self.compiled: list[str] = []

    def compile(self, path: Path) -> None:
        """Note it, and compile."""
        self.compiled.append(path.name)
        super().compile(path)


async def test_only_what_ships_with_the_bot_is_read_ahead(tmp_path: Path) -> None:
    """A copy of a built-in plugin counts as one; an operator's own file is left to the manager."""
    copy(shipped_plugins() / "start.py", tmp_path)
    (tmp_path / "own.py").write_text("this is no Python")
    imports = RecordingImports()

    await read_ahead(tmp_path, imports, with_ledger=False)

    assert imports.compiled == ["start.py"]


async def test_a_folder_that_is_missing_is_no_error_yet(tmp_path: Path) -> None:
    """The manager says so, with what to do."""
    imports = RecordingImports()

    await read_ahead(tmp_path / "none", imports, with_ledger=False)

    assert imports.compiled == []


async def test_all_that_ships_is_read_ahead() -> None:
    """Every file and every folder."""
    imports = RecordingImports()

    await read_ahead(shipped_plugins(), imports, with_ledger=True)

    assert {"start.py", "auth.py", "__init__.py"} <= set(imports.compiled)


def test_what_was_made_lately_is_made_once() -> None:
    """The least recently used goes first."""
    made: list[str] = []
    recent = Recent[str, str](2)

    def get(key: str) -> str:
        return recent.get(key, lambda: made.append(key) or key.upper())  # type: ignore[func-returns-value]

    assert [get(key) for key in ("a", "b", "a", "c", "a", "b")] == ["A", "B", "A", "C", "A", "B"]
    assert made == ["a", "b", "c", "b"]
