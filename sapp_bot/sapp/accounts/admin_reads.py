"""The reads of all clients, as the API's administrator sees and sets them: what a ledger needs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from sapp_bot.domain.client_reads import ClientReads
from sapp_bot.sapp.admin import Admin
from sapp_bot.sapp.errors import NotFound, SappError
from sapp_bot.sapp.models import Client

from .kept_login import KeptLogin


class NoAdminAccount(SappError):
    """No administrator's login is set, or the API does not take its password."""

    reply = "The administrator's login of this bot does not work. Please tell whoever runs it."


class AdminReads:
    """Implements `ReadsApi` of the ledger's ports.

    Each call raises `SappError`. While the API's database is away that is one whose `retry` is
    true, never a refused login: see `database_outage`. `NoAdminAccount` and `Forbidden` say that
    the login is really not taken, or is no administrator's.
    """

    def __init__(self, admin: Admin, login: KeptLogin) -> None:
        self._admin = admin
        self._login = login

    async def reads(self, client: int) -> ClientReads | None:
        """Return the reads of a client; None if the API says that there is no such client."""
        try:
            return _reads(await self._login.spend(lambda me: self._admin.client(me, client)))
        except NotFound:
            return None

    async def all_reads(self) -> Mapping[int, ClientReads]:
        """Return the reads of all clients that are not deleted."""
        return {row.id: _reads(row) for row in await self._login.spend(self._admin.clients)}

    async def set_reads(self, client: int, reads: int) -> None:
        """Set the reads ever made available; a client that is gone is found by the next look."""
        with suppress(NotFound):
            await self._login.spend(lambda me: self._admin.set_reads(me, client, reads))

    async def add_reads(self, client: int, reads: int) -> None:
        """Add reads, or take them away. Counts twice when done twice."""
        with suppress(NotFound):
            await self._login.spend(lambda me: self._admin.add_reads(me, client, reads))


def _reads(row: Client) -> ClientReads:
    return ClientReads(row.reads_available, row.reads_used)
