"""Refunds by operators: one payment, found by its receipt or by a button, shown and then returned.

A refund needs no plan of its own: the ledger begins each once, however often it is asked for.
"""

from __future__ import annotations

from sapp_bot import Button, Ctx, Item, Screen, UserError
from sapp_bot.services import AuditLog, Auth, Billing, PaymentState, PaymentView, Session

from .acts import check_administrator, yes_or_no
from .plugin import mark_of, plugin
from .rows import desk_row, to_payments
from .words import REFUNDABLE, joined, line, state, whose

NO_PAYMENT = "There is no such payment. /billing tx and a client's number lists theirs."

OPERATORS_REFUND = REFUNDABLE | {
    PaymentState.ADOPTED,
    PaymentState.LACKING,
    PaymentState.REFUND_DUE,
    PaymentState.REFUND_REFUSED,
    PaymentState.UNPLACED,
}
"""What operators can return the Stars of, or try to again."""


class OfferRefund(Button):
    """Shows what the refund of a payment will do. `mark` is its `mark_of`."""

    client: int
    mark: str


class RefundNow(Button):
    """Returns a payment."""

    client: int
    mark: str


def offer_refund(view: PaymentView) -> OfferRefund:
    """Return the button that shows what the refund of a payment will do."""
    return OfferRefund(client=view.payment.client, mark=mark_of(view.payment.charge))


async def propose_refund(ctx: Ctx, view: PaymentView, *, me: Session | None, auth: Auth) -> None:
    """Show what the refund of a payment will do, with a button that does it.

    Raises:
        UserError: the operator is no administrator of the API.
        SappError: the API could not be asked.

    """
    await check_administrator(auth, me)
    text = joined(
        ctx.t("Refund, whatever was used of it:"),
        line(ctx, view.payment),
        state(ctx, view.state),
        whose(ctx, view.payment),
        ctx.t("What is left of its reads is taken back first; what is used is gone."),
    )
    now = RefundNow(client=view.payment.client, mark=mark_of(view.payment.charge))
    await ctx.show(Screen(text, [yes_or_no(now)]), name="billing")


@plugin.button(role="admin")
async def ask_operator(
    ctx: Ctx, pressed: OfferRefund, *, me: Session | None, auth: Auth, billing: Billing
) -> None:
    """Show what a refund will do, with a button that does it."""
    view = await payment_at(billing, pressed.client, pressed.mark)
    await propose_refund(ctx, view, me=me, auth=auth)


@plugin.button(role="admin")
async def refund_now(
    ctx: Ctx,
    pressed: RefundNow,
    *,
    me: Session | None,
    auth: Auth,
    audit: AuditLog,
    billing: Billing,
) -> None:
    """Begin the refund of a payment."""
    await check_administrator(auth, me)
    view = await payment_at(billing, pressed.client, pressed.mark)
    payment = view.payment
    about = f"{payment.charge}, {payment.reads} reads, {payment.stars} Stars"
    async with audit.act("billing refund", f"client {payment.client}", about):
        await billing.ledger.operator.refund(payment.charge)
    text = joined(
        ctx.t("The refund has begun: reads first, then the Stars."),
        line(ctx, payment),
        whose(ctx, view.payment),
    )
    await ctx.show(Screen(text, [to_payments(payment.client), desk_row()]), name="billing")


async def payment_at(billing: Billing, client: int, mark: str) -> PaymentView:
    """Return a payment for a client by its mark.

    Raises:
        UserError: there is none.

    """
    for view in await billing.ledger.receipts.of_client(client):
        if mark_of(view.payment.charge) == mark:
            return view
    raise no_such_payment()


def no_such_payment() -> UserError:
    """Return what is said of a receipt that nobody knows."""
    return UserError(NO_PAYMENT)


def refund_buttons(found: list[tuple[int, PaymentView]]) -> list[list[Item]]:
    """Return a button for each numbered payment that operators can return."""
    return [
        [offer_refund(view).key("Refund {n}…", n=n)]
        for n, view in found
        if view.state in OPERATORS_REFUND
    ]
