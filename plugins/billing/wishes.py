"""Wishes for a refund that operators decide: handed on to them, and their no with its words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import BaseModel

from sapp_bot import Button, Ctx, Form, Item, Rich, Screen, Store, UserError, ask, quote
from sapp_bot.services import AskedRefund, AuditLog, Billing, PaymentView

from .plugin import mark_of, plugin
from .refunding import NO_PAYMENT, OPERATORS_REFUND, RefundNow, payment_at
from .rows import TO_DESK, desk_row, to_payments
from .words import after_sale, helper, joined, line, receipt_line, typed_receipt, whose

WISH_LIVES = timedelta(days=1)
"""How long a wish, or the no to it, stands: then it can be told anew."""


class RefundWish(BaseModel):
    """A refund that operators decide, by charge. `no` is what one has answered, "" for nothing."""

    schema_version: ClassVar[int] = 2

    until: datetime
    no: str = ""


class SayNo(Button):
    """Asks an operator for the words of a no."""

    client: int
    mark: str


class Refusal(Form):
    """The no to a wish."""

    receipt: str = ask("Which payment? Write its receipt, or the beginning of it.", max_length=256)
    words: str = ask(
        "What shall I tell them? Write why the Stars do not go back.", min_length=2, max_length=1000
    )


SEVERAL = "Several receipts begin so. Please write more of it."

WHY_NOT = {
    AskedRefund.USED: "Some reads of this pack are used, so it is not refunded by itself.",
    AskedRefund.CLIENT_GONE: (
        "The API client of this pack is deleted, so nobody can see whether its reads were used."
    ),
}
"""Why a refund is not done by itself, for the person."""

WISHES = {
    AskedRefund.USED: "Somebody asks for a refund; some reads of the pack are used.",
    AskedRefund.CLIENT_GONE: "Somebody asks for a refund; the API client is deleted.",
}
"""What operators hear of it."""


async def hand_on(
    ctx: Ctx, view: PaymentView, outcome: AskedRefund, wishes: Store[RefundWish]
) -> Rich:
    """Hand a wish on to the operators, once a day; return what the person hears."""
    charge = view.payment.charge
    known = await wishes.get(charge)
    if known is None and ctx.settings.admins:
        until = ctx.now + WISH_LIVES
        await wishes.set(charge, RefundWish(until=until), ttl_s=WISH_LIVES.total_seconds())
        for operator in sorted(ctx.settings.admins):
            there = await ctx.to(operator)
            await there.say(wish(there, view, outcome), rows=[decision(view), desk_row()])
    return joined(
        ctx.t(WHY_NOT[outcome]),
        *(answer(ctx, known) if ctx.settings.admins else ()),
        helper(ctx),
        receipt_line(ctx, view.payment),
    )


def answer(ctx: Ctx, known: RefundWish | None) -> list[Rich]:
    """Return how a wish stands."""
    if known is None:
        return [ctx.t("The operators are told, and decide.")]
    left_s = max(60.0, (known.until - ctx.now).total_seconds())
    again = ctx.t("You can ask again {when}.", when=ctx.ahead(left_s))
    if known.no:
        return [ctx.t("An operator has answered no:"), quote(known.no), again]
    return [ctx.t("The operators were told already, and decide."), again]


def wish(there: Ctx, view: PaymentView, outcome: AskedRefund) -> Rich:
    """Return what operators hear of a wish."""
    return joined(there.t(WISHES[outcome]), line(there, view.payment), whose(there, view.payment))


def decision(view: PaymentView) -> list[Item]:
    """Return the buttons of a yes and a no."""
    about = {"client": view.payment.client, "mark": mark_of(view.payment.charge)}
    return [
        RefundNow(**about).key("Refund", style="danger"),
        SayNo(**about).key("Say no…"),
    ]


@plugin.button(role="admin")
async def say_no(ctx: Ctx, pressed: SayNo, billing: Billing) -> None:
    """Ask for the words of a no."""
    view = await payment_at(billing, pressed.client, pressed.mark)
    check_undecided(view)
    ctx.start(refuse_refund, receipt=view.payment.charge)


@plugin.command(role="admin", private=True, hidden=True)
async def refuse_refund(
    ctx: Ctx, form: Refusal, *, audit: AuditLog, billing: Billing, wishes: Store[RefundWish]
) -> None:
    """Answer a wish for a refund with a no, and say why."""
    found = await billing.ledger.receipts.starting_with(typed_receipt(form.receipt), most=2)
    if len(found) != 1:
        ctx.ask_again("receipt", NO_PAYMENT if not found else SEVERAL)
        return
    view = found[0]
    payment = view.payment
    check_undecided(view)
    if not payment.user:
        raise UserError("Nobody can tell any more who has paid this.").offer(TO_DESK)
    async with audit.act("billing refuse", f"client {payment.client}", payment.charge):
        no = RefundWish(until=ctx.now + WISH_LIVES, no=form.words)
        await wishes.set(payment.charge, no, ttl_s=WISH_LIVES.total_seconds())
    there = await ctx.to(payment.user)
    text = joined(
        there.t("An operator has looked at your wish for a refund, and the answer is no."),
        line(there, payment),
        quote(form.words),
        helper(there),
        receipt_line(there, payment),
    )
    await there.say(text, rows=after_sale())
    done = joined(
        ctx.t("They are told:"), quote(form.words), line(ctx, payment), whose(ctx, payment)
    )
    await ctx.show(Screen(done, [to_payments(payment.client), desk_row()]), name="billing")


def check_undecided(view: PaymentView) -> None:
    """Refuse a no to what goes back already.

    Raises:
        UserError: so.

    """
    if view.state not in OPERATORS_REFUND:
        raise UserError("The Stars of this payment go back, or are back, already.").offer(TO_DESK)
