"""/billing: the operators' side of the ledger."""

from __future__ import annotations

from typing import Literal

from sapp_bot import CommandButton, Ctx, Item, Rich, Screen, Store, UserError, bold, lines
from sapp_bot.services import (
    Auth,
    Billing,
    LedgerMode,
    LedgerStatus,
    PaymentView,
    Session,
    Stars,
    TelegramError,
)

from .acts import Offer, desk_row, plan, propose
from .plugin import PlannedAct, plugin
from .words import REFUNDABLE, lacking, line, reason, state

Action = Literal[
    "status", "tx", "reconcile", "audit", "refund", "grant", "fix", "adopt", "pause", "resume"
]

MOST_SHOWN = 10
"""Holds, payments or clients of one message."""

LARGEST_ID = 2**63 - 1
USAGE = {
    "tx": "/billing tx CLIENT",
    "refund": "/billing refund RECEIPT",
    "grant": "/billing grant CLIENT READS",
    "fix": "/billing fix CLIENT keep|set",
}
"""How the acts are written that need more words; message ids."""


@plugin.command(role="admin", private=True, examples={"/billing": "Payments"})
async def billing(
    ctx: Ctx,
    *,
    me: Session | None,
    auth: Auth,
    billing: Billing,
    stars: Stars,
    planned: Store[PlannedAct],
    action: Action = "status",
    what: str = "",
) -> None:
    """Look after payments: status, tx, reconcile, audit, refund, grant, fix, adopt, pause."""
    words = what.split()
    if not billing.has_ledger:
        await ctx.show(await nothing(ctx, billing), name="billing")
    elif action == "status":
        await ctx.show(await overview(ctx, billing, stars), name="billing")
    elif action == "tx":
        await ctx.show(await payments_of_client(ctx, billing, planned, words), name="desk")
    elif action in {"reconcile", "audit"}:
        await ctx.show(Screen(await look(ctx, billing, action), [desk_row()]), name="desk")
    else:
        act = act_of(ctx, action, words)
        await propose(ctx, act, me=me, auth=auth, billing=billing, planned=planned)


def act_of(ctx: Ctx, action: Action, words: list[str]) -> PlannedAct:
    """Read an act from the words behind it.

    Raises:
        UserError: they do not fit; the text says how it is written.

    """
    match action, words:
        case "refund", [charge]:
            return PlannedAct(kind="refund", charge=charge)
        case "grant", [client, n] if n.removeprefix("-").isdecimal() and int(n):
            return PlannedAct(kind="grant", client=number(client), reads=int(n))
        case "fix", [client, "keep" | "set" as how]:
            return PlannedAct(kind="fix", client=number(client), is_kept=how == "keep")
        case "adopt", []:
            return PlannedAct(kind="adopt")
        case "pause" | "resume", []:
            return PlannedAct(kind="pause", is_on=action == "pause")
    usage = ctx.t(USAGE.get(action, f"/billing {action}"))
    raise UserError("Please write it as: {usage}", usage=usage)


def number(text: str) -> int:
    """Read a client's number.

    Raises:
        UserError: it is none.

    """
    if not text.isdecimal() or not 0 < int(text) <= LARGEST_ID:
        raise UserError("A client is named by its number at the API, as in /billing tx 7.")
    return int(text)


async def look(ctx: Ctx, billing: Billing, action: Action) -> Rich:
    """Return what one of the acts that change nothing has found."""
    operator = billing.ledger.operator
    if action == "reconcile":
        rows = await operator.reconcile()
        return ctx.t("Telegram's list is read; new rows: {n}.", n=rows)
    report = await operator.audit()
    return lines(
        bold(ctx.t("Clients that agree with the ledger: {n}", n=report.agree)),
        ctx.t("They differ, and are worked on: {clients}", clients=listed(report.differ))
        if report.differ
        else None,
        ctx.t("They are gone at the API: {clients}", clients=listed(report.missing))
        if report.missing
        else None,
    )


