"""A small shop: an invoice, a decision, payments that are kept, a refund, a report as a file."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from pydantic import BaseModel

from sapp_bot import (
    AcceptPayment,
    Ctx,
    DeclinePayment,
    File,
    PaymentReceived,
    PaymentRefunded,
    Plugin,
    PreCheckoutAnswer,
    PreCheckoutQuery,
    Store,
    UserError,
)
from sapp_bot.services import Session, Stars

plugin = Plugin(version="1.0", locales={"ru": {"Sold out.": "Распродано.", "Tea": "Чай"}})


class Sale(BaseModel):
    """One payment: what was paid, and whether it was returned."""

    stars: int
    payload: str
    is_refunded: bool = False


class Report(File):
    """All sales of a person."""

    lines: tuple[str, ...] = ()
    fault: str = ""


@plugin.command
async def buy(ctx: Ctx, payload: str = "tea", stars: int = 5) -> None:
    """Buy tea."""
    if ctx.settings.mode == "user":
        raise UserError("I sell nothing here.")
    await ctx.invoice(
        "Tea", "A cup of it.", payload=payload.encode(), stars=stars, pay_text="Pay ⭐"
    )


@plugin.pre_checkout
async def may_pay(ctx: Ctx, query: PreCheckoutQuery, session: Session | None) -> PreCheckoutAnswer:
    """Decide by the payload."""
    ctx.log.info("shop.asked", logged_in=session is not None)
    match query.payload.decode():
        case "gone":
            return DeclinePayment("Sold out.")
        case "no":
            raise UserError("Not for you, {name}.", name=ctx.person.name)
        case "raise":
            raise RuntimeError("out of order")
        case "hang":
            await asyncio.Event().wait()
        case "say":
            await ctx.say("Thank you!")
        case "nothing":
            return None  # type: ignore[return-value]  # the fault under test
    return AcceptPayment()


@plugin.payment
async def paid(ctx: Ctx, payment: PaymentReceived, sales: Store[Sale]) -> None:
    """Keep a payment."""
    payload = payment.payload.decode()
    if payload == "late" and not ctx.again:
        raise RuntimeError("not yet")
    if payload == "stuck" and ctx.now - payment.paid_at < timedelta(minutes=5):
        await asyncio.Event().wait()
    await sales.set(payment.charge_id, Sale(stars=payment.stars, payload=payload))
    await ctx.say("Thanks for {n} Stars.", n=payment.stars)


@plugin.refund
async def refunded(ctx: Ctx, refund: PaymentRefunded, sales: Store[Sale]) -> None:
    """Note that a payment went back."""
    sale = await sales.get(refund.charge_id) or Sale(stars=refund.stars, payload="?")
    await sales.set(refund.charge_id, sale.model_copy(update={"is_refunded": True}))
    await ctx.say("{n} Stars are yours again.", n=refund.stars)


@plugin.command
async def back(ctx: Ctx, stars: Stars, charge: str) -> None:
    """Return a payment."""
    result = await stars.refund(ctx.person.id, charge)
    await ctx.say("{outcome} {reason}", outcome=result.outcome, reason=result.reason)


@plugin.command
async def till(ctx: Ctx, stars: Stars) -> None:
    """Show what came and went."""
    page = await stars.transactions(limit=100)
    moved = ", ".join(
        f"{'-' if row.is_refund else '+'}{abs(row.stars)}" for row in page.transactions
    )
    await ctx.say("{balance}: {moved}", balance=await stars.balance(), moved=moved)


@plugin.command
async def sold(ctx: Ctx, sales: Store[Sale]) -> None:
    """List the sales."""
    found = [sale async for _, sale in sales.all()]
    words = sorted(f"{s.payload} {s.stars}{' back' if s.is_refunded else ''}" for s in found)
    await ctx.say("{sales}", sales=", ".join(words) or "none")


@plugin.file
def report(spec: Report) -> bytes:
    """Write a report as CSV."""
    if spec.fault == "raise":
        raise RuntimeError("no paper")
    if spec.fault == "text":
        return "text"  # type: ignore[return-value]  # the fault under test
    return "\r\n".join(["what,stars", *spec.lines]).encode("utf-8-sig")


@plugin.command
async def csv(ctx: Ctx, fault: str = "") -> None:
    """Send a report."""
    file = Report(filename="report.csv", lines=("tea,5", "чай,7"), fault=fault)
    await ctx.say("Your report:", file=file)
