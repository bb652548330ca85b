"""What an update is for: each kind has its `route_<kind>`, and no other module asks for the kind.

A message is a command, the answer to an open question, or something to explain: no input is met
with silence, and nothing typed into a secret question stays in the chat. A press, or what stands
for one, calls a button's handler or belongs to a form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, assert_never

import structlog

from sapp_bot.domain.ports import OutboxStore, TelegramPort
from sapp_bot.domain.replies import Remove
from sapp_bot.domain.text import Rich, link
from sapp_bot.domain.updates import Due, Message, Press, Update
from sapp_bot.errors import PluginError, TelegramError, UserError
from sapp_bot.host.authoring.button_codec import ButtonCodec, ButtonExpired, is_under_picture
from sapp_bot.host.authoring.buttons import Button, CommandButton
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.routing.arguments import prefill, read_arguments, read_groups
from sapp_bot.host.routing.commands import CommandCall, parse_command
from sapp_bot.host.routing.registry import Command, RoutingTable

from .form_flow import FormFlow
from .form_view import ActiveForm, FormButton
from .invoke import Invoker
from .person_services import Commands
from .text_buttons import TypedChoice, read_choice

log = structlog.get_logger(__name__)

MOST_STEPS = 3
"""How often one update may go on with another command; more is a plugin going in circles."""


class RouterDeps(Protocol):
    """What routing needs from outside of the turn."""

    @property
    def telegram(self) -> TelegramPort:
        """Where a secret is taken out of a chat at once."""

    @property
    def outbox(self) -> OutboxStore:
        """Where the message is found that shows a screen."""

    @property
    def button_codec(self) -> ButtonCodec:
        """What reads the data of buttons."""


class Router:
    """Finds out what one update is for, and has it done."""

    def __init__(self, turn: Turn, table: RoutingTable, invoker: Invoker, deps: RouterDeps) -> None:
        self._turn = turn
        self._table = table
        self._invoker = invoker
        self._telegram = deps.telegram
        self._outbox = deps.outbox
        self._button_codec = deps.button_codec
        self._ctx = invoker.ctx()
        self._forms = FormFlow(turn, table, invoker)

    async def route(self, update: Update) -> None:
        """Do what an update is for, and then what its handler wished to go on with."""
        pressed = update if (choice := self._choice()) is None else choice
        match pressed:
            case Message():
                await self.route_message(pressed)
            case Press():
                await self.route_press(pressed)
            case Due():
                await self.route_due(pressed)
            case TypedChoice():
                await self.route_choice(pressed)
            case _:
                assert_never(pressed)
        await self._follow()

    async def route_message(self, message: Message) -> None:
        """Take a message for what it is."""
        if not message.private:
            await self._in_group(message)
        elif is_plain(message) or not self._is_quiet:
            await self._in_private(message)

    async def route_press(self, press: Press) -> None:
        """Take a press of a button, which anybody can forge."""
        await self._route_button(self._signed(press.data))

    async def route_choice(self, choice: TypedChoice) -> None:
        """Take a button that was pressed by sending its number: user mode."""
        button = self._signed(choice.data)
        await self._find_screen(choice.screen)
        await self._route_button(button)

    async def route_due(self, due: Due) -> None:
        """Take a button that pressed itself; it waited in our own store."""
        self._turn.screen_is_picture = is_under_picture(due.data)
        if due.message_id is None:
            await self._find_screen(due.screen)
        try:
            button = self._button_codec.trusted(due.data, self._classes)
        except ButtonExpired:
            self._take_away(due)
        else:
            await self._route_button(button)

    async def _route_button(self, button: Button) -> None:
        """Call the button's handler; those under a question belong to the open form."""
        if isinstance(button, FormButton):
            await self._forms.settle()
            await self._forms.press(button)
            return
        if type(button) is CommandButton:  # a class below it is a plugin's
            if not self._begin_command(button):
                text = "That is not offered just now. /help shows what I can do."
                await self._ctx.toast(text, alert=True)
            return
        found = self._table.button_routes[type(button).route]
        self._invoker.permit(found.role)
        await self._invoker.call(found.plugin, found.handler, found.signature, given=button)

    def _choice(self) -> TypedChoice | None:
        """Return the button that a number in a message stands for; only user mode has them."""
        return read_choice(self._turn) if self._is_quiet else None

    @property
    def _classes(self) -> dict[bytes, type[Button]]:
        own: tuple[type[Button], ...] = (FormButton, CommandButton)
        return {**self._table.classes, **{button.route: button for button in own}}

    def _signed(self, data: bytes) -> Button:
        """Read a button that came from outside.

        Raises:
            ButtonExpired: it is not one of ours, or no longer.

        """
        turn = self._turn
        button = self._button_codec.read(data, self._classes, turn.button_owner, turn.now)
        turn.screen_is_picture = is_under_picture(data)
        return button

    async def _find_screen(self, name: str) -> None:
        """Find the message that shows a screen: it was not sent yet as it was spoken of."""
        if name:
            self._turn.found_screen = await self._outbox.screen(self._turn.update.chat_id, name)

    def _take_away(self, due: Due) -> None:
        """Take away a screen that was to be changed by a plugin that is off or another by now.

        It may show what was to be hidden.
        """
        turn = self._turn
        log.warning("later.unknown", has_screen=turn.screen_message is not None)
        if turn.screen_message is not None:
            turn.send(Remove(due.chat_id, (turn.screen_message,)))

    async def _in_private(self, message: Message) -> None:
        await self._forms.settle()
        call = self._call(message)
        command = self._table.commands.get(call.name) if call else None
        active = self._forms.active
        if (
            active is not None
            and active.is_secret
            and not (command is not None and command.controls_form)
        ):
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
        elif active is not None:
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
        return self._turn.settings.mode == "user"

    def _begin_command(self, pressed: CommandButton) -> bool:
        """Begin the command of a button; False when it is not offered."""
        return Commands(self._turn, self._table, {}).start(pressed.command)

    async def _follow(self) -> None:
        """Do what a handler wished to go on with."""
        for step in range(MOST_STEPS + 1):
            await self._form_action()
            begin, self._turn.begin = self._turn.begin, None
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

    def _call(self, message: Message) -> CommandCall | None:
        """Read a command, if it is for us."""
        call = parse_command(message.text)
        ours = self._turn.settings.bot_name.lower()
        if call is None or (call.bot and call.bot != ours):
            return None
        return call

    async def _command(self, call: CommandCall, command: Command | None, message: Message) -> None:
        if command is None:
            text = "I don't know /{name}. /help shows what I can do."
            if call.name in self._table.resting:
                text = "/{name} is out of order just now. Please try again later."
            await self._ctx.say(text, name=call.name)
        else:
            rest = await self._safe_rest(command, call.rest, message)
            await self._run(command, rest, {})
        if self._turn.form_action is None and self._turn.begin is None:
            await self._forms.remind()

    async def _listened(self, text: str) -> bool:
        """Let the first plugin answer that listens for such a text."""
        for text_route in self._table.text_routes:
            arguments = read_groups(text_route, text)
            if arguments is not None and self._invoker.may(text_route.role):
                plugin, handler, signature = (
                    text_route.plugin,
                    text_route.handler,
                    text_route.signature,
                )
                await self._invoker.call(plugin, handler, signature, arguments=arguments)
                return True
        return False

    async def _invite(self, command: Command) -> None:
        """Lead from a group to the private chat, where secrets may be said."""
        url = f"https://t.me/{self._turn.settings.bot_name}?start={command.name}"
        label = self._ctx.t("our private chat")
        text = "That is for {chat} only: others read along here."
        await self._ctx.say(text, chat=link(label, url))

    async def _safe_rest(self, command: Command, rest: str, message: Message) -> str:
        """Keep what may be a secret from staying in the chat: `/login a@b.c hunter2`."""
        spec = command.signature.form
        if spec is None or not spec.has_secrets or not rest:
            return rest
        answers, _, suspect = prefill(spec, rest)
        if not suspect:
            return rest
        if await self._removed(message):
            await self._ctx.say(
                "I don't take passwords behind a command, so I removed your message from this chat."
            )
        return " ".join(f'"{value}"' for value in answers.values())

    async def _run(self, command: Command, rest: str, answers: Mapping[str, str]) -> None:
        """Run a command: open its form, or parse its arguments and call it."""
        if command.private and not self._turn.update.private:
            await self._invite(command)
            return
        self._invoker.permit(command.role)
        spec = command.signature.form
        if spec is None:
            translator = self._invoker.translator(command.plugin)
            arguments = read_arguments(command, rest, translator)
            await self._invoker.call(
                command.plugin, command.handler, command.signature, arguments=arguments
            )
            return
        opening = command.opening
        if opening is not None:
            await self._invoker.call(command.plugin, opening.handler, opening.signature)
        given, field_error, _ = prefill(spec, rest)
        why = Rich()
        if field_error is not None:
            why = self._forms.explain(command, field_error)
        await self._forms.begin(command, {**given, **answers}, why)

    async def _secret(self, message: Message) -> None:
        """Take a secret: away from the chat first, then as the answer."""
        await self._removed(message)
        if message.media or message.forwarded or message.via_bot or message.edited_at is not None:
            await self._forms.remind(self._ctx.t("Please write it to me as a new text message."))
        else:
            await self._forms.answer(message.text)

    async def _too_late(self, late: ActiveForm, message: Message) -> None:
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

    async def _form_action(self) -> None:
        form_action, self._turn.form_action = self._turn.form_action, None
        steps = {
            "cancel": self._forms.cancel,
            "back": self._forms.back,
            "skip": self._forms.skip,
            "retry": self._forms.retry,
        }
        if form_action is not None:
            await steps[form_action]()

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


def is_plain(message: Message) -> bool:
    """Tell whether this is a new text in the person's own words."""
    return not (message.edited_at or message.forwarded or message.via_bot or message.media)
