"""Plays the lines of a chat: persons, expectations, restarts. Knows no Telegram."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

from .backend import ChatBackend, ChatSeat, Printer
from .choosing import behind_name, choose, choose_word
from .record import ChatRecord, Note, finds
from .script import HELP, ScriptLine
from .steps import (
    Become,
    Chargeback,
    EditStep,
    Expect,
    FaultStep,
    GoPrivate,
    GoToGroup,
    Help,
    InlineStep,
    MakeAdmin,
    MoveRate,
    Never,
    OpenFile,
    PassTime,
    PayStep,
    PhotoStep,
    PressStep,
    Quit,
    Restart,
    SayStep,
    Setting,
    ShowFaults,
    ShowLog,
    StarsStep,
    Step,
    Sticker,
    TimerStep,
    Wait,
)
from .transcript import render

EXPECT_S = 30.0
"""How long `:expect` and a press wait for what they want."""

FIRST_PERSON = "anna"

_T = TypeVar("_T")


class ExpectationFailed(Exception):
    """Something did not come that should have, or came that should not."""


class BotEnded(Exception):
    """The bot's process ended, or was not ready in time; the text says which."""


class ScriptPlayer:
    """Carries out the steps of one chat."""

    def __init__(
        self,
        stage: ChatBackend,
        record: ChatRecord,
        printer: Printer,
        *,
        expect_s: float = EXPECT_S,
        log: Callable[[], Iterable[str]] = tuple,
        news: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._news = news
        self._log = log
        self._stage = stage
        self._record = record
        self._printer = printer
        self._expect_s = expect_s
        self._person = FIRST_PERSON
        self._language = ""
        self._group = ""
        self.met = 0
        """Number of expectations that were met."""

    async def play(self, lines: Iterable[ScriptLine]) -> None:
        """Play a whole script.

        Raises:
            ExpectationFailed: at the first unmet expectation, with the line's number in front.
            BotEnded: the bot's process ended.

        """
        for line in lines:
            try:
                is_going_on = await self.do(line.step)
                self._tell_news()
                if not is_going_on:
                    break
            except ExpectationFailed as error:
                raise ExpectationFailed(f"line {line.number}: {error}") from None

    async def do(self, step: Step) -> bool:
        """Carry out one step; return False at the end of the chat.

        Raises:
            ExpectationFailed: an expectation is not met, or there is nothing to press or edit.
            BotEnded: the bot's process ended meanwhile.

        """
        if isinstance(step, Quit):
            return False
        try:
            if isinstance(step, Restart | PassTime):
                await self._restart(step)
            else:
                await self.while_alive(self._play(step))
        except (ExpectationFailed, BotEnded):
            self._printer.flush(answered=False)
            raise
        return True

    def _tell_news(self) -> None:
        """Print what the bot's log says that is for an author, behind the line that brought it."""
        for text in self._news():
            self._printer.remark(text)

    async def while_alive(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Return the result of a coroutine. Raises `BotEnded` if the bot's process ends before."""
        playing = asyncio.ensure_future(work)
        ended = asyncio.ensure_future(self._stage.ended())
        try:
            await asyncio.wait({playing, ended}, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                raise BotEnded(f"the bot ended by itself, exit code {ended.result()}")
            return playing.result()
        finally:
            for task in (playing, ended):
                task.cancel()
            await asyncio.gather(playing, ended, return_exceptions=True)

    async def _play(self, step: Step) -> None:
        if isinstance(step, SayStep | EditStep | PhotoStep | Sticker | PressStep | InlineStep):
            await self._act(step)
        elif isinstance(step, TimerStep):
            await self._run_timer(step.name)
        elif isinstance(step, PayStep | Chargeback | StarsStep | OpenFile):
            await self._handle_goods(step)
        elif isinstance(step, Become | GoToGroup | GoPrivate | MakeAdmin):
            await self._go(step)
        elif isinstance(step, Expect):
            await self._expect(step.text)
        elif isinstance(step, Never):
            self._never(step.text)
        elif isinstance(step, Wait):
            await asyncio.sleep(step.seconds)
            await self._stage.settle(lambda: True)
            self._printer.flush()
        elif isinstance(step, Help | FaultStep | MoveRate | ShowFaults | ShowLog):
            await self._tell(step)
        elif isinstance(step, Setting):
            raise ExpectationFailed(
                "the bot has started: give settings in the environment, or by :set before the first"
                " line of a script or a pipe"
            )

    async def _tell(self, step: Help | FaultStep | MoveRate | ShowFaults | ShowLog) -> None:
        lines: Iterable[str]
        if isinstance(step, FaultStep):
            await self._stage.fault(step.name, on=step.on)
            lines = [f"{step.name} is {'on' if step.on else 'off'}"]
        elif isinstance(step, MoveRate):
            self._stage.move_rate(step.currency, step.value)
            lines = [f"1 USD is {step.value:g} {step.currency} from now on"]
        elif isinstance(step, ShowFaults):
            lines = self._stage.faults()
        else:
            lines = HELP.splitlines() if isinstance(step, Help) else list(self._log())
        for line in lines:
            self._printer.remark(line)

    async def _act(
        self, step: SayStep | EditStep | PhotoStep | Sticker | PressStep | InlineStep
    ) -> None:
        seat = await self._seat()
        answered = self._answered
        if isinstance(step, SayStep) and not self._group and not seat.types_words:
            step = behind_name(step, self._stage.bot_name)
        if isinstance(step, PressStep) and seat.types_words:
            step = SayStep(str(step.number) if step.number else await self._word(step))
        if isinstance(step, PressStep):
            screen, number = await self._button(step)
            self._record.mark()
            await seat.press(screen.message_id, number)
            # A press is answered by its acknowledgement: nothing else must follow.
            answered = lambda: True  # noqa: E731  # one expression, used once
        elif isinstance(step, InlineStep):
            self._record.mark()
            await seat.ask(step.text)
        else:
            self._record.mark()
            await _speak(seat, step)
        is_done = await self._stage.settle(answered)
        self._printer.flush(answered=answered(), is_done=is_done)

    async def _handle_goods(self, step: PayStep | Chargeback | StarsStep | OpenFile) -> None:
        seat = await self._stage.seat(self._person, self._language)
        if isinstance(step, StarsStep):
            self._printer.remark(f"{self._person} has {await seat.stars(step.amount)} Stars")
            return
        if isinstance(step, OpenFile):
            await seat.open_file()
            self._printer.flush()
            return
        self._record.mark()
        await (seat.pay(step.number) if isinstance(step, PayStep) else seat.charge_back())
        await self._stage.settle(lambda: True)
        self._printer.flush()

    async def _seat(self) -> ChatSeat:
        if self._group:
            return await self._stage.member(self._person, self._language, self._group)
        return await self._stage.seat(self._person, self._language)

    def _answered(self) -> bool:
        return any(not note.own for note in self._record.came(self._person))

    async def _word(self, step: PressStep) -> str:
        found: str | None = None

        def there() -> bool:
            nonlocal found
            found = choose_word(self._record.screens(self._person), step)
            return found is not None

        if not await self._record.until(there, self._expect_s):
            raise ExpectationFailed(self._no_button(step))
        assert found is not None  # noqa: S101  # `there` was true
        return found

    def _no_button(self, step: PressStep) -> str:
        screen = self._record.screen(self._person)
        labels = ", ".join(f"[{key.label}]" for key in screen.keys) if screen else "none"
        return f"no button {step.label or step.number} to press; there are: {labels}"

    async def _button(self, step: PressStep) -> tuple[Note, int]:
        found: tuple[Note, int] | None = None

        def there() -> bool:
            nonlocal found
            found = choose(self._record.screen(self._person), step)
            return found is not None

        if not await self._record.until(there, self._expect_s):
            raise ExpectationFailed(self._no_button(step))
        assert found is not None  # noqa: S101  # `there` was true
        return found

    async def _go(self, step: Become | GoToGroup | GoPrivate | MakeAdmin) -> None:
        if isinstance(step, Become):
            await self._become(step)
            return
        if isinstance(step, MakeAdmin):
            self._stage.make_admin(step.email)
            self._printer.remark(f"{step.email} is an administrator now")
            return
        self._group = step.title if isinstance(step, GoToGroup) else ""
        self._printer.remark(f"in the group {self._group}" if self._group else "in private")

    async def _become(self, step: Become) -> None:
        self._person, self._language = step.name, step.language
        await self._stage.seat(step.name, step.language)
        self._printer.current = step.name
        self._printer.remark(f"{step.name} ({step.language})" if step.language else step.name)

    async def _expect(self, text: str) -> None:
        met = await self._record.until(
            lambda: finds(text, self._record.came(self._person)), self._expect_s
        )
        self._printer.flush()
        if not met:
            raise ExpectationFailed(
                f"expected {text!r} within {self._expect_s:g} s; what came: {self._what_came()}"
            )
        self.met += 1

    def _never(self, text: str) -> None:
        if finds(text, self._record.came(self._person)):
            raise ExpectationFailed(
                f"{text!r} should not have come; what came: {self._what_came()}"
            )
        self.met += 1

    def _what_came(self) -> str:
        notes = self._record.came(self._person)
        lines = [line for note in notes for line in render(note, self._person)]
        return "".join(f"\n  {line}" for line in lines) or "nothing"

    async def _restart(self, step: Restart | PassTime) -> None:
        self._printer.flush()
        if isinstance(step, Restart):
            await self._stage.restart()
            self._printer.remark("the bot was killed and is ready again")
            return
        self._record.mark()  # what comes of it is news: timers are due
        await self._stage.pass_time(step.seconds)
        self._printer.remark(f"the bot is ready again, {step.seconds:g} s later")
        self._printer.flush()

    async def _run_timer(self, name: str) -> None:
        """Have the operator run a timer, and wait until it has ended."""
        operator = self._stage.operator
        seat = await self._stage.seat(operator, "")
        self._record.mark()
        await seat.say(f"/plugin run {name}")
        told = lambda: bool(self._record.came(operator))  # noqa: E731  # one expression
        await self._stage.settle(told)
        self._printer.flush()


async def _speak(seat: ChatSeat, step: SayStep | EditStep | PhotoStep | Sticker) -> None:
    if isinstance(step, SayStep):
        await seat.say(step.text)
    elif isinstance(step, EditStep):
        await seat.edit(step.text)
    elif isinstance(step, PhotoStep):
        await seat.photo()
    else:
        await seat.sticker()
