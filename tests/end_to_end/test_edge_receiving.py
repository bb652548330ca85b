"""What people send reaches the bot: once or more, in order, whatever happens in between."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from telethon.tl import types

from sapp_bot.domain.answers import PressAnswer
from sapp_bot.domain.replies import Callback, Send
from sapp_bot.domain.text import Rich
from sapp_bot.domain.updates import Message, Person, Press
from sapp_bot.errors import TelegramError
from sapp_bot.sandbox.faults import Fail, Hang
from tests.end_to_end.stage import Shelf, Stage, stage, until

FIFTY = [f"message {number}" for number in range(50)]


async def test_message_edit_and_press(tmp_path: Path) -> None:
    """New messages, edits and presses come through one intake, in the order they were made."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf) as edge, s.talker("Zoë", "ru") as zoe:
        said = await zoe.client.send_message(zoe.bot, "hi")
        await shelf.first(1)
        await edge.deliver(Send(zoe.account.id, Rich("?"), ((Callback("k", b"\xff"),),)), 1)
        screen = (await zoe.history())[-1]
        pressing = asyncio.create_task(screen.click(0))
        await shelf.first(2)
        await zoe.client.edit_message(zoe.bot, said.id, "ho")
        first, press, edit = await shelf.first(3)
        assert isinstance(press, Press)
        await edge.answer(press.query_id, PressAnswer("done"))
        assert (await pressing).message == "done"
    assert isinstance(first, Message)
    assert first.sender == Person(zoe.account.id, "Zoë", "ru")
    assert (first.text, first.private, first.chat_id) == ("hi", True, zoe.account.id)
    assert (press.data, press.sender) == (b"\xff", first.sender)
    assert isinstance(edit, Message)
    assert (edit.text, edit.message_id) == ("ho", first.message_id)
    assert edit.key != first.key


async def test_photo(tmp_path: Path) -> None:
    """A photo comes as its kind and caption."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf), s.talker() as ann:
        uploaded = await ann.client.upload_file(PNG, file_name="dot.png")
        picture = types.InputMediaUploadedPhoto(uploaded)
        await ann.client.send_file(ann.bot, picture, caption="look")
        (found,) = await shelf.first(1)
    assert isinstance(found, Message)
    assert (found.media, found.text) == ("photo", "look")


async def test_sent_while_down(tmp_path: Path) -> None:
    """What was sent while the bot was down comes at the next start, in order, nothing twice."""
    before, after = Shelf(), Shelf()
    async with stage(tmp_path) as s, s.talker() as ann:
        async with s.running(before):
            await ann.say("live")
            await before.first(1)
        await ann.say(*FIFTY)
        async with s.running(after):
            await ann.say("live again")
            await after.first(51)
    assert before.texts == ["live"]
    assert after.texts == [*FIFTY, "live again"]


async def test_sent_before_run(tmp_path: Path) -> None:
    """What comes between connecting and listening waits for the one who listens."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.talker() as ann:
        edge = s.edge()
        await edge.connect()
        await ann.say("early")
        await until(lambda: s.server.quiet_s > 0.1)
        edge.listen(shelf.take, pending=shelf.pending)
        work = asyncio.create_task(edge.run())
        await shelf.first(1)
        await edge.stop()
        await work
    assert shelf.texts == ["early"]


async def test_killed_after_first_login(tmp_path: Path) -> None:
    """The state is in the file as soon as the first login is over: a kill then loses nothing."""
    shelf = Shelf()
    async with stage(tmp_path / "a") as s, s.talker() as ann, s.running(Shelf()):
        copy_of(tmp_path / "a", tmp_path / "b")
        await ann.say("one", "two")
        async with s.running(shelf, tmp_path / "b"):
            await shelf.first(2)
    assert shelf.texts == ["one", "two"]


async def test_stop_with_unstored(tmp_path: Path) -> None:
    """A clean stop saves no state past messages that are not stored: they come again."""
    before, after = Shelf(), Shelf()
    before.holding = True
    async with stage(tmp_path) as s, s.talker() as ann:
        async with s.running(before, pulse_s=0.02):
            await ann.say("one", "two", "three")
            await before.first(3)
            # Several saves were due, and refused, by now.
            await until(lambda: s.server.count("updates.getDifference", s.bot) > 2)
        async with s.running(after):
            await after.first(3)
    assert after.texts == ["one", "two", "three"]


