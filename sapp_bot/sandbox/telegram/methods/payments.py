"""Methods of payments in Telegram Stars: invoices, forms, pre-checkout, refunds.

Not documented, so a guess of ours: a payer whose payment the bot refuses gets the error
BOT_PRECHECKOUT_FAILED and the bot's words as a pop-up, `updateServiceNotification`.
Sources: https://core.telegram.org/api/stars, https://core.telegram.org/bots/api#sendinvoice
"""

from __future__ import annotations

import re
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any

from telethon.tl import functions, types

from sapp_bot.sandbox.telegram.refusal import RpcError
from sapp_bot.sandbox.telegram.state import checks
from sapp_bot.sandbox.telegram.state.mailbox import Change
from sapp_bot.sandbox.telegram.state.stars import StarsInvoice, StarsRow
from sapp_bot.sandbox.telegram.state.world import RpcCaller, World

from .registry import Methods

methods = Methods()

CURRENCY = "XTR"
_TITLE, _DESCRIPTION, _PAYLOAD = 32, 255, 128
_START = re.compile(r"[A-Za-z0-9_-]{0,64}", re.ASCII)


def invoice_of(caller: RpcCaller, media: Any) -> StarsInvoice:
    """Return the invoice in an `inputMediaInvoice`.

    Raises:
        RpcError: the caller is a person, or Telegram does not take such an invoice.

    """
    if not caller.account.bot:
        raise RpcError("USER_BOT_REQUIRED")
    if media.invoice.currency != CURRENCY or media.provider:
        raise RpcError("PAYMENT_PROVIDER_INVALID")
    prices = media.invoice.prices
    has_tips = media.invoice.max_tip_amount or media.invoice.suggested_tip_amounts
    if len(prices) != 1 or prices[0].amount < 1 or has_tips:
        raise RpcError("STARS_INVOICE_INVALID")
    if not 1 <= len(media.payload) <= _PAYLOAD:
        raise RpcError("INVOICE_PAYLOAD_INVALID")
    if not 1 <= len(media.title) <= _TITLE or not 1 <= len(media.description) <= _DESCRIPTION:
        raise RpcError("STARS_INVOICE_INVALID")
    if not _START.fullmatch(media.start_param or ""):
        raise RpcError("START_PARAM_INVALID")
    return StarsInvoice(
        bot=caller.account.id,
        title=media.title,
        description=media.description,
        payload=bytes(media.payload),
        stars=prices[0].amount,
        invoice=media.invoice,
    )


def invoice_media(invoice: StarsInvoice, start_param: str | None) -> Any:
    """Return what a message with an invoice shows."""
    return types.MessageMediaInvoice(
        title=invoice.title,
        description=invoice.description,
        currency=CURRENCY,
        total_amount=invoice.stars,
        start_param=start_param or "",
    )


def pay_markup(markup: Any, stars: int) -> Any:
    """Return the keyboard under an invoice, whose first button pays; Telegram's own without one.

    Raises:
        RpcError: the keyboard does not begin with a button that pays.

    """
    if markup is None:
        button = types.KeyboardInlineButton(f"Pay ⭐{stars}", types.InlineButtonTypeBuy())
        return types.ReplyInlineMarkup([types.KeyboardInlineButtonRow([button])])
    rows = getattr(checks.markup(markup, by_bot=True), "rows", None)
    if not rows or not isinstance(rows[0].buttons[0].type, types.InlineButtonTypeBuy):
        raise RpcError("REPLY_MARKUP_BUY_EMPTY")
    return markup


@methods.on(functions.payments.ExportInvoiceRequest, "bots")
def export_invoice(caller: RpcCaller, request: Any) -> Any:
    """Return a link under which an invoice can be paid."""
    slug = caller.world.stars.export(invoice_of(caller, request.invoice_media))
    return types.payments.ExportedInvoice(f"https://t.me/${slug}")


@methods.on(functions.payments.GetPaymentFormRequest, "people")
def get_payment_form(caller: RpcCaller, request: Any) -> Any:
    """Return the form that pays an invoice once."""
    invoice = _named(caller, request.invoice)
    return types.payments.PaymentFormStars(
        form_id=caller.world.stars.open_form(invoice),
        bot_id=invoice.bot,
        title=invoice.title,
        description=invoice.description,
        invoice=invoice.invoice,
        users=caller.users({invoice.bot}),
    )


