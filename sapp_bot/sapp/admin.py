"""What administrators want of the API: all accounts, all clients, the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Literal, TypeVar

from pydantic import SecretStr

from sapp_bot.domain.state import Session

from . import calls
from .client import ApiClient, Budget
from .errors import BadAnswer, BadCredentials, Forbidden, NotFound, OutcomeUnknown, SappError
from .models import Client, Usage, User
from .read_back import read_back
from .wire import ApiCall

T = TypeVar("T")
Role = Literal["client", "admin"]

FIRST_READS = 10
"""What the API itself gives to a client that its owner makes. Source: its INITIAL_READS setting,
as it is by default."""


class Admin:
    """The API's routes for administrators.

    Each raises, beside the rest of `SappError`:
        Forbidden: `me` is no administrator.
        SessionExpired: the login is over.
        NotFound: no such row, or a deleted one.
        InvalidInput: a value that cannot be sent. A field cannot be set to "", 0 or False.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def users(self, me: Session) -> list[User]:
        """List all accounts that are not deleted."""
        return await self._ask(me, calls.users(me.token))

    async def user(self, me: Session, user_id: int) -> User:
        """Read one account."""
        return await self._ask(me, calls.user_by_id(me.token, user_id))

    async def create_user(
        self, me: Session, *, email: str, password: SecretStr, role: Role = "client"
    ) -> User:
        """Make an account.

        Raises:
            EmailTaken: there is one, or was: a deleted account keeps its e-mail.

        """
        budget = self._api.budget()
        call = calls.create_user(me.token, email, password, role)

        async def find(unsure: SappError) -> User:
            try:
                made = await self._api.call(calls.log_in(email, password), budget)
            except BadCredentials:
                raise unsure from None
            return await self._ask(me, calls.user_by_id(me.token, made.user_id), budget)

        return await read_back(self._ask(me, call, budget), find)

    async def update_user(
        self,
        me: Session,
        user_id: int,
        *,
        email: str | None = None,
        role: Role | None = None,
    ) -> User:
        """Write the given fields. No route makes an account inactive: delete it.

        A password cannot be set here: the API would from then on show a hash of it, with the
        server's secret in front, to everybody who may read the account.
        """
        fields = {"email": email, "role": role}
        return await self._put(
            me,
            calls.update_user(me.token, user_id, fields),
            calls.user_by_id(me.token, user_id),
            lambda user: _holds(user, fields),
        )

    async def delete_user(self, me: Session, user_id: int) -> None:
        """Mark an account as deleted."""
        gone = calls.user_by_id(me.token, user_id)
        await self._delete(me, calls.delete_user(me.token, user_id), gone)

    async def clients(self, me: Session) -> list[Client]:
        """List all clients that are not deleted."""
        return await self._ask(me, calls.clients(me.token))

    async def client(self, me: Session, client_id: int) -> Client:
        """Read one client."""
        return await self._ask(me, calls.client_by_id(me.token, client_id))

    async def create_client(
        self,
        me: Session,
        *,
        user_id: int,
        name: str,
        domains: str = "*",
        reads_available: int = FIRST_READS,
    ) -> Client:
        """Make the client of an account.

        Raises:
            ClientExists: it has one, or had: a deleted client keeps its place.
            NotFound: there is no such account, or it was deleted for good.

        """
        budget = self._api.budget()
        call = calls.create_client_for(me.token, user_id, name, domains, reads_available)

        async def find(unsure: SappError) -> Client:
            for client in await self._ask(me, calls.clients(me.token), budget):
                if (client.user_id, client.name) == (user_id, name):
                    return client
            raise unsure

        return await read_back(self._ask(me, call, budget), find)

    async def update_client(
        self,
        me: Session,
        client_id: int,
        *,
        name: str | None = None,
        domains: str | None = None,
        api_key: SecretStr | None = None,
    ) -> Client:
        """Write the given fields; `api_key` (a UUID) gives the client another key."""
        fields = {"name": name, "domains": domains, "api_key": api_key}
        return await self._put(
            me,
            calls.update_client(me.token, client_id, fields),
            calls.client_by_id(me.token, client_id),
            lambda client: _holds(client, fields),
        )

    async def set_reads(self, me: Session, client_id: int, reads_available: int) -> Client:
        """Set the reads ever made available, an absolute number from 1 to 2^53; may be repeated.

        A metered call that is under way can undo it: see that it stays so.
        """
        return await self._put(
            me,
            calls.set_reads(me.token, client_id, reads_available),
            calls.client_by_id(me.token, client_id),
            lambda client: client.reads_available == reads_available,
        )

    async def add_reads(self, me: Session, client_id: int, reads: int) -> Client:
        """Add to the reads made available, up to 2^53. Counts twice when done twice: prefer
        `set_reads`.

        Raises:
            OutcomeUnknown: the reads may or may not have been added.

        """
        call = calls.add_reads(me.token, client_id, reads)

        async def give_up(unsure: SappError) -> Client:
            raise OutcomeUnknown(call.request.name, str(unsure))

        return await read_back(self._ask(me, call), give_up)

    async def delete_client(self, me: Session, client_id: int) -> None:
        """Mark a client as deleted."""
        gone = calls.client_by_id(me.token, client_id)
        await self._delete(me, calls.delete_client(me.token, client_id), gone)

    async def usage(self, me: Session) -> list[Usage]:
        """Report all clients with their owners, deleted ones too."""
        return await self._ask(me, calls.usage(me.token))

    async def _ask(self, me: Session, call: ApiCall[T], budget: Budget | None = None) -> T:
        """Call; on a refusal ask, which is free, whether it is the login or the role."""
        budget = budget or self._api.budget()
        try:
            return await self._api.call(call, budget)
        except Forbidden as error:
            refused = error
        # When this cannot be asked either, it stays with what the route said.
        with suppress(SappError):
            await self._api.call(calls.user(me.token), budget)
        raise refused

    async def _put(
        self, me: Session, write: ApiCall[T], read: ApiCall[T], done: Callable[[T], bool]
    ) -> T:
        """Write, and see that it was written: the API drops in silence what it does not take."""
        budget = self._api.budget()

        async def find(unsure: SappError) -> T:
            row = await self._ask(me, read, budget)
            if not done(row):
                raise unsure
            return row

        row = await read_back(self._ask(me, write, budget), find)
        if not done(row):
            raise BadAnswer(write.request.name, "not written")
        return row

    async def _delete(self, me: Session, write: ApiCall[None], read: ApiCall[T]) -> None:
        budget = self._api.budget()

        async def miss(unsure: SappError) -> None:
            with suppress(NotFound):
                await self._ask(me, read, budget)
                raise unsure

        await read_back(self._ask(me, write, budget), miss)


def _holds(row: User | Client, fields: Mapping[str, object | None]) -> bool:
    return all(getattr(row, key) == value for key, value in fields.items() if value is not None)
