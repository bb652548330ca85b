"""Why a payment is refused before it is made: the ledger decides, a plugin says it."""

from __future__ import annotations

from enum import Enum


class CheckoutRefusal(Enum):
    """Why an order cannot be paid now; nothing was charged."""

    PAUSED = "paused"
    """An operator has stopped sales, or the ledger is starting, stopping or lost."""

    UNKNOWN_ORDER = "unknown order"
    """Not an order of this bot's, or one that has expired: it is to be made anew."""

    OTHER_PERSON = "other person"
    WRONG_AMOUNT = "wrong amount"
    ALREADY_PAID = "already paid"
    IN_CHECKOUT = "in checkout"
    """It is being paid this very minute: a second tap."""

    CLIENT_GONE = "client gone"
    TOO_MANY_READS = "too many reads"
    API_AWAY = "api away"
    NOT_DURABLE = "not durable"
    """Redis may lose what it is told, or does not say whether it does."""

    IN_DOUBT = "in doubt"
    """Nobody can explain the client's reads: what is paid would wait for an operator."""

    TOO_SLOW = "too slow"
