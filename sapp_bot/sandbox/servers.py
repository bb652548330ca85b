"""The local Telegram, SAPP API and Redis, started together, and when they are all at rest."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from .console.player import FIRST_PERSON
from .env import make_key
from .idle import IdleMeter
from .redis.proxy import RedisProxy
from .redis.server import EmbeddedRedis
from .sapp_api import SappApi
from .telegram.server import TelegramServer
from .telegram.state.accounts import Account

BOT_NAME = "sapp_sandbox_bot"
OWNER_NAME = "sapp_sandbox_owner"
OPERATOR = "operator"
"""The person of this name is the bot's operator, unless SAPP_ADMINS names others."""


class LocalServers:
    """What a bot talks to: `async with LocalServers(environment) as here: here.settings(folder)`.

    Where `environment` names an API or a Redis of its own, none is started here. With
    SAPP_MODE=user `bot` is the account of a person, the userbot's owner. Whoever joins with a
    phone number of their own gets an account.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._own_api = not environment.get("SAPP_API_URL")
        self._own_redis = not environment.get("SAPP_REDIS_URL")
        self._ending = AsyncExitStack()
        self.telegram = TelegramServer()
        self.api = SappApi()
        self.redis = EmbeddedRedis()
        self.proxy: RedisProxy | None = None
        self.telegram.world.takes_strangers_in = True
        self.is_userbot = environment.get("SAPP_MODE", "").strip().lower() == "user"
        self._allow = environment.get("SAPP_USERBOT_ALLOW", "")
        self._key_file = Path()
        self._password = secrets.token_hex(6)
        self._people = {OPERATOR: self.telegram.add_person(OPERATOR, password=self._password)}
        self.bot = self._owner() if self.is_userbot else self.telegram.add_bot(BOT_NAME)

    def _owner(self) -> Account:
        owner = self.telegram.add_person(FIRST_PERSON, username=OWNER_NAME, password=self._password)
        self._people[FIRST_PERSON] = owner
        return owner

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
        self._key_file = folder / "server_key.pem"
        self._key_file.write_text(self.telegram.public_key_pem)
        settings = {
            "TELEGRAM_API_ID": "1",
            "TELEGRAM_API_HASH": "0" * 32,
            "TELEGRAM_SERVER": f"{self.telegram.host}:{self.telegram.port}",
            "TELEGRAM_SERVER_KEY": str(self._key_file),
            "SAPP_SECRET_KEYS": make_key(),
            "SAPP_ADMINS": str(self._people[OPERATOR].id),
            "SAPP_DATA": str(folder / "data"),
            "SAPP_LOG_FORMAT": "json",
        }
        if self._own_api:
            settings["SAPP_API_URL"] = self.api.url
        if self.proxy is not None:
            settings["SAPP_REDIS_URL"] = self.proxy.url
        if self._allow:
            settings["SAPP_USERBOT_ALLOW"] = self._allowed()
        if not self.is_userbot:
            settings["TELEGRAM_BOT_TOKEN"] = self.bot.token
        return settings

    def _allowed(self) -> str:
        """Put ids in place of names: nobody can know the ids before the sandbox starts."""
        named = [part.strip() for part in self._allow.split(",")]
        ids = [
            part if part.isdecimal() else str(self.person(part, "").id) for part in named if part
        ]
        return ",".join(ids)

    def login_lines(self) -> str:
        """Give what the owner types to sign the userbot in: phone, code, password."""
        return f"+{self.bot.phone}\n{self.telegram.login_code}\n{self._password}\n"

    def invitation(self) -> dict[str, object]:
        """Say all that another client needs to join; only after `settings`.

        An API that is not ours is left out, and so is the token of a userbot.
        """
        admin = self.api.database.admin
        return {
            "telegram": {
                "host": self.telegram.host,
                "port": self.telegram.port,
                "public_key_file": str(self._key_file),
                "login_code": self.telegram.login_code,
            },
            "api": {
                "url": self.api.url,
                "admin": {"email": admin.email, "password": admin.password},
            }
            if self._own_api
            else None,
            "bot": {
                "username": self.bot.username,
                "id": self.bot.id,
                "token": self.bot.token or None,
            },
            "people": [self._facts(account) for account in self._people.values()],
        }

    def _facts(self, account: Account) -> dict[str, object]:
        facts = {"name": account.first_name, "id": account.id, "phone": f"+{account.phone}"}
        return {**facts, "password": self._password} if account.password else facts

    def person(self, name: str, language: str) -> Account:
        """Find or make a person. `language` is set where it is not empty; else it is English."""
        if name not in self._people:
            self._people[name] = self.telegram.add_person(name, language or "en")
        elif language:
            self._people[name].language = language
        return self._people[name]

    def bot_calls(self, since: float) -> set[str]:
        """Name the calls that the bot made to Telegram since a (monotonic) time.

        A userbot's owner is on the same account, with another device.
        """
        bot = (self.bot.id, 0)
        calls = self.telegram.calls
        return {c.name for c in calls if (c.account, c.device) == bot and c.at >= since}

    def calm(self) -> Callable[[], float]:
        """Make a clock that says for how many seconds nothing was in flight anywhere."""
        meters = [lambda: (self.api.in_flight, self.api.counts.total())]
        if (proxy := self.proxy) is not None:
            meters.append(lambda: (proxy.in_flight, proxy.commands))
        calm = IdleMeter(meters)
        return lambda: min(calm.lasted_s(), self.telegram.quiet_s)
