"""Canaries in what the process writes: both kinds of log, Redis, its file, the chats."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.client.seen import Saw, SawEdit, Toast
from sapp_bot.sandbox.faults import Drop, Fail
from sapp_bot.sandbox.sapp_api import SappApi, garbage
from tests.canaries import NEW_PASSWORD, PASSWORD, WRONG_PASSWORD, TellingLedger, found
from tests.end_to_end.sides import Mode
from tests.end_to_end.world import World
from tests.redis_monitor import Monitor
from tests.redis_server import RedisServer

SILENCE = ""

Step = tuple[str, str | dict[Mode, str]]

STEPS: tuple[Step, ...] = (
    (f"/register ann@example.com {PASSWORD}", "I removed your message"),
    (PASSWORD, "once more"),
    (PASSWORD, "cannot be changed later"),
    ("yes", "Your account is ready"),
    ("/add_client shop", "From which websites"),
    ("*", "can be changed later"),
    ("yes", "10 reads left"),
    ("[Show key]", "I hide it again"),
    ("[Hide key]", "Client “shop”"),
    ("/client show", "I hide it again"),
    ("/password", "current password"),
    (WRONG_PASSWORD, "not your current password"),
    (PASSWORD, "Choose a new password"),
    (NEW_PASSWORD, "once more"),
    (NEW_PASSWORD, "Your password is changed"),
    (f"what is {PASSWORD}?", {"bot": "did not understand", "user": SILENCE}),
    (f"/help {PASSWORD}", "no command"),
    ("/logout", "You are logged out"),
    (f"/login ann@example.com {NEW_PASSWORD}", "I removed your message"),
    (WRONG_PASSWORD, "No account has the e-mail"),
    ("kill", SILENCE),
    (NEW_PASSWORD, "You are logged in as"),
    ("/me", "Account ann@example.com"),
    ("/leak", "Which word?"),
    (PASSWORD, "Something went wrong on our side"),
)
"""What is said or pressed, and what is seen then, by mode; "kill" restarts the bot."""

LEAK = '''
from sapp_bot import Ctx, Form, Plugin, ask
from sapp_bot.services import Session

plugin = Plugin(version="1.0")


class Word(Form):
    """One word."""

    word: str = ask("Which word?", secret=True)


@plugin.command
async def leak(ctx: Ctx, form: Word, me: Session) -> None:
    """Break with secrets at hand."""
    word, token = form.word, me.token.get_secret_value()
    ctx.log.warning("here", form=form, me=me, word_token=token)
    raise RuntimeError(f"{form!r} {me!r} {len(word)}")
'''


class LoudWorld(World):
    """A world whose bot logs all it can, in one of the two formats."""

    def __init__(self, folder: Path, redis_url: str, mode: Mode, log_format: str) -> None:
        folder.mkdir()
        plugins = folder / "plugins"
        plugins.mkdir()
        for source in (Path(__file__).parents[2] / "plugins").glob("*.py"):
            (plugins / source.name).write_text(source.read_text())
        (plugins / "leak.py").write_text(LEAK)
        super().__init__(
            folder,
            redis_url,
            mode,
            SAPP_PLUGINS=str(plugins),
            SAPP_LOG_FORMAT=log_format,
            SAPP_LOG_LEVEL="debug",
        )
        self.database = TellingLedger()
        self.api = SappApi(self.database)

    def errors(self) -> Iterable[Mapping[str, Any]]:  # type: ignore[override]  # none are counted
        """Leave errors to the test: it makes one, and a text line is no JSON."""
        return []


@pytest.mark.parametrize(
    "modes",
    [
        {"json": "bot", "text": "user"},
        pytest.param({"json": "user", "text": "bot"}, marks=pytest.mark.long),
    ],
)
async def test_nothing_written_holds_a_secret(
    tmp_path: Path, redis_server: RedisServer, modes: dict[str, Mode]
) -> None:
    """No secret reaches the log, Redis or its append-only file, or a message but the key card."""
    url = redis_server.url.removesuffix("0")
    worlds = [
        LoudWorld(tmp_path / log_format, f"{url}{number}", mode, log_format)
        for number, (log_format, mode) in enumerate(modes.items())
    ]
    with Monitor(redis_server) as monitor:
        secrets = [secret for kept in await asyncio.gather(*map(lived, worlds)) for secret in kept]

    assert b'"EVALSHA"' in monitor.heard
    assert found(secrets, monitor.heard) == []
    kept = redis_server.aof()
    assert b"ann@example.com" not in kept
    assert found(secrets, kept) == []


def test_the_monitor_hears_a_secret(redis_server: RedisServer) -> None:
    """A password that Redis is sent in clear is found, whatever letters it has."""
    with Monitor(redis_server) as monitor:
        redis_server.call("SET", "drawer", f"it is {PASSWORD}")

    assert found([PASSWORD], monitor.heard)


async def lived(world: LoudWorld) -> list[str]:
    """Take every step in a world and look at what it left; gives the secrets there were."""
    async with world:
        ann = await world.person("Ann")
        for step, seen in STEPS:
            await take(world, ann, step)
            answer = seen if isinstance(seen, str) else seen[world.mode]
            if answer is not SILENCE:
                await ann.sees(answer)
        await spoil(world, ann)
        await world.calm()
    secrets, log = world.database.secrets(), world.bot.log.read_text()
    assert len(secrets) > 5
    assert "RuntimeError" in log
    assert found(secrets, log) == []
    assert found(secrets, "\n".join(read(ann))) == []
    return secrets


async def take(world: LoudWorld, ann: SimulatedUser, step: str) -> None:
    """Say, press, or kill."""
    if step == "kill":
        await world.restart()
    elif step.startswith("["):
        await ann.press(step[1:-1])
    else:
        await ann.say(step)


async def spoil(world: LoudWorld, ann: SimulatedUser) -> None:
    """Let Redis and the API fail with secrets on their way."""
    for fault in (Fail(500), garbage(), Drop("after")):
        await ann.say("/login ann@example.com")
        await ann.sees("And the password?")
        world.api.faults.add("POST /auth/login", fault)
        world.redis.faults.add("EVALSHA:commit", Drop("after"))
        await ann.say(NEW_PASSWORD)
        await ann.sees("Your answers are kept")
        await ann.say("/retry")
        await ann.sees("You are logged in as")


def read(ann: SimulatedUser) -> list[str]:
    """List all that the bot ever said, its pop-ups and buttons too, but the key cards."""
    texts = [event.text for event in ann.events if isinstance(event, Toast)]
    for event in ann.events:
        if isinstance(event, Saw | SawEdit) and "I hide it again" not in event.text:
            texts += [
                event.text,
                *(f"{key.label} {key.value!r}" for row in event.rows for key in row),
            ]
    return texts
