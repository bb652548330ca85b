"""Payments of the time in which Redis had lost the ledger: who lacks reads, and what to do."""

from __future__ import annotations

from sapp_bot import Button, Ctx, Item, Rich, Screen, bold, lines
from sapp_bot.services import AuditLog, Auth, Billing, PaymentView, Session

from .acts import check_administrator
from .plugin import mark_of, plugin
from .refunding import offer_refund, payment_at
from .rows import desk_row, to_payments
from .words import joined, line, reads, state, whose

MOST_SHOWN = 10
"""Payments of one message; when some are done the others follow."""


class GiveReads(Button):
    """Gives the reads that a payment lacks. `mark` is its `mark_of`."""

    client: int
    mark: str


def give_reads(client: int, charge: str) -> GiveReads:
    """Return the button that gives the reads which a payment lacks."""
    return GiveReads(client=client, mark=mark_of(charge))


async def who_lacks(ctx: Ctx, billing: Billing) -> Screen:
    """Return the payments whose reads are missing, the oldest first, with two buttons for each."""
    found = await billing.ledger.operator.lacking()
    if not found:
        return Screen(ctx.t("Nobody lacks reads that were paid for."), [desk_row()])
    numbered = list(enumerate(found[:MOST_SHOWN], start=1))
    text = lines(
        bold(ctx.n("{n} payment lacks reads", "{n} payments lack reads", len(found))),
        *(lacking_entry(ctx, n, view) for n, view in numbered),
    )
    rows: list[list[Item]] = [
        [
            give_reads(view.payment.client, view.payment.charge).key("Give {n}", n=n),
            offer_refund(view).key("Refund {n}…", n=n),
        ]
        for n, view in numbered
    ]
    return Screen(text, [*rows, desk_row()])


def lacking_entry(ctx: Ctx, n: int, view: PaymentView) -> Rich:
    """Return a payment whose reads are missing, with its client and receipt."""
    what = ctx.t("{n}. {what}", n=n, what=line(ctx, view.payment))
    missing = ctx.t("It lacks {reads}.", reads=reads(ctx, view.lacks))
    return lines("", what, missing, whose(ctx, view.payment))


@plugin.button(role="admin")
async def give(
    ctx: Ctx,
    pressed: GiveReads,
    *,
    me: Session | None,
    auth: Auth,
    audit: AuditLog,
    billing: Billing,
) -> None:
    """Give the reads that a payment lacks; once, however often it is pressed."""
    await check_administrator(auth, me)
    view = await payment_at(billing, pressed.client, pressed.mark)
    payment = view.payment
    about = f"{payment.charge}, +{view.lacks} reads"
    async with audit.act("billing grant", f"client {payment.client}", about) as entry:
        then = await billing.ledger.operator.give_lacking(payment.charge)
        entry.tell(f"now {then}")
    after = await payment_at(billing, pressed.client, pressed.mark)
    text = joined(
        ctx.t("Done. Client {client} has {n} in all.", client=payment.client, n=then),
        line(ctx, payment),
        state(ctx, after.state),
        whose(ctx, payment),
    )
    await ctx.show(Screen(text, [to_payments(payment.client), desk_row()]), name="billing")
