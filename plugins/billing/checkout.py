"""The moments of money: may it be paid, it was paid, it went back. The ledger decides."""

from __future__ import annotations

from sapp_bot import (
    AcceptPayment,
    Ctx,
    DeclinePayment,
    PaymentReceived,
    PaymentRefunded,
    PreCheckoutAnswer,
    PreCheckoutQuery,
)
from sapp_bot.services import Billing, CheckoutRefusal

from .plugin import plugin

WHY = {
    CheckoutRefusal.PAUSED: (
        "Payments are paused for a moment. Nothing was charged, try again later."
    ),
    CheckoutRefusal.UNKNOWN_ORDER: (
        "This invoice has expired. Nothing was charged; /buy makes a new one."
    ),
    CheckoutRefusal.OTHER_PERSON: (
        "This invoice is somebody else's. Nothing was charged; /buy makes yours."
    ),
    CheckoutRefusal.WRONG_AMOUNT: (
        "The price does not fit. Nothing was charged; /buy makes a new invoice."
    ),
    CheckoutRefusal.ALREADY_PAID: (
        "This invoice is paid. Nothing more was charged; /buy makes a new one."
    ),
    CheckoutRefusal.IN_CHECKOUT: "This invoice is being paid right now. Nothing more was charged.",
    CheckoutRefusal.CLIENT_GONE: (
        "This API client is not there any more. Nothing was charged; see /client."
    ),
    CheckoutRefusal.TOO_MANY_READS: "This client cannot have so many reads. Nothing was charged.",
    CheckoutRefusal.API_AWAY: (
        "The SAPP service does not answer. Nothing was charged, try again later."
    ),
    CheckoutRefusal.IN_DOUBT: (
        "The reads of this client do not add up; an operator looks at it. Nothing was charged."
    ),
    CheckoutRefusal.TOO_SLOW: (
        "The SAPP service does not answer. Nothing was charged, try again later."
    ),
    CheckoutRefusal.NOT_DURABLE: "Payments cannot be kept safe just now. Nothing was charged.",
}
"""Why an invoice cannot be paid, and what to do; Telegram shows it as an alert."""


@plugin.pre_checkout
async def decide(ctx: Ctx, query: PreCheckoutQuery, billing: Billing) -> PreCheckoutAnswer:
    """Let through what can be delivered; everything else costs nobody anything."""
    refusal = await billing.decide(query)
    return AcceptPayment() if refusal is None else DeclinePayment(ctx.t(WHY[refusal]))


@plugin.payment
async def paid(payment: PaymentReceived, billing: Billing) -> None:
    """Book a payment; what there is to say comes from the ledger."""
    await billing.receive(payment)


@plugin.refund
async def refunded(refund: PaymentRefunded, billing: Billing) -> None:
    """Book what went back, whoever has returned it."""
    await billing.receive(refund)
