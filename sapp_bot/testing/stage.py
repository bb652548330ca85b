"""A stage: runs the bot with its adapters in the test's process, and makes persons who use it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import SecretStr
from structlog.testing import capture_logs

from sapp_bot.adapters import Adapters
from sapp_bot.billing.config import NO_BILLING, BillingConfig, Pack
from sapp_bot.bot import Bot
from sapp_bot.domain.ports import TelegramPort
from sapp_bot.domain.stars import Stars
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.updates import Arrival, Message, Person
from sapp_bot.errors import ConfigError, PluginError
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.lifecycle.loader import find_plugins
from sapp_bot.host.lifecycle.record import PluginRecord
from sapp_bot.host.runtime.hints import nearest
from sapp_bot.host.runtime.names import name_of
from sapp_bot.host.settings import HostSettings
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.observability.redaction import Redactor
from sapp_bot.sandbox.sapp_api.database import Database, utc_now
from sapp_bot.sandbox.sapp_api.server import SappApi
from sapp_bot.sapp.client import ApiClient, CallLimits
from sapp_bot.sapp.service_account import ServiceLogin
from sapp_bot.sapp.services import Auth
from sapp_bot.store import KeyRing, RedisStore, make_key, open_store

from .actor import Actor
from .chatroom import ChatRoom
from .clock import ManualClock
from .imports import StageImports
from .redis import in_memory, lend_redis
from .rest import found_at_rest
from .stars import SimulatedStars
from .stillness import ended_or_still
from .trouble import FAILURES, trouble

ACCOUNT = 1_000_000
PLUGINS = Path("plugins")

SERVICE_EMAIL, SERVICE_PASSWORD = "service@example.com", "shared among all"

PATIENT = CallLimits(budget_s=30.0, connect_s=8.0, free_try_s=14.0, write_s=20.0)
"""How long the bot waits for the API: a busy machine is no fault of it."""

SETTLED_S = 30.0
"""Time limit for the bot to finish what it is doing, in real seconds."""


class Stage:
    """Runs the bot for a test: `async with Stage() as stage:`.

    `api` is the API's stand-in, `room` the simulated Telegram, `stars` its Stars, `clock` the bot's
    time, `log` every log event, `store` the Redis repositories.

    A stage begins at noon UTC of today for bot and API, so that a test sees the same at any hour;
    after that `clock` stands still until it is advanced, and the API's time passes as real time.

    Args:
        plugins: Folder of the plugins.
        redis_url: As `SAPP_REDIS_URL`; an empty one of its own if "": in memory, or a database of
            the server that `TEST_REDIS_URL` names.
        limits: How long the bot waits for the API, in real seconds.
        environment: Environment variables that the plugins' settings are read from.
        only: Names of the plugins to load; all of the folder if None.
        metrics: Receives the bot's measurements.
        service_reads: Reads of the service account's client; no service account if None.
        packs: What is sold for Stars, reads -> Stars: the stand-in's administrator is then set,
            and a ledger is kept.
        billing: The other settings of payments.
        settings: Fields of `HostSettings`, as `mode="user"`.

    """

    def __init__(
        self,
        plugins: Path = PLUGINS,
        *,
        redis_url: str = "",
        limits: CallLimits = PATIENT,
        environment: Mapping[str, str] | None = None,
        only: Iterable[str] | None = None,
        metrics: Metrics = NO_METRICS,
        service_reads: int | None = None,
        packs: Mapping[int, int] | None = None,
        billing: BillingConfig = NO_BILLING,
        **settings: Any,
    ) -> None:
        self.plugins = plugins
        # The server of tests keeps nothing over a crash, and says so: nothing can be sold on it.
        self._redis_url = redis_url or (in_memory() if packs else "")
        self._limits = limits
        self._metrics = metrics
        self._service_reads = service_reads
        self._packs = dict(packs or {})
        self._billing = billing
        self._environment = dict(environment or {})
        self._only = None if only is None else frozenset(only)
        self.room = ChatRoom(has_buttons=settings.get("mode") != "user")
        began, begins = utc_now(), self._begins()
        self.clock = ManualClock(begins)
        sells = settings.get("mode") != "user"
        self.stars = SimulatedStars(self.clock, self._receive, sells=sells)
        self.log: list[Any] = []
        self.api = SappApi(Database(clock=lambda: utc_now() + (begins - began)))
        self.may_fail = False
        self._settings = HostSettings(account=ACCOUNT, bot_name="sapp_test_bot", **settings)
        self._key_ring = KeyRing([make_key()])
        self._stack = AsyncExitStack()
        self._imports = StageImports()
        self._persons = 0
        self._working: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start the adapters and the bot, and wait until the bot is ready.

        Raises:
            ConfigError: the bot cannot start with these settings or plugins, or there is no plugin
                of a name in `only`.

        """
        self._check_only()
        self.log = self._stack.enter_context(capture_logs())
        try:
            if not self._redis_url:
                self._redis_url = await self._stack.enter_async_context(lend_redis())
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
        """Stop the bot and the adapters.

        Raises:
            AssertionError: the log has one of `FAILURES`, and the test itself did not fail.
                When it did, its own error goes on with a note of what the log has.

        """
        await self._end()
        await self._stack.aclose()
        failed = [entry for entry in self.log if entry["event"] in FAILURES]
        if failed and error is None and not self.may_fail:
            why = failed[0].get("exc_info") or failed[0].get("reason")
            raise AssertionError(f"{failed[0]['event']}: {why!r}") from _cause(why)
        if error is None:
            self._imports.check()
        elif not self.may_fail:
            for note in trouble(self.log, self.plugins):
                error.add_note(note)

    def person(self, name: str = "Ann", *, language: str = "en", id: int = 0) -> Actor:  # noqa: A002  # the field's word
        """Return a new person.

        Args:
            name: First name.
            language: ISO 639-1 code of the person's app.
            id: Telegram user id; a new one if 0.

        """
        self._persons += 1
        person = Person(id or 500 + self._persons, name, language)
        return Actor(person, self.room, self.stars, self.clock, self.take)

    def owner(self, name: str = "Olga", *, language: str = "en") -> Actor:
        """Return the owner of the account in user mode, writing into their Saved Messages."""
        return self.person(name, language=language, id=ACCOUNT)

    async def signed_in(
        self, name: str = "Ann", *, language: str = "en", reads: int | None = None
    ) -> Actor:
        """Return a new person who is logged in to the API, as `ann@example.com` for "Ann".

        Works without the login plugin: the session is written to the store directly.

        Args:
            name: First name.
            language: ISO 639-1 code of the person's app.
            reads: Reads of their API client; no client if None.

        """
        actor = self.person(name, language=language)
        email, password = f"{name.lower()}@example.com", SecretStr(secrets.token_hex(8))
        login = await Auth(self._adapters.api).register(email, password)
        if reads is not None:
            row = self.api.database.users.find_by("email", email)
            assert row is not None  # noqa: S101  # was registered just now
            self.api.database.add_client(row, available=reads)
        number, now = self.room.next_id(), self.clock.now()
        arrival = Message(actor.person, actor.chat_id, number, "", now)
        await self.store.inbox.accept(arrival)
        turn = Turn.of(arrival, PersonState(), self._settings, now)
        turn.open_session(login)
        await self.store.inbox.commit(turn.to_commit())
        return actor

    async def take(self, update: Arrival) -> None:
        """Hand the bot an update, and wait until the bot has answered."""
        self.bot.receive(update)
        await self._settled()

    async def charge_back(self, charge_id: str) -> None:
        """Return a payment from outside, as a bank does, and wait until the bot has heard of it."""
        await self.take(self.stars.charge_back(charge_id))

    def _receive(self, update: Arrival) -> None:
        self.bot.receive(update)

    async def restart(self, *, away_s: float = 0) -> None:
        """Stop the bot without a shutdown, as in a crash, and start it again on the same store.

        Args:
            away_s: Seconds between the two.

        """
        await self._end()
        self.clock.skip(away_s)
        await self._begin()
        await self._settled()

    async def reload(self, name: str) -> None:
        """Reload a plugin, as after a change of its file.

        Raises:
            PluginError: the file is wrong; the version before stays in use.
            AssertionError: there is no such plugin.

        """
        record = self._record(name)
        await self.bot.plugins.reload(record)
        await self._settled()
        if record.reason:
            raise PluginError(record.reason)

    async def tick(self, name: str) -> None:
        """Run a periodic task now, whatever the time.

        Args:
            name: "<plugin>.<function>", as "quota.warn".

        Raises:
            AssertionError: there is no such task; the text names those of the plugin.

        """
        record = self._record(name.partition(".")[0])
        names = (
            [timer.name for timer in record.generation.loaded.timers] if record.generation else []
        )
        if name not in names or record.generation is None:
            raise AssertionError(f"no timer {name!r}; there are {names}")
        await record.generation.tick(name)
        await self._settled()

    async def passes(self, seconds: float) -> None:
        """Advance the clock, and wait until all timers that fell due have been handled."""
        await self.clock.advance(seconds, self._paused)
        await self._settled()

    async def at_rest(self, text: str) -> list[str]:
        """Return the Redis keys that contain a text unencrypted, in name or value."""
        return await found_at_rest(self._redis_url, text)

    def leaks(self) -> list[str]:
        """Return descriptions of classes, functions and modules of reloaded plugins still alive."""
        return self.bot.plugins.leaks()

    def _check_only(self) -> None:
        there = {name_of(path) for path in find_plugins(self.plugins)} if self._only else set()
        for name in sorted((self._only or frozenset()) - there):
            near = nearest(name, there)
            meant = f"did you mean {near}?" if near else f"there are {', '.join(sorted(there))}"
            raise ConfigError(f"only=: {self.plugins} has no plugin {name!r}; {meant}")

    def _record(self, name: str) -> PluginRecord:
        records = {record.name: record for record in self.bot.plugins.records}
        if name not in records:
            raise AssertionError(f"no plugin {name!r}; there are {sorted(records)}")
        return records[name]

    async def _paused(self) -> None:
        # What waits for the clock itself cannot finish now, and stands still.
        await asyncio.sleep(0)
        with suppress(TimeoutError):
            await ended_or_still(self._settled())

    async def _settled(self) -> None:
        async with asyncio.timeout(SETTLED_S):
            await self.bot.plugins.settled()
            for record in self.bot.plugins.records:
                if record.generation is not None:
                    await record.generation.idle()
        await self.bot.idle()
        await ended_or_still(self.bot.menus_idle())  # they wait for a store that is away

    async def _start(self) -> None:
        await self._stack.enter_async_context(self.api)
        self.store: RedisStore = await self._stack.enter_async_context(
            open_store(
                self._redis_url,
                self._key_ring,
                account=ACCOUNT,
                clock=self.clock,
                is_vouched=self._redis_url.startswith("memory:"),  # it does not say what it is
                metrics=self._metrics,
            )
        )
        api = await self._stack.enter_async_context(
            ApiClient(self.api.url, limits=self._limits, metrics=self._metrics)
        )
        telegram, stars = await self._connect()
        self._adapters = Adapters(
            telegram=telegram,
            stars=stars,
            store=self.store,
            api=api,
            clock=self.clock,
            redactor=Redactor((), person_key=b"test"),
            service_login=self._service_login(),
            billing=self._billing_config(),
            variables=lambda: self._environment,
            metrics=self._metrics,
        )
        await self._begin()

    def _begins(self) -> datetime:
        return utc_now().replace(hour=12, minute=0, second=0, microsecond=0)

    def _billing_config(self) -> BillingConfig:
        if not self._packs:
            return self._billing
        admin = self.api.database.admin
        return replace(
            self._billing,
            packs=tuple(Pack(reads, stars) for reads, stars in sorted(self._packs.items())),
            admin_email=admin.email,
            admin_password=SecretStr(admin.password),
        )

    def _service_login(self) -> ServiceLogin:
        if self._service_reads is None:
            return ServiceLogin()
        user = self.api.database.add_user(SERVICE_EMAIL, SERVICE_PASSWORD)
        self.api.database.add_client(user, name="Shared rates", available=self._service_reads)
        return ServiceLogin(SERVICE_EMAIL, SecretStr(SERVICE_PASSWORD))

    async def _connect(self) -> tuple[TelegramPort, Stars]:
        return self.room, self.stars

    async def _begin(self) -> None:
        self.bot = Bot(
            self._adapters,
            self._settings,
            self.plugins,
            only=self._only,
            watching=False,
            imports=self._imports,
        )
        self._working = working = asyncio.create_task(self.bot.run())
        ready = asyncio.create_task(self.bot.ready.wait())
        await asyncio.wait({working, ready}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            ready.cancel()
            try:
                working.result()
            except* ConfigError as errors:  # out of its task group, so that tests can expect it
                raise errors.exceptions[0] from None

    async def _end(self) -> None:
        if self._working is not None:
            self._working.cancel()
            await asyncio.wait([self._working])


def _cause(why: object) -> BaseException | None:
    return why if isinstance(why, BaseException) else None