async def payments_of_client(
    ctx: Ctx, billing: Billing, planned: Store[PlannedAct], words: list[str]
) -> Screen:
    """Return the newest payments for a client, with a button for each that can be refunded.

    Raises:
        UserError: no client is named.

    """
    if len(words) != 1:
        raise UserError("Please write it as: {usage}", usage=ctx.t(USAGE["tx"]))
    found = (await billing.ledger.payments(number(words[0])))[:MOST_SHOWN]
    if not found:
        return Screen(ctx.t("Nothing was paid for this client."), [desk_row()])
    rows: list[list[Item]] = []
    for n, view in enumerate(found, start=1):
        if view.state in REFUNDABLE:
            act = PlannedAct(kind="refund", charge=view.payment.charge)
            rows.append([Offer(token=await plan(planned, act)).key("Refund {n}…", n=n)])
    text = lines(
        bold(ctx.t("Client {client}: the newest payments", client=words[0])),
        *(entry(ctx, n, view) for n, view in enumerate(found, start=1)),
    )
    return Screen(text, [*rows, desk_row()])


def entry(ctx: Ctx, n: int, view: PaymentView) -> Rich:
    """Return a payment in the operators' list, with the whole receipt."""
    what = ctx.t("{n}. {what}", n=n, what=line(ctx, view.payment))
    return lines("", what, state(ctx, view.state), view.payment.charge)


def listed(clients: tuple[int, ...]) -> str:
    """Return the numbers of clients."""
    return ", ".join(map(str, clients[:MOST_SHOWN])) + ("…" if clients[MOST_SHOWN:] else "")


async def overview(ctx: Ctx, billing: Billing, stars: Stars) -> Screen:
    """Return how payments are."""
    status = await billing.ledger.operator.status(billing.ledger.mode)
    missing = await billing.missing()
    text = lines(
        bold(headline(ctx, billing, status)),
        *(lacking(ctx, part) for part in missing),
        await balance(ctx, stars),
        ctx.t(
            "Clients that were paid for: {clients}; worked on or watched: {waiting}.",
            clients=status.clients,
            waiting=status.waiting,
        ),
        *(
            ctx.t("{state}: {n}", state=state(ctx, each), n=n)
            for each, n in sorted(status.states.items(), key=lambda item: item[0].value)
        ),
        *(
            ctx.t(
                "⚠ Client {client} is held: {reason}, since {since}.",
                client=hold.client,
                reason=reason(ctx, hold.reason),
                since=hold.since,
            )
            for hold in status.holds[:MOST_SHOWN]
        ),
        "",
        ctx.t("/billing tx CLIENT, refund RECEIPT, grant CLIENT READS, fix CLIENT keep|set"),
        "/billing reconcile, audit, pause, resume, adopt",
    )
    refresh: list[Item] = [CommandButton(command="billing").key("Refresh"), *desk_row()[1:]]
    return Screen(text, [refresh])


async def balance(ctx: Ctx, stars: Stars) -> Rich:
    """Return the Stars that the bot has."""
    try:
        return ctx.t("The bot has {n} ⭐.", n=await stars.balance())
    except TelegramError:
        return ctx.t("Telegram does not say how many Stars the bot has.")


def headline(ctx: Ctx, billing: Billing, status: LedgerStatus) -> Rich:
    """Return in one line whether payments work."""
    if status.mode is LedgerMode.LOST:
        return ctx.t("Payments: Redis has lost the ledger. Restore a backup, or adopt.")
    if status.mode is LedgerMode.STARTING:
        return ctx.t("Payments: starting, Telegram's list is being read.")
    if status.is_paused:
        return ctx.t("Payments: paused. /billing resume lets people buy again.")
    if billing.mode != "stars":
        return ctx.t("Payments: nothing is sold; what was paid is looked after.")
    return ctx.t("Payments: people can buy.")


async def nothing(ctx: Ctx, billing: Billing) -> Screen:
    """Return why there is no ledger, and what is missing."""
    missing = await billing.missing()
    text = lines(
        bold(ctx.t("Payments: this bot keeps no ledger.")),
        *(lacking(ctx, part) for part in missing),
        ctx.t("It begins with SAPP_ADMIN_EMAIL, SAPP_ADMIN_PASSWORD and SAPP_BILLING_PACKS.")
        if not missing
        else None,
    )
    return Screen(text, [desk_row()[1:]])
