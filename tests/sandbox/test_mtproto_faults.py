"""What can be made to go wrong: calls, pushes, connections."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from telethon import events
from telethon.errors import FloodWaitError

from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.faults import Delay, Drop, Fail, Hang, Hold, Lose
from sapp_bot.sandbox.telegram.connect import make_client
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account
from tests.sandbox.refusals import refused

SEND = "messages.sendMessage"


async def test_flood_wait_is_told(telegram: TelegramServer, bot: Any, ann: SimulatedUser) -> None:
    """A planned error answers the n-th call in place of its work."""
    await ann.say("hi")
    bot.flood_sleep_threshold = 0
    telegram.faults.add(SEND, Fail(420, "FLOOD_WAIT_5"), nth=2)
    await bot.send_message(ann.account.id, "one")
    with pytest.raises(FloodWaitError) as caught:
        await bot.send_message(ann.account.id, "two")

    assert caught.value.seconds == 5
    assert [shown.text for shown in ann.messages.values()] == ["hi", "one"]


async def test_fault_can_be_for_one_account(
    telegram: TelegramServer, bot: Any, bot_account: Account, ann: SimulatedUser
) -> None:
    """A fault for one account's calls leaves the others alone."""
    bot.flood_sleep_threshold = 0
    telegram.faults.add(f"{SEND}@{bot_account.id}", Fail(420, "FLOOD_WAIT_5"))
    await ann.say("hi")

    with pytest.raises(FloodWaitError):
        await bot.send_message(ann.account.id, "one")


async def test_fault_can_be_for_one_device(telegram: TelegramServer) -> None:
    """A fault for one device of an account leaves its others alone."""
    me = telegram.add_person("Me")
    telegram.faults.add(f"{SEND}@{me.id}/2", Fail(400, "MESSAGE_EMPTY"))
    async with (
        await SimulatedUser.join(telegram, me, me, device=1) as phone,
        await SimulatedUser.join(telegram, me, me, device=2) as tablet,
    ):
        await phone.say("from the phone")
        with refused("MESSAGE_EMPTY"):
            await tablet.say("from the tablet")

    assert telegram.texts(me, me) == ["from the phone"]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_dropped_call_is_made_once(
    telegram: TelegramServer, bot: Any, bot_account: Account, ann: SimulatedUser, when: Any
) -> None:
    """A connection cut before or after the work: the client calls again, one message results."""
    await ann.say("hi")
    telegram.faults.add(SEND, Drop(when))
    await bot.send_message(ann.account.id, "once")

    assert telegram.count(SEND, bot_account) == 2
    assert telegram.texts(ann.account, bot_account) == ["hi", "once"]


@pytest.mark.parametrize(("when", "seen"), [("before", []), ("after", ["held"])])
async def test_held_call_waits(
    telegram: TelegramServer, bot_account: Account, ann: SimulatedUser, when: Any, seen: list[str]
) -> None:
    """A held call stops before its work or before its answer, and goes on when let go."""
    fault = telegram.faults.add(SEND, Hold(when))
    saying = asyncio.create_task(ann.say("held"))
    await fault.reached.wait()
    await asyncio.sleep(0)  # one turn of the loop for the work itself; there is nothing to wait on

    assert telegram.texts(bot_account, ann.account) == seen
    assert (telegram.in_flight, telegram.quiet_s, saying.done()) == (1, 0.0, False)
    fault.release()
    await saying
    assert telegram.texts(bot_account, ann.account) == ["held"]


