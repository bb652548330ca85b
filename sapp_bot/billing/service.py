"""What plugins ask for: whether reads are sold, and how; and the ledger behind it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sapp_bot.domain.checkout_refusal import CheckoutRefusal
from sapp_bot.domain.updates import PaymentReceived, PaymentRefunded, PreCheckoutQuery
from sapp_bot.errors import StoreAway, UserError

from .config import BillingConfig, BillingMode, MissingPart, Pack

if TYPE_CHECKING:
    from sapp_bot.ledger.ledger import Ledger

    from .processor import PaymentProcessor


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
        processor: Has the ledger; None where there can be none: in user mode, or without an
            administrator's login. It works also while nothing is sold, for what was paid before.
        is_bot: Whether the account is a bot's.

    """

    def __init__(
        self, config: BillingConfig, processor: PaymentProcessor | None, *, is_bot: bool
    ) -> None:
        self.config = config
        self.mode: BillingMode = config.mode(is_bot=is_bot)
        self._processor = processor
        self._is_bot = is_bot

    @property
    def ledger(self) -> Ledger:
        """The ledger; `ledger.operator` has the acts of operators.

        Raises:
            BillingOff: there is none.

        """
        if self._processor is None:
            raise BillingOff
        return self._processor.ledger

    @property
    def has_ledger(self) -> bool:
        """Whether there is a ledger."""
        return self._processor is not None

    def begin(self, tasks: asyncio.TaskGroup, *, is_others: bool) -> None:
        """Start the ledger, where there is one and no other plugin sells (`is_others`).

        The payments of another plugin must not be taken for strays.
        """
        if is_others:
            self._processor, self.mode = None, "off"
        if self._processor is not None:
            tasks.create_task(self._processor.ledger.run())

    async def missing(self) -> tuple[MissingPart, ...]:
        """List what Stars cannot be sold without here, for operators; asks Redis about itself."""
        missing = self.config.missing(is_bot=self._is_bot)
        if self.mode != "stars" or self._processor is None:
            return missing
        try:
            is_durable = await self.ledger.operator.is_durable()
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
        if self.mode != "stars" or self._processor is None:
            raise BillingOff
        return await self._processor.order(pack, user=user, client=client)

    async def decide(self, query: PreCheckoutQuery) -> CheckoutRefusal | None:
        """Return within 6 s why an invoice cannot be paid now, None if it can."""
        if self.mode != "stars" or self._processor is None:
            return CheckoutRefusal.PAUSED
        return await self._processor.decide(query)

    async def receive(self, update: PaymentReceived | PaymentRefunded) -> None:
        """Take a payment or a refund into the ledger; once, however often it comes.

        Raises:
            BillingOff, StoreAway: it is not booked; give it again later.

        """
        if self._processor is None:
            raise BillingOff
        await self._processor.receive(update)
