"""Decides what an update is for: each kind has its `route_<kind>`.

A message is a command, the answer to an open question, or input to explain: no input stays
unanswered, and nothing typed into a secret question stays in the chat. A press, or what stands for
one, calls a button's handler or belongs to a form. Must not turn errors into replies: that is
`dispatcher`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, assert_never

import structlog

from sapp_bot.domain.ports import OutboxStore
from sapp_bot.domain.replies import Remove
from sapp_bot.domain.text import Rich
from sapp_bot.domain.updates import Due, Message, Press, QueuedUpdate
from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.button_codec import ButtonCodec, ButtonOutdated, is_under_picture
from sapp_bot.host.authoring.buttons import Button, CommandButton
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.routing.arguments import prefill, read_arguments
from sapp_bot.host.routing.commands import CommandCall, Mention, parse_command, parse_mention
from sapp_bot.host.routing.registry import Command, RoutingTable
from sapp_bot.host.routing.validation_texts import explain

from .albums import is_further_part
from .forms.active_form import ActiveForm, FormButton
from .forms.elsewhere import SayButton
from .forms.form_flow import FormFlow
from .invoke import Invoker
from .person_services import Commands
from .personal.cooldowns import check_cooldown
from .text_buttons import TypedChoice, read_choice
from .texts.secret_guard import SecretGuard, SecretGuardDeps
from .texts.secret_texts import SecretTexts
from .texts.suggestions import Suggestions
from .texts.text_handlers import TextHandlers
from .texts.unknown import UnknownInput
from .texts.way_out import private_command, send_link

log = structlog.get_logger(__name__)

MOST_STEPS = 3
"""Most commands that one update may start after its own; more is a loop between commands."""


class RouterDeps(SecretGuardDeps, Protocol):
    """Dependencies of the router."""

    @property
    def outbox(self) -> OutboxStore:
        """Finds the message that shows a screen."""

    @property
    def button_codec(self) -> ButtonCodec:
        """Reads the data of buttons."""


class Router:
    """Router of the updates of one turn."""

    def __init__(self, turn: Turn, table: RoutingTable, invoker: Invoker, deps: RouterDeps) -> None:
        self._turn = turn
        self._table = table
        self._invoker = invoker
        self._outbox, self._button_codec = deps.outbox, deps.button_codec
        self._ctx = invoker.host_ctx
        self._unknown = UnknownInput(turn, table, self._ctx)
        self._guard = SecretGuard(turn, self._ctx, deps)
        self._text_handlers = TextHandlers(turn, table, invoker)
        self._forms = FormFlow(turn, table, invoker)
        self._words = Suggestions(turn, table)
        self._secret_texts = SecretTexts(self._forms, self._guard, invoker, self._words)

    async def route(self, update: QueuedUpdate) -> None:
        """Do what an update is for, then start the commands that its handler wants next.

        Raises:
            SappBotError: any of our errors, from a check or a handler.
            Exception: whatever a handler raised.

        """
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
        await self._run_next()
        self._forms.tidy()

    async def route_message(self, message: Message) -> None:
        """Route a message: in a group commands and mentions, in private everything."""
        if not message.private:
            await self._in_group(message)
        elif is_further_part(self._turn, message):
            # The first part was answered; each of them may show a secret that was asked for.
            if self._forms.active is not None and self._forms.active.is_secret:
                await self._guard.take(message)
        elif is_plain(message) or not self._is_quiet:
            await self._in_private(message)

    async def route_press(self, press: Press) -> None:
        """Route a press; its data is checked, as any client can send any bytes."""
        await self._route_button(self._signed(press.data))

    async def route_choice(self, choice: TypedChoice) -> None:
        """Route a button that was pressed by sending its number (user mode)."""
        button = self._signed(choice.data)
        await self._find_screen(choice.screen)
        await self._route_button(button)

    async def route_due(self, due: Due) -> None:
        """Route a delayed press; its data comes from our own store, so no signature is checked."""
        self._turn.screen_is_picture = is_under_picture(due.data)
        if due.message_id is None:
            await self._find_screen(due.screen)
        try:
            button = self._button_codec.trusted(due.data, self._classes)
        except ButtonOutdated:
            self._remove_screen(due)
        else:
            await self._route_button(button)

    async def _route_button(self, button: Button) -> None:
        """Call the button's handler, or hand it to the open form or its command."""
        if isinstance(button, FormButton):
            await self._forms.settle()
            await self._forms.press(button)
            return
        if isinstance(button, SayButton):
            await self._text_handlers.call(button.text)
            return
        if type(button) is CommandButton:  # a subclass is a plugin's own button
            active = self._forms.active
            is_asked = active is not None and active.asks(self._table.commands.get(button.command))
            if active is not None and is_asked and active.form.is_aside:
                await self._forms.show_question()
            elif is_asked:
                await self._ctx.toast("I am asking you that already: please answer below.")
            elif not await self._begin_command(button):
                text = "That is not offered just now. /help shows what I can do."
                await self._ctx.toast(text, alert=True)
            return
        found = self._table.button_routes[type(button).route]
        typed_as = button.typed(found.typed_as)
        if (private := private_command(self._turn, self._table, typed_as)) is not None:
            await send_link(self._ctx, self._turn, private)
            return
        self._invoker.permit(found.role)
        await self._invoker.call(found.plugin, found.handler, found.signature, given=button)

    def _choice(self) -> TypedChoice | None:
        """Return the button that a number in a message stands for; None outside of user mode."""
        return read_choice(self._turn) if self._is_quiet else None

    @property
    def _classes(self) -> dict[bytes, type[Button]]:
        own: tuple[type[Button], ...] = (FormButton, CommandButton, SayButton)
        return {**self._table.classes, **{button.route: button for button in own}}

    def _signed(self, data: bytes) -> Button:
        """Return the button in data from outside.

        Raises:
            ButtonOutdated: the data is not ours, or for another login, or too old.

        """
        turn = self._turn
        button = self._button_codec.read(data, self._classes, turn.button_owner, turn.now)
        turn.screen_is_picture = is_under_picture(data)
        return button

    async def _find_screen(self, name: str) -> None:
        """Set the message that shows a screen; it had no id yet when its name was stored."""
        if name:
            self._turn.found_screen = await self._outbox.screen(self._turn.update.chat_id, name)

    def _remove_screen(self, due: Due) -> None:
        """Remove the screen that a delayed press was to change, as its plugin is off or changed.

        The screen may show what the press was to hide, such as an API key.
        """
        turn = self._turn
        log.warning("later.unknown", has_screen=turn.screen_message is not None)
        if turn.screen_message is not None:
            turn.send(Remove(due.chat_id, (turn.screen_message,)))

    async def _in_private(self, message: Message) -> None:
        """Route a private message; the order of the branches decides.

        A secret question comes first: whatever is sent there may be a password, even an edit, a
        forward or an unknown command. An edit comes before commands, as its first version was
        handled already.
        """
        await self._forms.settle()
        call = self._call(message)
        command = self._table.commands.get(call.name) if call else None
        active = self._forms.active
        if (
            active is not None
            and active.is_secret
            and not (command is not None and command.controls_form)
        ):
            await self._take_secret(active, call, message)
        elif command is None and await self._secret_texts.removed(active, message):
            return
        elif call is None and not self._is_quiet and self._forms.late is not None:
            await self._secret_texts.came_late(self._forms.late, message)
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
            await self._answer(message.text)
        elif not await self._text_handlers.call(message.text) and not self._is_quiet:
            await self._plain(message)

    async def _plain(self, message: Message) -> None:
        """Do what plain words mean; say that they are not understood if they mean nothing."""
        meant = self._words.meant(message.text)
        if meant is None:
            await self._unknown.text(message.text)
        else:
            await self._command(meant, self._table.commands.get(meant.name), message)

    async def _answer(self, text: str) -> None:
        """Take a text as a word for a button, or else as the answer to the open question."""
        step = self._forms.step_meant(text)
        await (self._forms.do(step) if step else self._forms.answer(text))

    async def _in_group(self, message: Message) -> None:
        """Route a command in a group, or a text that names the bot: all else is for other people.

        So may be an unknown command, unless it names this bot. Forms are asked in the private chat
        only: what is open there must not show in a group.
        """
        if not is_plain(message):
            return
        call = self._call(message)
        if call is None:
            mention = parse_mention(message.text, self._turn.settings.bot_name)
            if mention is not None and not message.sender.is_anonymous:
                await self._mentioned(mention, message)
            return
        command = self._table.commands.get(call.name)
        if command is not None and message.sender.is_anonymous:
            await self._ctx.say(
                "You write as a group or a channel, so I can't tell who you are. Please write as "
                "yourself."
            )
        elif (command is not None or call.bot) and not message.sender.is_anonymous:
            await self._command(call, command, message)

    async def _mentioned(self, mention: Mention, message: Message) -> None:
        """Route what is said to the bot by its name: a text, or a command without its slash."""
        if mention.said and await self._text_handlers.call(mention.said):
            return
        said = mention.said.removeprefix("/") or "help"
        call = self._words.meant(said) or parse_command(f"/{said}") or CommandCall("")
        command = self._table.commands.get(call.name)
        if command is not None and not command.hidden:
            await self._command(call, command, message)
        elif mention.is_first:
            await self._explain("I did not understand that. /help shows what I can do.")

    @property
    def _is_quiet(self) -> bool:
        """Whether people use the chat for other things too, as in user mode.

        Only commands, answers and choices are for the bot there, and only as first written: nothing
        else is answered, and nothing else is deleted.
        """
        return self._turn.settings.mode == "user"

    async def _begin_command(self, pressed: CommandButton) -> bool:
        """Start the command of a button; return False when it is not offered."""
        commands = Commands(self._turn, self._table, {})
        if not (pressed.words and commands.offers(pressed.command)):
            return commands.start(pressed.command)
        await self._run(self._table.commands[pressed.command], pressed.words, {})
        return True

    async def _run_next(self) -> None:
        """Do the form action and start the command that the last handler asked for, if any."""
        for step in range(MOST_STEPS + 1):
            await self._form_action()
            begin, self._turn.begin = self._turn.begin, None
            if begin is None:
                return
            if step == MOST_STEPS:
                raise PluginError(f"{begin.handler.__name__}: commands start each other in circles")
            command = self._table.command_of(begin.handler)
            if command is None:
                name = getattr(begin.handler, "__name__", repr(begin.handler))
                raise PluginError(f"ctx.start takes the function of a command, and {name} is none")
            await self._run(command, begin.words, begin.answers)

    async def remind(self) -> None:
        """Say that the question of a form is still open, if there is one."""
        await self._forms.remind()

    def _call(self, message: Message) -> CommandCall | None:
        """Return the command in a message; None without one, or when it names another bot."""
        call = parse_command(message.text)
        names = self._turn.settings.bot_names
        if call is None or (call.bot and call.bot not in names):
            return None
        return call

    async def _command(self, call: CommandCall, command: Command | None, message: Message) -> None:
        meant = self._words.meant_by(call) if command is None else None
        if meant is not None:
            call, command = meant, self._table.commands[meant.name]
        if command is None:
            await self._unknown.command(call.name, call.rest)
        else:
            rest = await self._secret_texts.behind(command, call.rest, message)
            await self._run(command, rest, {})
        if self._turn.form_action is None and self._turn.begin is None:
            await self._forms.remind()

    async def _run(self, command: Command, rest: str, answers: Mapping[str, str]) -> None:
        """Open a command's form, or parse its arguments and call its handler."""
        if command.private and not self._turn.update.private:
            await send_link(self._ctx, self._turn, command)
            return
        self._invoker.permit_command(command)
        translator = self._invoker.translator(command.plugin)
        check_cooldown(self._turn, command, translator)
        spec = command.signature.form
        if spec is None:
            arguments = read_arguments(command, rest, translator)
            await self._invoker.run(command, arguments=arguments)
            return
        about = self._invoker.hooks.about_command(command)
        if about is not None:
            await self._invoker.hooks.before(about)
        opening = command.opening
        if opening is not None:
            await self._invoker.call_alone(command.plugin, opening.handler, opening.signature)
        filled = self._invoker.filled_by_person(command.plugin, spec)
        given, field_error, _ = prefill(filled, rest, translator)
        why = Rich()
        if field_error is not None:
            why = explain(field_error, translator)
        await self._forms.begin(command, {**given, **answers}, why)

    async def _take_secret(
        self, active: ActiveForm, call: CommandCall | None, message: Message
    ) -> None:
        """Delete a text from the chat, and take it as the answer to a secret question.

        A command that was tapped in a menu is no secret, though it is deleted, too: it could be
        one.
        """
        if call is not None and not call.rest and self._is_offered(call):
            await self._guard.remove(message)
            why = self._ctx.t("That is a command. Send a password, or /cancel.")
            await self._forms.explain_again(why)
            return
        if is_plain(message):
            await self._secret_texts.answer(active, message)
            return
        await self._guard.take(message)
        why = self._ctx.t("Please write it to me as a new text message.")
        await self._forms.explain_again(why)

    async def _explain(self, text: str) -> None:
        """Send why a message cannot be used, above the open question if there is one."""
        await self._forms.explain_again(self._ctx.t(text))

    async def _form_action(self) -> None:
        form_action, self._turn.form_action = self._turn.form_action, None
        if form_action is not None:
            await self._forms.do(form_action)

    def _is_offered(self, call: CommandCall) -> bool:
        return call.name in self._table.commands or call.name in self._table.resting


def is_plain(message: Message) -> bool:
    """Return whether a message is a new text that the person typed: no edit, forward or media."""
    return not (message.edited_at or message.forwarded or message.via_bot or message.media)
