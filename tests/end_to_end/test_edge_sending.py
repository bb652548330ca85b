"""What the bot says reaches people: once, as it was meant, one chat never waiting for another."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from telethon import types
from telethon.errors import FloodWaitError
from telethon.tl import functions

from sapp_bot.domain.answers import PressAnswer
from sapp_bot.domain.replies import Callback, Copy, Edit, PictureSource, Remove, Send, Url
from sapp_bot.domain.text import Rich, bold, code, spoiler
from sapp_bot.domain.updates import Message
from sapp_bot.errors import ChatPaused, TelegramAway, TelegramError, Undeliverable
from sapp_bot.sandbox.faults import Drop, Fail, Hang
from sapp_bot.telegram.edge import TelegramEdge
from tests.end_to_end.stage import Shelf, Talker, stage
from tests.images import png

KEYS = ((Callback("Go", b"go", style="primary"), Copy("Copy", "x"), Url("Docs", "https://x.test")),)


async def met(shelf: Shelf, *people: Talker) -> None:
    """Let people write to the bot, so that it may write to them."""
    for person in people:
        await person.say("hello")
    await shelf.first(len(people))


async def test_send(tmp_path: Path) -> None:
    """A message arrives with its text, formatting and keys; Markdown in it stays what it is."""
    shelf = Shelf()
    text = Rich("a *b* ") + bold("😀") + code("c") + spoiler("s")
    async with stage(tmp_path) as s, s.running(shelf) as edge, s.talker() as ann:
        await met(shelf, ann)
        number = await edge.deliver(Send(ann.account.id, text, KEYS), 1)
        (said,) = (await ann.history())[1:]
    assert number is not None
    assert said.message == "a *b* 😀cs"
    kinds = [type(e) for e in said.entities]
    assert kinds == [
        types.MessageEntityBold,
        types.MessageEntityCode,
        types.MessageEntitySpoiler,
    ]
    assert [(e.offset, e.length) for e in said.entities] == [(6, 2), (8, 1), (9, 1)]
    assert [key.text for row in said.reply_markup.rows for key in row.buttons] == [
        "Go",
        "Copy",
        "Docs",
    ]


async def test_repeated_send(tmp_path: Path) -> None:
    """The same reply sent again, as after a crash, is seen once and has the same id."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf) as edge, s.talker() as ann:
        await met(shelf, ann)
        reply = Send(ann.account.id, Rich("once"))
        first = await edge.deliver(reply, 5)
        assert await edge.deliver(reply, 5) == first
        assert [m.message for m in await ann.history()] == ["hello", "once"]
        await edge.remove(ann.account.id, first or 0)
        # The message is gone meanwhile: Telegram answers RANDOM_ID_DUPLICATE.
        assert await edge.deliver(reply, 5) is None
        assert [m.message for m in await ann.history()] == ["hello"]


async def test_a_screen_is_sent_until_its_id_is_known(tmp_path: Path) -> None:
    """Telegram may say that it has a message without saying which; a screen needs to know."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf) as edge, s.talker() as ann:
        await met(shelf, ann)
        twice = Fail(500, "RANDOM_ID_DUPLICATE")
        s.server.faults.add("messages.sendMessage@*", twice)
        with pytest.raises(TelegramAway):
            await edge.deliver(Send(ann.account.id, Rich("card"), screen="card"), 1)
        assert await edge.deliver(Send(ann.account.id, Rich("card"), screen="card"), 1) is not None
        s.server.faults.add("messages.sendMessage@*", twice)
        assert await edge.deliver(Send(ann.account.id, Rich("words")), 2) is None


async def test_answer_lost(tmp_path: Path) -> None:
    """A connection cut after the work was done: the message is seen once."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf) as edge, s.talker() as ann:
        await met(shelf, ann)
        s.server.faults.add("messages.sendMessage@*", Drop("after"))
        await edge.deliver(Send(ann.account.id, Rich("once")), 5)
        assert [m.message for m in await ann.history()] == ["hello", "once"]


