"""What the ledger has to say, in words: to who paid, and to the operators."""

from __future__ import annotations

from sapp_bot import CommandButton, Ctx, Item, LedgerNotice, Rich, lines
from sapp_bot.services import (
    DeliveryHold,
    HoldEnded,
    HoldLasts,
    HoldReason,
    LedgerFoundLost,
    LedgerResumes,
    LedgerStalls,
    Payment,
    PaymentHeld,
    PaymentLacks,
    PaymentReversed,
    PaymentSeen,
    PaymentsUnplaced,
    PaymentUndeliverable,
    ReadsAdded,
    RefundBegun,
    RefundFailed,
    StarsReturned,
)

from .lacking import give_reads
from .plugin import mark_of, plugin
from .refunding import OfferRefund, RefundNow
from .rows import adopt_row, desk_row, strays_row, to_payments
from .words import (
    HELD,
    after_sale,
    helper,
    joined,
    line,
    reads,
    reason,
    receipt_line,
    stars,
    whose,
)


@plugin.notice
async def tell(ctx: Ctx, notice: LedgerNotice) -> None:
    """Tell who paid, and the operators where they have to act."""
    payment = getattr(notice, "payment", None)
    if isinstance(payment, Payment) and payment.user:
        there = await ctx.to(payment.user)
        text = to_person(there, notice)
        if text is not None:
            await there.say(text, rows=after_sale())
    for operator in sorted(ctx.settings.admins):
        there = await ctx.to(operator)
        text = to_operator(there, notice)
        if text is not None:
            await there.say(text, rows=[*acts_on(notice), desk_row()])


def acts_on(notice: LedgerNotice) -> list[list[Item]]:
    """Return the buttons by which operators act on what they are told."""
    rows: list[list[Item]]
    match notice:
        case PaymentUndeliverable(payment):
            client, mark = payment.client, mark_of(payment.charge)
            rows = [[RefundNow(client=client, mark=mark).key("Refund now", style="danger")]]
        case RefundFailed(payment):
            client, mark = payment.client, mark_of(payment.charge)
            rows = [[OfferRefund(client=client, mark=mark).key("Refund it…")]]
        case PaymentLacks(payment):
            client, mark = payment.client, mark_of(payment.charge)
            give = give_reads(client, payment.charge).key("Give the reads", style="primary")
            rows = [[give], [OfferRefund(client=client, mark=mark).key("Refund it…")]]
        case PaymentReversed(payment):
            client, rows = payment.client, []
        case PaymentsUnplaced():
            return [strays_row()]
        case HoldLasts(hold) | HoldEnded(hold):
            client, rows = hold.client, fixes(hold) if isinstance(notice, HoldLasts) else []
        case LedgerFoundLost():
            return [adopt_row()]
        case _:
            return []
    return [*rows, to_payments(client)]


def fixes(hold: DeliveryHold) -> list[list[Item]]:
    """Return the button that leads to the end of a hold which only an operator can end."""
    if hold.reason is not HoldReason.DRIFT:
        return []
    look = CommandButton(command="billing", words=f"fix {hold.client}")
    return [[look.key("Look at the numbers…")]]


def to_person(there: Ctx, notice: LedgerNotice) -> Rich | None:
    """Return what who paid hears; None for what is no business of theirs."""
    match notice:
        case PaymentSeen(payment):
            text = there.t("Payment received. Your reads are being added.")
            return joined(text, line(there, payment), receipt_line(there, payment))
        case PaymentHeld(payment, held):
            text = there.t("Your payment is safe.")
            follow = there.t(HELD.get(held, HELD[HoldReason.API_AWAY]))
            return joined(text, follow, line(there, payment), receipt_line(there, payment))
        case ReadsAdded(payment, left):
            text = there.t(
                "Done: +{reads}. Left: {left}.", reads=reads(there, payment.reads), left=left
            )
            return joined(text, receipt_line(there, payment))
        case PaymentLacks(payment):
            text = there.t("Your payment has come while I had lost my list of payments.")
            follow = there.t(
                "Its reads are not there yet: an operator adds them, or returns your Stars, and "
                "you hear of it."
            )
            return joined(text, follow, line(there, payment), receipt_line(there, payment))
        case PaymentUndeliverable(payment):
            text = there.t("We could not deliver what you paid for; your Stars are going back.")
            why = there.t("The API client is not there any more, or the order is not one of ours.")
            return joined(text, why, line(there, payment), receipt_line(there, payment))
        case _:
            return about_refund(there, notice)


