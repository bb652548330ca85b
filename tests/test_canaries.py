"""Passwords, tokens and API keys: in no log, no message but the shown key card, no repr."""

from __future__ import annotations

import asyncio
import gc
import json
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from sapp_bot import Form, ask, spoiler
from sapp_bot.domain.ports import Commit, StorageWrite, StoredValue
from sapp_bot.domain.replies import Copy, QueuedReply, Remove, Send
from sapp_bot.domain.state import LastLogin, Login, OpenForm, PersonState, Profile, Session
from sapp_bot.domain.text import Rich
from sapp_bot.domain.updates import Due, InlineQuery, Message, Person, Press
from sapp_bot.sandbox.faults import Drop, Fail, Hold
from sapp_bot.sandbox.sapp_api import Body, SappApi, garbage
from sapp_bot.sapp.models import User
from sapp_bot.testing import Actor, Shown, Stage
from tests.canaries import (
    EMAIL,
    NAME,
    NEW_PASSWORD,
    PASSWORD,
    TELEGRAM_ID,
    WRONG_PASSWORD,
    TellingLedger,
    found,
)
from tests.sapp_calls import HastyLimits

DAY = (
    *("/start", f"/register ann@example.com {PASSWORD}", PASSWORD, PASSWORD, "yes"),
    *("/client", "/me", "/add_client shop", "*", "yes"),
    *("/client", "/client show", "[Hide key]", "[Show key]", "[‹ Home]"),
    *("/client show", "/client", "[Refresh]", "/user", "[Change password]"),
    *(WRONG_PASSWORD, PASSWORD, NEW_PASSWORD, WRONG_PASSWORD, NEW_PASSWORD, NEW_PASSWORD),
    *("/settings ru", "/settings", "/settings en", "/register ann@example.com", NEW_PASSWORD),
    *("/cancel", f"/login ann@example.com {NEW_PASSWORD}", WRONG_PASSWORD, NEW_PASSWORD),
    *("/deactivate", "no", "/help", "/help login", "/about", "/docs", PASSWORD, f"/{PASSWORD}"),
    *(f"/me {PASSWORD}", f"/settings {PASSWORD}", "/logout", "/client", "/start"),
)
"""Every command, and passwords at right and at wrong places; [Label] presses a button."""
LONG = pytest.mark.long


def telling_stage() -> tuple[Stage, TellingLedger]:
    """Make a stage whose API tells its secrets to the test."""
    stage, database = Stage(limits=HastyLimits(api=lambda: stage.api)), TellingLedger()
    stage.api = SappApi(database)
    return stage, database


async def do(actor: Actor, step: str) -> None:
    """Say a line, or press a button."""
    if not step.startswith("["):
        await actor.says(step)
    elif step[1:-1] in actor.labels():
        await actor.presses(step[1:-1])


def logged(log: list[Any]) -> Iterator[str]:
    """Write log entries with all that belongs to them, before anything was hidden."""
    for entry in log:
        yield repr(entry)
        if isinstance(error := entry.get("exc_info"), BaseException):
            yield "".join(traceback.format_exception(error))


def is_key_card(shown: Shown) -> bool:
    """Tell the one message that may show a key, and says for how long."""
    keys = [key for row in shown.rows for key in row]
    return any(isinstance(key, Copy) and key.text in shown.text.plain for key in keys)


def said(stage: Stage) -> Iterator[str]:
    """Give all that the bot says just now, but the key cards."""
    for chat in stage.room.chats.values():
        for shown in chat.values():
            if shown.by_bot and not is_key_card(shown):
                labels = [key.label for row in shown.rows for key in row]
                yield "\n".join([shown.text.plain, *labels, *map(repr, shown.text.entities)])
    yield from (popup.text for popup in stage.room.popups.values())


def alive() -> Iterator[str]:
    """Write every living value of the bot's own classes; the kit and the sandbox are not it."""
    gc.collect()
    for thing in gc.get_objects():
        module = str(type(thing).__module__)
        if module.startswith(("sapp_bot.", "plugins")) and not module.startswith(
            ("sapp_bot.testing", "sapp_bot.sandbox")
        ):
            yield f"{type(thing).__name__}: {thing!r}"


def telling(database: TellingLedger) -> list[str]:
    """Name the classes whose values write a secret."""
    secrets = database.secrets()
    return sorted({text.partition(":")[0] for text in alive() if found(secrets, text)})


@pytest.mark.parametrize(
    "kind",
    ["none", pytest.param("500", marks=LONG), pytest.param("garbage", marks=LONG), "lost", "echo"],
)
async def test_a_whole_day_shows_no_secret(kind: str) -> None:
    """Whatever is said and however the API fails, log and messages hold no secret."""
    stage, database = telling_stage()
    database.tokens.append("no.token.yet-but-one-to-search-for")
    async with stage:
        ann = stage.person("Ann")
        for step in DAY:
            echo = json.dumps({"error": f"failed: {database.secrets()}"}).encode()
            faults = {
                "500": Fail(500),
                "garbage": garbage(),
                "lost": Drop("after"),
                "echo": Body(echo, 400),
            }
            plan = stage.api.faults.add("*", faults[kind]) if kind in faults else None
            await do(ann, step)
            assert found(database.secrets(), "\n".join(said(stage))) == [], step
            stage.api.faults.clear()
            if plan is not None and plan.reached.is_set():
                await do(ann, "[Retry]" if "Retry" in ann.labels() else step)
                assert found(database.secrets(), "\n".join(said(stage))) == [], step
        assert len(database.tokens) >= 3
        assert len(database.keys) == 1
        assert found(database.secrets(), "\n".join(logged(stage.log))) == []


