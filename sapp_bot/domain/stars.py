"""Telegram Stars: the port to a bot's account of them, and its values. No behaviour.

Telegram's list of transactions is what was really paid and returned; the updates that the bot
receives are only sooner.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol

from sapp_bot.values import dataclass, field

RefundOutcome = Literal["refunded", "already_refunded", "refused", "try_later"]
"""How a refund ended: the Stars went back now, or before, or never will, or may the next time."""

StarsParty = Literal["person", "other"]
"""The other side of a transaction: a person; or Fragment, ads, an app store, Telegram itself."""

MOST_TRANSACTIONS = 100
"""Most transactions in one answer. Source: core.telegram.org/bots/api, getStarTransactions."""


@dataclass(frozen=True, slots=True)
class RefundResult:
    """The end of one try to refund a payment.

    Attributes:
        outcome: What became of it.
        reason: Telegram's name for its refusal, as "CHARGE_ID_INVALID"; "" for none.
        wait_s: Seconds that Telegram asks to wait before the next try; 0 for none.

    """

    outcome: RefundOutcome
    reason: str = ""
    wait_s: float = 0.0

    @property
    def is_done(self) -> bool:
        """Whether the Stars are back with the person, by this try or an earlier one."""
        return self.outcome in {"refunded", "already_refunded"}


@dataclass(frozen=True, slots=True)
class StarsTransaction:
    """One row of Telegram's list.

    Attributes:
        charge_id: Id of the payment, the same in the payment's row and in its refund's.
        stars: Whole Stars: positive came in, negative went out.
        at: When, aware UTC, whole seconds.
        is_refund: Whether the row returns a payment: by the bot, or by a chargeback.
        party: Who is on the other side.
        person_id: Telegram user id of a person, 0 for other parties.
        payload: Payload of the invoice that was paid; b"" without one, as for a gift.
        is_final: Whether the Stars have moved; False while it is pending, and if it has failed.
        is_pending: Whether they may still move; what is neither came to nothing, or is in TON.

    """

    charge_id: str
    stars: int
    at: datetime
    is_refund: bool = False
    party: StarsParty = "person"
    person_id: int = field(default=0, repr=False)
    payload: bytes = field(default=b"", repr=False)
    is_final: bool = True
    is_pending: bool = False


@dataclass(frozen=True, slots=True)
class StarsPage:
    """A part of the list, oldest first.

    Attributes:
        transactions: The rows.
        next_offset: Offset of the row after the last one, at the end of the list too: rows that
            come later begin there.
        is_last: Whether there were no more rows.

    """

    transactions: tuple[StarsTransaction, ...]
    next_offset: int
    is_last: bool


class Stars(Protocol):
    """The bot's account of Telegram Stars. Each call has a time limit of some seconds.

    Raises:
        StarsUnavailable: from each call, if the account is a person's (user mode).
        ChatPaused: from each call but `refund`: Telegram asks to wait.
        TelegramAway: from each call but `refund`: no answer; the call may be repeated.
        Undeliverable: from each call but `refund`: Telegram refuses it.

    """

    async def refund(self, person_id: int, charge_id: str) -> RefundResult:
        """Return the Stars of one payment, all of them; may be repeated.

        Args:
            person_id: Telegram user id of who paid.
            charge_id: `PaymentReceived.charge_id`.

        Returns:
            What became of it; errors of Telegram are outcomes. A refund that is done also arrives
            as `PaymentRefunded`, once.

        """

    async def transactions(self, offset: int = 0, *, limit: int = MOST_TRANSACTIONS) -> StarsPage:
        """Return a part of the list of transactions, oldest first.

        Args:
            offset: Number of transactions to skip, from the oldest one.
            limit: Most rows of the part, 1-100.

        """

    async def transaction(
        self, charge_id: str, *, is_refund: bool = False
    ) -> StarsTransaction | None:
        """Return the row of a payment, or of its refund; None if there is none."""

    async def balance(self) -> int:
        """Return the whole Stars that the bot has, those that are on hold included."""
