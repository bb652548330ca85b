"""What plugins ask for: whether reads are sold, and how; and the ledger behind it."""

from __future__ import annotations

from sapp_bot.domain.ports import Signer
from sapp_bot.domain.updates import PaymentReceived, PaymentRefunded, PreCheckoutQuery
from sapp_bot.errors import StoreAway, UserError
from sapp_bot.ledger.books.payload import write_payload
from sapp_bot.ledger.checkout import CheckoutQuery, CheckoutRefusal
from sapp_bot.ledger.ledger import Ledger

from .config import BillingConfig, BillingMode, MissingPart, Pack
from .stars_rows import row_of_update


class BillingOff(UserError):
    """This bot keeps no ledger, so it neither sells reads nor returns Stars."""

    reply = "This bot takes no payments."


class Billing:
    """Sells reads: what there is to buy, and the ledger of what was paid.

    Attributes:
        config: What the operator has set.
        mode: How people pay: "stars", "link" or "off".

    Args:
        config: The settings.
        ledger: The ledger; None where there can be none: in user mode, or without an
            administrator's login. It works also while nothing is sold, for what was paid before.
        signer: Signs the payloads of invoices.
        is_bot: Whether the account is a bot's.

    """

    def __init__(
        self, config: BillingConfig, ledger: Ledger | None, signer: Signer, *, is_bot: bool
    ) -> None:
        self.config = config
        self.mode: BillingMode = config.mode(is_bot=is_bot)
        self._ledger = ledger
        self._signer = signer
        self._is_bot = is_bot

    @property
    def ledger(self) -> Ledger:
        """The ledger; `ledger.operator` has the acts of operators.

        Raises:
            BillingOff: there is none.

        """
        if self._ledger is None:
            raise BillingOff
        return self._ledger

    @property
    def has_ledger(self) -> bool:
        """Whether there is a ledger."""
        return self._ledger is not None

    def give_way(self) -> None:
        """Keep no ledger: another plugin sells, and its payments must not be taken for strays."""
        self._ledger = None
        self.mode = "off"

    async def missing(self) -> tuple[MissingPart, ...]:
        """List what Stars cannot be sold without here, for operators; asks Redis about itself."""
        missing = self.config.missing(is_bot=self._is_bot)
        if self.mode != "stars" or self._ledger is None:
            return missing
        try:
            is_durable = await self._ledger.operator.is_durable()
        except StoreAway:
            return missing
        if is_durable is None:
            return (*missing, MissingPart.SURETY)
        return missing if is_durable else (*missing, MissingPart.DURABLE)

    async def order(self, pack: Pack, *, user: int, client: int) -> bytes:
        """Make an order of a pack for a client; return the payload of its invoice.

        Raises:
            BillingOff: nothing is sold for Stars here.
            NotForSale: sales are stopped, or the client cannot have so many reads.
            SappBotError: the API or the store could not be asked.

        """
        if self.mode != "stars":
            raise BillingOff
        order = await self.ledger.order(
            user=user, client=client, reads=pack.reads, stars=pack.stars
        )
        return write_payload(order.payload, self._signer)

    async def decide(self, query: PreCheckoutQuery) -> CheckoutRefusal | None:
        """Return within 6 s why an invoice cannot be paid now, None if it can."""
        if self.mode != "stars" or self._ledger is None:
            return CheckoutRefusal.PAUSED
        asked = CheckoutQuery(
            query.query_id, query.sender.id, query.currency, query.stars, query.payload
        )
        return await self._ledger.decide(asked)

    async def receive(self, update: PaymentReceived | PaymentRefunded) -> None:
        """Take a payment or a refund into the ledger; once, however often it comes.

        Raises:
            BillingOff, StoreAway: it is not booked; give it again later.

        """
        if not await self.ledger.receive(row_of_update(update)):
            raise StoreAway("the ledger could not book a payment now")
