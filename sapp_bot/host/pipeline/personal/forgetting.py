"""Deletes all that is kept of one person: their state, and what plugins keep of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import chain

import structlog

from sapp_bot.domain.ports import InboxStore, OutboxStore, PluginStorage, StorageWrite
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
        kept: What stays all the same, in the plugins' words: what, and why.
        failed: Names of plugins that could not delete their part now.

    """

    kept: Sequence[Rich]
    failed: Sequence[str]


@dataclass(frozen=True, slots=True)
class KeptOfPerson:
    """What is kept of a person at this moment, as the plugins say it.

    Attributes:
        deleted: What /forget deletes.
        stays: What stays after it, and why.
        unknown: Headings of plugins that could not say it now.

    """

    deleted: Sequence[Rich]
    stays: Sequence[Rich]
    unknown: Sequence[Rich]


class Forgetting:
    """Service that deletes all that is kept of the person; takes effect with the turn's commit."""

    def __init__(
        self, invoker: Invoker, inbox: InboxStore, outbox: OutboxStore, storage: PluginStorage
    ) -> None:
        self._invoker = invoker
        self._turn = invoker.turn
        self._inbox = inbox
        self._outbox = outbox
        self._storage = storage

    async def kept(self) -> KeptOfPerson:
        """Return what is kept of the person now, and what of it stays after `forget`.

        Of a plugin with a value under the person's id that does not say itself what it keeps, the
        heading is named.
        """
        plugins = self._invoker.table.plugins
        # Side by side: what all of them read goes to Redis together.
        kept = await asyncio.gather(*(self._kept_by(plugin) for plugin in plugins))
        return KeptOfPerson(
            [said for one in kept for said in one.deleted],
            [said for one in kept for said in one.stays],
            [said for one in kept for said in one.unknown],
        )

    async def _kept_by(self, plugin: LoadedPlugin) -> KeptOfPerson:
        try:
            if not (plugin.keeps or plugin.stays):
                return KeptOfPerson(await self._values_of(plugin), [], [])
            asking = [self._ask(plugin.name, h) for h in (*plugin.keeps, *plugin.stays)]
            said = await asyncio.gather(*asking)
        except Exception:  # a border: the others say theirs
            log.exception("forget.unknown", plugin=plugin.name)
            return KeptOfPerson([], [], [self._heading(plugin)])
        count = len(plugin.keeps)
        return KeptOfPerson(list(chain(*said[:count])), list(chain(*said[count:])), [])

    async def _values_of(self, plugin: LoadedPlugin) -> list[Rich]:
        person = self._turn.update.sender.id
        for collection in plugin.collections:
            for key in (person, str(person)):
                if await self._storage.get(collection, key) is not None:
                    text = "what “{name}” keeps for you"
                    return [self._invoker.host_ctx.t(text, name=self._heading(plugin))]
        return []

    def _heading(self, plugin: LoadedPlugin) -> Rich:
        return self._invoker.ctx(plugin.name).t(plugin.title)

    async def forget(self) -> Forgotten:
        """Delete the login, the choices, open forms, timers, and what plugins keep of the person.

        A plugin that fails does not keep the rest: it is named in what is returned. What stays is
        asked for first, as `kept` does.

        Raises:
            StoreAway: Redis does not answer; nothing is deleted then but timers.

        """
        kept = [*(await self.kept()).stays]
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
