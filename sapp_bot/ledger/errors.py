"""What the ledger says no to."""

from __future__ import annotations

from collections.abc import Iterator

from sapp_bot.errors import LedgerLost, SappBotError, UserError

from .values import HoldReason


class NotForSale(UserError):
    """No order can be made; `reply` says why."""

    reply = "Payments are paused for a moment. Nothing was charged, please try again later."


class NotRefundable(UserError):
    """A payment cannot be refunded like this; `reply` says why."""

    reply = "This payment cannot be refunded."


class LedgerRecovers(SappBotError):
    """After a restore, the payments that the backup does not have are still being read."""

    reply = "The ledger is reading Telegram's list after the restore; do that again in a minute."


class NothingToAdopt(SappBotError):
    """Only a ledger that Redis has lost can be adopted."""

    reply = "The ledger is whole; there is nothing to adopt."


class RefundPutOff(SappBotError):
    """Stars could not be returned now; it is tried again. `reason` says what it waits for."""

    def __init__(self, reason: HoldReason, why: str) -> None:
        super().__init__(f"a refund is put off: {why}")
        self.reason = reason


def losses_in(error: BaseException) -> Iterator[LedgerLost]:
    """Go through the losses of the ledger in an error."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from losses_in(inner)
    elif isinstance(error, LedgerLost):
        yield error
