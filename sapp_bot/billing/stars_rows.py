"""Telegram's list of Stars in the ledger's words: implements `ports.LedgerStars` of the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from sapp_bot.domain.stars import Stars, StarsTransaction
from sapp_bot.domain.updates import PaymentReceived, PaymentRefunded
from sapp_bot.errors import TelegramAway
from sapp_bot.ledger.values import Direction, RefundAnswer, StarsRecord


class StarsRows:
    """Reads the list, and returns Stars."""

    def __init__(self, stars: Stars) -> None:
        self._stars = stars

    async def transactions(self, offset: int, limit: int) -> Sequence[StarsRecord]:
        """Return rows of the list from number `offset` on, the oldest first."""
        page = await self._stars.transactions(offset, limit=limit)
        return [row_of(transaction) for transaction in page.transactions]

    async def find(self, charge: str) -> StarsRecord | None:
        """Return the payment of a charge; None if Telegram knows none."""
        found = await self._stars.transaction(charge)
        return None if found is None else row_of(found)

    async def refund(self, user: int, charge: str) -> RefundAnswer:
        """Return all Stars of a payment.

        Raises:
            TelegramAway: nobody knows whether they were returned.

        """
        result = await self._stars.refund(user, charge)
        match result.outcome:
            case "refunded":
                return RefundAnswer.DONE
            case "already_refunded":
                return RefundAnswer.ALREADY
            case "refused":
                return RefundAnswer.REFUSED
            case "try_later" if result.reason == "BALANCE_TOO_LOW":
                return RefundAnswer.STARS_SHORT
            case "try_later":
                raise TelegramAway(f"the refund is not done yet: {result.reason or 'no answer'}")


def row_of(found: StarsTransaction) -> StarsRecord:
    """Return a row of Telegram's list in the ledger's words."""
    is_person = found.party == "person"
    return StarsRecord(
        charge=found.charge_id,
        direction=Direction.RETURNED if found.is_refund else Direction.PAID,
        stars=abs(found.stars),
        payload=(found.payload or None) if is_person else None,
        user=(found.person_id or None) if is_person else None,
        at=found.at,
        is_pending=found.is_pending,
        is_failed=not found.is_final and not found.is_pending,
    )


def row_of_update(update: PaymentReceived | PaymentRefunded) -> StarsRecord:
    """Return what an update tells in the ledger's words."""
    is_paid = isinstance(update, PaymentReceived)
    return StarsRecord(
        charge=update.charge_id,
        direction=Direction.PAID if is_paid else Direction.RETURNED,
        stars=update.stars,
        payload=update.payload or None,
        user=update.sender.id,
        at=update.paid_at if isinstance(update, PaymentReceived) else update.refunded_at,
    )
