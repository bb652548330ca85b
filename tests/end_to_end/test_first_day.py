"""The first day with the bot, played by the sandbox's script on the whole bot."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sapp_bot.sandbox.console.script import read_script
from sapp_bot.sandbox.console.steps import SayStep
from tests.end_to_end.scripts import HERE, play

SCRIPT = HERE / "first_day.txt"
USER_SCRIPT = SCRIPT.with_name("first_day_user.txt")
PASSWORDS = ("correct horse battery", "another horse battery", "bob keeps his secrets")
GUESSES = ("wrong guess here", "not the same battery")

JWT = re.compile(r"eyJ[\w-]+\.")
KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SHOWN = re.compile(r" +Key: \|\|[0-9a-f-]{36}\|\|")
MONOSPACED = re.compile(r" +Key: [0-9a-f-]{36}")
USER = {"SAPP_MODE": "user", "SAPP_USERBOT_ALLOW": "bob"}


@pytest.mark.parametrize(
    ("script", "settings", "shown"), [(SCRIPT, {}, SHOWN), (USER_SCRIPT, USER, MONOSPACED)]
)
async def test_first_day(
    tmp_path: Path, script: Path, settings: dict[str, str], shown: re.Pattern[str]
) -> None:
    """Every expectation is met, and no secret stands in the transcript or the bot's log."""
    done = await play(script, tmp_path, SAPP_KEY_SHOWN_S="2", **settings)
    assert done.code == 0, done.transcript + done.complaints

    lines, logged = done.transcript.splitlines(), done.log
    showing = [line for line in lines if KEY.search(line)]
    assert len(showing) == 2
    assert all(shown.fullmatch(line) for line in showing)
    assert not KEY.search(logged)
    for text in (done.transcript, logged):
        assert not JWT.search(text)
        assert not [secret for secret in (*PASSWORDS, *GUESSES) if secret in text]
    assert '"level":"error"' not in logged


@pytest.mark.parametrize("script", [SCRIPT, USER_SCRIPT])
def test_first_day_types_the_secrets_that_are_looked_for(script: Path) -> None:
    """A password that the script no longer says would be looked for in vain."""
    said = [
        line.step.text
        for line in read_script(script.read_text().splitlines()).lines
        if isinstance(line.step, SayStep)
    ]

    assert all(any(secret in text for text in said) for secret in (*PASSWORDS, *GUESSES))