async def test_long_text(tmp_path: Path) -> None:
    """A text too long for one message comes as several, in order, the keys under the last."""
    shelf = Shelf()
    text = Rich("line of text\n" * 700)
    async with stage(tmp_path) as s, s.running(shelf) as edge, s.talker() as ann:
        await met(shelf, ann)
        last = await edge.deliver(Send(ann.account.id, text, KEYS), 5)
        await edge.deliver(Edit(ann.account.id, last or 0, Rich("short")), 6)
        parts = (await ann.history())[1:]
    assert len(parts) == 3
    assert [p.message for p in parts][-1] == "short"


async def test_edit(tmp_path: Path) -> None:
    """An edit changes text and keys in place; the same edit again is no error."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf) as edge, s.talker() as ann:
        await met(shelf, ann)
        number = await edge.deliver(Send(ann.account.id, Rich("old"), KEYS), 1) or 0
        edit = Edit(ann.account.id, number, Rich("new"))
        assert await edge.deliver(edit, 2) == number
        assert await edge.deliver(edit, 2) == number
        (_, said) = await ann.history()
    assert (said.message, said.reply_markup) == ("new", None)


async def test_edit_of_a_deleted_message(tmp_path: Path) -> None:
    """A screen that the person deleted is sent anew, once, and its new id is told."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf) as edge, s.talker() as ann:
        await met(shelf, ann)
        number = await edge.deliver(Send(ann.account.id, Rich("old")), 1) or 0
        await ann.client.delete_messages(ann.bot, [m.id for m in await ann.history()])
        edit = Edit(ann.account.id, number, Rich("new"), KEYS)
        anew = await edge.deliver(edit, 2)
        assert anew not in {None, number}
        assert await edge.deliver(edit, 2) == anew
        (said,) = await ann.history()
    assert (said.message, said.reply_markup is not None) == ("new", True)


async def test_photo(tmp_path: Path) -> None:
    """A photo arrives once with its caption, changes in place, and comes anew when it is gone."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf) as edge, s.talker() as ann:
        await met(shelf, ann)
        chat, source = ann.account.id, PictureSource("sample.Chart", "{}")
        send = Send(chat, Rich("look"), KEYS, picture=source)
        number = await edge.deliver(send, 5, png(60, 40)) or 0
        assert await edge.deliver(send, 5, png(60, 40)) == number
        edit = Edit(chat, number, Rich("again"), picture=source, was_picture=True)
        assert await edge.deliver(edit, 6, png(80, 40)) == number
        (photo,) = (await ann.history())[1:]
        assert (photo.message, photo.photo.sizes[0].w) == ("again", 80)
        await edge.remove(chat, number)
        assert await edge.deliver(edit, 6, png(80, 40)) not in {None, number}
        assert [m.message for m in await ann.history()] == ["hello", "again"]


async def test_a_photo_in_the_place_of_a_text(tmp_path: Path) -> None:
    """A picture that could not be drawn at first was sent as its text: that is replaced."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf) as edge, s.talker() as ann:
        await met(shelf, ann)
        chat, source = ann.account.id, PictureSource("sample.Chart", "{}")
        number = await edge.deliver(Send(chat, Rich("in words")), 5) or 0
        edit = Edit(chat, number, Rich("drawn"), picture=source, was_picture=True)
        assert await edge.deliver(edit, 6, png(60, 40)) not in {None, number}
        (photo,) = (await ann.history())[1:]
        assert (photo.message, photo.photo is not None) == ("drawn", True)


async def test_remove(tmp_path: Path) -> None:
    """Messages are deleted on both sides; deleting them again is no error."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf) as edge, s.talker() as ann:
        await met(shelf, ann)
        (hello,) = shelf.taken
        assert isinstance(hello, Message)
        chat = ann.account.id
        assert await edge.remove(chat, hello.message_id or 0)
        assert await edge.remove(chat, hello.message_id or 0)
        number = await edge.deliver(Send(chat, Rich("bye")), 1) or 0
        assert await edge.deliver(Remove(chat, (number, hello.message_id or 0)), 2) is None
        assert await ann.history() == []
        s.server.faults.add("messages.deleteMessages", Fail(403, "MESSAGE_DELETE_FORBIDDEN"))
        assert not await edge.remove(chat, 1)


async def test_acknowledge_too_late(tmp_path: Path) -> None:
    """A press that nobody waits for any more is no error."""
    async with stage(tmp_path) as s, s.running(Shelf()) as edge:
        await edge.answer(12345, PressAnswer("too late"))


async def test_typing_never_fails(tmp_path: Path) -> None:
    """Showing "typing" to somebody who blocked the bot, or without a connection, is no error."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf) as edge, s.talker() as ann:
        await met(shelf, ann)
        await edge.typing(ann.account.id)
        s.server.faults.add("messages.setTyping", Fail(400, "PEER_ID_INVALID"))
        await edge.typing(ann.account.id)
        await edge.stop()
        await edge.typing(ann.account.id)


