"""Telegram Stars: what each account has, invoices, payments that wait for the bot, transactions.

Sources: https://core.telegram.org/api/stars, https://core.telegram.org/api/payments. How the real
servers word a refused pre-checkout towards the payer is not documented; see `methods/payments.py`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from telethon.tl import types

from sapp_bot.sandbox.telegram.refusal import RpcError

CHECKOUT_S = 10.0
"""Seconds that a payment waits for the bot, before it is cancelled.

Source: https://core.telegram.org/bots/api#answerprecheckoutquery"""

Sleep = Callable[[float], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class StarsInvoice:
    """An invoice that can be paid, any number of times."""

    bot: int
    title: str
    description: str
    payload: bytes
    stars: int
    invoice: Any


@dataclass(frozen=True, slots=True)
class StarsRow:
    """One transaction of an account; `stars` is negative when they went out."""

    charge_id: str
    stars: int
    at: datetime
    other: int
    payload: bytes = b""
    title: str = ""
    is_refund: bool = False


@dataclass(slots=True, eq=False)
class PendingCheckout:
    """A payment that waits for the bot's word: None for yes, else the bot's reason."""

    query_id: int
    bot: int
    answer: asyncio.Future[str | None] = field(repr=False)


class StarsBank:
    """Balances, invoices and transactions of all accounts.

    Attributes:
        timeout_s: Seconds that a payment waits for the bot.
        sleep: Waits for so many seconds; tests give one that they end by hand.

    """

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._balances: dict[int, int] = {}
        self._rows: dict[int, list[StarsRow]] = {}
        self._forms: dict[int, StarsInvoice] = {}
        self._slugs: dict[str, StarsInvoice] = {}
        self._messages: dict[tuple[int, int], StarsInvoice] = {}
        self._open: dict[int, PendingCheckout] = {}
        self.timeout_s = CHECKOUT_S
        self.sleep: Sleep = asyncio.sleep

    def balance(self, account: int) -> int:
        """Return the Stars that an account has."""
        return self._balances.get(account, 0)

    def give(self, account: int, stars: int) -> int:
        """Add Stars to an account, as a purchase in the app does; return the new balance."""
        self._balances[account] = self.balance(account) + stars
        return self._balances[account]

    def rows(self, account: int) -> list[StarsRow]:
        """Return the transactions of an account, oldest first."""
        return self._rows.setdefault(account, [])

    def row(self, account: int, charge_id: str, *, is_refund: bool) -> StarsRow | None:
        """Return one transaction of an account; None if there is none."""
        found = (r for r in self.rows(account) if r.charge_id == charge_id)
        return next((row for row in found if row.is_refund is is_refund), None)

    def export(self, invoice: StarsInvoice) -> str:
        """Return the slug under which an invoice can be paid."""
        slug = f"{self._dice.randrange(2**64):016x}"
        self._slugs[slug] = invoice
        return slug

    def post(self, owner: int, message_id: int, invoice: StarsInvoice) -> None:
        """Store which invoice a message in somebody's mailbox shows."""
        self._messages[owner, message_id] = invoice

    def shown(self, owner: int, message_id: int) -> StarsInvoice:
        """Return the invoice of a message. Raises RpcError if it is none."""
        if (owner, message_id) not in self._messages:
            raise RpcError("MESSAGE_ID_INVALID")
        return self._messages[owner, message_id]

    def named(self, slug: str) -> StarsInvoice:
        """Return the invoice of a slug. Raises RpcError if there is none."""
        if slug not in self._slugs:
            raise RpcError("SLUG_INVALID")
        return self._slugs[slug]

    def open_form(self, invoice: StarsInvoice) -> int:
        """Return the id of a form that pays an invoice once."""
        form_id = self._dice.randrange(1, 2**63)
        self._forms[form_id] = invoice
        return form_id

    def close_form(self, form_id: int, invoice: StarsInvoice) -> None:
        """Use up a form. Raises RpcError if it is not one of this invoice."""
        if self._forms.get(form_id) is not invoice:
            raise RpcError("FORM_EXPIRED")
        del self._forms[form_id]

    def ask(self, bot: int) -> PendingCheckout:
        """Open a question to a bot."""
        query_id = self._dice.randrange(1, 2**63)
        pending = PendingCheckout(query_id, bot, asyncio.get_running_loop().create_future())
        self._open[query_id] = pending
        return pending

    async def decided(self, pending: PendingCheckout) -> str | None:
        """Wait for the bot's word: None for yes, else its reason.

        Raises:
            RpcError: it did not come in time.

        """
        timer = asyncio.ensure_future(self.sleep(self.timeout_s))
        both: set[asyncio.Future[Any]] = {timer, pending.answer}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not pending.answer.done():
                raise RpcError("BOT_PRECHECKOUT_TIMEOUT")
            return pending.answer.result()
        finally:
            timer.cancel()
            self._open.pop(pending.query_id, None)

    def decide(self, bot: int, query_id: int, reason: str | None) -> None:
        """Store a bot's word; only the first one counts.

        Raises:
            RpcError: no such question to this bot, or it is too late.

        """
        pending = self._open.get(query_id)
        if pending is None or pending.bot != bot:
            raise RpcError("QUERY_ID_INVALID")
        if not pending.answer.done():
            pending.answer.set_result(reason)

    def charge(self, payer: int, invoice: StarsInvoice, at: datetime) -> StarsRow:
        """Move the Stars of an invoice; return the bot's row.

        Raises:
            RpcError: the payer has too few.

        """
        if self.balance(payer) < invoice.stars:
            raise RpcError("BALANCE_TOO_LOW")
        charge_id = f"stx{self._dice.randrange(2**128):032x}"
        row = StarsRow(charge_id, invoice.stars, at, payer, invoice.payload, invoice.title)
        return self._move(row, giver=payer, taker=invoice.bot, bot=invoice.bot)

    def refund(self, bot: int, charge_id: str, at: datetime, *, forced: bool) -> StarsRow:
        """Move the Stars of a payment back; return the bot's new row.

        Args:
            bot: Account that was paid.
            charge_id: Id of the payment.
            at: Time of the transaction.
            forced: Whether it is a chargeback, which may leave the bot with less than nothing.

        Raises:
            RpcError: there is no such payment, it was returned before, or the bot has too few.

        """
        paid = self.row(bot, charge_id, is_refund=False)
        if paid is None:
            raise RpcError("CHARGE_ID_INVALID")
        if self.row(bot, charge_id, is_refund=True) is not None:
            raise RpcError("CHARGE_ALREADY_REFUNDED")
        if not forced and self.balance(bot) < paid.stars:
            raise RpcError("BALANCE_TOO_LOW")
        row = replace(paid, at=at, is_refund=True)
        return self._move(row, giver=bot, taker=paid.other, bot=bot)

    def _move(self, row: StarsRow, *, giver: int, taker: int, bot: int) -> StarsRow:
        """Move the Stars of a row, and add it to both lists; return the bot's one."""
        for account, other, sign in ((giver, taker, -1), (taker, giver, 1)):
            stars = sign * row.stars
            self.give(account, stars)
            moved = replace(row, stars=stars, other=other, at=row.at.replace(microsecond=0))
            self.rows(account).append(moved)
        return self.rows(bot)[-1]


def shown_row(row: StarsRow) -> Any:
    """Return a transaction as Telethon's `StarsTransaction`."""
    return types.StarsTransaction(
        id=row.charge_id,
        amount=types.StarsAmount(row.stars, 0),
        date=row.at,
        peer=types.StarsTransactionPeer(types.PeerUser(row.other)),
        refund=row.is_refund or None,
        title=row.title or None,
        bot_payload=row.payload or None,
    )