@methods.on(functions.payments.SendStarsFormRequest, "people")
def send_stars_form(caller: RpcCaller, request: Any) -> Awaitable[Any]:
    """Pay: ask the bot, and move the Stars if it agrees."""
    invoice, stars = _named(caller, request.invoice), caller.world.stars
    stars.close_form(request.form_id, invoice)
    if stars.balance(caller.account.id) < invoice.stars:
        raise RpcError("BALANCE_TOO_LOW")
    return _pay(caller, invoice)


def _named(caller: RpcCaller, invoice: Any) -> StarsInvoice:
    stars = caller.world.stars
    if isinstance(invoice, types.InputInvoiceMessage):
        return stars.shown(caller.account.id, invoice.msg_id)
    if isinstance(invoice, types.InputInvoiceSlug):
        return stars.named(invoice.slug.removeprefix("$"))
    raise RpcError("INVOICE_INVALID")


async def _pay(caller: RpcCaller, invoice: StarsInvoice) -> Any:
    world, me = caller.world, caller.account
    pending = world.stars.ask(invoice.bot)
    query = types.UpdateBotPrecheckoutQuery(
        query_id=pending.query_id,
        user_id=me.id,
        payload=invoice.payload,
        currency=CURRENCY,
        total_amount=invoice.stars,
    )
    # No pts and no qts: a bot that is away never sees it.
    world.push(invoice.bot, [query], {me.id, invoice.bot})
    reason = await world.stars.decided(pending)
    if reason is not None:
        notice = types.UpdateServiceNotification(
            "BOT_PRECHECKOUT", reason, types.MessageMediaEmpty(), [], popup=True
        )
        world.push(me.id, [notice], {invoice.bot})
        raise RpcError("BOT_PRECHECKOUT_FAILED")
    row = world.stars.charge(me.id, invoice, datetime.now(UTC))
    changes = _tell_paid(world, invoice, row)
    _push_balance(world, me.id)
    own = [change.update for change in changes if change.owner == me.id]
    # The payer's own session gets the message as a push, too: a client counts what comes in a
    # `paymentResult` as no update.
    return types.payments.PaymentResult(world.updates(me, own, {me.id, invoice.bot}))


def _tell_paid(world: World, invoice: StarsInvoice, row: StarsRow) -> list[Change]:
    charge = types.PaymentCharge(row.charge_id, f"provider-{row.charge_id}")
    changes = world.mail.serve(
        row.other,
        invoice.bot,
        types.MessageActionPaymentSent(CURRENCY, invoice.stars),
        types.MessageActionPaymentSentMe(CURRENCY, invoice.stars, invoice.payload, charge),
    )
    world.publish(changes)
    return changes


def tell_refunded(world: World, bot: int, row: StarsRow) -> list[Change]:
    """Add the messages about a refund to both mailboxes, and push them and the new balance."""
    charge = types.PaymentCharge(row.charge_id, f"provider-{row.charge_id}")
    stars, peer = abs(row.stars), types.PeerUser(bot)
    changes = world.mail.serve(
        bot,
        row.other,
        types.MessageActionPaymentRefunded(peer, CURRENCY, stars, charge, payload=row.payload),
        types.MessageActionPaymentRefunded(peer, CURRENCY, stars, charge),
    )
    _push_balance(world, row.other)
    return changes


def _push_balance(world: World, person: int) -> None:
    amount = types.StarsAmount(world.stars.balance(person), 0)
    world.push(person, [types.UpdateStarsBalance(amount)], {person})


@methods.on(functions.messages.SetBotPrecheckoutResultsRequest, "bots")
def set_bot_precheckout_results(caller: RpcCaller, request: Any) -> bool:
    """Store the bot's word on a payment."""
    if not request.success and not request.error:
        raise RpcError("ERROR_TEXT_EMPTY")
    reason = None if request.success else request.error
    caller.world.stars.decide(caller.account.id, request.query_id, reason)
    return True


@methods.on(functions.payments.RefundStarsChargeRequest, "bots")
def refund_stars_charge(caller: RpcCaller, request: Any) -> Any:
    """Return the Stars of a payment."""
    world, me = caller.world, caller.account
    person = caller.resolve(request.user_id)
    paid = world.stars.row(me.id, request.charge_id, is_refund=False)
    if paid is not None and paid.other != person.id:
        raise RpcError("CHARGE_ID_INVALID")
    row = world.stars.refund(me.id, request.charge_id, datetime.now(UTC), forced=False)
    return caller.outcome(tell_refunded(world, me.id, row))