async def test_stop_with_stored(tmp_path: Path) -> None:
    """Once all is stored the state moves on, at a pulse or at the stop: nothing comes again."""
    before, after = Shelf(), Shelf()
    async with stage(tmp_path) as s, s.talker() as ann:
        async with s.running(before):
            await ann.say("one", "two")
            await before.first(2)
        async with s.running(after):
            await ann.say("three")
            await after.first(1)
    assert after.texts == ["three"]


async def test_killed_after_pulse(tmp_path: Path) -> None:
    """A killed bot goes on from its last pulse: at most some messages come twice, none is lost."""
    before, after = Shelf(), Shelf()
    async with stage(tmp_path / "a") as s, s.talker() as ann:
        async with s.running(before, pulse_s=0.05):
            await ann.say("one")
            await before.first(1)
            pulses = s.server.count("updates.getDifference", s.bot)
            await until(lambda: s.server.count("updates.getDifference", s.bot) > pulses + 1)
            before.holding = True
            await ann.say("two", "three")
            await before.first(3)
            pulses = s.server.count("updates.getDifference", s.bot)
            await until(lambda: s.server.count("updates.getDifference", s.bot) > pulses + 1)
            copy_of(tmp_path / "a", tmp_path / "b")
        async with s.running(after, tmp_path / "b"):
            await after.first(2)
    assert after.texts == ["two", "three"]


async def test_edited_while_down(tmp_path: Path) -> None:
    """An edit of an old message, made while the bot was down, is not dropped."""
    after = Shelf()
    async with stage(tmp_path) as s, s.talker() as ann:
        async with s.running(before := Shelf()):
            said = await ann.client.send_message(ann.bot, "old")
            await before.first(1)
        await ann.client.edit_message(ann.bot, said.id, "new")
        async with s.running(after):
            (found,) = await after.first(1)
    assert isinstance(found, Message)
    assert (found.text, found.edited_at is not None) == ("new", True)


async def test_gap_of_a_dropped_connection(tmp_path: Path) -> None:
    """What was sent while the connection was down comes within 5 s of its return, in order."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf), s.talker() as ann:
        await ann.say("before")
        await shelf.first(1)
        s.server.network.refuse(s.bot.id)
        await ann.say("one", "two", "three")
        s.server.network.allow(s.bot.id)
        back = time.monotonic()
        await shelf.first(4)
        assert time.monotonic() - back < 5
    assert shelf.texts == ["before", "one", "two", "three"]


async def test_server_that_drops_every_connection(tmp_path: Path) -> None:
    """A server that takes connections and drops them is called less and less often."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.talker() as ann, s.running(shelf):
        s.server.network.refuse(s.bot.id)
        before, begun = s.server.network.accepted, time.monotonic()
        await until(lambda: s.server.network.accepted >= before + 3)
        assert time.monotonic() - begun > 0.25 + 0.5 + 0.75  # doubled each time, some for jitter
        s.server.network.allow(s.bot.id)
        await ann.say("one")
        await shelf.first(1)
    assert shelf.texts == ["one"]


async def test_half_open_connection(tmp_path: Path) -> None:
    """A connection that went deaf without closing is replaced, and the gap is asked for."""
    shelf = Shelf()
    async with (
        stage(tmp_path) as s,
        s.talker() as ann,
        s.running(shelf, pulse_s=0.2, answer_s=0.3),
    ):
        assert s.server.network.half_open(s.bot.id) == 1
        await ann.say("one")
        await shelf.first(1)
    assert shelf.texts == ["one"]


async def test_lost_push(tmp_path: Path) -> None:
    """A message whose push got lost comes with the next pulse."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf, pulse_s=0.2), s.talker() as ann:
        s.server.faults.add(f"push.updateNewMessage@{s.bot.id}", Hang())
        await ann.say("quiet")
        await shelf.first(1)
    assert shelf.texts == ["quiet"]


async def test_unanswered_difference(tmp_path: Path) -> None:
    """A difference that is never answered is asked for again on a new connection."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.talker() as ann:
        async with s.running(Shelf()):
            pass
        await ann.say("one")
        hang = s.server.faults.add(f"updates.getDifference@{s.bot.id}", Hang())
        async with s.running(shelf, answer_s=0.3):
            await shelf.first(1)
        assert hang.reached.is_set()
    assert shelf.texts == ["one"]


