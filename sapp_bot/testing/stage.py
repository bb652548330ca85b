"""A stage: the bot, its adapters and the persons who talk to it, in one process."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import SecretStr
from structlog.testing import capture_logs

from sapp_bot.bot import Adapters, Bot
from sapp_bot.domain.ports import TelegramPort
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.updates import Arrival, Message, Person
from sapp_bot.errors import ConfigError, PluginError
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.lifecycle.record import PluginRecord
from sapp_bot.host.settings import HostSettings
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.observability.redaction import Redactor
from sapp_bot.sandbox.sapp_api.server import SappApi
from sapp_bot.sapp.client import LIMITS, ApiClient, Limits
from sapp_bot.sapp.services import Auth
from sapp_bot.store import KeyRing, RedisStore, make_key, open_store

from .actor import Actor
from .chatroom import ChatRoom
from .clock import ManualClock
from .rest import found_at_rest

ACCOUNT = 1_000_000
PLUGINS = Path("plugins")

PAUSE_S = 1.0
"""How long the clock of a test stands still for what fell due, in real seconds."""

SETTLED_S = 10.0
"""How long a timer or a reload may take in a test, in real seconds."""

FAILURES = frozenset(
    {
        *("update.failed", "update.dropped", "timer.failed", "picture.failed", "inline.failed"),
        *("plugin.failed", "plugin.lifespan_failed"),
    }
)
"""Events of the log that fail a test, unless it says `stage.may_fail = True`."""


class Stage:
    """`async with Stage() as stage:`; settings are those of `HostSettings`.

    `api` is the API's stand-in, `room` Telegram, `clock` the bot's time, `log` every log event.
    `redis_url` leads to another Redis than the one in memory; `limits` is how long the bot waits
    for the API, in real seconds; `environment` holds the settings of plugins; `only` names those
    that are read, if not all of the folder; `metrics` is told what is measured.
    """

    def __init__(
        self,
        plugins: Path = PLUGINS,
        *,
        redis_url: str = "",
        limits: Limits = LIMITS,
        environment: Mapping[str, str] | None = None,
        only: Iterable[str] | None = None,
        metrics: Metrics = NO_METRICS,
        **settings: Any,
    ) -> None:
        self.plugins = plugins
        self._redis_url = redis_url or f"memory://stage-{secrets.token_hex(8)}"
        self._limits = limits
        self._metrics = metrics
        self._environment = dict(environment or {})
        self._only = None if only is None else frozenset(only)
        self.room = ChatRoom(has_buttons=settings.get("mode") != "user")
        self.clock = ManualClock()
        self.log: list[Any] = []
        self.api = SappApi()
        self.may_fail = False
        self._settings = HostSettings(account=ACCOUNT, bot_name="sapp_test_bot", **settings)
        self._key_ring = KeyRing([make_key()])
        self._stack = AsyncExitStack()
        self._persons = 0
        self._working: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start everything; the bot is ready."""
        self.log = self._stack.enter_context(capture_logs())
        try:
            await self._start()
        except BaseException:
            await self._end()
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End everything; an unexpected error of the bot fails the test."""
        await self._end()
        await self._stack.aclose()
        failed = [entry for entry in self.log if entry["event"] in FAILURES]
        if failed and error is None and not self.may_fail:
            why = failed[0].get("exc_info") or failed[0].get("reason")
            raise AssertionError(f"{failed[0]['event']}: {why!r}") from _cause(why)

    def person(self, name: str = "Ann", *, language: str = "en", id: int = 0) -> Actor:  # noqa: A002  # the field's word
        """Bring somebody in."""
        self._persons += 1
        person = Person(id or 500 + self._persons, name, language)
        return Actor(person, self.room, self.clock, self.take)

    def owner(self, name: str = "Olga", *, language: str = "en") -> Actor:
        """Bring in whose account it is in user mode; the chat is their Saved Messages."""
        return self.person(name, language=language, id=ACCOUNT)

    async def signed_in(self, name: str = "Ann", *, language: str = "en") -> Actor:
        """Bring in somebody who is logged in, whatever plugins there are: `ann@example.com`."""
        actor = self.person(name, language=language)
        email, password = f"{name.lower()}@example.com", SecretStr(secrets.token_hex(8))
        login = await Auth(self._adapters.api).register(email, password)
        number, now = self.room.next_id(), self.clock.now()
        arrival = Message(actor.person, actor.chat_id, number, "", now)
        await self.store.inbox.accept(arrival)
        turn = Turn.of(arrival, PersonState(), self._settings, now)
        turn.open_session(login)
        await self.store.inbox.commit(turn.to_commit())
        return actor

    async def take(self, update: Arrival) -> None:
        """Let the bot have an update, and wait until it is answered."""
        self.bot.receive(update)
        await self._settled()

    async def restart(self) -> None:
        """End the bot as a crash does, and start it again on the same store."""
        await self._end()
        await self._begin()
        await self._settled()

    async def reload(self, name: str) -> None:
        """Read a plugin anew, as after a change of its file.

        Raises:
            PluginError: it cannot be used as it is now; the version before goes on answering.

        """
        record = self._record(name)
        await self.bot.plugins.reload(record)
        await self._settled()
        if record.reason:
            raise PluginError(record.reason)

    async def tick(self, name: str) -> None:
        """Run a timer now, whatever the time: `tick("quota.warn")`, plugin and function."""
        record = self._record(name.partition(".")[0])
        names = (
            [timer.name for timer in record.generation.loaded.timers] if record.generation else []
        )
        if name not in names or record.generation is None:
            raise AssertionError(f"no timer {name!r}; there are {names}")
        await record.generation.tick(name)
        await self._settled()

    async def passes(self, seconds: float) -> None:
        """Let time pass, and wait until what fell due is answered."""
        await self.clock.advance(seconds, self._paused)
        await self._settled()

    async def at_rest(self, text: str) -> list[str]:
        """Name the keys of Redis in which a text can be read in clear, name or value."""
        return await found_at_rest(self._redis_url, text)

    def leaks(self) -> list[str]:
        """Name what is left of reloaded plugins: classes, functions, modules that are held."""
        return self.bot.plugins.leaks()

    def _record(self, name: str) -> PluginRecord:
        records = {record.name: record for record in self.bot.plugins.records}
        if name not in records:
            raise AssertionError(f"no plugin {name!r}; there are {sorted(records)}")
        return records[name]

    async def _paused(self) -> None:
        """Let what fell due do its work, unless it waits for the clock itself."""
        await asyncio.sleep(0)
        with suppress(TimeoutError):
            async with asyncio.timeout(PAUSE_S):
                await self._settled()

    async def _settled(self) -> None:
        async with asyncio.timeout(SETTLED_S):
            await self.bot.plugins.settled()
            for record in self.bot.plugins.records:
                if record.generation is not None:
                    await record.generation.idle()
        await self.bot.idle()

    async def _start(self) -> None:
        await self._stack.enter_async_context(self.api)
        self.store: RedisStore = await self._stack.enter_async_context(
            open_store(
                self._redis_url,
                self._key_ring,
                account=ACCOUNT,
                clock=self.clock,
                metrics=self._metrics,
            )
        )
        api = await self._stack.enter_async_context(
            ApiClient(self.api.url, limits=self._limits, metrics=self._metrics)
        )
        self._adapters = Adapters(
            telegram=await self._connect(),
            store=self.store,
            api=api,
            clock=self.clock,
            redactor=Redactor((), person_key=b"test"),
            variables=lambda: self._environment,
            metrics=self._metrics,
        )
        await self._begin()

    async def _connect(self) -> TelegramPort:
        """Say who plays Telegram."""
        return self.room

    async def _begin(self) -> None:
        self.bot = Bot(
            self._adapters, self._settings, self.plugins, watching=False, only=self._only
        )
        self._working = working = asyncio.create_task(self.bot.run())
        ready = asyncio.create_task(self.bot.ready.wait())
        await asyncio.wait({working, ready}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            ready.cancel()
            try:
                working.result()
            except* ConfigError as errors:  # from a task group: the one reason, as it is
                raise errors.exceptions[0] from None

    async def _end(self) -> None:
        if self._working is not None:
            self._working.cancel()
            await asyncio.wait([self._working])


def _cause(why: object) -> BaseException | None:
    return why if isinstance(why, BaseException) else None