async def test_menu(tmp_path: Path) -> None:
    """A menu is set per language for everybody, and for one person's chat."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf) as edge, s.talker("Ann", "ru") as ann:
        await met(shelf, ann)
        await edge.set_menu({"help": "What I can do"}, language="", person=0)
        assert await menu(ann) == {"help": "What I can do"}
        await edge.set_menu({"help": "Справка"}, language="ru", person=0)
        assert await menu(ann) == {"help": "Справка"}
        await edge.set_menu({"report": "Report"}, language="", person=ann.account.id)
        assert await menu(ann) == {"report": "Report"}


async def menu(person: Talker) -> dict[str, str]:
    """Read the bot's commands as a person sees them."""
    full = await person.client(functions.users.GetFullUserRequest(person.bot))
    return {c.command: c.description for c in full.full_user.bot_info.commands}


async def test_flood_wait_in_one_chat(tmp_path: Path) -> None:
    """A wait that Telegram asks for in one chat is told at once, and no other chat waits."""
    shelf = Shelf()
    async with (
        stage(tmp_path) as s,
        s.running(shelf) as edge,
        s.talker() as ann,
        s.talker("Bob") as bob,
    ):
        await met(shelf, ann, bob)
        s.server.faults.add("messages.sendMessage@*", Fail(420, "FLOOD_WAIT_30"))
        begun = time.monotonic()
        with pytest.raises(ChatPaused) as paused:
            await edge.deliver(Send(ann.account.id, Rich("one")), 1)
        await edge.deliver(Send(bob.account.id, Rich("two")), 2)
        await edge.deliver(Send(ann.account.id, Rich("one")), 1)
        assert time.monotonic() - begun < 2
    assert paused.value.wait_s == 30


async def test_a_wait_for_one_request_is_not_kept_against_the_next(tmp_path: Path) -> None:
    """Telethon remembers a wait by kind of request, and would refuse later ones unasked."""
    async with stage(tmp_path) as s, s.running(Shelf()) as edge:
        client = edge._session.client
        s.server.faults.add("help.getConfig", Fail(420, "FLOOD_WAIT_30"))
        with pytest.raises(FloodWaitError):
            await client(functions.help.GetConfigRequest())
        assert await client(functions.help.GetConfigRequest())


@pytest.mark.parametrize(
    "refusal", [Fail(406, "AUTH_KEY_DUPLICATED"), Fail(401, "SESSION_REVOKED")]
)
async def test_a_key_used_twice_ends_the_run(refusal: Fail, tmp_path: Path) -> None:
    """A send is told that the session is over: the process must not go on deaf."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.talker() as ann:
        edge = s.edge()
        await edge.connect()
        edge.listen(shelf.take, pending=shelf.pending)
        work = asyncio.create_task(edge.run())
        await met(shelf, ann)
        s.server.faults.add("messages.sendMessage@*", refusal)
        with contextlib.suppress(TelegramError):
            await edge.deliver(Send(ann.account.id, Rich("one")), 1)
        await asyncio.wait({work}, timeout=5)
        assert work.done()
        with pytest.raises(TelegramError, match="ended"):
            await work
        await edge.stop()


def refusals() -> Iterator[tuple[Fail, type[Exception]]]:
    """List what Telegram may answer, and what becomes of it."""
    for name in ("USER_IS_BLOCKED", "INPUT_USER_DEACTIVATED", "ENTITY_BOUNDS_INVALID"):
        yield Fail(400, name), Undeliverable
    yield Fail(403, "CHAT_WRITE_FORBIDDEN"), Undeliverable
    # Every 406 that Telethon has no name for looks to it like the end of the session.
    yield Fail(406, "TOPIC_CLOSED"), Undeliverable
    yield Fail(420, "FROZEN_METHOD_INVALID"), Undeliverable
    yield Fail(500, "INTERNAL"), TelegramAway
    yield Fail(-503, "Timeout"), TelegramAway


async def test_refusals(tmp_path: Path) -> None:
    """A refusal is final, a fault of Telegram's is worth another try; each is told at once."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf) as edge, s.talker() as ann:
        await met(shelf, ann)
        begun = time.monotonic()
        for fault, expected in refusals():
            s.server.faults.add("messages.sendMessage@*", fault)
            with pytest.raises(expected):
                await edge.deliver(Send(ann.account.id, Rich("one")), 1)
        assert time.monotonic() - begun < 2
        with pytest.raises(Undeliverable):
            await edge.deliver(Send(99, Rich("to a stranger")), 1)


