"""Words that several screens share: prices, states, and the way to a person who can help."""

from __future__ import annotations

from sapp_bot import CommandButton, Ctx, Item, Rich, bold, code, lines
from sapp_bot.services import HoldReason, MissingPart, Pack, Payment, PaymentState

from .plugin import HOME

RECEIPT_CHARACTERS = 12
"""Of a charge id, as it stands in a message; the whole stands on the receipt."""


def reads(ctx: Ctx, n: int) -> Rich:
    """Return a number of reads in words."""
    return ctx.n("{n} read", "{n} reads", n)


def stars(ctx: Ctx, n: int) -> Rich:
    """Return a number of Stars in words."""
    return ctx.n("{n} Star", "{n} Stars", n)


def price(ctx: Ctx, pack: Pack) -> Rich:
    """Return a pack's line in the list: reads, price, and what a thousand of them cost."""
    return ctx.t(
        "{reads} for {stars}: {rate} ⭐ per 1,000 reads",
        reads=bold(reads(ctx, pack.reads)),
        stars=stars(ctx, pack.stars),
        rate=f"{pack.per_thousand:.4g}",
    )


def short(charge: str) -> Rich:
    """Return a receipt's number as it stands in a message."""
    return code(charge if len(charge) <= RECEIPT_CHARACTERS else f"{charge[:RECEIPT_CHARACTERS]}…")


def whose(ctx: Ctx, payment: Payment) -> Rich:
    """Return for operators whose a payment is, with its whole receipt: they type it."""
    charge = code(payment.charge)
    if not payment.client:
        return ctx.t("For no client, {id}", id=charge)
    return ctx.t("Client {client}, {id}", client=payment.client, id=charge)


def typed_receipt(text: str) -> str:
    """Return a receipt, or its begin as `short` prints it, without the sign that it is cut."""
    return text.strip().removesuffix("…").rstrip(".")


def line(ctx: Ctx, payment: Payment) -> Rich:
    """Return what was bought, for how much, and when."""
    return ctx.t(
        "{reads} for {stars}, {at}",
        reads=reads(ctx, payment.reads),
        stars=stars(ctx, payment.stars),
        at=payment.at,
    )


STATES = {
    PaymentState.SEEN: "🕓 the reads are being added",
    PaymentState.APPLIED: "✅ done",
    PaymentState.SETTLED: "✅ done",
    PaymentState.ADOPTED: "✅ done",
    PaymentState.LACKING: "⚠ the reads are missing, an operator adds them or returns the Stars",
    PaymentState.UNPLACED: "⚠ no order of this bot explains it, an operator looks at it",
    PaymentState.REFUND_DUE: "⚠ could not be delivered, the Stars are going back",
    PaymentState.REFUNDING: "🕓 refund in progress",
    PaymentState.REFUND_REFUSED: "⚠ could not be delivered, an operator looks at it",
    PaymentState.REFUNDED: "↩ refunded",
    PaymentState.REVERSED: "↩ reversed",
}
"""What became of a payment, in a few words."""


REFUNDABLE = frozenset({PaymentState.SEEN, PaymentState.APPLIED, PaymentState.SETTLED})
"""What a refund can still be begun of."""


def state(ctx: Ctx, found: PaymentState) -> Rich:
    """Return what became of a payment, in a few words."""
    return ctx.t(STATES[found])


REASONS = {
    HoldReason.API_AWAY: "the API or its database does not answer",
    HoldReason.API_REFUSES: "the API does not take the login of SAPP_ADMIN_EMAIL",
    HoldReason.DRIFT: "the client has a number of reads that nobody can explain",
    HoldReason.LIMIT: "it would be more reads than can be counted",
    HoldReason.STORE_AWAY: "Redis does not answer",
    HoldReason.TELEGRAM_AWAY: "Telegram does not answer",
    HoldReason.STARS_SHORT: "a refund waits: the bot has too few Stars for it",
    HoldReason.REFUND_WAITS: "a refund waits: Telegram does not answer",
}
"""Why reads are not delivered yet, for operators."""


HELD = {
    HoldReason.API_AWAY: "The SAPP service cannot be reached; the reads follow by themselves.",
    HoldReason.API_REFUSES: "The SAPP service does not let me in; the reads follow by themselves.",
    HoldReason.DRIFT: (
        "Somebody has changed your client's reads; an operator looks at that first, then yours "
        "follow."
    ),
    HoldReason.LIMIT: (
        "Your client would have more reads than can be counted; an operator looks at that."
    ),
    HoldReason.STORE_AWAY: "My memory does not answer; the reads follow by themselves.",
    HoldReason.TELEGRAM_AWAY: "Telegram does not answer; the reads follow by themselves.",
}
"""Why reads are not delivered yet, for who has paid."""


def reason(ctx: Ctx, found: HoldReason) -> Rich:
    """Return why reads are not delivered yet, for operators."""
    return ctx.t(REASONS[found])


def lacking(ctx: Ctx, part: MissingPart) -> Rich:
    """Return what Stars cannot be sold without here, for operators."""
    return ctx.t("– {what}", what=ctx.t(part.value))


def helper(ctx: Ctx) -> Rich | None:
    """Return whom people can ask; None where the operator has named nobody."""
    support = ctx.settings.support
    return ctx.t("Help with payments: {support}", support=support) if support else None


def after_sale() -> list[list[Item]]:
    """Return the buttons under what is said about a payment."""
    return [
        [
            CommandButton(command="client").key("My client"),
            CommandButton(command="payments").key("Payments"),
        ],
        [CommandButton(command="paysupport").key("Help with payments"), HOME],
    ]


def receipt_line(ctx: Ctx, payment: Payment) -> Rich:
    """Return the line with a receipt's number, cut as in `short`."""
    return ctx.t("Receipt: {id}", id=short(payment.charge))


def joined(*parts: Rich | str | None) -> Rich:
    """Return lines, with the first one bold."""
    first, *rest = parts
    return lines(bold(first) if first is not None else None, *rest)
