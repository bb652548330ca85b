"""What a message is taken for: a command, an answer, or something to explain.

No input is met with silence, and nothing typed into a secret question stays in the chat.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from sapp_bot.errors import PluginError, TelegramError, UserError
from sapp_bot.ports import Telegram
from sapp_bot.text import Rich, link
from sapp_bot.updates import Message

from .arguments import prefill, read_arguments, read_groups
from .forms import FormKey, FormTalk, Top
from .handling import Caller
from .questions import Form
from .route import Call, read_call
from .table import Command, Table
from .visit import Visit

log = structlog.get_logger(__name__)

MOST_STEPS = 3
"""How often one update may go on with another command; more is a plugin going in circles."""


class Conversation:
    """One message, or one press under a question."""

    def __init__(self, visit: Visit, table: Table, caller: Caller, telegram: Telegram) -> None:
        self._visit = visit
        self._table = table
        self._caller = caller
        self._telegram = telegram
        self._ctx = caller.ctx()
        self._forms = FormTalk(visit, table, self._ctx, caller.speech, self._hand_over)

    async def message(self, message: Message) -> None:
        """Take a message for what it is."""
        if not message.private:
            await self._in_group(message)
        elif is_plain(message) or not self._is_quiet:
            await self._in_private(message)
        await self.follow()

    async def _in_private(self, message: Message) -> None:
        await self._forms.settle()
        call = self._call(message)
        command = self._table.commands.get(call.name) if call else None
        top = self._forms.top
        if top is not None and top.is_secret and not (command is not None and command.steers):
            await self._secret(message)
        elif call is None and not self._is_quiet and self._forms.late is not None:
            await self._too_late(self._forms.late, message)
        elif message.edited_at is not None:
            await self._explain(
                "I answered your first version. Please send it again as a new message."
            )
        elif message.forwarded or message.via_bot:
            await self._explain("I only act on what you write to me yourself.")
        elif call is not None:
            await self._command(call, command, message)
        elif message.media:
            await self._explain("I can only read text. Please write it to me.")
        elif top is not None:
            await self._forms.answer(message.text)
        elif not await self._listened(message.text) and not self._is_quiet:
            await self._ctx.say("I did not understand that. /help shows what I can do.")

    async def _in_group(self, message: Message) -> None:
        """Take a command in a group: all else is said to others, and so may be a strange command.

        Forms are asked in the private chat only; what is open there is none of the group's.
        """
        call = self._call(message)
        if call is None or not is_plain(message):
            return
        command = self._table.commands.get(call.name)
        if command is not None or call.bot:
            await self._command(call, command, message)

    @property
    def _is_quiet(self) -> bool:
        """Tell whether the chat is not ours alone: notes, or words from human to human.

        In user mode only commands, answers and choices are for us, and only as they were first
        written: nothing else is answered, and above all nothing else is ever taken out.
        """
        return self._visit.settings.mode == "user"

    async def press(self, pressed: FormKey) -> None:
        """Take a press of a button under a question."""
        await self._forms.settle()
        await self._forms.press(pressed)
        await self.follow()

    async def follow(self) -> None:
        """Do what a handler wished to go on with."""
        for step in range(MOST_STEPS + 1):
            await self._steer()
            begin, self._visit.begin = self._visit.begin, None
            if begin is None:
                return
            if step == MOST_STEPS:
                raise PluginError(f"{begin.handler.__name__}: commands start each other in circles")
            command = self._table.command_of(begin.handler)
            if command is None:
                raise UserError("That is no longer offered. /help shows what I can do.")
            await self._run(command, "", begin.answers)

    async def remind(self) -> None:
        """Ask what is open once more."""
        await self._forms.remind()

    def _call(self, message: Message) -> Call | None:
        """Read a command, if it is for us."""
        call = read_call(message.text)
        ours = self._visit.settings.bot_name.lower()
        if call is None or (call.bot and call.bot != ours):
            return None
        return call

    async def _command(self, call: Call, command: Command | None, message: Message) -> None:
        if command is None:
            text = "I don't know /{name}. /help shows what I can do."
            if call.name in self._table.resting:
                text = "/{name} is out of order just now. Please try again later."
            await self._ctx.say(text, name=call.name)
        else:
            rest = await self._safe_rest(command, call.rest, message)
            await self._run(command, rest, {})
        if self._visit.steer is None and self._visit.begin is None:
            await self._forms.remind()

    async def _listened(self, text: str) -> bool:
        """Let the first plugin answer that listens for such a text."""
        for listener in self._table.listeners:
            arguments = read_groups(listener, text)
            if arguments is not None and self._caller.may(listener.role):
                plugin, handler, recipe = listener.plugin, listener.handler, listener.recipe
                await self._caller.call(plugin, handler, recipe, arguments=arguments)
                return True
        return False

    async def _invite(self, command: Command) -> None:
        """Lead from a group to the private chat, where secrets may be said."""
        url = f"https://t.me/{self._visit.settings.bot_name}?start={command.name}"
        label = self._ctx.t("our private chat")
        text = "That is for {chat} only: others read along here."
        await self._ctx.say(text, chat=link(label, url))

    async def _safe_rest(self, command: Command, rest: str, message: Message) -> str:
        """Keep what may be a secret from staying in the chat: `/login a@b.c hunter2`."""
        asked = command.recipe.form
        if asked is None or not asked.has_secrets or not rest:
            return rest
        answers, _, suspect = prefill(asked, rest)
        if not suspect:
            return rest
        if await self._removed(message):
            await self._ctx.say(
                "I don't take passwords behind a command, so I removed your message from this chat."
            )
        return " ".join(f'"{value}"' for value in answers.values())

    async def _run(self, command: Command, rest: str, answers: Mapping[str, str]) -> None:
        """Run a command: open its form, or parse its arguments and call it."""
        if command.private and not self._visit.update.private:
            await self._invite(command)
            return
        self._caller.permit(command.role)
        asked = command.recipe.form
        if asked is None:
            speech = self._caller.speech(command.plugin)
            arguments = read_arguments(command, rest, speech)
            await self._caller.call(
                command.plugin, command.handler, command.recipe, arguments=arguments
            )
            return
        opening = command.opening
        if opening is not None:
            await self._caller.call(command.plugin, opening.handler, opening.recipe)
        given, problem, _ = prefill(asked, rest)
        why = Rich()
        if problem is not None:
            why = self._forms.explain(command, problem)
        await self._forms.begin(command, {**given, **answers}, why)

    async def _secret(self, message: Message) -> None:
        """Take a secret: away from the chat first, then as the answer."""
        await self._removed(message)
        if message.media or message.forwarded or message.via_bot or message.edited_at is not None:
            await self._forms.remind(self._ctx.t("Please write it to me as a new text message."))
        else:
            await self._forms.answer(message.text)

    async def _too_late(self, late: Top, message: Message) -> None:
        """Say that the form has ended; its answer may be a secret."""
        if late.is_secret:
            await self._removed(message)
        await self._ctx.say(
            "I waited a while for your answer, and then closed /{command}. Please begin again.",
            command=late.command.name,
        )

    async def _explain(self, text: str) -> None:
        """Say what cannot be done with this message, and what is open."""
        await self._ctx.say(text)
        await self._forms.remind()

    async def _steer(self) -> None:
        steer, self._visit.steer = self._visit.steer, None
        steps = {
            "cancel": self._forms.cancel,
            "back": self._forms.back,
            "skip": self._forms.skip,
            "retry": self._forms.retry,
        }
        if steer is not None:
            await steps[steer]()

    async def _removed(self, message: Message) -> bool:
        """Take a message out of the chat, or ask the person to."""
        try:
            gone = await self._telegram.remove(message.chat_id, message.message_id)
        except TelegramError as error:
            log.warning("secret.not_removed", reason=str(error))
            gone = False
        if not gone:
            await self._ctx.say(
                "I could not delete your message. Please delete it yourself: it may hold a secret."
            )
        return gone

    async def _hand_over(self, command: Command, form: Form) -> None:
        self._caller.permit(command.role)
        await self._caller.call(command.plugin, command.handler, command.recipe, given=form)


def is_plain(message: Message) -> bool:
    """Tell whether this is a new text in the person's own words."""
    return not (message.edited_at or message.forwarded or message.via_bot or message.media)
