"""Replies on their way out, with an outbox that is played."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from sapp_bot.domain.ports import StorageWrite
from sapp_bot.domain.replies import (
    Edit,
    FileSource,
    Invoice,
    PictureSource,
    QueuedReply,
    Reply,
    Send,
    Url,
)
from sapp_bot.domain.text import Rich, bold
from sapp_bot.errors import ChatPaused, StoreAway, TelegramAway, Undeliverable
from sapp_bot.host.pacing.sending import SendingRates
from sapp_bot.host.pipeline.outbox_worker import OutboxWorker
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.testing import ChatRoom, ManualClock, RecordingMetrics
from tests.images import png

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def queued(number: int, *, chat: int = 1) -> QueuedReply:
    """Make a reply."""
    return QueuedReply(f"m:{chat}:{number}/0", Send(chat, Rich(f"reply {number}")))


@dataclass
class FakeOutbox:
    """An outbox in memory; `left` is what an earlier process left."""

    left: list[QueuedReply] = field(default_factory=list)
    pushed: list[str] = field(default_factory=list)
    done: list[tuple[str, int | None]] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)

    async def push(self, queued: QueuedReply) -> None:
        """Note a reply."""
        self.pushed.append(queued.id)

    async def tell(
        self, name: str, replies: Sequence[QueuedReply], writes: Sequence[StorageWrite]
    ) -> None:
        """Note a name and its replies, or refuse."""
        if self.refusals:
            raise self.refusals.pop(0)
        self.pushed += [name, *(queued.id for queued in replies)]

    async def sent(self, queued: QueuedReply, message_id: int | None) -> None:
        """Note an end."""
        if self.refusals:
            raise self.refusals.pop(0)
        self.done.append((queued.id, message_id))

    async def unsent(self) -> Sequence[QueuedReply]:
        """Give what was left."""
        return self.left

    async def screen(self, chat_id: int, name: str) -> int | None:
        """Know no screen."""
        return None


class PickyRoom(ChatRoom):
    """A Telegram that refuses the calls for one chat only."""

    def __init__(self, chat: int, refusals: Sequence[Exception]) -> None:
        super().__init__()
        self.chat = chat
        self.for_chat = list(refusals)

    async def deliver(
        self, reply: Reply, random_id: int, content: bytes | None = None
    ) -> int | None:
        """Refuse, or show."""
        if reply.chat_id == self.chat and self.for_chat:
            raise self.for_chat.pop(0)
        return await super().deliver(reply, random_id, content)


@dataclass
class FakeRenderers:
    """Renderers that know some pictures; `drawn` names what was asked for."""

    known: dict[str, bytes] = field(default_factory=dict)
    drawn: list[str] = field(default_factory=list)

    async def draw(self, source: PictureSource) -> bytes | None:
        """Return the picture of this name."""
        self.drawn.append(source.renderer)
        return self.known.get(source.renderer)

    async def write(self, source: FileSource) -> bytes | None:
        """Return the file of this name."""
        self.drawn.append(source.renderer)
        return self.known.get(source.renderer)


@asynccontextmanager
async def working(
    outbox: FakeOutbox,
    room: ChatRoom,
    clock: ManualClock,
    metrics: Metrics = NO_METRICS,
    renderers: FakeRenderers | None = None,
    *,
    rates: SendingRates = SendingRates(),  # noqa: B008  # frozen
) -> AsyncIterator[OutboxWorker]:
    """Run a delivery for a test."""
    delivery = OutboxWorker(outbox, room, clock, renderers or FakeRenderers(), metrics, rates=rates)
    task = asyncio.create_task(delivery.run(outbox.left))
    await asyncio.sleep(0)
    try:
        yield delivery
    finally:
        task.cancel()
        await asyncio.wait([task])


def shown(room: ChatRoom, chat: int = 1) -> list[str]:
    """List what a chat shows."""
    return [message.text.plain for message in room.chats.get(chat, {}).values()]


async def test_replies_of_a_chat_arrive_in_order() -> None:
    """Replies are sent one after the other, and taken off with the number they got."""
    outbox, room = FakeOutbox(), ChatRoom()
    async with working(outbox, room, ManualClock(NOW)) as delivery:
        for number in range(5):
            delivery.send(queued(number))
        await delivery.drain()

    assert shown(room) == [f"reply {n}" for n in range(5)]
    assert [key for key, _ in outbox.done] == [queued(n).id for n in range(5)]


async def test_what_was_left_is_sent_first() -> None:
    """Replies that an earlier process committed go out before newer ones."""
    outbox, room = FakeOutbox(left=[queued(1)]), ChatRoom()
    async with working(outbox, room, ManualClock(NOW)) as delivery:
        delivery.send(queued(2))
        await delivery.drain()

    assert shown(room) == ["reply 1", "reply 2"]


async def test_a_paused_chat_waits_alone() -> None:
    """A flood wait of one chat holds its own replies, in order, and nobody else's."""
    outbox, clock = FakeOutbox(), ManualClock(NOW)
    room = PickyRoom(1, [ChatPaused(5)])
    async with working(outbox, room, clock) as delivery:
        delivery.send(queued(1))
        delivery.send(queued(2))
        delivery.send(queued(3, chat=2))
        await clock.advance(1)
        assert shown(room, 1) == []
        assert shown(room, 2) == ["reply 3"]
        await clock.advance(5)
        await delivery.drain()

    assert shown(room, 1) == ["reply 1", "reply 2"]


