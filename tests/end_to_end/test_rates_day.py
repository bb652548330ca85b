"""A day with the rates, played by the sandbox's script on the whole bot."""

from __future__ import annotations

import re
from pathlib import Path

from tests.end_to_end.scripts import HERE, play

FOREIGN = re.compile(r"(?<![\w/])[a-z]{3,}")
AS_WRITTEN = re.compile(r"/[a-z_]+(?: [A-Za-z/]+)?|«[^»]*»|\b[A-Z][a-z]+/[A-Z][a-z]+|\busdd\b")
"""What is the same in Russian: commands with an example, quotations, zones, and what was typed."""


async def test_rates_day(tmp_path: Path) -> None:
    """Every expectation is met, nothing failed behind it, and Russian answers are in Russian."""
    done = await play(HERE / "rates_day.txt", tmp_path)
    assert done.code == 0, done.transcript + done.complaints

    assert '"level":"error"' not in done.log
    assert "picture.failed" not in done.log
    _, _, russian = done.transcript.partition("-- boris (ru)")
    said = [line for line in answers(russian) if "[photo" not in line]
    assert said
    assert not [line for line in said if FOREIGN.search(AS_WRITTEN.sub("", line))]


def answers(transcript: str) -> list[str]:
    """Return the lines that the bot has said."""
    found, by_bot = [], False
    for line in transcript.splitlines():
        if not line.startswith(" "):
            by_bot = line.startswith("bot")
        if by_bot:
            found.append(re.sub(r"^bot(?: \([a-z ]+\))?:", "", line))
    return found
