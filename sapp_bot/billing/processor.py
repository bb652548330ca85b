"""Orders, decisions and payments as the bot knows them, for the ledger; and how it is composed."""

from __future__ import annotations

from collections.abc import Callable

from sapp_bot.domain.checkout_refusal import CheckoutRefusal
from sapp_bot.domain.ports import Clock, Signer
from sapp_bot.domain.stars import Stars
from sapp_bot.domain.updates import PaymentReceived, PaymentRefunded, PreCheckoutQuery
from sapp_bot.errors import StoreAway
from sapp_bot.ledger.books.payload import write_payload
from sapp_bot.ledger.checkout import CheckoutQuery
from sapp_bot.ledger.ledger import Ledger
from sapp_bot.ledger.ports import LedgerStore, NoticeListener
from sapp_bot.observability.metrics import Metrics
from sapp_bot.sapp.accounts.admin_reads import AdminReads, NoAdminAccount
from sapp_bot.sapp.accounts.kept_login import KeptLogin
from sapp_bot.sapp.admin import Admin
from sapp_bot.sapp.client import ApiClient
from sapp_bot.sapp.services import Auth

from .config import BillingConfig, Pack
from .stars_rows import StarsRows, row_of_update

SMALLEST_PACK = 1000
"""Reads of the smallest pack, where none is sold any more: what others give below half of it is
told from a payment that was undone."""


class PaymentProcessor:
    """Gives the ledger what the bot is told of payments.

    Attributes:
        ledger: The ledger.

    Args:
        ledger: The same.
        signer: Signs the payloads of invoices.

    """

    def __init__(self, ledger: Ledger, signer: Signer) -> None:
        self.ledger = ledger
        self._signer = signer

    async def order(self, pack: Pack, *, user: int, client: int) -> bytes:
        """Make an order of a pack for a client; return the payload of its invoice.

        Raises:
            NotForSale: sales are stopped, or the client cannot have so many reads.
            SappBotError: the API or the store could not be asked.

        """
        order = await self.ledger.order(
            user=user, client=client, reads=pack.reads, stars=pack.stars
        )
        return write_payload(order.payload, self._signer)

    async def decide(self, query: PreCheckoutQuery) -> CheckoutRefusal | None:
        """Return within 6 s why an invoice cannot be paid now, None if it can."""
        asked = CheckoutQuery(
            query.query_id, query.sender.id, query.currency, query.stars, query.payload
        )
        return await self.ledger.decide(asked)

    async def receive(self, update: PaymentReceived | PaymentRefunded) -> None:
        """Take a payment or a refund into the ledger; once, however often it comes.

        Raises:
            StoreAway: it is not booked; give it again later.

        """
        if not await self.ledger.receive(row_of_update(update)):
            raise StoreAway("the ledger could not book a payment now")


def make_processor(
    config: BillingConfig,
    *,
    api: ApiClient,
    store: LedgerStore,
    stars: Stars,
    signer: Signer,
    clock: Clock,
    listener: NoticeListener,
    metrics: Metrics,
    kind: Callable[..., Ledger] | None = None,
) -> PaymentProcessor:
    """Return the ledger, put together from the API's admin routes, Stars and the store."""
    login = KeptLogin(
        Auth(api),
        clock,
        email=config.admin_email,
        password=config.admin_password,
        missing=lambda why: NoAdminAccount("POST /auth/login", why),
        event="admin_login",
    )
    ledger = (kind or Ledger)(
        store=store,
        api=AdminReads(Admin(api), login),
        stars=StarsRows(stars),
        signer=signer,
        clock=clock,
        listener=listener,
        smallest_pack=min((pack.reads for pack in config.packs), default=SMALLEST_PACK),
        metrics=metrics,
    )
    return PaymentProcessor(ledger, signer)