async def test_session_ended_by_telegram(tmp_path: Path) -> None:
    """A session that Telegram ends fails fast; the next start signs in and goes on from there."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.talker() as ann:
        await fail_while_running(s, Fail(406, "AUTH_KEY_DUPLICATED"))
        await ann.say("one")
        s.server.faults.add(f"users.getUsers@{s.bot.id}", Fail(406, "AUTH_KEY_DUPLICATED"))
        async with s.running(shelf):
            await shelf.first(1)
        assert s.server.count("auth.importBotAuthorization") == 2
    assert shelf.texts == ["one"]


async def test_signed_out(tmp_path: Path) -> None:
    """A key that is nobody's any more fails fast; the next start signs in, and misses nothing."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.talker() as ann:
        await fail_while_running(s, None)
        await ann.say("one")
        async with s.running(shelf):
            await shelf.first(1)
    assert shelf.texts == ["one"]


async def test_many_at_once(tmp_path: Path) -> None:
    """Messages of many people at once all come, each person's in order."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf), s.talker() as ann, s.talker("Bob") as bob:
        await asyncio.gather(ann.say(*FIFTY), bob.say(*FIFTY))
        await shelf.first(100)
    for who in (ann, bob):
        own = [u for u in shelf.taken if u.sender.id == who.account.id]
        assert [u.text for u in own if isinstance(u, Message)] == FIFTY


async def test_a_long_difference_comes_in_slices(tmp_path: Path) -> None:
    """What was missed comes in order also when Telegram gives it piece by piece."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.talker() as ann:
        s.server.world.difference_slice = 10
        async with s.running(Shelf()):
            pass
        await ann.say(*FIFTY)
        async with s.running(shelf):
            await shelf.first(50)
    assert shelf.texts == FIFTY


async def test_more_was_missed_than_telegram_keeps(tmp_path: Path) -> None:
    """What Telegram no longer has is lost: the log says so, loudly, and the bot goes on."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.talker() as ann:
        s.server.world.mail.log_kept = 5
        async with s.running(Shelf()):
            pass
        await ann.say(*FIFTY)
        with capture_logs() as logs:
            async with s.running(shelf):
                await until(lambda: [entry for entry in logs if entry["log_level"] == "error"])
                await ann.say("live")
                await shelf.first(1)
    (lost,) = [entry for entry in logs if entry["event"] == "telegram.updates_lost"]
    assert lost["until"] - lost["since"] == 50
    assert shelf.texts == ["live"]


async def test_a_clock_that_was_set(tmp_path: Path) -> None:
    """An hour's jump of the machine's clock: messages are heard as before, once it is known."""
    shelf = Shelf()
    async with stage(tmp_path) as s, s.running(shelf) as edge, s.talker() as ann:
        # As a clock that is set forward: Telethon counts from it, and would pass over what
        # Telegram sends at a time that differs by minutes.
        edge._session.client._sender._state.time_offset += 3600
        await edge.clock_moved(3600)
        await ann.say("after the jump")
        await shelf.first(1)
    assert shelf.texts == ["after the jump"]


def copy_of(session_folder: Path, target: Path) -> None:
    """Take the session files as a SIGKILL at this moment would leave them."""
    target.mkdir(parents=True)
    for file in session_folder.glob("*.session*"):
        shutil.copy(file, target)


async def fail_while_running(s: Stage, fault: Fail | None) -> None:
    """Run an edge until Telegram ends its session: with an error, or by taking the key away."""
    edge = s.edge(pulse_s=0.1)
    await edge.connect()
    edge.listen(Shelf().take, pending=lambda: False)
    if fault is None:
        for key in list(s.server.world.sessions.keys_of(s.bot.id)):
            s.server.world.sessions.sign_out(key)
    else:
        s.server.faults.add(f"updates.getDifference@{s.bot.id}", fault)
    with pytest.raises(TelegramError, match="ended"):
        await edge.run()
    await edge.stop()


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
