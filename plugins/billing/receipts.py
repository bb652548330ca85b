"""/payments, /paysupport and refunds: a person's own receipts, and what can be done about one."""

from __future__ import annotations

from sapp_bot import (
    Button,
    CommandButton,
    Copy,
    Ctx,
    Item,
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
    Clients,
    NotRefundable,
    PaymentView,
    SappError,
    Session,
)

from .acts import Confirm, desk_row, plan
from .plugin import HOME, Buyer, PlannedAct, RefundWish, payments_of, plugin
from .words import REFUNDABLE, after_sale, helper, joined, line, reads, receipt, short, stars, state

PAGE = 5
"""Payments of one page."""


class Turn(Button):
    """Shows a page of the payments; the newest are on page 0."""

    page: int


class Receipt(Button):
    """Shows one payment, by its number: 1 is a person's first."""

    number: int


class AskRefund(Button):
    """Asks whether a payment is to be returned."""

    number: int


class DoRefund(Button):
    """Returns a payment."""

    number: int


@plugin.command(private=True)
async def payments(
    ctx: Ctx, me: Session | None, *, billing: Billing, clients: Clients, buyers: Store[Buyer]
) -> None:
    """Show your payments and their receipts."""
    found = await mine(ctx, me, billing, clients, buyers)
    await ctx.show(shown(ctx, found, 0), name="payments")


@plugin.button(typed_as="/payments")
async def turn(ctx: Ctx, pressed: Turn, *, billing: Billing, buyers: Store[Buyer]) -> None:
    """Show another page."""
    found = await payments_of(billing, buyers, ctx.person.id)
    await ctx.show(shown(ctx, found, pressed.page), name="payments")


@plugin.button(typed_as="/payments")
async def open_receipt(
    ctx: Ctx, pressed: Receipt, *, billing: Billing, buyers: Store[Buyer]
) -> None:
    """Show one payment."""
    view = await numbered(ctx, billing, buyers, pressed.number)
    await ctx.show(card(ctx, view, pressed.number), name="payments")


@plugin.command(private=True)
async def paysupport(
    ctx: Ctx, me: Session | None, *, billing: Billing, clients: Clients, buyers: Store[Buyer]
) -> None:
    """Get help with a payment, or your Stars back."""
    found = await mine(ctx, me, billing, clients, buyers)
    rows = [
        [Receipt(number=n).key("{what}", what=line(ctx, view.payment))]
        for n, view in newest(found)[:PAGE]
    ]
    text = lines(
        bold(ctx.t("Help with payments")),
        ctx.t("Choose a payment to see what became of it, or to ask for your Stars.")
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
async def ask_refund(
    ctx: Ctx, pressed: AskRefund, *, billing: Billing, buyers: Store[Buyer]
) -> None:
    """Say what a refund does, and ask for a yes."""
    view = await numbered(ctx, billing, buyers, pressed.number)
    text = lines(
        bold(
            ctx.t(
                "Give back {reads} and get {stars}?",
                reads=reads(ctx, view.payment.reads),
                stars=stars(ctx, view.payment.stars),
            )
        ),
        ctx.t("The reads go first, then the Stars come back. It cannot be undone."),
        receipt(ctx, view.payment),
    )
    yes = DoRefund(number=pressed.number).key("Yes, refund", style="danger")
    no = Receipt(number=pressed.number).key("No, keep the reads")
    await ctx.show(Screen(text, [[yes], [no]]), name="payments")


@plugin.button(typed_as="/paysupport")
async def do_refund(
    ctx: Ctx,
    pressed: DoRefund,
    *,
    billing: Billing,
    buyers: Store[Buyer],
    wishes: Store[RefundWish],
    planned: Store[PlannedAct],
) -> None:
    """Begin a refund, or hand it on to the operators."""
    view = await numbered(ctx, billing, buyers, pressed.number)
    charge = view.payment.charge
    try:
        outcome = await billing.ledger.ask_refund(charge, user=ctx.person.id)
    except NotRefundable as error:
        raise NotRefundable(reply=error.reply) from None
    if outcome is AskedRefund.BEGUN:
        text = joined(ctx.t("Your refund has begun."), receipt(ctx, view.payment))
        await ctx.show(Screen(text, after_sale()), name="payments")
        return
    is_new = await wishes.get(charge) is None
    if is_new:
        await wishes.set(charge, RefundWish())
        for operator in sorted(ctx.settings.admins):
            there = await ctx.to(operator)
            token = await plan(planned, PlannedAct(kind="refund", charge=charge))
            act = Confirm(token=token).key("Refund", style="danger")
            await there.say(wish(there, view), rows=[[act], desk_row()])
    told = ctx.t("The operators are told, and decide.") if ctx.settings.admins else None
    text = joined(
        ctx.t("Some reads of this pack are used, so it is not refunded by itself."),
        told,
        helper(ctx),
        receipt(ctx, view.payment),
    )
    await ctx.show(Screen(text, after_sale()), name="payments")


def wish(there: Ctx, view: PaymentView) -> Rich:
    """Return what operators hear of a refund that they decide."""
    return joined(
        there.t("Somebody asks for a refund; some reads of the pack are used."),
        line(there, view.payment),
        there.t("Client {client}, {id}", client=view.payment.client, id=short(view.payment.charge)),
    )


async def mine(
    ctx: Ctx, me: Session | None, billing: Billing, clients: Clients, buyers: Store[Buyer]
) -> list[PaymentView]:
    """List a person's payments, those for their present client too, if the API names it."""
    if not billing.has_ledger:
        return []
    found = await payments_of(billing, buyers, ctx.person.id)
    if found or me is None:
        return found
    try:
        client = await clients.mine(me)
    except SappError:
        return []
    return await payments_of(billing, buyers, ctx.person.id, client=client.id)


async def numbered(ctx: Ctx, billing: Billing, buyers: Store[Buyer], number: int) -> PaymentView:
    """Return one of a person's payments.

    Raises:
        UserError: there is none of this number.

    """
    found = await payments_of(billing, buyers, ctx.person.id)
    if not 1 <= number <= len(found):
        raise UserError("I do not find this payment any more. /payments shows yours.")
    return found[number - 1]


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
        *(lines("", line(ctx, view.payment), state(ctx, view.state)) for _, view in entries),
    )
    rows: list[list[Item]] = [
        [Receipt(number=n).key("Receipt {n}", n=n) for n, _ in entries[at : at + 3]]
        for at in range(0, len(entries), 3)
    ]
    turns: list[Item] = []
    if page:
        turns.append(Turn(page=page - 1).key("‹ Newer"))
    if page < last:
        turns.append(Turn(page=page + 1).key("Older ›"))
    return Screen(text, [*rows, turns, [buy, HOME]])


def card(ctx: Ctx, view: PaymentView, number: int) -> Screen:
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
        acts.append(AskRefund(number=number).key("Ask for a refund"))
    return Screen(text, [acts, [CommandButton(command="payments").key("‹ Payments"), HOME]])
