"""What an author is told of the bot's log."""

from __future__ import annotations

import json
from pathlib import Path

from sapp_bot.sandbox.bot_log import BotLog


def write(log: Path, **entry: object) -> None:
    """Append an entry, as the bot does."""
    with log.open("a") as file:
        file.write(json.dumps({"level": "info", "timestamp": "t", **entry}) + "\n")


def test_plugins_and_troubles(tmp_path: Path) -> None:
    """Each plugin has its newest state, an error its file and line; what stood before is not."""
    file = tmp_path / "bot.log"
    write(file, event="plugin.loaded", plugin="old")
    log = BotLog(file)
    write(file, event="plugin.loaded", plugin="hello")
    write(file, event="plugin.loaded", plugin="rates")
    broken = {"path": "/x/plugins/hello.py", "reason": "hello.py:3: what?", "answering": True}
    write(file, event="plugin.failed", level="error", **broken)
    trace = (
        'Traceback (most recent call last):\n  File "/app/sapp_bot/a.py", line 1, in f\n'
        '  File "/x/plugins/rates.py", line 7, in g\n'
        '  File "/x/site-packages/b.py", line 2, in h\nValueError: no'
    )
    write(file, event="handler.failed", level="error", exception=trace)
    with file.open("a") as more:
        more.write("no JSON\n[1]\n{half")

    log.read()

    states = [(plugin.name, plugin.state) for plugin in log.plugins]
    assert states == [("hello", "old version answers"), ("rates", "ready")]
    assert [t.where for t in log.troubles] == ["hello.py:3", "/x/plugins/rates.py:7"]
    assert log.troubles[1].reason == "ValueError: no"


def test_a_new_bot_begins_anew(tmp_path: Path) -> None:
    """A bot that starts forgets the plugins of the one before; one that goes is gone."""
    file = tmp_path / "bot.log"
    log = BotLog(file)
    log.read()
    write(file, event="plugin.loaded", plugin="hello")
    write(file, event="telegram.connecting")
    write(file, event="plugin.loaded", plugin="rates")
    write(file, event="plugin.loaded", plugin="tea")
    write(file, event="plugin.gone", plugin="tea")

    log.read()

    assert [plugin.name for plugin in log.plugins] == ["rates"]
