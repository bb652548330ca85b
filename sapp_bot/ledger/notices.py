"""What the ledger tells persons and operators, as values; the billing plugin turns them to words.

Each is told at least once, in a crash perhaps twice, and never before it is true.
"""

from __future__ import annotations

from datetime import datetime

from sapp_bot.domain.ledger_notice import LedgerNotice
from sapp_bot.values import dataclass

from .values import DeliveryHold, HoldReason, Payment


@dataclass(frozen=True, slots=True)
class PaymentSeen(LedgerNotice):
    """To the person: the payment is here, the reads take more than a moment."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class PaymentHeld(LedgerNotice):
    """To the person: the payment is safe; `reason` says what the reads wait for.

    They follow by themselves, or when an operator has decided: `HoldReason.needs_operator`.
    """

    payment: Payment
    reason: HoldReason


@dataclass(frozen=True, slots=True)
class ReadsAdded(LedgerNotice):
    """To the person: the API was seen to have the reads; `left` is what the client has now."""

    payment: Payment
    left: int


@dataclass(frozen=True, slots=True)
class PaymentLacks(LedgerNotice):
    """To the person and the operators: it was paid while the ledger was lost, and adopted, but the
    API does not have so many of its `reads`. An operator gives them, or returns the Stars.
    """

    payment: Payment
    reads: int


@dataclass(frozen=True, slots=True)
class PaymentsUnplaced(LedgerNotice):
    """To the operators: no order explains so many `payments`, and a lost ledger may have had them.

    They are in the book of `STRAYS`; nobody is told that has paid them, as most are delivered.
    """

    payments: int


@dataclass(frozen=True, slots=True)
class PaymentUndeliverable(LedgerNotice):
    """To the person and the operators: it cannot be delivered, the Stars are going back."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class RefundBegun(LedgerNotice):
    """To the person: the reads are taken back, the Stars follow; `is_put_off`: not at once."""

    payment: Payment
    is_put_off: bool = False


@dataclass(frozen=True, slots=True)
class StarsReturned(LedgerNotice):
    """To the person: the Stars are back."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class RefundFailed(LedgerNotice):
    """To the person and the operators: Telegram refused; `is_restored`: the reads are back."""

    payment: Payment
    is_restored: bool


@dataclass(frozen=True, slots=True)
class PaymentReversed(LedgerNotice):
    """To the person and the operators: the Stars went back without us, and reads were removed.

    `taken` is how many, None for all of the payment: what is used, or was taken or never delivered
    before, cannot be taken.
    """

    payment: Payment
    taken: int | None = None


@dataclass(frozen=True, slots=True)
class HoldLasts(LedgerNotice):
    """To the operators: a client does not get on, for two minutes by now.

    One for each cause: `clients` is how many it holds, of which `hold` is the oldest. A cause that
    only an operator can end (`HoldReason.needs_operator`) has one for each client.
    """

    hold: DeliveryHold
    clients: int = 1


@dataclass(frozen=True, slots=True)
class HoldEnded(LedgerNotice):
    """To the operators: what was held gets on again; `clients` is how many do, `hold` is of one.

    A client that waits for something else by now is none of them: it has a `HoldLasts` of its own.
    """

    hold: DeliveryHold
    clients: int = 1


@dataclass(frozen=True, slots=True)
class LedgerStalls(LedgerNotice):
    """To the operators: for two minutes the ledger could not open, read Telegram's list or audit.

    Nobody's payment is known to wait for it; while it opens nothing is sold. `since` is aware UTC.
    """

    reason: HoldReason
    since: datetime


@dataclass(frozen=True, slots=True)
class LedgerResumes(LedgerNotice):
    """To the operators: what `LedgerStalls` told of is over."""

    reason: HoldReason
    since: datetime


@dataclass(frozen=True, slots=True)
class LedgerFoundLost(LedgerNotice):
    """To the operators: Redis has lost the ledger; `restore` a backup, or adopt what there is."""


Notice = (
    PaymentSeen
    | PaymentHeld
    | ReadsAdded
    | PaymentLacks
    | PaymentsUnplaced
    | PaymentUndeliverable
    | RefundBegun
    | StarsReturned
    | RefundFailed
    | PaymentReversed
    | HoldLasts
    | HoldEnded
    | LedgerStalls
    | LedgerResumes
    | LedgerFoundLost
)
