"""The first day with the bot, by the command that the README names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sapp_bot.sandbox.console.script import SayStep, read_script

PROJECT = Path(__file__).parents[2]
SCRIPT = PROJECT / "tests" / "end_to_end" / "first_day.txt"
USER_SCRIPT = SCRIPT.with_name("first_day_user.txt")
PASSWORDS = ("correct horse battery", "another horse battery", "bob keeps his secrets")
GUESSES = ("wrong guess here", "not the same battery")

JWT = re.compile(r"eyJ[\w-]+\.")
KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SHOWN = re.compile(r" +Key: \|\|[0-9a-f-]{36}\|\|")
MONOSPACED = re.compile(r" +Key: [0-9a-f-]{36}")
USER = {"SAPP_MODE": "user", "SAPP_USERBOT_ALLOW": "bob"}


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("script", "settings", "shown"), [(SCRIPT, {}, SHOWN), (USER_SCRIPT, USER, MONOSPACED)]
)
def test_first_day(
    tmp_path: Path, script: Path, settings: dict[str, str], shown: re.Pattern[str]
) -> None:
    """Every expectation is met, and no secret stands in the transcript or the bot's log."""
    log = tmp_path / "bot.log"
    command = [sys.executable, "-m", "sapp_bot", "sandbox", "--script", str(script)]
    done = subprocess.run(  # noqa: S603  # our own command
        [*command, "--log", str(log)],
        cwd=PROJECT,
        env={**os.environ, "SAPP_KEY_SHOWN_S": "2", **settings},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

    lines, logged = done.stdout.splitlines(), log.read_text()
    showing = [line for line in lines if KEY.search(line)]
    assert len(showing) == 2
    assert all(shown.fullmatch(line) for line in showing)
    assert not KEY.search(logged)
    for text in (done.stdout, logged):
        assert not JWT.search(text)
        assert not [secret for secret in (*PASSWORDS, *GUESSES) if secret in text]
    assert '"level": "error"' not in logged


@pytest.mark.parametrize("script", [SCRIPT, USER_SCRIPT])
def test_first_day_types_the_secrets_that_are_looked_for(script: Path) -> None:
    """A password that the script no longer says would be looked for in vain."""
    said = [
        line.step.text
        for line in read_script(script.read_text().splitlines()).lines
        if isinstance(line.step, SayStep)
    ]

    assert all(any(secret in text for text in said) for secret in (*PASSWORDS, *GUESSES))
