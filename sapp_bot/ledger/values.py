"""The frozen values of the ledger: orders, payments, rows of Telegram's list, states."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from sapp_bot.values import dataclass, field

MOST_READS = 2**53
"""Numbers of JSON are exact up to here. Source: RFC 8259, section 6."""

STRAYS = 0
"""The place of payments that belong to no client: their payload could not be read. No client of
the API has this number."""


@dataclass(frozen=True, slots=True)
class PaymentPayload:
    """What an invoice carries, so that a payment can be credited with Redis gone.

    Attributes:
        client: Number of the client at the API.
        reads: Reads that were bought.
        base: Reads the client had beside all payments when the order was made; see `Book.base`.
        order: Id of the order.

    """

    client: int
    reads: int
    base: int
    order: str


@dataclass(frozen=True, slots=True)
class PackOrder:
    """An order: what a person wants to buy, for which client. `user` is the Telegram id."""

    id: str
    user: int = field(repr=False)
    client: int
    reads: int
    stars: int
    base: int
    made_at: datetime

    @property
    def payload(self) -> PaymentPayload:
        """What its invoice is to carry."""
        return PaymentPayload(self.client, self.reads, self.base, self.id)


class Direction(Enum):
    """Which way the Stars went: to the bot, or back."""

    PAID = "in"
    RETURNED = "out"


@dataclass(frozen=True, slots=True)
class StarsRecord:
    """One payment or refund as Telegram tells of it, in an update or in its own list.

    Attributes:
        charge: The charge id; a refund has that of its payment.
        direction: To the bot or back.
        stars: Whole Stars, positive both ways.
        payload: The invoice's payload, None where there is none: a gift, or an older refund.
        user: Telegram id of the person; None for a peer that is no person (ads, a store).
        at: When, aware UTC.
        is_pending: Whether it may still fail; looked at again until it is final.
        is_failed: Whether it came to nothing.

    """

    charge: str
    direction: Direction
    stars: int
    payload: bytes | None = field(repr=False)
    user: int | None = field(repr=False)
    at: datetime
    is_pending: bool = False
    is_failed: bool = False


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as it is shown: who paid what for which client. The reads are the book's.

    `user` and `order` are 0 and "" where nobody can tell any more.
    """

    charge: str
    user: int = field(repr=False)
    client: int
    order: str
    stars: int
    reads: int
    at: datetime


class PaymentState(Enum):
    """What became of a payment; each has exactly one, worked out of its client's book."""

    SEEN = "seen"
    """Accepted; the API was not yet seen to have the reads."""

    APPLIED = "applied"
    """The API was seen to have the reads."""

    SETTLED = "settled"
    """It still had them four looks and two minutes later."""

    ADOPTED = "adopted"
    """From before a loss of Redis; credited by then, an operator says."""

    LACKING = "lacking"
    """Adopted, but the API did not have its reads: it was paid while Redis had lost the ledger. An
    operator gives them, or returns the Stars."""

    REFUND_DUE = "refund due"
    """It cannot be delivered: the Stars go back after a time in which an operator can look."""

    REFUNDING = "refunding"
    """The reads are being taken back, then the Stars are returned."""

    REFUND_REFUSED = "refund refused"
    """It cannot be delivered, and Telegram refuses the refund: an operator must look."""

    UNPLACED = "unplaced"
    """No order explains it, and what was lost may have booked it: an operator looks before its
    Stars go back. Telegram was not asked."""

    REFUNDED = "refunded"
    """The Stars were returned by us."""

    REVERSED = "reversed"
    """The Stars went back, and not by us: a chargeback, or a refund made elsewhere."""


class RefundReason(Enum):
    """Why the reads of a payment are taken back."""

    ASKED = "asked"
    OPERATOR = "operator"
    CLIENT_GONE = "gone"
    STRAY = "stray"


class RefundAnswer(Enum):
    """What Telegram says to a refund."""

    DONE = "done"
    ALREADY = "already"
    REFUSED = "refused"
    """For good: the same call will not succeed later."""

    STARS_SHORT = "stars short"
    """The bot has fewer Stars than that, as after a withdrawal: it succeeds when it has them."""


class HoldReason(Enum):
    """Why reads that were paid for are not delivered yet."""

    API_AWAY = "api away"
    API_REFUSES = "api refuses"
    """The administrator's login is not taken, and the API's database is there."""

    DRIFT = "drift"
    """The client has a number of reads that nobody can explain; an operator decides."""

    LIMIT = "limit"
    """It would be more reads than can be counted exactly."""

    STORE_AWAY = "store away"
    TELEGRAM_AWAY = "telegram away"

    STARS_SHORT = "stars short"
    """A refund waits until the bot has so many Stars."""

    REFUND_WAITS = "refund waits"
    """A refund waits until Telegram answers."""

    @property
    def needs_operator(self) -> bool:
        """Whether it does not end by itself."""
        return self in {HoldReason.DRIFT, HoldReason.LIMIT, HoldReason.STARS_SHORT}

    @property
    def is_of_refund(self) -> bool:
        """Whether Stars wait to go back, and no reads to be delivered."""
        return self in {HoldReason.STARS_SHORT, HoldReason.REFUND_WAITS}


class LedgerMode(Enum):
    """What the ledger does at present."""

    STARTING = "starting"
    """Telegram's list is not read to its end yet: payments are accepted, nothing is credited."""

    OPEN = "open"
    LOST = "lost"
    """Redis has lost the ledger: nothing is accepted or credited until `restore` or `adopt`."""


@dataclass(frozen=True, slots=True)
class DeliveryHold:
    """Work for a client that does not get on. `tries` counts them; `since` is aware UTC."""

    client: int
    reason: HoldReason
    since: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment and what became of it; `lacks` is how many of its reads are missing."""

    payment: Payment
    state: PaymentState
    lacks: int = 0
