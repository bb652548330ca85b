"""A day with the rates, by the command that its script names."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SCRIPT = PROJECT / "tests" / "end_to_end" / "rates_day.txt"

FOREIGN = re.compile(r"(?<![\w/])[a-z]{3,}")
AS_WRITTEN = re.compile(r"/[a-z_]+(?: [A-Za-z/]+)?|«[^»]*»|\b[A-Z][a-z]+/[A-Z][a-z]+|\busdd\b")
"""What is the same in Russian: commands with an example, quotations, zones, and what was typed."""


@pytest.mark.timeout(200)
def test_rates_day(tmp_path: Path) -> None:
    """Every expectation is met, nothing failed behind it, and Russian answers are in Russian."""
    log = tmp_path / "bot.log"
    command = [sys.executable, "-m", "sapp_bot", "sandbox", "--script", str(SCRIPT)]
    done = subprocess.run(  # noqa: S603  # our own command
        [*command, "--log", str(log)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

    logged = log.read_text()
    assert '"level": "error"' not in logged
    assert "picture.failed" not in logged
    _, _, russian = done.stdout.partition("-- boris (ru)")
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
