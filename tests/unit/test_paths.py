"""Where the plugins are that run: those of the folder here, those that ship, in either layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.paths import shipped_plugins, usual_plugins
from tests.pages import ROOT


def test_the_folder_here_comes_before_the_built_in_plugins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has plugins of their own in the folder of the start need not say so."""
    monkeypatch.chdir(tmp_path)
    assert usual_plugins() == ROOT / "plugins"
    (tmp_path / "plugins").mkdir()
    assert usual_plugins() == Path("plugins")


def test_a_wheel_has_them_in_the_package(tmp_path: Path) -> None:
    """Beside the package, as in the repository, they are looked for only where it has none."""
    assert shipped_plugins(tmp_path / "sapp_bot") == tmp_path / "plugins"
    inside = tmp_path / "sapp_bot" / "built_in_plugins"
    inside.mkdir(parents=True)
    assert shipped_plugins(tmp_path / "sapp_bot") == inside
