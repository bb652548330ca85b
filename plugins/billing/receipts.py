"""/payments, /paysupport and refunds: a person's own receipts, and what can be done about one."""

from __future__ import annotations

from sapp_bot import (
    Button,
    CommandButton,
    Copy,
    Ctx,
    Item,
    NextStep,
    Rich,
    Screen,
    Store,
    UserError,
    bold,
    lines,
)
from sapp_bot.services import (
    AskedRefund,
    Billing,
    NotRefundable,
    PaymentView,
)

from .plugin import HOME, mark_of, plugin
from .wishes import RefundWish, hand_on
from .words import (
    REFUNDABLE,
    after_sale,
    helper,
    joined,
    line,
    reads,
    receipt_line,
    stars,
    state,
    typed_receipt,
)

PAGE = 5
"""Payments of one page."""

LOST = (
    "I cannot show payments at present: my own list of them is lost. Telegram still has each one, "
    "and an operator brings them back. Please look again later."
)
"""What people read while Redis has lost the ledger."""

LOOK = (NextStep("payments", "Payments"), NextStep("paysupport", "Help with payments"))


class Turn(Button):
    """Shows a page of the payments; the newest are on page 0."""

    page: int


class Receipt(Button):
    """Shows one payment, by its `mark_of`."""

    mark: str


class AskRefund(Button):
    """Asks whether a payment is to be returned."""

    mark: str


class DoRefund(Button):
    """Returns a payment."""

    mark: str


@plugin.command(private=True, words=["Payments"])
async def payments(ctx: Ctx, billing: Billing) -> None:
    """Show your payments and their receipts."""
    await ctx.show(await page_of(ctx, billing, 0), name="payments")


@plugin.button(typed_as="/payments")
async def turn(ctx: Ctx, pressed: Turn, billing: Billing) -> None:
    """Show another page."""
    await ctx.show(await page_of(ctx, billing, pressed.page), name="payments")


@plugin.button(typed_as="/payments")
async def open_receipt(ctx: Ctx, pressed: Receipt, billing: Billing) -> None:
    """Show one payment."""
    await ctx.show(card(ctx, await marked(ctx, billing, pressed.mark)), name="payments")


@plugin.command(private=True, words=["Help with payments"])
async def paysupport(ctx: Ctx, billing: Billing, receipt: str = "") -> None:
    """Get help with a payment, or your Stars back."""
    is_lost = billing.has_ledger and await billing.ledger.is_lost()
    found = [] if is_lost else await mine(ctx, billing)
    if receipt and not is_lost:
        found = chosen(found, typed_receipt(receipt))
        if len(found) == 1:
            await ctx.show(card(ctx, found[0]), name="payments")
            return
    rows = [
        [
            Receipt(mark=mark_of(view.payment.charge)).key(
                "{n}. {what}", n=n, what=line(ctx, view.payment)
            )
        ]
        for n, view in newest(found)[:PAGE]
    ]
    text = lines(
        bold(ctx.t("Help with payments")),
        ctx.t(LOST)
        if is_lost
        else ctx.t("Choose a payment to see what became of it, or to ask for your Stars.")
        if rows
        else ctx.t("You have paid nothing yet, so there is nothing to look at."),
        ctx.t(
            "Your Stars come back at once while the reads of the pack are unused; if some are "
            "used, an operator decides."
        ),
        helper(ctx),
        ctx.t("Telegram's own support cannot help with purchases in this bot."),
    )
    more: list[Item] = [CommandButton(command="terms").key("Terms"), HOME]
    await ctx.show(Screen(text, [*rows, more]), name="payments")


@plugin.button(typed_as="/paysupport")
async def ask_refund(ctx: Ctx, pressed: AskRefund, billing: Billing) -> None:
    """Say what a refund does, and ask for a yes."""
    view = await marked(ctx, billing, pressed.mark)
    text = lines(
        bold(
            ctx.t(
                "Give back {reads} and get {stars}?",
                reads=reads(ctx, view.payment.reads),
                stars=stars(ctx, view.payment.stars),
            )
        ),
        ctx.t("The reads go first, then the Stars come back. It cannot be undone."),
        receipt_line(ctx, view.payment),
    )
    yes = DoRefund(mark=pressed.mark).key("Yes, refund", style="danger")
    no = Receipt(mark=pressed.mark).key("No, keep the reads")
    await ctx.show(Screen(text, [[yes], [no]]), name="payments")


