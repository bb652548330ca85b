"""Makes the calls of `domain.stars.Stars`. Each is made once and has a time limit."""

from __future__ import annotations

from sapp_bot.domain.stars import (
    MOST_TRANSACTIONS,
    RefundOutcome,
    RefundResult,
    StarsPage,
    StarsTransaction,
)
from sapp_bot.errors import StarsUnavailable
from sapp_bot.telegram import outgoing
from sapp_bot.telegram.account import TelegramAccount
from sapp_bot.telegram.refusals import kind_of
from sapp_bot.telegram.seam import TL, errors, functions, types
from sapp_bot.telegram.session_runner import SessionRunner

from .requests import page_of, transaction_of, transaction_request, transactions_request

_OUTCOMES: dict[str, RefundOutcome] = {
    "CHARGE_ALREADY_REFUNDED": "already_refunded",
    # What the bot has may grow: payments of others come, and a hold ends.
    "BALANCE_TOO_LOW": "try_later",
}
"""Refusals that have no class in Telethon 1.45, by their text. All others are for good."""

_UNKNOWN = frozenset({"TRANSACTION_ID_INVALID", "CHARGE_ID_INVALID", "CHARGE_NOT_FOUND"})
"""Texts of the refusal of a transaction that is not there."""


class TelegramStars:
    """Implements `domain.stars.Stars` for the account of a session.

    Args:
        session: The session whose client is used.
        account: Whether it can sell at all.
        call_s: Limit of each call in seconds, including the wait for a connection.

    """

    def __init__(self, session: SessionRunner, account: TelegramAccount, call_s: float) -> None:
        self._session = session
        self._account = account
        self._call_s = call_s

    async def refund(self, person_id: int, charge_id: str) -> RefundResult:
        """Return the Stars of one payment; see `domain.stars.Stars.refund`."""
        self._check()
        try:
            # A bot may name people by an access hash of 0.
            user = types.InputUser(person_id, access_hash=0)
            request = functions.payments.RefundStarsChargeRequest(user, charge_id)
            await self._session.call_for_updates(request, timeout_s=self._call_s)
        except outgoing.REFUSALS as error:
            return refund_result(error)
        return RefundResult("refunded")

    async def transactions(self, offset: int = 0, *, limit: int = MOST_TRANSACTIONS) -> StarsPage:
        """Return a part of the list; see `domain.stars.Stars.transactions`."""
        return page_of(await self._call(transactions_request(offset, limit)), offset)

    async def transaction(
        self, charge_id: str, *, is_refund: bool = False
    ) -> StarsTransaction | None:
        """Return the row of a payment or of its refund; None if there is none."""
        request = transaction_request(charge_id, is_refund=is_refund)
        status = await self._call(request, absent=_UNKNOWN)
        rows = [transaction_of(row) for row in (status.history if status else None) or ()]
        return next((row for row in rows if row.is_refund is is_refund), None)

    async def balance(self) -> int:
        """Return the whole Stars that the bot has."""
        status: TL = await self._call(
            functions.payments.GetStarsStatusRequest(types.InputPeerSelf())
        )
        return int(status.balance.amount)

    async def _call(self, request: TL, *, absent: frozenset[str] = frozenset()) -> TL:
        """Make one call; a refusal named in `absent` is None, any other one of our errors."""
        self._check()
        try:
            return await self._session.client.call(request, timeout_s=self._call_s)
        except outgoing.REFUSALS as error:
            if reason_of(error) in absent:
                return None
            raise outgoing.translated(error) from error

    def _check(self) -> None:
        if not self._account.sells:
            raise StarsUnavailable("a person's account has no Stars to sell for")


def refund_result(error: Exception) -> RefundResult:
    """Return what a refusal of a refund means; `error` is one of `outgoing.REFUSALS`.

    A time-out, a lost connection and a fault of Telegram's leave open what became of the refund:
    the next try says so.
    """
    reason, kind = reason_of(error), kind_of(error)
    if kind == "pause":
        return RefundResult("try_later", reason, float(max(getattr(error, "seconds", 1), 1)))
    if kind == "away" or not isinstance(error, errors.BadRequestError):
        return RefundResult("try_later", reason)
    return RefundResult(_OUTCOMES.get(reason, "refused"), reason)


def reason_of(error: Exception) -> str:
    """Return Telegram's name for a refusal: Telethon has no class for most of those of payments.

    Where it has one, its `message` is only "BAD_REQUEST", and the class says more.
    """
    message = getattr(error, "message", "") or ""
    return message if message not in {"", "BAD_REQUEST"} else type(error).__name__
