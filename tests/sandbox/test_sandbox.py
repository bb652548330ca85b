"""The whole sandbox around a bare Telethon bot, as a process of its own."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from sapp_bot.sandbox.arguments import add_arguments
from sapp_bot.sandbox.cli import EXIT_UNMET, sandbox
from sapp_bot.sandbox.console.player import BotEnded
from sapp_bot.sandbox.console.record import ChatRecord
from sapp_bot.sandbox.console.stage import SandboxProcesses
from tests.forked import ForkedBot, ready_to_fork

ECHO = (sys.executable, str(Path(__file__).with_name("echo_bot.py")))


async def play(folder: Path, *lines: str, command: Sequence[str] = ECHO) -> int:
    """Play a script with the sandbox; gives its exit code."""
    script = folder / "script.txt"
    script.write_text("\n".join(lines))
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    arguments = parser.parse_args(["--script", str(script), "--log", str(folder / "bot.log")])
    await ready_to_fork()
    return await sandbox(arguments, os.environ, command=command, process=ForkedBot)


async def test_transcript_of_a_talk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Texts, buttons, pop-ups, edits, deletions, media and spoilers are printed as they stand."""
    code = await play(
        tmp_path,
        *(":set SAPP_SUPPORT @me", "setting SAPP_SUPPORT", "secret hunter2", ":expect (deleted)"),
        *("buttons", ":2", ":expect you pressed world", "hidden abc", ":expect ||abc||"),
        *("changing", "gone", ":photo", ":sticker", "hi", ":edit ho", "::x"),
    )

    assert code == 0
    assert capsys.readouterr().out.splitlines() == [
        *("anna: setting SAPP_SUPPORT", "bot: SAPP_SUPPORT=@me"),
        *("anna: (deleted)", "bot: I keep it."),
        *("anna: buttons", "bot: Press one.", "     [1] Hello   [2] World"),
        *("anna presses [World]", "bot (pops up): you pressed world"),
        *("bot (edits): pressed world", "     [1] Hello   [2] World"),
        *("anna: hidden abc", "bot: 🔑 ||abc||"),
        *("anna: changing", "bot: before", "bot (edits): after"),
        *("anna: gone", "bot: (deleted)"),
        *("anna: (photo)", "bot: echo: media", "anna: (sticker)", "bot: echo: media"),
        *("anna: hi", "bot: echo: hi", "anna (edits): ho", "bot: echo: ho"),
        *("anna: :x", "bot: echo: :x", "-- the end; expectations met: 3"),
    ]


async def test_talk_goes_on_over_a_restart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`:restart` kills the bot and returns when the new process listens, menu or not."""
    code = await play(
        tmp_path,
        *("one", ":as bob ru", "two", ":restart", "three", ":expect echo: three"),
        *(":as anna", "four", ":expect echo: four", ":never echo: one"),
        command=(*ECHO, "without menu"),
    )

    assert code == 0
    assert "-- the bot was killed and is ready again" in capsys.readouterr().out


async def test_the_clock_goes_forward_and_stays_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each `:clock` adds to the ones before it, over a crash as well; rates can be moved."""
    code = await play(
        tmp_path,
        *(":clock +1h", ":clock 30m", ":restart", "arguments"),
        *(":expect started with --clock-ahead 5400", ":rates EUR 0.8", ":timer tea.boil"),
        *("secret", ":never /plugin run tea.boil"),
    )

    assert code == 0
    out = capsys.readouterr().out
    assert "-- the bot is ready again, 1800 s later" in out
    assert "operator: /plugin run tea.boil\nbot to operator: echo: /plugin run tea.boil" in out


async def test_what_cannot_be_moved_gives_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A currency that the API does not have, by its line."""
    assert await play(tmp_path, "hello", ":rates QQQ 2") == EXIT_UNMET
    assert "line 2: the SAPP API has no rate of QQQ in USD" in capsys.readouterr().err


@pytest.mark.long
async def test_unmet_expectation_gives_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Line, what was expected and what came go to standard error."""
    code = await play(tmp_path, "hello", ":never hello")

    assert code == 1
    error = capsys.readouterr().err
    assert "script.txt, line 2: 'hello' should not have come" in error
    assert "  bot: echo: hello" in error


async def test_unreadable_line_gives_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line that means nothing is found before anything is started."""
    code = await play(tmp_path, "hello", ":dance", command=("/nowhere",))

    assert code == 2
    assert "script.txt: line 2: there is no :dance" in capsys.readouterr().err


async def test_death_of_the_bot_gives_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bot that ends is told with its exit code, also while it starts, with its last words."""
    assert await play(tmp_path, "hello", "die now", "hello") == 3
    captured = capsys.readouterr()
    assert "the bot ended by itself, exit code 7" in captured.err
    assert "die now" not in captured.out

    last_words = "import sys; sys.exit('no plugins here')"
    assert await play(tmp_path, "hello", command=(sys.executable, "-c", last_words)) == 3
    captured = capsys.readouterr()
    assert "the bot ended while starting, exit code 1" in captured.err
    assert "no plugins here" in captured.err


@pytest.mark.long
async def test_silence_of_the_bot_is_not_waited_for_long(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line without an answer is done after two quiet seconds: no secret, or it would be gone."""
    assert await play(tmp_path, "silence please", ":never please") == 0
    assert capsys.readouterr().out.splitlines()[0] == "anna: silence please"


async def test_bot_that_never_listens_is_given_up(tmp_path: Path) -> None:
    """A process that stays and does nothing is no bot that is ready."""
    idle = (sys.executable, "-c", "import time; time.sleep(60)")
    stage = SandboxProcesses(
        ChatRecord(), os.environ, command=idle, log=tmp_path / "bot.log", ready_s=0.3
    )
    with pytest.raises(BotEnded, match="not ready within"):
        await stage.__aenter__()

    assert stage.bot.exit_code is not None


async def test_bot_reads_no_env_file_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever tries the bot out beside a `.env` for the real Telegram must not reach that one."""
    monkeypatch.chdir(tmp_path)
    where = (sys.executable, "-c", "import os, sys; sys.exit(os.getcwd())")
    assert await play(tmp_path, "hello", command=where) == 3

    assert str(tmp_path) not in capsys.readouterr().err.splitlines()[-1]
