"""Builds the requests of payments in Telegram Stars, and reads their results. Pure.

Source: https://core.telegram.org/api/stars
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import assert_never

from sapp_bot.domain.answers import AcceptPayment, DeclinePayment, PreCheckoutAnswer
from sapp_bot.domain.replies import Invoice
from sapp_bot.domain.stars import MOST_TRANSACTIONS, StarsPage, StarsTransaction
from sapp_bot.domain.text import cut, rich, wire_text
from sapp_bot.telegram.seam import TL, functions, types

CURRENCY = "XTR"
"""Telegram Stars: what digital goods are sold for. Any other text is PAYMENT_PROVIDER_INVALID."""

REASON_CHARS = 255
"""Longest reason of a refused payment that is sent. The source names no limit."""

START = "invoice"
"""Start parameter of invoices. With one, a forwarded invoice leads to the bot instead of being paid
from there. Source: https://core.telegram.org/bots/api#sendinvoice, `start_parameter`."""


def invoice_request(peer: TL, reply: Invoice, random_id: int) -> TL:
    """Return the request that sends an invoice in Telegram Stars.

    Args:
        peer: Telethon input peer of the chat.
        reply: What to send.
        random_id: Number by which Telegram recognises a repeat (64 bits, signed).

    """
    title = wire_text(reply.title)
    media = types.InputMediaInvoice(
        title=title,
        description=wire_text(reply.description),
        # One price, and neither provider nor tips: else STARS_INVOICE_INVALID.
        invoice=types.Invoice(CURRENCY, [types.LabeledPrice(title, reply.stars)]),
        payload=reply.payload,
        provider_data=types.DataJSON("null"),
        start_param=START,
    )
    return functions.messages.SendMediaRequest(
        peer=peer,
        media=media,
        message="",
        reply_markup=_pay_button(reply.pay_text) if reply.pay_text else None,
        random_id=random_id,
    )


def _pay_button(text: str) -> TL:
    # A keyboard under an invoice must begin with the button that pays.
    button = types.KeyboardInlineButton(wire_text(text), types.InlineButtonTypeBuy())
    return types.ReplyInlineMarkup([types.KeyboardInlineButtonRow([button])])


def pre_checkout_request(query_id: int, answer: PreCheckoutAnswer) -> TL:
    """Return the request that lets somebody pay, or tells them why not."""
    match answer:
        case AcceptPayment():
            return functions.messages.SetBotPrecheckoutResultsRequest(query_id, success=True)
        case DeclinePayment():
            reason = wire_text(cut(rich(answer.reason).plain, REASON_CHARS))
            return functions.messages.SetBotPrecheckoutResultsRequest(query_id, error=reason)
        case _:
            assert_never(answer)


def transactions_request(offset: int, limit: int) -> TL:
    """Return the request for a part of the list of transactions, oldest first.

    A bot's offset is a number of rows to skip, although its type is a text. Source: the Bot API
    server passes the integer of getStarTransactions on as it is.
    """
    return functions.payments.GetStarsTransactionsRequest(
        peer=types.InputPeerSelf(),
        offset=str(offset),
        limit=max(1, min(limit, MOST_TRANSACTIONS)),
        ascending=True,
    )


def transaction_request(charge_id: str, *, is_refund: bool) -> TL:
    """Return the request for the row of a payment, or of its refund."""
    row = types.InputStarsTransaction(wire_text(charge_id), refund=is_refund or None)
    return functions.payments.GetStarsTransactionsByIDRequest(types.InputPeerSelf(), [row])


def page_of(status: TL, offset: int) -> StarsPage:
    """Return the page in Telethon's `payments.StarsStatus`; `offset` is that of the request."""
    rows = tuple(transaction_of(row) for row in status.history or ())
    next_offset: str = status.next_offset or ""
    return StarsPage(rows, offset + len(rows), is_last=not next_offset)


def transaction_of(row: TL) -> StarsTransaction:
    """Return Telethon's `StarsTransaction` as a value; amounts in TON count as no Stars."""
    peer = row.peer
    is_person = isinstance(peer, types.StarsTransactionPeer) and isinstance(
        peer.peer, types.PeerUser
    )
    in_stars = isinstance(row.amount, types.StarsAmount)
    return StarsTransaction(
        charge_id=row.id,
        stars=int(row.amount.amount) if in_stars else 0,
        # Telethon reads a time of 0 as None.
        at=row.date or datetime.fromtimestamp(0, UTC),
        is_refund=bool(row.refund),
        party="person" if is_person else "other",
        person_id=int(peer.peer.user_id) if is_person else 0,
        payload=row.bot_payload or b"",
        is_final=in_stars and not row.pending and not row.failed,
        is_pending=in_stars and bool(row.pending) and not row.failed,
    )
