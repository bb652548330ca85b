"""What was paid for a client, on the cards of accounts and clients; /billing tx has all of it."""

from sapp_bot import CommandButton, Ctx, Item, Rich, lines
from sapp_bot.services import Billing, PaymentState, PaymentView

NEWEST = 3
"""Payments that a card shows."""

GIVEN_BACK = frozenset({PaymentState.REFUNDED, PaymentState.REVERSED})


async def orders_of(billing: Billing, client: int | None) -> list[PaymentView]:
    """List the payments for a client, the newest first; none without a client, or a ledger.

    Raises:
        StoreAway: Redis does not answer.

    """
    if client is None or not billing.has_ledger:
        return []
    return await billing.ledger.receipts.of_client(client)


def orders_lines(ctx: Ctx, billing: Billing, orders: list[PaymentView]) -> Rich | None:
    """Return what was paid, and the newest payments; None where nothing is sold."""
    if not billing.has_ledger:
        return None
    if not orders:
        return ctx.t("Orders: none was paid.")
    back = sum(view.state in GIVEN_BACK for view in orders)
    return lines(
        ctx.n(
            "Orders: {n} was paid, {stars} ⭐ in all.",
            "Orders: {n} were paid, {stars} ⭐ in all.",
            len(orders),
            stars=sum(view.payment.stars for view in orders),
        ),
        ctx.n("{n} of them was given back.", "{n} of them were given back.", back)
        if back
        else None,
        *(
            ctx.n(
                "– {n} read for {stars} ⭐, {at}",
                "– {n} reads for {stars} ⭐, {at}",
                view.payment.reads,
                stars=view.payment.stars,
                at=view.payment.at,
            )
            for view in orders[:NEWEST]
        ),
    )


def orders_row(orders: list[PaymentView]) -> list[Item]:
    """Return the button that lists all payments for a client; none where there are none."""
    if not orders:
        return []
    client = orders[0].payment.client
    return [CommandButton(command="billing", words=f"tx {client}").key("Its payments")]