@plugin.button(typed_as="/paysupport")
async def do_refund(
    ctx: Ctx,
    pressed: DoRefund,
    billing: Billing,
    wishes: Store[RefundWish],
) -> None:
    """Begin a refund, or hand it on to the operators."""
    view = await marked(ctx, billing, pressed.mark)
    try:
        outcome = await billing.ledger.ask_refund(view.payment.charge, user=ctx.person.id)
    except NotRefundable as error:
        raise NotRefundable(reply=error.reply).offer(*LOOK) from None
    if outcome is AskedRefund.BEGUN:
        text = joined(ctx.t("Your refund has begun."), receipt_line(ctx, view.payment))
    else:
        text = await hand_on(ctx, view, outcome, wishes)
    await ctx.show(Screen(text, after_sale()), name="payments")


async def mine(ctx: Ctx, billing: Billing) -> list[PaymentView]:
    """List a person's payments, the oldest first; they need no login for it."""
    return await billing.ledger.receipts.of_person(ctx.person.id) if billing.has_ledger else []


async def page_of(ctx: Ctx, billing: Billing, page: int) -> Screen:
    """Return a page of a person's payments, or why there is none just now."""
    if billing.has_ledger and await billing.ledger.is_lost():
        again = CommandButton(command="payments").key("Try again")
        help_ = CommandButton(command="paysupport").key("Help with payments")
        return Screen(ctx.t(LOST), [[again, help_], [HOME]])
    return shown(ctx, await mine(ctx, billing), page)


async def marked(ctx: Ctx, billing: Billing, mark: str) -> PaymentView:
    """Return one of a person's payments.

    Raises:
        UserError: they have none with this mark.

    """
    if await billing.ledger.is_lost():
        raise UserError(LOST).offer(*LOOK)
    for view in await mine(ctx, billing):
        if mark_of(view.payment.charge) == mark:
            return view
    raise UserError("I do not find this payment any more. /payments shows yours.").offer(*LOOK)


def chosen(found: list[PaymentView], beginning: str) -> list[PaymentView]:
    """Return the payments whose receipt begins so; with nothing at all begins none.

    Raises:
        UserError: there is none.

    """
    fit = [v for v in found if beginning and v.payment.charge.startswith(beginning)]
    if not fit:
        raise UserError("None of your payments has a receipt that begins so.").offer(*LOOK)
    return fit


def newest(found: list[PaymentView]) -> list[tuple[int, PaymentView]]:
    """Return payments with their numbers, the newest first."""
    return list(reversed(list(enumerate(found, start=1))))


def shown(ctx: Ctx, found: list[PaymentView], page: int) -> Screen:
    """Return a page of payments."""
    buy = CommandButton(command="buy").key("Buy reads")
    if not found:
        text = lines(bold(ctx.t("You have paid nothing yet.")), ctx.t("/buy shows what there is."))
        return Screen(text, [[buy, HOME]])
    last = (len(found) - 1) // PAGE
    page = max(0, min(page, last))
    entries = newest(found)[page * PAGE : (page + 1) * PAGE]
    text = lines(
        bold(ctx.n("{n} payment", "{n} payments", len(found))),
        *(numbered(ctx, n, view) for n, view in entries),
    )
    rows: list[list[Item]] = [
        [
            Receipt(mark=mark_of(view.payment.charge)).key("Receipt {n}", n=n)
            for n, view in entries[at : at + 3]
        ]
        for at in range(0, len(entries), 3)
    ]
    turns: list[Item] = []
    if page:
        turns.append(Turn(page=page - 1).key("‹ Newer"))
    if page < last:
        turns.append(Turn(page=page + 1).key("Older ›"))
    return Screen(text, [*rows, turns, [buy, HOME]])


def numbered(ctx: Ctx, n: int, view: PaymentView) -> Rich:
    """Return a payment in the list, with the number that its button has."""
    what = ctx.t("{n}. {what}", n=n, what=line(ctx, view.payment))
    return lines("", what, state(ctx, view.state))


def card(ctx: Ctx, view: PaymentView) -> Screen:
    """Return one payment with its receipt, and what can be done about it."""
    payment = view.payment
    text = lines(
        bold(line(ctx, payment)),
        state(ctx, view.state),
        ctx.t("For client number {client}", client=str(payment.client)) if payment.client else None,
        ctx.t("Receipt: {id}", id=payment.charge),
        helper(ctx),
    )
    acts: list[Item] = [Copy("Copy the receipt", payment.charge)]
    if view.state in REFUNDABLE:
        acts.append(AskRefund(mark=mark_of(payment.charge)).key("Ask for a refund"))
    return Screen(text, [acts, [CommandButton(command="payments").key("‹ Payments"), HOME]])