async def test_a_reply_that_can_never_arrive_is_dropped() -> None:
    """A person who blocked the bot does not stop the chat's later replies."""
    outbox, room = FakeOutbox(), PickyRoom(1, [Undeliverable("blocked")])
    async with working(outbox, room, ManualClock(NOW)) as delivery:
        delivery.send(queued(1))
        delivery.send(queued(2))
        await delivery.drain()

    assert outbox.done[0] == (queued(1).id, None)
    assert shown(room) == ["reply 2"]


RICH = Send(1, bold("text"), ((Url("Open", "http://localhost"),),))


@pytest.mark.parametrize(
    ("refused", "expected"),
    [(1, ("text", True)), (2, ("text", False)), (3, ("I could not show that.", False)), (4, None)],
)
async def test_a_reply_that_is_refused_for_its_form_is_sent_plainer(
    refused: int, expected: tuple[str, bool] | None
) -> None:
    """Without buttons, then without formatting, then an apology; the log names the plugin."""
    refusals = [Undeliverable("bad", for_its_form=True)] * refused
    outbox, room = FakeOutbox(), PickyRoom(1, refusals)
    with capture_logs() as log:
        async with working(outbox, room, ManualClock(NOW)) as delivery:
            delivery.send(QueuedReply("m:1:1/0", RICH, "pets"))
            await delivery.drain()

    found = [(s.text.plain, bool(s.text.entities)) for s in room.chats.get(1, {}).values()]
    assert found == ([expected] if expected else [])
    assert all(not s.rows for s in room.chats.get(1, {}).values())
    named = [e for e in log if e["event"] == "reply.refused"]
    assert [(e["plugin"], e["log_level"]) for e in named] == [("pets", "error")] * refused


async def test_a_reply_that_no_request_can_be_made_of_ends_nothing() -> None:
    """It comes without buttons, and the next one after it: the process goes on."""
    outbox, room = FakeOutbox(), PickyRoom(1, [KeyError("pink")])
    with capture_logs() as log:
        async with working(outbox, room, ManualClock(NOW)) as delivery:
            delivery.send(QueuedReply("m:1:1/0", RICH, "pets"))
            delivery.send(queued(2))
            await delivery.drain()

    assert shown(room) == ["text", "reply 2"]
    assert [e["plugin"] for e in log if e["event"] == "reply.refused"] == ["pets"]
    assert [e["event"] for e in log if "exc_info" in e] == ["reply.malformed"]