def about_refund(there: Ctx, notice: LedgerNotice) -> Rich | None:
    """Return what who paid hears of Stars that go back."""
    match notice:
        case RefundBegun(payment, is_put_off):
            text = there.t("Refund in progress: the reads are being taken back.")
            stars_follow = (
                there.t("Telegram cannot return the Stars just now; they follow by themselves.")
                if is_put_off
                else there.t("Your Stars follow at once.")
            )
            return joined(text, stars_follow, receipt_line(there, payment))
        case StarsReturned(payment):
            text = there.t("{stars} returned.", stars=stars(there, payment.stars))
            return joined(text, receipt_line(there, payment))
        case RefundFailed(payment, is_restored=True):
            text = there.t("Telegram refuses this refund, so your reads are back.")
            return joined(text, helper(there), receipt_line(there, payment))
        case RefundFailed(payment):
            text = there.t("Telegram refuses to return your Stars; an operator looks at it.")
            return joined(text, helper(there), receipt_line(there, payment))
        case PaymentReversed(payment, taken):
            text = there.t(
                "This payment was reversed; {reads} were removed.",
                reads=reads(there, payment.reads if taken is None else taken),
            )
            others = (
                there.t("The others of the pack were not there any more; you owe nothing for them.")
                if taken is not None and taken < payment.reads
                else None
            )
            return joined(text, others, line(there, payment), receipt_line(there, payment))
        case _:
            return None


def to_operator(there: Ctx, notice: LedgerNotice) -> Rich | None:
    """Return what operators hear; None for what goes its way without them."""
    match notice:
        case HoldLasts(hold, clients):
            return about_hold(there, hold, clients)
        case HoldEnded(hold, clients):
            return about_end(there, hold, clients)
        case LedgerStalls() | LedgerResumes():
            return about_stall(there, notice)
        case PaymentsUnplaced(n):
            return lines(
                there.n(
                    "⚠ {n} payment is of no order that I know.",
                    "⚠ {n} payments are of no order that I know.",
                    n,
                ),
                there.t("They may be delivered long ago: look before you return them."),
            )
        case LedgerFoundLost():
            return lines(
                there.t("⚠ Redis has lost the ledger of payments: nothing is sold or credited."),
                there.t("Restore a backup: python -m sapp_bot ledger restore FILE."),
                there.t("If there is none: /billing adopt takes over what Telegram knows."),
            )
        case _:
            return about_payment(there, notice)


def about_payment(there: Ctx, notice: LedgerNotice) -> Rich | None:
    """Return what operators hear of one payment."""
    match notice:
        case PaymentUndeliverable(payment):
            text = there.t("⚠ A payment cannot be delivered; the Stars go back in 10 minutes.")
        case PaymentReversed(payment, taken) if taken is not None and taken < payment.reads:
            text = there.t(
                "⚠ A chargeback, or a refund made elsewhere: {reads} were removed, the others "
                "of the pack were not there any more.",
                reads=reads(there, taken),
            )
        case PaymentReversed(payment):
            text = there.t("⚠ A chargeback, or a refund made elsewhere: the reads were removed.")
        case PaymentLacks(payment, missing):
            text = there.t(
                "⚠ A payment lacks {reads}: it was made while Redis had lost the ledger.",
                reads=reads(there, missing),
            )
        case RefundFailed(payment, is_restored=False):
            text = there.t("⚠ Telegram refuses a refund that is due: look at it.")
        case _:
            return None
    return joined(text, line(there, payment), whose(there, payment))


def about_hold(there: Ctx, hold: DeliveryHold, clients: int) -> Rich:
    """Return what operators hear of reads, or Stars, that do not get on; `clients` wait for it."""
    return joined(
        there.t("⚠ Stars that are to go back are held: client {client}.", client=hold.client)
        if hold.reason.is_of_refund
        else there.t("⚠ Reads that were paid for are held: client {client}.", client=hold.client),
        there.n("With it waits {n} more client.", "With it wait {n} more clients.", clients - 1)
        if clients > 1
        else None,
        there.t("Why: {reason}.", reason=reason(there, hold.reason)),
        there.t("Since {since}, tries: {n}.", since=hold.since, n=hold.tries),
    )


def about_end(there: Ctx, hold: DeliveryHold, clients: int) -> Rich:
    """Return what operators hear when what was held gets on; nobody has seen its end yet."""
    if clients > 1:
        return there.n(
            "✅ What was held of {n} client gets on again.",
            "✅ What was held of {n} clients gets on again.",
            clients,
        )
    if hold.reason.is_of_refund:
        text = "✅ Client {client}: the refund that was held gets on again."
        return there.t(text, client=hold.client)
    return there.t("✅ Client {client}: what was held gets on again.", client=hold.client)


def about_stall(there: Ctx, notice: LedgerStalls | LedgerResumes) -> Rich:
    """Return what operators hear of a ledger that does not get on, and of the end of that."""
    if isinstance(notice, LedgerResumes):
        return there.t("✅ The ledger of payments gets on again.")
    return joined(
        there.t("⚠ The ledger of payments does not get on; while it opens nothing is sold."),
        there.t("Why: {reason}.", reason=reason(there, notice.reason)),
        there.t("Since {since}; it is tried again by itself.", since=notice.since),
    )
