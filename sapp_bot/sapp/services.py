"""One method for each thing a person wants of the API. What plugins ask for by type.

A write is sent once. When its outcome is not known (no answer in time, a broken answer), or when
`again` says that this very message was being handled as the process died, it is read back before
a "no" is believed or an error is shown. All calls of one method share one `Budget` of time.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from pydantic import SecretStr

from sapp_bot.domain.state import Login, Session
from sapp_bot.errors import SessionExpired

from . import calls
from .accounts.ended_tokens import TOKEN_STEP_S, EndedTokens
from .admin import Admin
from .client import ApiClient, Budget
from .emails import normalise_email, spellings
from .errors import (
    BadCredentials,
    ClientExists,
    EmailTaken,
    KeyRefused,
    NoClientYet,
    NoReadsLeft,
    OriginRefused,
    SappError,
    WrongPassword,
)
from .models import Client, Live, Rate, User
from .read_back import read_back
from .wire import ApiCall

__all__ = ["Admin", "Auth", "Clients", "Rates"]

T = TypeVar("T")


class Auth:
    """Accounts and logins."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api
        self._ended = EndedTokens()

    async def register(self, email: str, password: SecretStr, *, again: bool = False) -> Login:
        """Make an account and log in. The e-mail is normalised: see `normalise_email`.

        Raises:
            EmailTaken: there is an account, with another password if it was read back.
            SappError: the rest of the family.

        """
        budget, email = self._api.budget(), normalise_email(email)

        async def log_in(refused: SappError) -> Login:
            try:
                return await self._new_login(email, password, budget)
            except BadCredentials:
                raise refused from None

        write = self._api.call(calls.register(email, password), budget)
        return await read_back(write, log_in, doubted=(EmailTaken,) if again else ())

    async def log_in(self, email: str, password: SecretStr) -> Login:
        """Trade credentials for a token.

        The API compares e-mails letter by letter. After a "no" the address is tried once as it
        was typed and once in small letters, where that makes a difference.

        Raises:
            BadCredentials: no active account has them.
            SappError: the rest of the family. `UpstreamFailed` while nobody can know: a refusal
                during an outage of the API's database is no wrong password, and must not count.

        """
        budget = self._api.budget()
        first, *others = spellings(email)
        try:
            return await self._new_login(first, password, budget)
        except BadCredentials as error:
            refused = error
        for spelling in others:
            with suppress(BadCredentials):
                return await self._new_login(spelling, password, budget)
        raise refused

    async def _new_login(self, email: str, password: SecretStr, budget: Budget) -> Login:
        """Log in; once more in the next second when the token is one that was just ended."""
        login = await self._api.call(calls.log_in(email, password), budget)
        if login.token not in self._ended:
            return login
        await self._api.pause(TOKEN_STEP_S)
        return await self._api.call(calls.log_in(email, password), budget)

    async def log_out(self, me: Session) -> None:
        """End the token at the API; one that is expired or refused already is fine.

        Raises:
            SappError: the API could not be asked.

        """
        self._ended.add(me.token)
        with suppress(SessionExpired):
            await self._api.call(calls.log_out(me.token))

    async def user(self, me: Session) -> User:
        """Read the account.

        Raises:
            SessionExpired: the login is over.
            SappError: the family.

        """
        return await self._api.call(calls.user(me.token))

    async def change_password(
        self, me: Session, *, current: SecretStr, new: SecretStr, again: bool = False
    ) -> None:
        """Set another password. Logins made before stay valid.

        Raises:
            WrongPassword: `current` is wrong.
            SessionExpired: the login is over.
            SappError: the rest of the family.

        """
        budget = self._api.budget()

        async def log_in(refused: SappError) -> None:
            try:
                # The token this gives is left to expire: logging it out could end the person's
                # own, as the API gives equal tokens to two logins within one second.
                await self._api.call(calls.log_in(me.email, new), budget)
            except BadCredentials:
                raise refused from None

        write = self._api.call(calls.change_password(me.token, current, new), budget)
        await read_back(write, log_in, doubted=(WrongPassword,) if again else ())

    async def deactivate(self, me: Session, *, again: bool = False) -> None:
        """Do what the API's "deactivate" does: it ends the token, and the account stays active.

        Raises:
            SessionExpired: the login was over before; with `again` that is what was asked for.
            SappError: the family.

        """
        budget = self._api.budget()

        async def try_token(unsure: SappError) -> None:
            with suppress(SessionExpired):
                await self._api.call(calls.user(me.token), budget)
                raise unsure

        self._ended.add(me.token)
        try:
            await read_back(self._api.call(calls.deactivate(me.token), budget), try_token)
        except SessionExpired:
            if not again:
                raise


