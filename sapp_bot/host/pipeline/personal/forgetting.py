"""Deletes all that is kept of one person: their state, and what plugins keep of them."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from sapp_bot.domain.ports import InboxStore, OutboxStore, StorageWrite
from sapp_bot.domain.replies import CloseScreens
from sapp_bot.domain.state import Profile
from sapp_bot.domain.text import Rich
from sapp_bot.host.pipeline.invoke import Invoker
from sapp_bot.host.routing.registry import BoundHandler, LoadedPlugin
from sapp_bot.values import dataclass

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What became of the wish to be forgotten.

    Attributes:
        kept: What plugins keep all the same, in their words: what, and why.
        failed: Names of plugins that could not delete their part now.

    """

    kept: Sequence[Rich]
    failed: Sequence[str]


class Forgetting:
    """Service that deletes all that is kept of the person; takes effect with the turn's commit."""

    def __init__(self, invoker: Invoker, inbox: InboxStore, outbox: OutboxStore) -> None:
        self._invoker = invoker
        self._turn = invoker.turn
        self._inbox = inbox
        self._outbox = outbox

    async def forget(self) -> Forgotten:
        """Delete the login, the choices, open forms, timers, and what plugins keep of the person.

        A plugin that fails does not keep the rest: it is named in what is returned.

        Raises:
            StoreAway: Redis does not answer; nothing is deleted then but timers.

        """
        kept: list[Rich] = []
        failed: list[str] = []
        for plugin in self._invoker.table.plugins:
            if plugin.forget is None:
                self._delete_values(plugin)
            else:
                try:
                    kept += await self._ask(plugin.name, plugin.forget)
                except Exception:  # a border: the other plugins' part must go
                    log.exception("forget.failed", plugin=plugin.name)
                    failed.append(plugin.name)
        await self._close_screens()
        turn = self._turn
        turn.session, turn.profile, turn.later[:] = None, Profile(), []
        turn.forms.clear()
        turn.is_forgotten = True
        await self._inbox.forget(turn.update.sender.id)
        return Forgotten(kept, failed)

    def _delete_values(self, plugin: LoadedPlugin) -> None:
        """Delete the values that stand under the person's Telegram id."""
        person = self._turn.update.sender.id
        for collection in plugin.collections:
            for key in (person, str(person)):
                write = StorageWrite(collection, key, None)
                self._turn.changes.writes[collection, key] = write

    async def _ask(self, plugin: str, forget: BoundHandler) -> list[Rich]:
        values = self._invoker.values(plugin, forget.signature)
        said = await forget.handler(**values)
        if said is None:
            return []
        return [said if isinstance(said, Rich) else self._invoker.ctx(plugin).t(said)]

    async def _close_screens(self) -> None:
        """Close the login's screens now that their messages can still be found."""
        turn, chat = self._turn, self._turn.update.sender.id
        known = turn.profile.login_screens
        numbers = [int(name[1:]) for name in known if name.startswith("#")]
        for name in known:
            if not name.startswith("#"):
                found = await self._outbox.screen(chat, name)
                numbers += [found] if found is not None else []
        if numbers:
            text = self._invoker.translator().text("This is forgotten.")
            turn.send(CloseScreens(chat, (), text, tuple(dict.fromkeys(numbers))))
