"""Keeps the command menus that Telegram shows as the routing table has them.

Which menus were set is remembered in Redis: those of a person who is no operator any more are taken
back, also after a restart, and an unchanged menu is not sent again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from typing import NoReturn

import structlog

from sapp_bot.domain.ports import Clock, PluginStorage, StorageWrite, StoredValue, TelegramPort
from sapp_bot.errors import ChatPaused, StoreAway, TelegramAway, Undeliverable
from sapp_bot.host.built_in import built_in_plugins
from sapp_bot.host.routing.registry import PluginRegistry, RoutingTable
from sapp_bot.host.settings import HostSettings
from sapp_bot.i18n import LANGUAGES, Languages
from sapp_bot.retry import Backoff
from sapp_bot.values import dataclass

log = structlog.get_logger(__name__)

SIZES = ((100, 256), (100, 64), (50, 64), (20, 32))
"""Most commands, and longest description in characters, of a menu; the next when one is refused.
Telegram's limits are the first. Source: https://core.telegram.org/bots/api#setmycommands, and for
the whole list an unwritten one, which long descriptions reach first."""

MENU_BACKOFF = Backoff(first_s=5.0, factor=2.0, longest_s=300.0)
"""Waits between the tries while Telegram or Redis is away."""

MEMORY = ":menus"
"""Collection in which the menus are remembered; no plugin has an empty name."""

Place = tuple[str, int]
"""Language code, "" for all others, and the person, 0 for all private chats."""


@dataclass(frozen=True, slots=True)
class MenuDeps:
    """Dependencies of the menus."""

    telegram: TelegramPort
    storage: PluginStorage
    clock: Clock
    registry: PluginRegistry
    languages: Languages


class CommandMenus:
    """The command menus of one account."""

    def __init__(self, deps: MenuDeps, settings: HostSettings) -> None:
        self._deps = deps
        self._settings = settings
        self._failures = 0
        self._seen: RoutingTable | None = None
        self._has_looked = asyncio.Event()

    async def keep(self, wait_s: float | None) -> NoReturn:
        """Set the menus whenever the routing table was replaced, and again after a failure.

        Args:
            wait_s: What a first `look` has returned.

        """
        while True:
            await self._until_changed(wait_s)
            wait_s = await self.look()

    async def idle(self) -> None:
        """Wait until `keep` has looked at the newest routing table."""
        while self._seen is not self._deps.registry.table:
            self._has_looked.clear()
            await self._has_looked.wait()

    async def look(self) -> float | None:
        """Set the menus that differ from those that were set, once.

        Returns:
            Seconds after which to look again, as something was refused for now; None for nothing.

        """
        table = self._deps.registry.table
        try:
            return await self._look()
        finally:
            self._seen = table
            self._has_looked.set()

    async def _look(self) -> float | None:
        try:
            known = await self._known()
            wait_s = await self._reconcile(known)
        except StoreAway:
            wait_s = 0.0
        except ChatPaused as error:
            log.info("menu.paused", s=error.wait_s)
            self._failures = 0
            return error.wait_s
        if wait_s is None:
            self._failures = 0
            return None
        self._failures += 1
        return MENU_BACKOFF.wait_s(self._failures - 1)

    async def _reconcile(self, known: Mapping[Place, str]) -> float | None:
        wanted = self._wanted()
        wait_s: float | None = None
        for place in sorted({*known, *wanted}):
            commands = wanted.get(place, {})
            digest = _digest(commands) if commands else ""
            if known.get(place, "") == digest:
                continue
            try:
                if await self._set(place, commands):
                    await self._remember(place, digest)
            except TelegramAway as error:
                log.info("menu.away", reason=str(error))
                wait_s = 0.0
        return wait_s

    async def _set(self, place: Place, commands: Mapping[str, str]) -> bool:
        """Set one menu, shorter where it is refused.

        Returns:
            False for a person whom the bot does not know: an operator who never wrote to it.

        """
        language, person = place
        for most, longest in SIZES:
            some = {name: text[:longest] for name, text in list(commands.items())[:most]}
            try:
                await self._deps.telegram.set_menu(some, language=language, person=person)
            except Undeliverable as error:
                about = {"person": person, "commands": len(some), "reason": str(error)}
                if not error.for_its_form:
                    log.info("menu.refused", **about)
                    return False
                log.warning("menu.refused", **about)
            else:
                return True
        return True  # refused in every size: it will be again, until the table changes

    def _wanted(self) -> dict[Place, dict[str, str]]:
        """Return the menus by place: for everybody, and for each operator."""
        table = self._deps.registry.table
        people = (0, *sorted(self._settings.admins))
        # Telegram shows the list without a language to everybody who has none of their own.
        codes = {language: "" if language == LANGUAGES[0] else language for language in LANGUAGES}
        return {
            (codes[language], person): self._menu(table, language, admin=person != 0)
            for language in LANGUAGES
            for person in people
        }

    def _menu(self, table: RoutingTable, language: str, *, admin: bool) -> dict[str, str]:
        visible = table.visible(signed_in=True, admin=admin, settings=self._settings)
        # What is cut off must not be /help or /login: those of the built-in plugins come first.
        ours = built_in_plugins().names
        ordered = sorted(visible, key=lambda command: command.plugin not in ours)
        languages = self._deps.languages
        speakers = {name: languages.translator(language, c) for name, c in table.catalogues.items()}
        return {c.name: speakers[c.plugin].text(c.summary).plain for c in ordered}

    async def _known(self) -> dict[Place, str]:
        """Return a digest of each menu that is set, by place."""
        found = {}
        async for kept in self._deps.storage.all(MEMORY):
            language, _, person = str(kept.key).partition(" ")
            found[language, int(person)] = kept.text
        return found

    async def _remember(self, place: Place, digest: str) -> None:
        language, person = place
        key = f"{language} {person}"
        kept = StoredValue(key, 1, digest) if digest else None
        await self._deps.storage.write([StorageWrite(MEMORY, key, kept)])

    async def _until_changed(self, wait_s: float | None) -> None:
        """Wait until the table is replaced, or for some seconds."""
        waits = [asyncio.create_task(self._deps.registry.replaced())]
        if wait_s is not None:
            waits.append(asyncio.create_task(_slept(self._deps.clock, wait_s)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()


async def _slept(clock: Clock, seconds: float) -> None:
    await clock.sleep(seconds)


def _digest(commands: Mapping[str, str]) -> str:
    text = json.dumps(list(commands.items()))
    return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()
