"""The sandbox's chat tells a plugin author what the bot's log says of their file."""

from __future__ import annotations

import json
import os
from pathlib import Path

from sapp_bot.paths import shipped_plugins
from sapp_bot.sandbox.console.log_watch import LogWatch


def write(log: Path, *entries: dict[str, object]) -> None:
    """Append lines to the log, as the bot does."""
    with log.open("a", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(entry)}\n" for entry in entries)


def test_a_broken_file_is_told_with_its_reason(tmp_path: Path) -> None:
    """Without it the chat would just not know the command."""
    log = tmp_path / "bot.log"
    watch = LogWatch(log, ours=shipped_plugins())
    assert list(watch.news()) == []
    write(log, {"event": "plugin.loaded", "plugin": "start"}, {"event": "bot.ready"})
    write(log, {"event": "plugin.failed", "path": "p/hello.py", "reason": "hello.py:3: no name"})

    assert list(watch.news()) == ["plugin.failed p/hello.py: hello.py:3: no name"]
    write(log, {"event": "plugin.loaded", "plugin": "hello"})
    assert list(watch.news()) == ["plugin.loaded hello"]
    assert list(watch.news()) == []


def test_a_reload_that_fails_says_who_answers(tmp_path: Path) -> None:
    """The version before does, and the path stands there once."""
    log = tmp_path / "bot.log"
    about = {"path": "p/hello.py", "reason": "p/hello.py:3: SyntaxError", "answering": True}
    write(log, {"event": "plugin.failed", **about})

    (told,) = LogWatch(log, ours=shipped_plugins()).news()
    assert told == "plugin.failed p/hello.py:3: SyntaxError (the version before goes on answering)"


def test_what_blocks_the_loop_is_told_with_its_line(tmp_path: Path) -> None:
    """The name of the plugin alone would leave the author to search."""
    log = tmp_path / "bot.log"
    place = {"plugin": "hello", "file": "/p/hello.py", "line": 34, "function": "greet"}
    write(log, {"event": "loop.blocked", **place})

    (told,) = LogWatch(log, ours=shipped_plugins()).news()
    assert told == "loop.blocked hello.py:34 greet: this holds up the bot for everybody"


def test_what_ships_with_the_bot_is_no_mistake_of_the_author(tmp_path: Path) -> None:
    """A slow machine holds up a plugin of ours; nobody at the prompt can do anything about it."""
    log = tmp_path / "bot.log"
    ours = str(shipped_plugins() / "rates" / "search.py")
    write(log, {"event": "loop.blocked", "plugin": "rates", "file": ours, "line": 213})

    assert list(LogWatch(log, ours=shipped_plugins()).news()) == []


def test_a_fault_is_told_once_until_the_file_changes(tmp_path: Path) -> None:
    """Each restart finds it again; loaded plugins are told after a start, not in it."""
    log, file = tmp_path / "bot.log", tmp_path / "hello.py"
    file.write_text("x")
    fault: dict[str, object] = {"event": "plugin.failed", "path": str(file), "reason": "no name"}
    start: tuple[dict[str, object], ...] = (
        {"event": "telegram.connecting"},
        {"event": "plugin.loaded", "plugin": "start"},
    )
    watch = LogWatch(log, ours=shipped_plugins())
    write(log, *start, fault, {"event": "bot.ready"}, *start, fault, {"event": "bot.ready"})
    assert list(watch.news()) == [f"plugin.failed {file}: no name"]
    os.utime(file, (1, 1))
    write(log, fault)
    assert list(watch.news()) == [f"plugin.failed {file}: no name"]


def test_an_error_is_told_by_the_last_line_of_its_trace(tmp_path: Path) -> None:
    """The person in the chat sees a number only; the author sees what it was."""
    log = tmp_path / "bot.log"
    trace = "Traceback (most recent call last):\n  File x\nZeroDivisionError: division by zero\n"
    write(log, {"event": "update.failed", "exception": trace})

    assert list(LogWatch(log, ours=shipped_plugins()).news()) == [
        "update.failed: ZeroDivisionError: division by zero"
    ]


def test_a_trace_leads_to_the_line_of_the_author(tmp_path: Path) -> None:
    """Not to the host's frames above it, nor to a library's below."""
    log = tmp_path / "bot.log"
    trace = (
        "Traceback (most recent call last):\n"
        '  File "/opt/sapp_bot/host/pipeline/runner.py", line 95, in run\n'
        '  File "/home/ann/plugins/remind.py", line 85, in moment\n'
        '  File "/usr/lib/python3.11/zoneinfo/_common.py", line 12, in load\n'
        "KeyError: 'x'\n"
    )
    write(log, {"event": "update.failed", "exception": trace})

    assert list(LogWatch(log, ours=shipped_plugins()).news()) == [
        "update.failed remind.py:85 moment: KeyError: 'x'"
    ]


def test_a_refusal_is_told_if_it_is_for_the_author(tmp_path: Path) -> None:
    """An API that is away is nobody's mistake, and the chat says so already."""
    log = tmp_path / "bot.log"
    write(log, {"event": "update.refused", "error": "UpstreamUnreachable", "reason": "away"})
    write(log, {"event": "update.refused", "error": "PluginError", "reason": "no handler"})

    assert list(LogWatch(log, ours=shipped_plugins()).news()) == ["update.refused: no handler"]


def test_half_a_line_waits_for_its_end(tmp_path: Path) -> None:
    """The bot may be writing just now; other lines than JSON are nobody's news."""
    log = tmp_path / "bot.log"
    watch = LogWatch(log, ours=shipped_plugins())
    whole = json.dumps({"event": "plugin.gone", "plugin": "hello"})
    log.write_text("no json\n" + whole[:20], "utf-8")
    assert list(watch.news()) == []
    log.write_text("no json\n" + whole + "\n", "utf-8")

    assert list(watch.news()) == ["plugin.gone hello"]
