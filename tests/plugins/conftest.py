"""Dialogues are played with a bot and with a userbot: `mode` runs a test in both."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["bot", "user"])
def mode(request: pytest.FixtureRequest) -> str:
    """Name the mode: a test that does not ask for it is about buttons, so about bots."""
    return str(request.param)
