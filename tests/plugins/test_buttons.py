"""Buttons lead to commands, and each has a command that does the same."""

from __future__ import annotations

from sapp_bot.domain.replies import Callback
from sapp_bot.testing import Stage
from tests.plugins.people import with_client


async def test_the_buttons_of_home_lead_to_commands() -> None:
    """Each button of the home card begins a command, and the way back edits the same message."""
    async with Stage() as stage:
        ann = await with_client(stage)
        await ann.says("/start")
        messages = len(ann.chat)
        for label, seen in [("My client", "Client “shop”"), ("My account", "Account ann@")]:
            await ann.presses(label)
            assert ann.sees(seen)
            await ann.presses("‹ Home")
            assert ann.sees("You are logged in as")
        await ann.presses("Settings")
        assert ann.sees("Language: English")
        assert len(ann.chat) == messages


async def test_every_button_names_a_command_that_does_the_same() -> None:
    """A person without buttons can type what each button does."""
    async with Stage() as stage:
        ann = await with_client(stage)
        typed_templates: set[str] = set()
        for command in ("/start", "/client", "/client show", "/me", "/settings"):
            await ann.says(command)
            keys = [k for row in ann.chat[-1].rows for k in row if isinstance(k, Callback)]
            assert keys
            assert all(k.typed_as for k in keys)
            typed_templates |= {k.typed_as for k in keys}
        for typed_as in sorted(typed_templates, key=lambda t: t == "/logout"):
            await ann.says(typed_as)
            assert not ann.sees("I don't know"), typed_as
            assert not ann.sees("I did not understand"), typed_as
            assert not ann.sees("Please write it as"), typed_as
            await ann.says("/cancel")