async def test_each_reply_is_measured() -> None:
    """When it was sent, when it never can be, and each time it waits."""
    outbox, clock, recorded = FakeOutbox(), ManualClock(NOW), RecordingMetrics()
    room = PickyRoom(1, [Undeliverable("blocked"), ChatPaused(5), TelegramAway("cut")])
    async with working(outbox, room, clock, recorded) as delivery:
        delivery.send(queued(1))
        delivery.send(queued(2))
        for _ in range(10):
            await clock.advance(1)
        await delivery.drain()

    assert recorded.counted("replies", outcome="dropped") == 1
    assert recorded.counted("replies", outcome="sent") == 1
    assert recorded.counted("reply_retries", cause="paused") == 1
    assert recorded.counted("reply_retries", cause="away") == 1
    assert recorded.values("chats_waiting") == [1, 0]


async def test_a_lost_connection_delays_a_reply() -> None:
    """A reply waits until Telegram is back."""
    outbox, clock = FakeOutbox(), ManualClock(NOW)
    room = PickyRoom(1, [TelegramAway(), TelegramAway()])
    async with working(outbox, room, clock) as delivery:
        delivery.send(queued(1))
        while not outbox.done:
            await clock.advance(1)

    assert shown(room) == ["reply 1"]


async def test_a_store_that_is_away_shows_no_reply_twice() -> None:
    """A reply that arrived is not sent again because it could not be taken off at once."""
    outbox, clock, room = FakeOutbox(refusals=[StoreAway()]), ManualClock(NOW), ChatRoom()
    async with working(outbox, room, clock) as delivery:
        delivery.send(queued(1))
        while not outbox.done:
            await clock.advance(1)

    assert room.deliveries == 1


async def test_what_a_timer_says_waits_for_the_store() -> None:
    """Words and changes are stored in one step, however long it takes, before anything is sent."""
    outbox, clock, room = FakeOutbox(refusals=[StoreAway()]), ManualClock(NOW), ChatRoom()
    async with working(outbox, room, clock) as delivery:
        telling = asyncio.create_task(delivery.tell("every:1", [queued(1), queued(2)], ()))
        while not telling.done():
            await clock.advance(1)
        await delivery.drain()

    assert outbox.pushed == ["every:1", queued(1).id, queued(2).id]
    assert shown(room) == ["reply 1", "reply 2"]


async def test_a_notice_is_stored_before_it_is_sent() -> None:
    """The sign "still working" survives a crash like any other reply."""
    outbox, room = FakeOutbox(), ChatRoom()
    async with working(outbox, room, ManualClock(NOW)) as delivery:
        await delivery.push(queued(1))
        await delivery.drain()

    assert outbox.pushed == [queued(1).id]
    assert shown(room) == ["reply 1"]


CHART = PictureSource("sample.Chart", "{}")


async def test_a_picture_is_drawn_when_it_is_delivered() -> None:
    """The reply names what draws it; the image comes with the delivery, and once for all tries."""
    outbox, room, clock = FakeOutbox(), ChatRoom(), ManualClock(NOW)
    renderers = FakeRenderers({"sample.Chart": png(60, 40)})
    room.refusals = [TelegramAway()]
    async with working(outbox, room, clock, renderers=renderers) as delivery:
        delivery.send(QueuedReply("m:1:1/0", Send(1, Rich("rates"), picture=CHART)))
        await asyncio.sleep(0)
        await clock.advance(1)
        await delivery.drain()

    (message,) = room.chats[1].values()
    assert message.picture is not None
    assert (message.text.plain, message.picture.size) == ("rates", (60, 40))
    assert renderers.drawn == ["sample.Chart"]


async def test_a_picture_that_cannot_be_drawn_leaves_its_text() -> None:
    """The words are whole, and alone."""
    outbox, room = FakeOutbox(), ChatRoom()
    long = Rich("x" * 2000)
    async with working(outbox, room, ManualClock(NOW)) as delivery:
        delivery.send(QueuedReply("m:1:1/0", Send(1, long, picture=CHART)))
        await delivery.drain()

    (message,) = room.chats[1].values()
    assert (message.text, message.picture) == (long, None)


