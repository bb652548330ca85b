"""The local Telegram, SAPP API and Redis, started together, and when they are all at rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from .calm import Calm
from .redis import EmbeddedRedis
from .redis_proxy import RedisProxy
from .sapp_api import SappApi
from .surroundings import make_key
from .telegram.accounts import Account
from .telegram.server import TelegramServer

BOT_NAME = "sapp_sandbox_bot"
OPERATOR = "operator"
"""The person of this name is the bot's operator, unless SAPP_ADMINS names others."""


class StandIns:
    """All that a bot talks to: `async with StandIns(environment) as here: here.settings(folder)`.

    Where `environment` names an API or a Redis of its own, none is started here.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._own_api = not environment.get("SAPP_API_URL")
        self._own_redis = not environment.get("SAPP_REDIS_URL")
        self._ending = AsyncExitStack()
        self.telegram = TelegramServer()
        self.api = SappApi()
        self.redis = EmbeddedRedis()
        self.proxy: RedisProxy | None = None
        self.bot = self.telegram.add_bot(BOT_NAME)
        self._people = {OPERATOR: self.telegram.add_person(OPERATOR)}

    async def __aenter__(self) -> Self:
        """Start them."""
        async with AsyncExitStack() as ending:
            await ending.enter_async_context(self.telegram)
            if self._own_api:
                await ending.enter_async_context(self.api)
            if self._own_redis:
                await ending.enter_async_context(self.redis)
                self.proxy = await ending.enter_async_context(RedisProxy(self.redis.url))
            self._ending = ending.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End them."""
        await self._ending.aclose()

    def settings(self, folder: Path) -> dict[str, str]:
        """Give a bot the settings that lead here; what it keeps goes into `folder`."""
        key = folder / "server_key.pem"
        key.write_text(self.telegram.public_key_pem)
        settings = {
            "TELEGRAM_API_ID": "1",
            "TELEGRAM_API_HASH": "0" * 32,
            "TELEGRAM_BOT_TOKEN": self.bot.token,
            "TELEGRAM_SERVER": f"{self.telegram.host}:{self.telegram.port}",
            "TELEGRAM_SERVER_KEY": str(key),
            "SAPP_SECRET_KEYS": make_key(),
            "SAPP_ADMINS": str(self._people[OPERATOR].id),
            "SAPP_DATA": str(folder / "data"),
            "SAPP_LOG_FORMAT": "json",
        }
        if self._own_api:
            settings["SAPP_API_URL"] = self.api.url
        if self.proxy is not None:
            settings["SAPP_REDIS_URL"] = self.proxy.url
        return settings

    def person(self, name: str, language: str) -> Account:
        """Find a person; a new one gets `language`, English where it is empty."""
        if name not in self._people:
            self._people[name] = self.telegram.add_person(name, language or "en")
        return self._people[name]

    def bot_calls(self, since: float) -> set[str]:
        """Name the calls that the bot made to Telegram since a (monotonic) time."""
        calls = self.telegram.calls
        return {call.name for call in calls if call.account == self.bot.id and call.at >= since}

    def calm(self) -> Callable[[], float]:
        """Make a clock that says for how many seconds nothing was in flight anywhere."""
        meters = [lambda: (self.api.in_flight, self.api.counts.total())]
        if (proxy := self.proxy) is not None:
            meters.append(lambda: (proxy.in_flight, proxy.commands))
        calm = Calm(meters)
        return lambda: min(calm.lasted_s(), self.telegram.quiet_s)