@pytest.mark.parametrize(
    ("route", "lines"),
    [
        (
            "POST /auth/register",
            (f"/register ann@example.com {PASSWORD}", PASSWORD, PASSWORD, "yes"),
        ),
        pytest.param("POST /auth/login", ("/login bob@example.com", PASSWORD), marks=LONG),
        ("PATCH /auth/password", ("/password", PASSWORD, NEW_PASSWORD, NEW_PASSWORD)),
        ("GET /account/client/using-token", ("/client show",)),
    ],
)
async def test_no_value_of_the_bot_writes_a_secret(route: str, lines: tuple[str, ...]) -> None:
    """While a secret is in use and after it, no living object has it in its repr."""
    stage, database = telling_stage()
    async with stage:
        database.add_user("bob@example.com", PASSWORD)
        bob = stage.person("Bob")
        for line in ("/login bob@example.com", PASSWORD, "/newclient shop", "*", "yes"):
            await bob.says(line)
        held = stage.api.faults.add(route, Hold())
        *before, last = lines
        for line in before:
            await bob.says(line)
        saying = asyncio.create_task(bob.says(last))
        await held.reached.wait()
        assert telling(database) == []
        held.release()
        await saying
        assert telling(database) == []


def test_a_secret_answer_is_left_out_of_its_form() -> None:
    """A stranger's form may keep a secret in a plain text: its repr does not write it."""

    class Safe(Form):
        label: str = ask("What is in it?")
        code: str = ask("Which code?", secret=True)

    assert repr(Safe(label="jewels", code=PASSWORD)) == "Safe(label='jewels')"


def personal_values() -> Iterator[object]:
    """Make every value that knows who a person is."""
    token, until = SecretStr("a.b.c"), datetime(2026, 1, 1, tzinfo=UTC)
    person = Person(TELEGRAM_ID, NAME, "en")
    login = Login(TELEGRAM_ID, EMAIL, "client", token, until)
    past = LastLogin(TELEGRAM_ID, EMAIL, until)
    session = Session(TELEGRAM_ID, TELEGRAM_ID, EMAIL, "client", token, until, 1)
    form = OpenForm("login", {"email": EMAIL}, {"email": "str"}, "password", TELEGRAM_ID, until)
    state = PersonState(session, Profile("en", 1, past), (form,))
    message = Message(person, TELEGRAM_ID, 1, EMAIL, until)
    press = Press(person, TELEGRAM_ID, 1, 2, b"data")
    due = Due(person, TELEGRAM_ID, 1, "screen", b"data", until, "id")
    sent = QueuedReply(f"m:{TELEGRAM_ID}:1:0", Send(TELEGRAM_ID, Rich("Hello")))
    gone = QueuedReply(f"m:{TELEGRAM_ID}:1:1", Remove(TELEGRAM_ID, (1,)))
    write = StorageWrite("pets:Note", TELEGRAM_ID, StoredValue(TELEGRAM_ID, 1, EMAIL))
    yield from (person, login, past, session, form, state, message, press, due, sent, gone, write)
    yield InlineQuery(person, 3, EMAIL)
    yield Commit(message, state, state, (sent, gone), (due,), (write,))
    row = {"ID": TELEGRAM_ID, "email": EMAIL, "role": "client", "active": True, "CreatedAt": until}
    yield User.model_validate(row)


@pytest.mark.parametrize("value", list(personal_values()), ids=lambda value: type(value).__name__)
def test_no_value_writes_who_a_person_is(value: object) -> None:
    """A plugin that logs a value, or raises with it, tells the log nobody's e-mail, id or name."""
    personal = [EMAIL, NAME, str(TELEGRAM_ID)]
    raised = "".join(traceback.format_exception(ValueError(value)))

    assert found(personal, f"{value!r} {raised}") == []


def test_what_lies_under_a_spoiler_is_left_out_of_a_text() -> None:
    """The key on a shown card is marked as a spoiler, so no value that holds the card writes it."""
    shown = Send(1, "😀 Key: " + spoiler(PASSWORD) + " ends")

    assert found([PASSWORD], repr(shown)) == []
    assert "😀 Key: ▒▒" in repr(shown)
    assert "▒ ends" in repr(shown)


def test_the_search_finds_what_it_looks_for() -> None:
    """A secret is found in every guise, also inside base64, so that no test passes by chance."""
    for guise in (PASSWORD, ascii(PASSWORD), json.dumps(PASSWORD), repr({"p": PASSWORD})):
        assert found([PASSWORD], f"x {guise} y")
    assert found(["abcdefgh-ijkl-mnopqrstuvwx"], "…mnopqrstuvwx")
    assert not found([PASSWORD], "canary")
