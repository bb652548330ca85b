"""Nobody is left without a button: every answer ends in one, and buttons lead everywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Collection

import pytest

from sapp_bot.domain.replies import Callback
from sapp_bot.host.authoring.buttons import CommandButton
from sapp_bot.testing import Actor, Stage
from sapp_bot.testing.chatroom import Shown
from tests.plugins.people import register, with_client

LAST = ("Log out", "Forget me", "/logout", "/forget", "/deactivate")
NEVER = ("Yes, forget me", "Yes, end this login")
"""What a walk presses last, and never: it would end it."""

ALL = "every button, whatever it begins"
"""No command: a walk that wants it goes on to its end."""

TYPED = {
    "/convert": "asks for a sum, which is typed",
}
"""Commands whose answer has no button, and why."""


def command_of(key: object) -> str:
    """Return the command that a button begins; "" for any other button."""
    if isinstance(key, Callback) and key.data[:4] == CommandButton.route:
        return str(json.loads(b"[" + key.data[15:] + b"]")[0])
    return ""


def named(shown: Shown, key: Callback) -> str:
    """Name a button by its screen, whatever numbers stand on that, and by what it begins."""
    first = re.sub(r"[0-9]", "", shown.text.plain.partition("\n")[0])
    return f"{first} / {key.label} / {command_of(key)}"


async def walk(actor: Actor, wanted: Collection[str] = (ALL,)) -> set[str]:
    """Press every button that turns up, each once; return the commands that buttons begin.

    Ends before, when all those that are wanted were found.
    """
    pressed: set[str] = set()
    begun: set[str] = set()
    again = 5
    await actor.says("/start")
    for _ in range(900):
        keys = [(shown, key) for shown in actor.chat for row in shown.rows for key in row]
        begun |= {command_of(key) for _, key in keys} - {""}
        if begun.issuperset(wanted):
            break
        fresh = [
            (shown.id, key, name)
            for shown, key in keys
            if isinstance(key, Callback)
            and key.label not in NEVER
            and (name := named(shown, key)) not in pressed
        ]
        if not fresh and again:
            again -= 1  # a screen that was replaced in place is come back to from the start
            await actor.says("/start")
            await actor.presses("Help")
            continue
        if not fresh:
            break
        # What begins a command leads on, what changes a screen stays there.
        number, key, name = min(
            fresh, key=lambda f: (f[1].label in LAST, not command_of(f[1]), -f[0])
        )
        pressed.add(name)
        await actor.presses_data(key.data, message_id=number)
        assert "Something went wrong" not in actor.last
    return begun


def commands(stage: Stage) -> set[str]:
    """Name the commands that presses alone can begin: all but operators', and those with text."""
    return {
        command.name
        for command in stage.bot.plugins.table.visible(signed_in=True, admin=False)
        if not command.controls_form and not any(p.required for p in command.signature.arguments)
    }


async def test_presses_alone_lead_to_every_command() -> None:
    """From /start, logged out and in, without and with a client: all but operators' commands."""
    async with Stage(docs_url="https://docs.test", service_reads=1000) as stage:
        missing = commands(stage)
        people = [await with_client(stage), await register(stage, "Bob"), stage.person("Zoe")]
        for person in people:
            missing -= await walk(person, missing)

        assert missing == set()


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_every_button_does_what_it_says() -> None:
    """The same walks, on until each button was pressed: none of them goes wrong."""
    async with Stage(docs_url="https://docs.test", service_reads=1000) as stage:
        people = [stage.person("Zoe"), await register(stage, "Bob"), await with_client(stage)]
        begun = [await walk(person) for person in people]

        assert commands(stage) - set().union(*begun) == set()


async def test_every_answer_ends_in_a_button() -> None:
    """No command leaves anybody with words alone: outside, inside, with a client."""
    async with Stage(docs_url="https://docs.test", service_reads=1000) as stage:
        people = {
            "": stage.person("Zoe"),
            "bob@example.com": await register(stage, "Bob"),
            "ann@example.com": await with_client(stage),
        }
        without = []
        for email, person in people.items():
            without += [
                f"{email or 'outside'}: {said}" for said in await words(stage, person, email)
            ]

        assert without == []


async def words(stage: Stage, person: Actor, email: str) -> list[str]:
    """Say every command; return those that were answered without a button."""
    without = []
    for command in stage.bot.plugins.table.visible(signed_in=True, admin=False):
        await person.says(f"/{command.name}")
        if person.news and not person.news[-1].rows and f"/{command.name}" not in TYPED:
            without.append(f"/{command.name}: {person.last}")
        await person.says("/cancel")
        if command.name in {"logout", "deactivate", "forget"} and email:
            await person.says(f"/login {email}")
            await person.says("correct horse battery")
    return without