async def test_a_caption_is_cut() -> None:
    """A picture takes 1024 units."""
    outbox, room = FakeOutbox(), ChatRoom()
    renderers = FakeRenderers({"sample.Chart": png(60, 40)})
    async with working(outbox, room, ManualClock(NOW), renderers=renderers) as delivery:
        delivery.send(QueuedReply("m:1:1/0", Send(1, Rich("x" * 2000), picture=CHART)))
        await delivery.drain()

    (message,) = room.chats[1].values()
    assert message.text.plain == "x" * 1023 + "…"


@pytest.mark.parametrize("was_picture", [False, True])
async def test_a_change_of_kind_takes_the_message_away(*, was_picture: bool) -> None:
    """A text does not become a picture, nor a picture a text: another message comes."""
    outbox, room = FakeOutbox(), ChatRoom()
    renderers = FakeRenderers({"sample.Chart": png(60, 40)})
    old, new = (CHART, None) if was_picture else (None, CHART)
    async with working(outbox, room, ManualClock(NOW), renderers=renderers) as delivery:
        delivery.send(QueuedReply("m:1:1/0", Send(1, Rich("old"), picture=old)))
        await delivery.drain()
        (first,) = room.chats[1]
        edit = Edit(1, first, Rich("new"), picture=new, was_picture=was_picture)
        delivery.send(QueuedReply("m:1:2/0", edit))
        await delivery.drain()

    ((number, message),) = room.chats[1].items()
    assert number != first
    assert (message.text.plain, message.picture is None) == ("new", was_picture)
    assert outbox.done[-1] == ("m:1:2/0", number)


async def test_a_picture_changes_in_place() -> None:
    """What stays of its kind keeps its message."""
    outbox, room = FakeOutbox(), ChatRoom()
    renderers = FakeRenderers({"sample.Chart": png(60, 40)})
    async with working(outbox, room, ManualClock(NOW), renderers=renderers) as delivery:
        delivery.send(QueuedReply("m:1:1/0", Send(1, Rich("old"), picture=CHART)))
        await delivery.drain()
        (first,) = room.chats[1]
        edit = Edit(1, first, Rich("new"), picture=CHART, was_picture=True)
        delivery.send(QueuedReply("m:1:2/0", edit))
        await delivery.drain()

    assert list(room.chats[1]) == [first]
    assert shown(room) == ["new"]


async def test_a_refused_invoice_is_excused() -> None:
    """An invoice cannot be made plainer, and its buyer must not wait for it."""
    outbox, room = FakeOutbox(), ChatRoom()
    room.refusals = [Undeliverable("STARS_INVOICE_INVALID", for_its_form=True)]
    async with working(outbox, room, ManualClock(NOW)) as delivery:
        delivery.send(QueuedReply("a", Invoice(1, "Tea", "A cup", b"x", 5)))
        await delivery.drain()

    assert shown(room) == ["I could not show that."]


async def test_a_file_is_written_once_for_all_tries() -> None:
    """A pause in between does not make it anew; a file that cannot be sent leaves its text."""
    outbox, room, renderers = FakeOutbox(), ChatRoom(), FakeRenderers({"shop.Report": b"a,b"})
    reply = Send(1, Rich("Here"), file=FileSource("shop.Report", "{}", "a.csv"))
    room.refusals = [Undeliverable("FILE_PARTS_INVALID", for_its_form=True)]
    async with working(outbox, room, ManualClock(NOW), renderers=renderers) as delivery:
        delivery.send(QueuedReply("a", reply))
        await delivery.drain()
        delivery.send(QueuedReply("b", reply))
        await delivery.drain()
    first, second = room.chats[1].values()

    assert (first.text.plain, first.file) == ("Here", None)
    assert second.file is not None
    assert (second.file.name, second.file.content) == ("a.csv", b"a,b")
    assert renderers.drawn == ["shop.Report", "shop.Report"]