async def test_unanswered_call(tmp_path: Path) -> None:
    """A call without an answer ends in time, and is not made once more behind our back."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf, call_s=0.3) as edge, s.talker() as ann:
        await met(shelf, ann)
        s.server.faults.add("messages.sendMessage@*", Hang())
        with pytest.raises(TelegramAway):
            await edge.deliver(Send(ann.account.id, Rich("one")), 1)
        await delivered(edge, Send(ann.account.id, Rich("two")), 2)
        assert [m.message for m in await ann.history()] == ["hello", "two"]


async def test_a_slow_telegram_keeps_its_connection(tmp_path: Path) -> None:
    """A call that is not answered in time ends no connection on which Telegram can be heard.

    In a crowd it would be replaced for each late answer, and carry everything anew each time.
    """
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf, call_s=0.4) as edge, s.talker() as ann:
        await met(shelf, ann)
        before = s.server.network.accepted
        s.server.faults.add(f"messages.sendMessage@{s.bot.id}", Hang())
        sending = asyncio.create_task(edge.deliver(Send(ann.account.id, Rich("one")), 1))
        while not sending.done():
            await ann.say("still here")
        with pytest.raises(TelegramAway):
            await sending
        await delivered(edge, Send(ann.account.id, Rich("one")), 1)

        assert s.server.network.accepted == before
        assert [m.message for m in await ann.history()].count("one") == 1


async def test_disconnected(tmp_path: Path) -> None:
    """Without a connection a call fails in time; the outage leaves no calls piled up."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf, call_s=0.2) as edge, s.talker() as ann:
        await met(shelf, ann)
        s.server.network.refuse()
        for _ in range(3):
            with pytest.raises(TelegramAway):
                await edge.deliver(Send(ann.account.id, Rich("one")), 1)
        s.server.network.allow()
        tries = await delivered(edge, Send(ann.account.id, Rich("one")), 1)
        assert [m.message for m in await ann.history()] == ["hello", "one"]
        assert s.server.count("messages.sendMessage", s.bot) <= tries
    with pytest.raises(TelegramAway):
        await edge.deliver(Send(ann.account.id, Rich("late")), 3)


async def delivered(edge: TelegramEdge, reply: Send, random_id: int) -> int:
    """Repeat as the outbox does, until the reply has arrived; tells how many tries it took."""
    tries = 1
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(TelegramAway):
                await edge.deliver(reply, random_id)
                return tries
            tries += 1


async def test_new_session_answers(tmp_path: Path) -> None:
    """A bot that lost its session file, and with it who it met, can still write to people."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.talker() as ann:
        async with s.running(shelf, tmp_path / "a"):
            await met(shelf, ann)
        async with s.running(Shelf(), tmp_path / "b") as edge:
            await edge.deliver(Send(ann.account.id, Rich("still here")), 1)
        assert [m.message for m in await ann.history()] == ["hello", "still here"]


async def test_one_call_per_reply(tmp_path: Path) -> None:
    """A reply costs one call, also the first one to a person after a restart."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.talker() as ann:
        async with s.running(shelf):
            await met(shelf, ann)
        async with s.running(Shelf()) as edge:
            before = len(s.server.calls)
            for number in range(1, 6):
                await edge.deliver(Send(ann.account.id, Rich("one")), number)
            made = [call.name for call in list(s.server.calls)[before:]]
    assert made.count("messages.sendMessage") == 5
    assert set(made) <= {"messages.sendMessage", "updates.getDifference"}