async def test_hanging_call_is_never_answered(
    telegram: TelegramServer, bot_account: Account, ann: SimulatedUser
) -> None:
    """A call that hangs leaves the connection alive, and is not waited for by the quiet."""
    telegram.faults.add(SEND, Hang("after"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ann.say("no answer"), 0.1)
    await ann.say("next")

    assert telegram.in_flight == 0
    assert telegram.texts(bot_account, ann.account) == ["no answer", "next"]


async def test_delayed_call_takes_its_time(telegram: TelegramServer, ann: SimulatedUser) -> None:
    """A delay comes before the work; calls made meanwhile overtake it."""
    telegram.faults.add(SEND, Delay(0.05))
    async with asyncio.TaskGroup() as group:
        group.create_task(ann.say("slow"))
        group.create_task(ann.say("quick"))

    ids = {shown.text: number for number, shown in ann.messages.items()}
    assert ids["quick"] < ids["slow"]
    assert telegram.count(SEND, ann.account) == 2


async def test_held_push_comes_late(telegram: TelegramServer, bot: Any, ann: SimulatedUser) -> None:
    """A push can be held: the call that caused it is answered all the same."""
    heard: list[str] = []
    came = asyncio.Event()

    @bot.on(events.NewMessage)  # type: ignore[untyped-decorator]  # Telethon has no types
    async def hear(event: Any) -> None:
        heard.append(event.text)
        came.set()

    fault = telegram.faults.add("push.updateNewMessage", Hold())
    await ann.say("late")
    assert heard == []
    fault.release()
    await asyncio.wait_for(came.wait(), 5)

    assert heard == ["late"]


async def test_lost_push_is_fetched_by_the_next(
    telegram: TelegramServer, bot: Any, ann: SimulatedUser
) -> None:
    """A push that is lost leaves a hole; the next one makes the client ask."""
    heard: list[str] = []
    came = asyncio.Event()

    @bot.on(events.NewMessage)  # type: ignore[untyped-decorator]  # Telethon has no types
    async def hear(event: Any) -> None:
        heard.append(event.text)
        if len(heard) == 2:
            came.set()

    telegram.faults.add("push.updateNewMessage", Drop())
    await ann.say("lost")
    await ann.say("next")
    await asyncio.wait_for(came.wait(), 5)

    assert heard == ["lost", "next"]


async def test_refused_account_cannot_connect(
    telegram: TelegramServer, bot_account: Account, ann: SimulatedUser
) -> None:
    """Refusing one account cuts it off and keeps it out; the others stay."""
    telegram.network.refuse(bot_account.id)
    client = make_client(telegram, telegram.ready_key(bot_account))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.connect(), 0.2)
    refused = telegram.count("help.getConfig", bot_account)
    await ann.say("still here")
    telegram.network.allow(bot_account.id)
    await client.disconnect()
    # A client of its own: Telethon's can hang when its `connect` was cancelled half-way.
    fresh = make_client(telegram, telegram.ready_key(bot_account))
    await fresh.connect()

    assert refused == 0
    assert (await fresh.get_me()).id == bot_account.id
    await fresh.disconnect()


async def test_half_open_connection_is_silent(
    telegram: TelegramServer, bot: Any, bot_account: Account, ann: SimulatedUser
) -> None:
    """A black hole keeps the connection and answers nothing; what is pushed into it is lost."""
    assert telegram.network.half_open(bot_account.id) == 1
    await ann.say("into the hole")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bot.get_me(), 0.1)

    fresh = make_client(telegram, telegram.ready_key(bot_account))
    await fresh.connect()
    assert (await fresh.get_me()).id == bot_account.id
    await fresh.disconnect()


async def test_calls_are_logged(
    telegram: TelegramServer, bot_account: Account, ann: SimulatedUser
) -> None:
    """Each call is in the log with its name and account."""
    await ann.say("hi")
    last = telegram.calls[-1]

    assert (last.name, last.account, last.in_flight) == (SEND, ann.account.id, 1)
    assert telegram.counts()[SEND] == telegram.count(SEND) == 1
    assert telegram.count(SEND, bot_account) == 0


@pytest.mark.usefixtures("impatient")
async def test_lost_packets_are_made_good(
    telegram: TelegramServer, bot: Any, bot_account: Account, ann: SimulatedUser
) -> None:
    """Answers and pushes whose packets are lost come later; each call and message counts once."""
    heard: list[str] = []

    async def answer(event: Any) -> None:
        heard.append(event.raw_text)
        await event.respond(f"you said {event.raw_text}")

    bot.add_event_handler(answer, events.NewMessage(incoming=True))
    telegram.faults.add(f"push.updateNewMessage@{bot_account.id}", Lose(), times=2)
    telegram.faults.add(f"{SEND}@{bot_account.id}", Lose(), times=2)
    for text in ("one", "two", "three"):
        await ann.say(text)
        await ann.sees(f"you said {text}")
    await asyncio.gather(*(ann.say(text) for text in ("four", "five")))
    await ann.sees("you said four")
    await ann.sees("you said five")

    assert sorted(heard) == ["five", "four", "one", "three", "two"]
    assert telegram.count(SEND, bot_account) == 5
