"""The journal of plugins at work: what one process leaves, the next one knows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sapp_bot.errors import NotReady, PluginError
from sapp_bot.host.runtime.work_journal import SUSPECT_WAIT_S, Work, WorkJournal


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """Write a plugin's file."""
    path = tmp_path / "deadly.py"
    path.write_text("")
    return path


def opened(folder: Path) -> WorkJournal:
    """Open the journal as a new process does."""
    journal = WorkJournal(folder / "at_work.json")
    journal.open()
    return journal


def dies(folder: Path, plugin: Path, work: Work) -> None:
    """Let a process end while a plugin is at work."""
    journal = opened(folder)
    for _ in range(2):  # the second try is the one after all others are loaded
        try:
            journal.check("deadly", plugin)
        except NotReady:
            continue
        break
    file = folder / "at_work.json"
    with journal.during("deadly", work):
        left = file.read_bytes()
    file.write_bytes(left)


@pytest.mark.parametrize("work", ["import", "lifespan"])
def test_what_ended_a_process_is_loaded_last_then_never(
    tmp_path: Path, plugin: Path, work: Work
) -> None:
    """After one end it waits for all others, after two an operator or a new file is needed."""
    dies(tmp_path, plugin, work)
    second = opened(tmp_path)
    with pytest.raises(NotReady, match="loaded last"):
        second.check("deadly", plugin)
    second.check("other", plugin)
    dies(tmp_path, plugin, work)
    third = opened(tmp_path)

    for _ in range(2):
        with pytest.raises(PluginError, match=r"ended 2 times.*/plugin reload deadly"):
            third.check("deadly", plugin)
    third.forgive("deadly")
    third.check("deadly", plugin)


def test_a_timer_waits_and_its_plugin_does_not(tmp_path: Path, plugin: Path) -> None:
    """Only the timers of the plugin come later; others' do not."""
    dies(tmp_path, plugin, "timer")
    second = opened(tmp_path)
    second.check("deadly", plugin)

    assert second.wait_s("deadly") == SUSPECT_WAIT_S
    assert second.wait_s("other") == 0


def test_work_that_ends_is_forgotten(tmp_path: Path, plugin: Path) -> None:
    """A process that ended beside it by chance, as by kill -9, leaves nothing for ever."""
    dies(tmp_path, plugin, "timer")
    second = opened(tmp_path)
    second.check("deadly", plugin)
    with second.during("deadly", "timer"):
        pass

    assert opened(tmp_path).wait_s("deadly") == 0


def test_a_changed_file_is_another_version(tmp_path: Path, plugin: Path) -> None:
    """A mended plugin is loaded at once."""
    for _ in range(2):
        dies(tmp_path, plugin, "lifespan")
    os.utime(plugin, (1, 1))

    opened(tmp_path).check("deadly", plugin)


@pytest.mark.parametrize("text", ["", "[]", '{"at_work": 3}', '{"ends": {"a": []}}', "\udc80"])
def test_a_journal_that_cannot_be_read_is_empty(tmp_path: Path, plugin: Path, text: str) -> None:
    """Nothing in the file keeps the bot from its start."""
    (tmp_path / "at_work.json").write_bytes(text.encode("utf-8", "surrogatepass"))

    opened(tmp_path).check("deadly", plugin)


def test_a_disk_that_takes_nothing_stops_no_plugin(tmp_path: Path, plugin: Path) -> None:
    """What cannot be noted is done all the same."""
    journal = WorkJournal(tmp_path / "no folder" / "at_work.json")
    journal.open()
    journal.check("deadly", plugin)
    with journal.during("deadly", "timer"):
        pass


def test_what_ships_with_the_bot_is_not_noted_while_it_is_imported(tmp_path: Path) -> None:
    """It is no suspect, and to write the file twice for each would hold up every start."""
    journal = opened(tmp_path)
    with journal.during("start", "import", trusted=True):
        assert not (tmp_path / "at_work.json").exists()
