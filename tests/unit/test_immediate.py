"""What Telegram wants answered at once is answered in time, whatever its handling does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from structlog.testing import capture_logs

from sapp_bot.domain.answers import Answer, PressAnswer
from sapp_bot.domain.updates import Message, Person, Press
from sapp_bot.errors import TelegramAway
from sapp_bot.host.pipeline.immediate import IMMEDIATE_PRESS, ImmediateAnswers, ImmediateKind
from sapp_bot.testing import ChatRoom, ManualClock
from sapp_bot.testing.chatroom import PopUp

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PRESS = Press(Person(1), 1, 10, 77, b"")
LIMIT_S = 8.0


class AwayRoom(ChatRoom):
    """A Telegram that takes no answer."""

    async def answer(self, query_id: int, answer: Answer) -> None:
        """Refuse."""
        raise TelegramAway(f"{query_id}: {answer}")


class Handling:
    """A handling that can wait, fail or answer; `ended` tells how it went."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.go_on = asyncio.Event()
        self.fault = fault
        self.was_cancelled = False

    async def answer(self, _: Press) -> Answer:
        """Answer when told to."""
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        if self.fault is not None:
            raise self.fault
        return PressAnswer("found")


def handled(room: ChatRoom, clock: ManualClock, handling: Handling) -> ImmediateAnswers:
    """Make answers whose presses are handled at once, beside the queue."""
    kind: ImmediateKind[Press] = ImmediateKind(
        LIMIT_S, lambda _: PressAnswer("nothing"), handling.answer
    )
    return ImmediateAnswers(room, clock, {Press: kind})


async def test_a_press_that_waits_is_answered_without_words() -> None:
    """After a second and a half its progress bar ends; the words that come later do not count."""
    room, clock = ChatRoom(), ManualClock(NOW)
    answers = ImmediateAnswers(room, clock, {Press: IMMEDIATE_PRESS})
    answers.arrived(PRESS)
    await clock.advance(1.4)
    assert not room.popups
    await clock.advance(0.2)
    await answers.idle()

    assert room.popups == {77: PopUp("", alert=False)}
    assert not await answers.give(77, PressAnswer("late"))
    assert room.popups == {77: PopUp("", alert=False)}


async def test_the_turn_of_a_press_answers_it_once() -> None:
    """The first answer is the one; the time that runs out later adds nothing."""
    room, clock = ChatRoom(), ManualClock(NOW)
    answers = ImmediateAnswers(room, clock, {Press: IMMEDIATE_PRESS})
    answers.arrived(PRESS)

    assert await answers.give(77, PressAnswer("done", alert=True))
    await clock.advance(10)
    assert room.popups == {77: PopUp("done", alert=True)}


async def test_what_is_handled_at_once_gets_its_own_answer() -> None:
    """A kind with a handling needs no turn."""
    room, clock, handling = ChatRoom(), ManualClock(NOW), Handling()
    answers = handled(room, clock, handling)
    answers.arrived(PRESS)
    handling.go_on.set()
    await answers.idle()

    assert room.popups == {77: PopUp("found", alert=False)}


async def test_a_handling_that_takes_too_long_is_cancelled() -> None:
    """When the time is over the other answer is given, and the handling ends."""
    room, clock, handling = ChatRoom(), ManualClock(NOW), Handling()
    answers = handled(room, clock, handling)
    answers.arrived(PRESS)
    await asyncio.sleep(0)
    with capture_logs() as log:
        await clock.advance(LIMIT_S)
        await answers.idle()

    assert room.popups == {77: PopUp("nothing", alert=False)}
    assert handling.was_cancelled
    assert [entry["event"] for entry in log] == ["query.late"]


async def test_a_fault_in_the_handling_still_answers() -> None:
    """A fault of our own is written down, and the other answer given at once."""
    room, clock, handling = ChatRoom(), ManualClock(NOW), Handling(RuntimeError("a fault"))
    answers = handled(room, clock, handling)
    answers.arrived(PRESS)
    handling.go_on.set()
    with capture_logs() as log:
        await answers.idle()

    assert room.popups == {77: PopUp("nothing", alert=False)}
    assert [entry["event"] for entry in log] == ["query.failed"]


async def test_an_answer_that_telegram_does_not_take_is_no_fault() -> None:
    """Nothing else depends on it."""
    clock = ManualClock(NOW)
    answers = ImmediateAnswers(AwayRoom(), clock, {Press: IMMEDIATE_PRESS})
    answers.arrived(PRESS)

    assert not await answers.give(77, PressAnswer("done"))


async def test_what_may_wait_is_left_alone() -> None:
    """A message has no query, and all the time it needs."""
    room, clock = ChatRoom(), ManualClock(NOW)
    answers = ImmediateAnswers(room, clock, {Press: IMMEDIATE_PRESS})
    answers.arrived(Message(Person(1), 1, 1, "hello", NOW))
    await clock.advance(60)

    assert not room.popups
