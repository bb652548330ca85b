"""The end of a process and the next one: nothing asked around it is lost, or answered twice."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from sapp_bot.cli.main import EXIT_ALREADY_RUNNING, EXIT_CONFIG
from sapp_bot.clock import SystemClock
from sapp_bot.sandbox.bot_process import BotProcess
from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.client.seen import Saw
from sapp_bot.sandbox.env import make_key
from sapp_bot.sandbox.faults import Hold
from sapp_bot.store import KeyRing, open_store
from sapp_bot.store.keys import Keys
from tests.end_to_end.kills import STILL, noted
from tests.end_to_end.modes import IN_BOTH_MODES
from tests.end_to_end.sides import Mode
from tests.end_to_end.world import LOOK_S, WAIT_S, World, read_line

FIFTY = 50
PERSONS = 10
GRACE_S = 12.0
"""Longest time until the process has ended, as all could be answered; drain itself has 20 s."""

PASSWORD = "canary-password"


async def people_in(world: World, count: int) -> list[SimulatedUser]:
    """Let persons come who are logged in, and forget what that took."""
    people = [await world.person(f"P{number}") for number in range(count)]
    for person in people:
        email = f"{person.name}@example.org"
        world.api.database.add_user(email, PASSWORD)
        for text, answer in (("/login", "e-mail"), (email, "password"), (PASSWORD, "logged in as")):
            await person.say(text)
            await person.sees(answer)
        person.events.clear()
    return people


async def ask(person: SimulatedUser, numbers: range) -> None:
    """Send commands whose answers name them: ones nobody knows, and /me for number 0."""
    for number in numbers:
        await person.say(f"/n{number}" if number else "/me")


async def all_answered(world: World, people: list[SimulatedUser], count: int) -> None:
    """See the first `count` commands of each answered: all, once, in order, and nothing else."""
    await world.until(lambda: all(len(seen(person)) >= count for person in people))
    await world.calm()
    for person in people:
        expected = [f"I don't know /n{n}. /help shows what I can do." for n in range(1, count)]
        assert seen(person) == [f"Account {person.name}@example.org", *expected]


def seen(person: SimulatedUser) -> list[str]:
    """List the first lines of what the bot said."""
    texts = [event.text.partition("\n")[0] for event in person.events if isinstance(event, Saw)]
    return [text for text in texts if text != STILL]


def handled(world: World) -> int:
    """Count the messages that the bot has handled."""
    return sum(entry["event"] == "update.handled" for entry in world.log())


async def stored(world: World, person: SimulatedUser, count: int) -> None:
    """Wait until so many messages of somebody are kept in Redis, and not handled yet.

    Not by the calls to Redis: what Telegram brings once more is offered once more.
    """
    box = Keys(world.account.id).inbox(person.account.id)
    async with asyncio.timeout(WAIT_S), Redis.from_url(world.redis.url) as redis:
        while await redis.llen(box) != count:
            await asyncio.sleep(LOOK_S)


async def stop(world: World) -> asyncio.Task[int | None]:
    """Send SIGTERM; gives the task that waits for the exit code, once the bot has heard it."""

    async def ended() -> int | None:
        begun = time.monotonic()
        await world.bot.stop(GRACE_S)
        assert time.monotonic() - begun < GRACE_S
        return world.bot.exit_code

    ending = asyncio.create_task(ended())
    await world.until(lambda: any(entry["event"] == "bot.stopping" for entry in world.log()))
    return ending


@pytest.mark.parametrize(
    ("stage", "persons"),
    [("handled", 1), pytest.param("handled", PERSONS, marks=pytest.mark.long), ("sent", PERSONS)],
)
async def test_fifty_in_flight_at_sigterm(world: World, stage: str, persons: int) -> None:
    """What is under way at SIGTERM is answered before the process ends, with exit code 0."""
    people = await people_in(world, persons)
    if stage == "handled":
        held = world.api.faults.add("GET /auth/user", Hold(), times=None)
    else:
        held = world.telegram.faults.add(world.by_bot("messages.sendMessage"), Hold(), times=None)
    await asyncio.gather(*(ask(person, range(FIFTY // persons)) for person in people))
    if stage == "handled":
        await asyncio.gather(*(stored(world, person, FIFTY // persons) for person in people))
    else:
        await world.until(lambda: handled(world) == 3 * persons + FIFTY)
    await world.until(lambda: held.seen == persons)
    await noted(world)
    ending = await stop(world)
    held.release()

    assert await ending == 0
    await all_answered(world, people, FIFTY // persons)


@pytest.mark.long
async def test_sigterm_in_a_stream(world: World) -> None:
    """A stream of fifty messages over SIGTERM, the time without a bot, and its start."""
    people = await people_in(world, 2)
    asking = [asyncio.create_task(ask(person, range(FIFTY))) for person in people]
    await world.until(lambda: len(seen(people[0])) >= FIFTY // 5)
    ending = await stop(world)

    assert await ending == 0
    await world.start()
    await asyncio.gather(*asking)
    await all_answered(world, people, FIFTY)


@IN_BOTH_MODES
async def test_fifty_while_down(world: World) -> None:
    """What is sent while the bot is down is answered when it is back: all, once, in order."""
    people = await people_in(world, 2)
    await world.bot.kill()
    await asyncio.gather(*(ask(person, range(FIFTY)) for person in people))
    await world.start()

    await all_answered(world, people, FIFTY)


@pytest.mark.long
async def test_drain_has_an_end(tmp_path: Path, redis_anywhere: str, mode: Mode) -> None:
    """What hangs longer than SAPP_DRAIN_S is left for the next process; the exit code is 0."""
    async with World(tmp_path, redis_anywhere, mode, SAPP_DRAIN_S="0.5") as world:
        people = await people_in(world, 1)
        held = world.api.faults.add("GET /auth/user", Hold())
        await ask(people[0], range(3))
        await held.held.wait()

        assert await (await stop(world)) == 0
        held.release()
        assert seen(people[0]) == []
        await world.start()
        await all_answered(world, people, 3)


async def test_a_second_signal_ends_it_at_once(world: World) -> None:
    """Not after what hangs, which would take SAPP_DRAIN_S; the next process answers it all."""
    people = await people_in(world, 1)
    held = world.api.faults.add("GET /auth/user", Hold())
    await ask(people[0], range(3))
    await held.held.wait()
    ending = await stop(world)
    begun = time.monotonic()
    await world.bot.stop()
    took_s = time.monotonic() - begun
    await ending
    held.release()

    assert world.bot.exit_code == -signal.SIGTERM
    assert took_s < 3
    await world.start()
    await all_answered(world, people, 3)


async def test_one_process_per_account(world: World) -> None:
    """A second process gives way with 75, from elsewhere too, and says why; the first goes on."""
    await _claimed(world, world.bot)
    second = world.process("second")
    await second.start()
    assert await second.ended() == EXIT_ALREADY_RUNNING

    elsewhere = await _elsewhere(world)
    assert await elsewhere.ended() == EXIT_ALREADY_RUNNING
    lines = [read_line(line)["timestamp"] for line in elsewhere.tail()]
    first, last = (datetime.fromisoformat(lines[place]) for place in (0, -1))
    assert last - first < timedelta(seconds=5)

    assert "another process works for this account" in elsewhere.tail(1)[0]
    ann = await world.person("Ann")
    await ann.say("/help")
    await ann.sees("/register")


async def test_a_killed_process_leaves_its_claim_to_its_successor(world: World) -> None:
    """In the same place the next one starts at once, anywhere else it gives way for 30 s."""
    await _claimed(world, world.bot)
    await world.bot.kill()
    elsewhere = await _elsewhere(world)
    assert await elsewhere.ended() == EXIT_ALREADY_RUNNING

    begun = time.monotonic()
    await world.start()
    assert time.monotonic() - begun < 10
    assert await (await stop(world)) == 0
    elsewhere = await _elsewhere(world)
    await _claimed(world, elsewhere)
    await elsewhere.stop()
    assert elsewhere.exit_code == 0


async def test_a_process_that_lost_its_account_says_so(world: World) -> None:
    """Another one took over while this one could not be seen: 75, and the reason in words."""
    await _claimed(world, world.bot)
    key = KeyRing([make_key()])
    account = world.account.id
    async with open_store(world.redis.url, key, account=account, clock=SystemClock()) as other:
        await other.inbox.claim()
        ann = await world.person("Ann")
        await ann.say("/help")
        assert await world.bot.ended() == EXIT_ALREADY_RUNNING

    world.expect_error("bot.gave_up")
    last = world.log()[-1]
    assert last["event"] == "bot.gave_up"
    assert "has taken this account over" in last["reason"]


async def _claimed(world: World, bot: BotProcess) -> None:
    """Wait until a process works for the account."""
    await world.until(lambda: b"store.claimed" in bot.log.read_bytes())


async def _elsewhere(world: World) -> BotProcess:
    """Start a second process of the account with a session file of its own."""
    folder = world.folder / "elsewhere"
    if not folder.exists():
        await world.sign_in("elsewhere")
    process = world.process("elsewhere", SAPP_DATA=str(folder))
    await process.start()
    return process


async def test_settings_are_missing(tmp_path: Path, mode: Mode) -> None:
    """Without what it needs the bot ends with 78, and names all: a token only where it has one."""
    needed = {"SAPP_API_URL", "TELEGRAM_BOT_TOKEN", "SAPP_SECRET_KEYS"}
    empty = dict.fromkeys([*needed, "SAPP_REDIS_URL", "TELEGRAM_SERVER", "TELEGRAM_SERVER_KEY"], "")
    bare = World(tmp_path, "redis://127.0.0.1/0", mode).process("bare", **empty)
    await bare.start()

    assert await bare.ended() == EXIT_CONFIG
    missing = set(re.findall(r"(\w+) is not set", bare.log.read_text()))
    assert missing == (needed if mode == "bot" else needed - {"TELEGRAM_BOT_TOKEN"})
