"""What a bot missed while it was away: the difference, in order, in slices, and its limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from telethon import events
from telethon.sessions import SQLiteSession
from telethon.tl import functions, types

from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.faults import Delay, Drop
from sapp_bot.sandbox.telegram.connect import make_client
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account


class Listener:
    """A bot that writes down what it hears."""

    def __init__(self, telegram: TelegramServer, path: Path, token: str) -> None:
        self.heard: list[str] = []
        self._news = asyncio.Event()
        session = SQLiteSession(str(path))
        self.client = make_client(telegram, session=session, catch_up=True)
        self.client.add_event_handler(self._hear, events.NewMessage)
        self.token = token

    async def _hear(self, event: Any) -> None:
        self.heard.append(event.text)
        self._news.set()

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait until something holds, asking at each message."""
        async with asyncio.timeout(10):
            while not done():
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def listening(
    telegram: TelegramServer, path: Path, account: Account
) -> AsyncIterator[Listener]:
    """Run the bot on a session file for a while."""
    listener = Listener(telegram, path, account.token)
    await listener.client.start(bot_token=account.token)
    try:
        yield listener
    finally:
        await listener.client.disconnect()


async def test_messages_sent_while_down_come_in_order(
    telegram: TelegramServer, bot_account: Account, ann: SimulatedUser, tmp_path: Path
) -> None:
    """A bot that was away gets what it missed, in order, then what is said now."""
    async with listening(telegram, tmp_path / "bot.session", bot_account) as bot:
        await ann.say("before")
        await bot.until(lambda: bot.heard == ["before"])
    missed = [str(number) for number in range(20)]
    for text in missed:
        await ann.say(text)
    await ann.edit("last")
    async with listening(telegram, tmp_path / "bot.session", bot_account) as bot:
        await bot.until(lambda: len(bot.heard) == 20)
        await ann.say("live")
        await bot.until(lambda: len(bot.heard) == 21)

        assert bot.heard == [*missed[:-1], "last", "live"]


async def test_long_difference_comes_in_slices(
    telegram: TelegramServer, bot_account: Account, ann: SimulatedUser, tmp_path: Path
) -> None:
    """More than one slice of changes is asked for until it is whole, nothing lost or doubled."""
    telegram.world.difference_slice = 10
    async with listening(telegram, tmp_path / "bot.session", bot_account):
        pass
    telegram.calls.clear()
    missed = [str(number) for number in range(35)]
    for text in missed:
        await ann.say(text)
    async with listening(telegram, tmp_path / "bot.session", bot_account) as bot:
        await bot.until(lambda: len(bot.heard) == 35)

        assert bot.heard == missed
        assert telegram.count("updates.getDifference", bot_account) == 4


async def test_too_long_a_difference_jumps(
    telegram: TelegramServer, bot_account: Account, ann: SimulatedUser, bot: Any
) -> None:
    """What the log no longer holds is gone: the client is told where the box stands."""
    telegram.world.mail.log_kept = 5
    state = await bot(functions.updates.GetStateRequest())
    for number in range(6):
        await ann.say(str(number))
    answer = await bot(functions.updates.GetDifferenceRequest(state.pts, state.date, state.qts))

    assert isinstance(answer, types.updates.DifferenceTooLong)
    assert answer.pts == telegram.world.mail.box(bot_account.id).pts


async def test_client_that_is_ahead_is_told_to_jump(
    telegram: TelegramServer, bot_account: Account, bot: Any
) -> None:
    """A state from another server must not make a client deaf for ever."""
    box = telegram.world.mail.box(bot_account.id)
    request = functions.updates.GetDifferenceRequest(box.pts + 1000, None, 0)

    assert (await bot(request)).pts == box.pts


async def test_difference_shows_messages_as_they_are_now(
    telegram: TelegramServer, bot_account: Account, ann: SimulatedUser, bot: Any
) -> None:
    """Edits show in the new messages, deleted ones do not come, and pts reach the end."""
    state = await bot(functions.updates.GetStateRequest())
    old = await ann.say("old")
    middle = await bot(functions.updates.GetStateRequest())
    ids = [await ann.say(text) for text in ("kept", "gone")]
    await ann.edit("kept, changed", ids[0])
    await ann.edit("old, changed", old)
    await ann.delete(ids[1])
    answer = await bot(functions.updates.GetDifferenceRequest(middle.pts, middle.date, middle.qts))

    assert [m.message for m in answer.new_messages] == ["kept, changed"]
    assert [type(u).__name__ for u in answer.other_updates] == [
        "UpdateEditMessage",
        "UpdateDeleteMessages",
    ]
    assert answer.state.pts == telegram.world.mail.box(bot_account.id).pts == state.pts + 6


async def test_reconnecting_client_is_not_told_what_it_missed(
    telegram: TelegramServer, bot_account: Account, ann: SimulatedUser, tmp_path: Path
) -> None:
    """After a cut nothing comes by itself: the next update shows the gap, and then all come."""
    async with listening(telegram, tmp_path / "bot.session", bot_account) as bot:
        telegram.faults.add("push.updateNewMessage", Drop(), times=2)
        await ann.say("lost 1")
        await ann.say("lost 2")
        telegram.network.cut(bot_account.id)
        await until_reconnected(telegram, bot_account)
        assert bot.heard == []
        await ann.say("seen")
        await bot.until(lambda: len(bot.heard) == 3)

        assert bot.heard == ["lost 1", "lost 2", "seen"]


async def test_switch_tells_reconnecting_clients(
    telegram: TelegramServer, bot_account: Account, ann: SimulatedUser, tmp_path: Path
) -> None:
    """With the kind switch on, a new session is told at once to ask what it missed."""
    telegram.world.tells_of_gaps = True
    async with listening(telegram, tmp_path / "bot.session", bot_account) as bot:
        telegram.faults.add("push.updateNewMessage", Drop())
        await ann.say("lost")
        telegram.network.cut(bot_account.id)
        await bot.until(lambda: bot.heard == ["lost"])


async def test_closing_and_starting_again_keeps_everything(
    telegram: TelegramServer, bot_account: Account, ann: SimulatedUser, tmp_path: Path
) -> None:
    """A server that went away for a while comes back on its port with all that was said."""
    port = telegram.port
    async with listening(telegram, tmp_path / "bot.session", bot_account):
        await ann.say("one")
    await telegram.close()
    await telegram.start()
    await ann.say("two")
    async with listening(telegram, tmp_path / "bot.session", bot_account) as bot:
        await bot.until(lambda: "two" in bot.heard)

        assert telegram.port == port


async def until_reconnected(telegram: TelegramServer, account: Account) -> None:
    """Wait until the account talks over a new connection: its reconnect hook asks who it is."""
    fault = telegram.faults.add(f"users.getUsers@{account.id}", Delay(0))
    async with asyncio.timeout(30):
        await fault.reached.wait()
