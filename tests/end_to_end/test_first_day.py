"""The first day with the bot, by the command that the README names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sapp_bot.sandbox.script import Say, read_script

PROJECT = Path(__file__).parents[2]
SCRIPT = PROJECT / "tests" / "end_to_end" / "first_day.txt"
PASSWORDS = ("correct horse battery", "another horse battery", "bob keeps his secrets")
GUESSES = ("wrong guess here", "not the same battery")

JWT = re.compile(r"eyJ[\w-]+\.")
KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SHOWN = re.compile(r" +Key: \|\|[0-9a-f-]{36}\|\|")


@pytest.mark.timeout(180)
def test_first_day(tmp_path: Path) -> None:
    """Every expectation is met, and no secret stands in the transcript or the bot's log."""
    log = tmp_path / "bot.log"
    command = [sys.executable, "-m", "sapp_bot", "sandbox", "--script", str(SCRIPT)]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, "--log", str(log)],
        cwd=PROJECT,
        env={**os.environ, "SAPP_KEY_SHOWN_S": "2"},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

    lines, logged = done.stdout.splitlines(), log.read_text()
    showing = [line for line in lines if KEY.search(line)]
    assert len(showing) == 2
    assert all(SHOWN.fullmatch(line) for line in showing)
    assert not KEY.search(logged)
    for text in (done.stdout, logged):
        assert not JWT.search(text)
        assert not [secret for secret in (*PASSWORDS, *GUESSES) if secret in text]
    assert '"level": "error"' not in logged


def test_first_day_types_the_secrets_that_are_looked_for() -> None:
    """A password that the script no longer says would be looked for in vain."""
    said = [
        line.step.text
        for line in read_script(SCRIPT.read_text().splitlines()).lines
        if isinstance(line.step, Say)
    ]

    assert all(any(secret in text for text in said) for secret in (*PASSWORDS, *GUESSES))
