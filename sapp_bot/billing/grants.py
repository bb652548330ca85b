"""Gives clients reads beside all payments, in the way that the ledger knows of it."""

from __future__ import annotations

import structlog

from sapp_bot.domain.state import Session
from sapp_bot.errors import UserError
from sapp_bot.sapp.admin import Admin

from .service import Billing

MOST_READS = 2**53

log = structlog.get_logger(__name__)


class ReadsGrants:
    """Gives a client reads, or takes some, for an operator; what was paid for stays exact."""

    def __init__(self, billing: Billing, admin: Admin) -> None:
        self._billing = billing
        self._admin = admin

    @property
    def is_exact(self) -> bool:
        """Whether a ledger keeps the grant true; else a metered call can undo it."""
        return self._billing.has_ledger

    async def grant(self, me: Session, client: int, reads: int, *, key: str) -> int:
        """Give a client reads (negative: take some); return how many it then has in all.

        With a ledger it counts once per `key`, however often it is called, and the API is made to
        agree. Without one, the number is set by `me` and read back.

        Args:
            me: Login of an administrator of the API.
            client: Number of the client.
            reads: How many, not 0.
            key: Names the grant: `ctx.key`.

        Raises:
            Forbidden: `me` is no administrator.
            NotForSale, NotFound: there is no such client.
            UserError: it would have too many, or fewer than 0.
            SappBotError: the API or the store could not be asked; the same key may be tried again.

        """
        # The API decides who is an administrator, and says so if `me` is none.
        found = await self._admin.client(me, client)
        log.info("grant.asked", client=client, reads=reads)
        if self._billing.has_ledger:
            return await self._billing.ledger.operator.gift(client, reads, key=key)
        available = found.reads_available + reads
        if not 0 < available <= MOST_READS:
            raise UserError("A client can have from 1 to 9,007,199,254,740,992 reads.")
        return (await self._admin.set_reads(me, client, available)).reads_available
