"""One update from its value to its turn: session, form, permission, handler, errors.

A text is a command, or the answer to an open question, or something to explain. Errors become
words in one place, here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from sapp_bot.errors import SappBotError, SessionExpired, UserError
from sapp_bot.languages import Languages
from sapp_bot.ports import Clock, Outbox, Telegram, Turn
from sapp_bot.replies import Remove, Send
from sapp_bot.state import Standing
from sapp_bot.text import Rich
from sapp_bot.updates import Due, Message, Press, Update

from .acks import Acks
from .buttons import Button, Mint, OutOfDate
from .choices import Choice, chosen, put_in_words
from .conversation import Conversation
from .forms import FormKey
from .handling import Caller, Provider, StandingOf
from .route import is_command
from .run import Runner
from .table import Table
from .visit import HostSettings, Visit

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Below:
    """What the dispatcher stands on. `failed` is told whose code raised what."""

    telegram: Telegram
    outbox: Outbox
    clock: Clock
    acks: Acks
    runner: Runner
    mint: Mint
    languages: Languages
    providers: Mapping[type, Provider]
    standing_of: StandingOf
    failed: Callable[[str, BaseException], None]


class Dispatcher:
    """Handles updates under the newest table; one for all.

    `table` is replaced by one assignment; an update keeps the table it began with.
    """

    def __init__(self, below: Below, settings: HostSettings, table: Table) -> None:
        self._below = below
        self._settings = settings
        self.table = table

    async def handle(self, update: Update, standing: Standing, *, again: bool = False) -> Turn:
        """Handle one update; whatever happens, its turn comes back."""
        visit = Visit.of(update, standing, self._settings, self._below.clock.now())
        visit.again = again
        table = self.table
        with table.readers:
            try:
                return await self._turn(visit, update, table)
            except Exception:  # else it would come back with every start
                log.exception("update.dropped", error_id=secrets.token_hex(4))
                return self._empty(update, standing)

    async def _turn(self, visit: Visit, update: Update, table: Table) -> Turn:
        caller = self._caller(visit, table)
        await self._guarded(visit, update, table, caller)
        if isinstance(update, Press):
            await self._acknowledge(visit, update, caller)
        if self._settings.mode == "user":
            put_in_words(visit, caller.speech())
        return visit.turn()

    def _empty(self, update: Update, standing: Standing) -> Turn:
        """End an update that we failed at ourselves: it must not hold up all that come after."""
        visit = Visit.of(update, standing, self._settings, self._below.clock.now())
        if self._may_speak(update):
            visit.send(Send(update.chat_id, Rich(SappBotError.reply)))
        return visit.turn()

    def _may_speak(self, update: Update) -> bool:
        """Tell whether this was surely said to us: elsewhere people talk to each other, too."""
        ours = update.private and self._settings.mode == "bot"
        return not isinstance(update, Due) and (ours or is_command(update))

    def speak(self, visit: Visit) -> Caller:
        """Give what a timer's handler is called with; nobody wrote."""
        return self._caller(visit, self.table)

    def _caller(self, visit: Visit, table: Table) -> Caller:
        below = self._below
        visit.twins = table.twins
        return Caller(
            visit,
            table,
            languages=below.languages,
            mint=below.mint,
            providers=below.providers,
            runner=below.runner,
            standing_of=below.standing_of,
        )

    async def _guarded(self, visit: Visit, update: Update, table: Table, caller: Caller) -> None:
        """Let the update do its work, and turn what goes wrong into words."""
        talk = Conversation(visit, table, caller, self._below.telegram)
        outcome = "done"
        try:
            choice = chosen(visit) if self._settings.mode == "user" else None
            if choice is not None:
                await self._press(visit, choice, table, talk, caller)
            elif isinstance(update, Message):
                await talk.message(update)
            else:
                await self._press(visit, update, table, talk, caller)
        except Exception as error:  # noqa: BLE001  # a plugin may raise anything
            outcome = type(error).__name__ if isinstance(error, SappBotError) else "failed"
            await self._answer_for(error, visit, caller, talk)
        taken = (self._below.clock.now() - visit.now).total_seconds()
        log.info("update.handled", kind=type(visit.update).__name__, outcome=outcome, s=taken)

    async def _answer_for(
        self, error: Exception, visit: Visit, caller: Caller, talk: Conversation
    ) -> None:
        """Say what went wrong, and what is open."""
        self._below.failed(caller.plugin, error)
        try:
            if isinstance(error, SappBotError):
                await self._explain(visit, caller, error)
            else:
                await self._confess(visit, caller, error)
            await talk.remind()
        except Exception as second:  # noqa: BLE001  # the last border: words are a plugin's, too
            self._below.failed(caller.plugin, second)
            await self._confess(visit, caller, second)

    async def _press(
        self,
        visit: Visit,
        press: Press | Due | Choice,
        table: Table,
        talk: Conversation,
        caller: Caller,
    ) -> None:
        mint = self._below.mint
        classes: dict[bytes, type[Button]] = {**table.classes, FormKey.route: FormKey}
        if isinstance(press, Due):
            try:
                button = mint.trusted(press.data, classes)
            except OutOfDate:
                await self._take_away(visit, press)
                return
        else:
            button = mint.read(press.data, classes, visit.holder, visit.now)
        if not isinstance(press, Press):
            await self._find_screen(visit, press)
        if isinstance(button, FormKey):
            await talk.press(button)
            return
        found = table.pressables[type(button).route]
        caller.permit(found.role)
        await caller.call(found.plugin, found.handler, found.recipe, given=button)
        await talk.follow()

    async def _take_away(self, visit: Visit, due: Due) -> None:
        """Take away a screen that was to be changed by a plugin that is off or another by now.

        It may show what was to be hidden.
        """
        await self._find_screen(visit, due)
        log.warning("later.unknown", has_screen=visit.screen_message is not None)
        if visit.screen_message is not None:
            visit.send(Remove(due.chat_id, (visit.screen_message,)))

    async def _find_screen(self, visit: Visit, press: Due | Choice) -> None:
        """Find the message that is meant: it was not sent yet as it was spoken of."""
        if press.message_id is None and press.screen:
            chat_id = visit.update.chat_id
            visit.found_screen = await self._below.outbox.screen(chat_id, press.screen)

    async def _explain(self, visit: Visit, caller: Caller, error: SappBotError) -> None:
        """Say an expected error in the person's language."""
        if isinstance(error, SessionExpired):
            visit.drop_session()
        if not isinstance(error, UserError):
            log.warning("update.refused", error=type(error).__name__, reason=str(error))
        speech = caller.speech(caller.plugin)
        await self._tell(visit, caller, speech.text(error.reply, **error.values))

    async def _confess(self, visit: Visit, caller: Caller, error: Exception) -> None:
        """Log an unexpected error whole, and give the person its number."""
        number = secrets.token_hex(4)
        log.error("update.failed", error_id=number, exc_info=error)
        text = (
            "Something went wrong on our side, and it is written down as {number}. "
            "Please try again; if it stays, tell us that number."
        )
        await self._tell(visit, caller, caller.speech().text(text, number=number))

    async def _tell(self, visit: Visit, caller: Caller, text: Rich) -> None:
        """Tell of an error: after a press as a pop-up, of a timer only the log."""
        ctx = caller.ctx()
        if isinstance(visit.update, Press):
            await ctx.toast(text, alert=True)
        elif not isinstance(visit.update, Due):
            await ctx.say(text)

    async def _acknowledge(self, visit: Visit, press: Press, caller: Caller) -> None:
        """End the waiting of the button; words that come too late become a message."""
        text = visit.toast.plain if visit.toast else ""
        given = await self._below.acks.give(press, text, alert=visit.alert)
        if text and not given:
            await caller.ctx().say(Rich(text))
