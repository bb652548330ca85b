"""What people hear during maintenance, whatever they do. What they had begun stays as it is."""

from __future__ import annotations

from sapp_bot.domain.text import Rich
from sapp_bot.domain.updates import Due, Message, Press, QueuedUpdate
from sapp_bot.host.authoring.context import Ctx
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.operators.maintenance import Maintenance
from sapp_bot.host.pipeline.text_buttons import read_choice
from sapp_bot.host.routing.commands import parse_command
from sapp_bot.host.routing.registry import RoutingTable

from .secret_guard import SecretGuard, SecretGuardDeps


class ClosedDoor:
    """Turns people away for one turn.

    A text that may be a secret is deleted all the same: nobody hears a password read out later.
    """

    def __init__(
        self, turn: Turn, table: RoutingTable, ctx: Ctx, deps: SecretGuardDeps, door: Maintenance
    ) -> None:
        self._turn = turn
        self._table = table
        self._ctx = ctx
        self._guard = SecretGuard(turn, ctx, deps)
        self._door = door

    def is_shut_for(self, update: QueuedUpdate) -> bool:
        """Return whether an update is turned away. What the bot itself had set goes on.

        That is what hides a key, for example.
        """
        return self._door.is_on and not self._turn.is_admin and not isinstance(update, Due)

    async def turn_away(self, update: QueuedUpdate, notice: Rich) -> None:
        """Say the notice where the bot would have answered; secrets are deleted."""
        if isinstance(update, Press):
            await self._ctx.toast(notice, alert=True)
            return
        if not isinstance(update, Message) or not self._is_for_us(update):
            return
        if update.private and self._may_be_secret(update):
            await self._guard.take(update)
        await self._ctx.say(notice)

    def _is_for_us(self, message: Message) -> bool:
        call = parse_command(message.text)
        if call is not None:
            name = self._turn.settings.bot_name.lower()
            known = call.name in self._table.commands
            return call.bot == name if call.bot else message.private or known
        if not message.private:
            return False
        return self._turn.settings.mode == "bot" or read_choice(self._turn) is not None

    def _may_be_secret(self, message: Message) -> bool:
        if self._guard.knows(message.text) or self._guard.locked_for is not None:
            return True
        forms = self._turn.before.forms
        specs = [self._table.form_command(form.command) for form in forms[-1:]]
        found = [c.signature.form for c in specs if c is not None and c.signature.form is not None]
        call = parse_command(message.text)
        command = self._table.commands.get(call.name) if call is not None else None
        if call is not None and command is not None:
            behind = command.signature.form
            return bool(call.rest) and behind is not None and behind.has_secrets
        return any(spec.has_secrets for spec in found)
