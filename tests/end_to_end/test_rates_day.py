"""A day with the rates, played by the sandbox's script on the whole bot."""

from __future__ import annotations

import re
from pathlib import Path

from tests.end_to_end.scripts import HERE, play

FOREIGN = re.compile(r"(?<![\w/])[a-z]{3,}")
SPOKEN = re.compile(r"bot(?: to (\w+))?(?: \([a-z ]+\))?:")
TURNED = re.compile(r"-- (anna|boris)(?: \(\w+\))?$")
AS_WRITTEN = re.compile(r"/[a-z_]+(?: [A-Za-z/]+)?|«[^»]*»|\b[A-Z][a-z]+/[A-Z][a-z]+|\busdd\b")
"""What is the same in Russian: commands with an example, quotations, zones, and what was typed."""


async def test_rates_day(tmp_path: Path) -> None:
    """Every expectation is met, nothing failed behind it, and Russian answers are in Russian."""
    done = await play(HERE / "rates_day.txt", tmp_path)
    assert done.code == 0, done.transcript + done.complaints

    assert '"level":"error"' not in done.log
    assert "picture.failed" not in done.log
    assert done.transcript.count("bot to boris: 1 EUR = 1,33333 USD") == 1
    said = [line for line in answers(done.transcript, "boris") if "[photo" not in line]
    assert said
    assert not [line for line in said if FOREIGN.search(AS_WRITTEN.sub("", line))]


def answers(transcript: str, person: str) -> list[str]:
    """Return the lines that the bot has said to a person."""
    found, current, by_bot = [], "anna", False
    for line in transcript.splitlines():
        if turned := TURNED.match(line):
            current = turned[1]
        if not line.startswith(" "):
            spoken = SPOKEN.match(line)
            by_bot = spoken is not None and (spoken[1] or current) == person
        if by_bot:
            found.append(SPOKEN.sub("", line))
    return found
