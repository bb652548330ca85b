"""Runs the local Telegram, SAPP API and Redis together, and measures when all of them are idle."""

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
SERVICE_EMAIL, SERVICE_READS = "service@sandbox.test", 100_000

OPERATOR = "operator"
"""Name of the person who is the bot's operator, unless SAPP_ADMINS is set."""

PACKS = "1000:50,5000:200"
"""Reads and Stars of what is sold, unless SAPP_BILLING_PACKS is set."""

FIRST_STARS = 1_000
"""Telegram Stars that a new person has, so that there is something to pay with."""


class LocalServers:
    """The servers that a bot needs: `async with LocalServers(environment) as here: ...`.

    An API or a Redis that `environment` names is used instead of a local one. With SAPP_MODE=user,
    `bot` is the account of a person, the userbot's owner. An unknown phone number that signs in
    gets a new account. `has_own_api` says that the API is a local one.

    Args:
        environment: Environment variables that the sandbox was started with.

    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.has_own_api = not environment.get("SAPP_API_URL")
        self._own_redis = not environment.get("SAPP_REDIS_URL")
        self._ending = AsyncExitStack()
        self.telegram = TelegramServer()
        self.api = SappApi()
        self.redis = EmbeddedRedis()
        self.proxy: RedisProxy | None = None
        self.telegram.world.takes_strangers_in = True
        self.telegram.world.short_forms = True
        self.is_userbot = environment.get("SAPP_MODE", "").strip().lower() == "user"
        self._packs = environment.get("SAPP_BILLING_PACKS", "") or PACKS
        self._allow = environment.get("SAPP_USERBOT_ALLOW", "")
        self._key_file = Path()
        self._service_password = ""
        self._password = secrets.token_hex(6)
        self._people = {OPERATOR: self.telegram.add_person(OPERATOR, password=self._password)}
        self.bot = self._owner() if self.is_userbot else self.telegram.add_bot(BOT_NAME)

    def _owner(self) -> Account:
        owner = self.telegram.add_person(FIRST_PERSON, username=OWNER_NAME, password=self._password)
        self._people[FIRST_PERSON] = owner
        return owner

    async def __aenter__(self) -> Self:
        """Start the servers."""
        async with AsyncExitStack() as ending:
            await ending.enter_async_context(self.telegram)
            if self.has_own_api:
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
        """Stop the servers."""
        await self._ending.aclose()

    def settings(self, folder: Path) -> dict[str, str]:
        """Return environment variables of a bot that uses these servers and stores in `folder`."""
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
        if self.has_own_api:
            settings["SAPP_API_URL"] = self.api.url
            settings |= self._service_account() | self._billing()
        if self.proxy is not None:
            settings["SAPP_REDIS_URL"] = self.proxy.url
        if self._allow:
            settings["SAPP_USERBOT_ALLOW"] = self._allowed()
        if not self.is_userbot:
            settings["TELEGRAM_BOT_TOKEN"] = self.bot.token
        return settings

    def _service_account(self) -> dict[str, str]:
        """Make the account that pays for shared rates, once; return its settings."""
        if not self._service_password:
            self._service_password = secrets.token_hex(8)
            user = self.api.database.add_user(SERVICE_EMAIL, self._service_password)
            self.api.database.add_client(user, name="Shared rates", available=SERVICE_READS)
        return {
            "SAPP_SERVICE_EMAIL": SERVICE_EMAIL,
            "SAPP_SERVICE_PASSWORD": self._service_password,
        }

    def _billing(self) -> dict[str, str]:
        """Return what it takes to sell reads: prices, and the API's administrator.

        A Redis in memory says here that it keeps what it is told, as a bot sells on no other: all
        is forgotten at the end, the payments with it.
        """
        if self.is_userbot:
            return {}
        admin = self.api.database.admin
        return {
            "SAPP_BILLING_PACKS": self._packs,
            "SAPP_ADMIN_EMAIL": admin.email,
            "SAPP_ADMIN_PASSWORD": admin.password,
        }

    def _allowed(self) -> str:
        """Return the setting with ids for names: ids are unknown before the sandbox starts."""
        named = [part.strip() for part in self._allow.split(",")]
        ids = [
            part if part.isdecimal() else str(self.person(part, "").id) for part in named if part
        ]
        return ",".join(ids)

    def login_lines(self) -> str:
        """Return the lines that the owner types to sign the userbot in: phone, code, password."""
        return f"+{self.bot.phone}\n{self.telegram.login_code}\n{self._password}\n"

    def invitation(self) -> dict[str, object]:
        """Return addresses and keys that another client needs, for JSON; call `settings` before.

        Without the API if it is not a local one, and without a token in user mode.
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
            if self.has_own_api
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
        """Return the person with this name, new if there is none.

        Args:
            name: First name.
            language: ISO 639-1 code; "" leaves it as it is, English for a new person.

        """
        if name not in self._people:
            account = self._people[name] = self.telegram.add_person(name, language or "en")
            self.telegram.give_stars(account, FIRST_STARS)
        elif language:
            self._people[name].language = language
        return self._people[name]

    def make_admin(self, email: str) -> bool:
        """Make an account of the local API an administrator; return whether there is one."""
        users = self.api.database.users
        user = users.find_by("email", email)
        if user is not None:
            users.update(user.id, {"role": "admin"})
        return user is not None

    def move_rate(self, currency: str, value: float) -> None:
        """Have so many units of a currency make a USD at the local API, from now on.

        Raises:
            LookupError: it has no rate of that currency, or is not local.

        """
        if not self.has_own_api:
            raise LookupError("the SAPP API is not the sandbox's own: its rates are its own")
        self.api.database.rates.move(currency, value)

    def pass_time(self, seconds: float) -> None:
        """Put the local API's clock forward."""
        self.api.database.advance(seconds)

    def bot_calls(self, since: float) -> set[str]:
        """Return the names of the calls that the bot made to Telegram since a monotonic time.

        A userbot's owner has the same account, so calls are told apart by device.
        """
        bot = (self.bot.id, 0)
        calls = self.telegram.calls
        return {c.name for c in calls if (c.account, c.device) == bot and c.at >= since}

    def calm(self) -> Callable[[], float]:
        """Return a function that returns for how many seconds no server had a call in flight."""
        meters = [lambda: (self.api.in_flight, self.api.counts.total())]
        if (proxy := self.proxy) is not None:
            meters.append(lambda: (proxy.in_flight, proxy.commands))
        calm = IdleMeter(meters)
        return lambda: min(calm.lasted_s(), self.telegram.quiet_s)
