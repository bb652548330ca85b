"""The edge on a person's own account, against the local Telegram."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from sapp_bot.domain.replies import Edit, Remove, Send
from sapp_bot.domain.text import rich
from sapp_bot.errors import TelegramError, Undeliverable
from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.faults import Fail, Hold
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account
from sapp_bot.telegram.account import OWN_WORDS, UserAccount
from sapp_bot.telegram.edge import EdgeConfig, TelegramEdge
from tests.end_to_end.stage import Shelf


class World:
    """A local Telegram, the owner, a friend, and the owner's edge."""

    def __init__(self, server: TelegramServer, folder: Path, *, allow: bool) -> None:
        self.server = server
        self.owner: Account = server.add_person(
            "Olga", phone="+391234567890", username="olga_herself"
        )
        self.friend: Account = server.add_person("Bob")
        self.shelf = Shelf()
        self._answers = iter(("+391234567890", server.login_code))
        config = EdgeConfig(
            api_id=1,
            api_hash=SecretStr("hash"),
            bot_token=SecretStr(""),
            folder=folder,
            server=f"{server.host}:{server.port}",
            server_key=server.public_key_pem,
        )
        allowed = frozenset({self.friend.id} if allow else ())
        self.edge = TelegramEdge(config, account=UserAccount(allowed, ask=self._answer))

    async def _answer(self, question: str, *, secret: bool = False) -> str:
        assert question
        assert not secret
        return next(self._answers)

    def saved(self) -> list[Any]:
        """List what stands in Saved Messages."""
        return list(self.server.world.mail.box(self.owner.id).messages.values())


@asynccontextmanager
async def _running(
    folder: Path, *, allow: bool = False
) -> AsyncIterator[tuple[World, asyncio.Task[None]]]:
    async with TelegramServer() as server:
        world = World(server, folder, allow=allow)
        try:
            await world.edge.connect()
            world.edge.listen(world.shelf.take, pending=world.shelf.pending)
            working = asyncio.create_task(world.edge.run())
            await asyncio.sleep(0)
            yield world, working
        finally:
            await world.edge.stop()
        await asyncio.wait([working])
        assert not server.crashes


async def test_other_chats_are_closed(tmp_path: Path) -> None:
    """Nothing is written to, changed in or deleted from a chat that is not ours."""
    async with _running(tmp_path) as (world, _):
        bob = world.friend.id
        for reply in (Send(bob, rich("hi")), Edit(bob, 1, rich("hi")), Remove(bob, (1,))):
            with pytest.raises(Undeliverable):
                await world.edge.deliver(reply, 1)
        with pytest.raises(Undeliverable):
            await world.edge.remove(bob, 1)
        assert world.server.count("messages.sendMessage") == 0
        assert world.server.count("messages.deleteMessages") == 0


async def test_who_wrote_can_be_answered_by_the_next_process(tmp_path: Path) -> None:
    """Without a person's access hash nobody writes to them: it is in the file with the message."""
    async with (
        _running(tmp_path, allow=True) as (world, _),
        await SimulatedUser.join(world.server, world.friend, world.owner) as bob,
    ):
        await bob.say("/start")
        await world.shelf.first(1)
        with closing(sqlite3.connect(world.edge.session_path)) as file:
            place = ("select hash from entities where id = ?", (world.friend.id,))
            (found,) = file.execute(*place).fetchone()
    assert found == world.server.world.accounts.access_hash(world.owner, world.friend)


async def test_a_new_session_knows_whom_the_account_knows(tmp_path: Path) -> None:
    """Who has written before the sign-in can be written to after it."""
    async with TelegramServer() as server:
        world = World(server, tmp_path, allow=True)
        async with await SimulatedUser.join(server, world.friend, world.owner) as bob:
            await bob.say("before")
            await world.edge.connect()
            assert await world.edge.deliver(Send(world.friend.id, rich("hi")), 1) is not None
            await bob.sees("hi")
            await world.edge.stop()


async def test_the_mark_is_looked_at_once(tmp_path: Path) -> None:
    """The first message is read back, to see that Telegram kept the mark; the others are not."""
    async with _running(tmp_path) as (world, working):
        for number in (1, 2):
            await world.edge.deliver(Send(world.owner.id, rich("hi")), number)
        assert world.server.count("messages.getMessages") == 1
        assert [m.message for m in world.saved()] == [f"{OWN_WORDS}hi"] * 2
        assert not working.done()


async def test_a_lost_mark_ends_the_bot(tmp_path: Path) -> None:
    """Where Telegram takes the mark off, the bot ends rather than answer itself."""
    async with _running(tmp_path) as (world, working):
        reading = world.server.faults.add("messages.getMessages", Hold())
        sending = asyncio.create_task(world.edge.deliver(Send(world.owner.id, rich("hi")), 1))
        await reading.held.wait()
        (sent,) = world.saved()
        sent.message = "hi"
        reading.release()
        await sending
        with pytest.raises(TelegramError, match="takes our mark off"):
            await working


async def test_a_mark_that_cannot_be_looked_at_is_looked_at_later(tmp_path: Path) -> None:
    """A message has arrived, whatever becomes of reading it back; the next one is read instead."""
    async with _running(tmp_path) as (world, _):
        world.server.faults.add("messages.getMessages", Fail(400, "MSG_ID_INVALID"))
        for number in (1, 2, 3):
            assert await world.edge.deliver(Send(world.owner.id, rich("hi")), number) is not None
        assert world.server.count("messages.getMessages") == 2


async def test_what_is_too_old_to_edit_is_taken_away(tmp_path: Path) -> None:
    """An edit that comes too late removes the message: what it shows may be meant to vanish."""
    async with _running(tmp_path) as (world, _):
        me = world.owner.id
        number = await world.edge.deliver(Send(me, rich("a key")), 1)
        assert number is not None
        world.server.faults.add("messages.editMessage", Fail(400, "MESSAGE_EDIT_TIME_EXPIRED"))
        gone = await world.edge.deliver(Edit(me, number, rich("none"), revive=False), 2)
        assert gone is None
        assert world.saved() == []


async def test_an_edit_revives_only_what_it_may(tmp_path: Path) -> None:
    """A message that is gone comes back by an answer, and not by a timer."""
    async with _running(tmp_path) as (world, _):
        me = world.owner.id
        assert await world.edge.deliver(Edit(me, 1, rich("x"), revive=False), 1) is None
        assert world.saved() == []
        assert await world.edge.deliver(Edit(me, 1, rich("x")), 2) is not None
        assert len(world.saved()) == 1