class Clients:
    """A person's own API client."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def create(self, me: Session, *, name: str, domains: str, again: bool = False) -> Client:
        """Make the client. Empty `domains` become "*", any domain.

        Raises:
            ClientExists: there is one; after a read-back, with another name or other domains.
            SessionExpired: the login is over.
            SappError: the rest of the family.

        """
        budget = self._api.budget()
        call = calls.create_client(me.token, name, domains)

        async def find(refused: SappError) -> Client:
            try:
                found = await self._api.call(calls.my_client(me.token), budget)
            except NoClientYet:
                raise refused from None
            if (found.name, found.domains) != (name, domains or "*"):
                raise ClientExists(call.request.name)
            return found

        doubted = (ClientExists,) if again else ()
        return await read_back(self._api.call(call, budget), find, doubted=doubted)

    async def mine(self, me: Session) -> Client:
        """Read the client; costs nothing.

        Raises:
            NoClientYet: there is none.
            SessionExpired: the login is over.
            SappError: the rest of the family.

        """
        return await self._api.call(calls.my_client(me.token))


class Rates:
    """The rates that the API sells. Each call costs one read of `client`, whatever the answer.

    Raises:
        InvalidInput: by each method: a value cannot be sent; nothing was spent.
        NoReadsLeft, OriginRefused, KeyRefused: by each: the key was not taken, and why.
        SappError: the rest of the family.

    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    @property
    def unanswered(self) -> int:
        """How many tries of calls, anybody's, the API has left without an answer so far.

        Where it grows while one waits for a call the API is away, and not slow: a call ends only
        after its last try.
        """
        return self._api.unanswered

    async def live(self, me: Session, client: Client) -> Live:
        """Read the newest rates."""
        return await self._metered(me, client, calls.live(client))

    async def currencies(self, me: Session, client: Client) -> list[str]:
        """List the known codes, sorted."""
        return await self._metered(me, client, calls.currencies(client))

    async def convert(
        self, me: Session, client: Client, *, amount: Decimal, source: str, target: str
    ) -> Decimal:
        """Convert `amount` of `source` into `target`.

        Raises:
            UnknownCurrency: no rate is known for one of the two.

        """
        return await self._metered(me, client, calls.convert(client, amount, source, target))

    async def prevailing(self, me: Session, client: Client, *, currency: str, at: datetime) -> Rate:
        """Read a rate of the 60 minutes from `at` (aware) on: the first that was stored.

        It need not be the earliest of them; `historical` gives all.

        Raises:
            NotFound: there is none.

        """
        return await self._metered(me, client, calls.prevailing(client, currency, at))

    async def historical(
        self,
        me: Session,
        client: Client,
        *,
        currencies: Sequence[str],
        start: datetime,
        end: datetime,
    ) -> list[Rate]:
        """Read the rates from `start` to `end` (aware), oldest first; they may be none."""
        return await self._metered(me, client, calls.historical(client, currencies, start, end))

    async def _metered(self, me: Session, client: Client, call: ApiCall[T]) -> T:
        budget = self._api.budget()
        try:
            return await self._api.call(call, budget)
        except KeyRefused as error:
            refused = error
        raise await self._why(me, client, refused, budget)

    async def _why(
        self, me: Session, client: Client, refused: KeyRefused, budget: Budget
    ) -> SappError:
        """Ask for the client as it is now, which is free, why its key was not taken."""
        try:
            now = await self._api.call(calls.my_client(me.token), budget)
        except (SappError, SessionExpired):
            return refused
        if now.id != client.id or now.api_key != client.api_key:
            return refused
        if not now.reads_left:
            return NoReadsLeft(refused.call)
        sent = calls.origin(client.domains)
        if now.domains != "*" and (not sent or sent not in now.domains):
            return OriginRefused(refused.call)
        return refused
