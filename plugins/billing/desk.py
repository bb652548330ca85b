"""/billing: the operators' side of the ledger."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from sapp_bot import CommandButton, Ctx, Item, Rich, Screen, Store, UserError, bold, code, lines
from sapp_bot.services import (
    STRAYS,
    Auth,
    Billing,
    LedgerMode,
    LedgerStatus,
    PaymentState,
    PaymentView,
    Session,
    Stars,
    TelegramError,
)

from .acts import propose
from .fixing import numbers
from .lacking import who_lacks
from .plugin import PlannedAct, plugin
from .refunding import no_such_payment, propose_refund, refund_buttons
from .rows import adopt_row, back_to_desk, desk_row, lacking_row, strays_row, to_payments
from .words import STATES, lacking, line, reason, state, typed_receipt, whose

Action = Literal[
    "status",
    "tx",
    "reconcile",
    "audit",
    "refund",
    "grant",
    "fix",
    "adopt",
    "pause",
    "resume",
    "lacking",
]

MOST_SHOWN = 10
"""Holds, payments or clients of one message."""

LARGEST_ID = 2**63 - 1
USAGE = {
    "tx": "/billing tx CLIENT|RECEIPT",
    "refund": "/billing refund RECEIPT",
    "grant": "/billing grant CLIENT READS",
    "fix": "/billing fix CLIENT [keep|add|set]",
}
"""How the acts are written that need more words; message ids."""


@plugin.command(role="admin", private=True, words=["Billing"], examples={"/billing": "Payments"})
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
    """Look after payments: status, tx, lacking, audit, refund, grant, fix, adopt, pause."""
    words = what.split()
    with back_to_desk():
        if not billing.has_ledger:
            await ctx.show(await nothing(ctx, billing), name="billing")
        elif action == "status" or (action != "adopt" and await billing.ledger.is_lost()):
            await ctx.show(await overview(ctx, billing, stars), name="billing")
        elif action == "tx":
            await ctx.show(await transactions(ctx, billing, words), name="desk")
        elif action == "lacking":
            await ctx.show(await who_lacks(ctx, billing), name="desk")
        elif action == "fix" and len(words) == 1:
            await ctx.show(await numbers(ctx, billing, number(words[0])), name="desk")
        elif action == "refund":
            await refund(ctx, billing, words, me=me, auth=auth)
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
        case "grant", [client, n] if n.removeprefix("-").isdecimal() and int(n):
            return PlannedAct(kind="grant", client=number(client), reads=int(n))
        case "fix", [client, "keep" | "add" | "set" as how]:
            return PlannedAct(
                kind="fix",
                client=number(client),
                is_kept=how != "set",
                adds_returned=how == "add",
            )
        case "adopt", []:
            return PlannedAct(kind="adopt")
        case "pause" | "resume", []:
            return PlannedAct(kind="pause", is_on=action == "pause")
    raise usage(ctx, action)


def usage(ctx: Ctx, action: Action) -> UserError:
    """Return how an act is written."""
    written = ctx.t(USAGE.get(action, f"/billing {action}"))
    return UserError("Please write it as: {usage}", usage=written)


def number(text: str) -> int:
    """Read a client's number.

    Raises:
        UserError: it is none.

    """
    if not text.isdecimal() or not 0 < int(text) <= LARGEST_ID:
        raise UserError("A client is named by its number at the API, as in /billing tx 7.")
    return int(text)


async def refund(
    ctx: Ctx, billing: Billing, words: list[str], *, me: Session | None, auth: Auth
) -> None:
    """Show what the refund of a payment will do, or which payments the receipt may mean.

    Raises:
        UserError: there is no such payment, or the operator is no administrator of the API.
        SappError: the API could not be asked.

    """
    if len(words) != 1:
        raise usage(ctx, "refund")
    found = await named(billing, words[0])
    if len(found) == 1:
        await propose_refund(ctx, found[0], me=me, auth=auth)
    else:
        await ctx.show(several(ctx, found), name="desk")


async def named(billing: Billing, receipt: str) -> list[PaymentView]:
    """Return the payments that the beginning of a receipt may mean.

    Raises:
        UserError: there is none.

    """
    found = await billing.ledger.receipts.starting_with(typed_receipt(receipt), most=MOST_SHOWN)
    if not found:
        raise no_such_payment()
    return found


def several(ctx: Ctx, found: list[PaymentView]) -> Screen:
    """Return the payments that the beginning of a receipt may mean."""
    numbered = list(enumerate(found, start=1))
    text = lines(
        bold(ctx.t("Several receipts begin so:")),
        *(entry(ctx, n, view, is_named=True) for n, view in numbered),
    )
    return Screen(text, [*refund_buttons(numbered), desk_row()])


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


async def transactions(ctx: Ctx, billing: Billing, words: list[str]) -> Screen:
    """Return a page of the payments for a client, or what a receipt names.

    Raises:
        UserError: neither is named, or there is no such payment.

    """
    match words:
        case [client] if client.isdecimal():
            return await client_page(ctx, billing, client, 1)
        case [client, page] if client.isdecimal() and page.isdecimal():
            return await client_page(ctx, billing, client, int(page))
        case [receipt]:
            found = await named(billing, receipt)
            if len(found) > 1:
                return several(ctx, found)
            text = lines(bold(ctx.t("One payment")), entry(ctx, 1, found[0], is_named=True))
            rows = refund_buttons([(1, found[0])])
            return Screen(text, [*rows, to_payments(found[0].payment.client), desk_row()])
    raise usage(ctx, "tx")


async def client_page(ctx: Ctx, billing: Billing, client: str, page: int) -> Screen:
    """Return a page of the payments for a client, the newest on page 1, with a button for each that
    can be refunded. Client 0 are those that belong to no client.
    """
    found = await billing.ledger.receipts.of_client(STRAYS if client == "0" else number(client))
    if not found:
        return Screen(ctx.t("Nothing was paid for this client."), [desk_row()])
    last = -(-len(found) // MOST_SHOWN)
    page = max(1, min(page, last))
    numbered = list(enumerate(found, start=1))[(page - 1) * MOST_SHOWN : page * MOST_SHOWN]
    turns: list[Item] = []
    if page > 1:
        newer = CommandButton(command="billing", words=f"tx {client} {page - 1}")
        turns.append(newer.key("‹ Newer"))
    if page < last:
        older = CommandButton(command="billing", words=f"tx {client} {page + 1}")
        turns.append(older.key("Older ›"))
    text = lines(
        bold(ctx.t("Payments that belong to no client"))
        if client == "0"
        else bold(ctx.t("Client {client}: the newest payments", client=client)),
        *(entry(ctx, n, view) for n, view in numbered),
    )
    return Screen(text, [*refund_buttons(numbered), turns, desk_row()])


def entry(ctx: Ctx, n: int, view: PaymentView, *, is_named: bool = False) -> Rich:
    """Return a payment in the operators' list; `is_named`: with the client that it is for."""
    what = ctx.t("{n}. {what}", n=n, what=line(ctx, view.payment))
    about = whose(ctx, view.payment) if is_named else code(view.payment.charge)
    return lines("", what, state(ctx, view.state), about)


def listed(clients: tuple[int, ...]) -> str:
    """Return the numbers of clients."""
    return ", ".join(map(str, clients[:MOST_SHOWN])) + ("…" if clients[MOST_SHOWN:] else "")


async def overview(ctx: Ctx, billing: Billing, stars: Stars) -> Screen:
    """Return how payments are."""
    is_lost = await billing.ledger.is_lost()
    mode = LedgerMode.LOST if is_lost else billing.ledger.mode
    status = await billing.ledger.operator.status(mode)
    missing = await billing.missing()
    text = lines(
        bold(headline(ctx, billing, status, is_able=not missing)),
        *(lacking(ctx, part) for part in missing),
        await balance(ctx, stars),
        ctx.t(
            "Clients that were paid for: {clients}; worked on or watched: {waiting}.",
            clients=status.clients,
            waiting=status.waiting,
        ),
        *counts(ctx, status),
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
        ctx.t("/billing tx CLIENT, refund RECEIPT, grant CLIENT READS, fix CLIENT"),
        "/billing reconcile, audit, pause, resume, adopt, lacking",
    )
    rows: list[list[Item]] = [adopt_row()] if is_lost else []
    if status.states.get(PaymentState.LACKING):
        rows.append(lacking_row())
    if status.states.get(PaymentState.UNPLACED) or status.states.get(PaymentState.REFUND_REFUSED):
        rows.append(strays_row())
    refresh: list[Item] = [CommandButton(command="billing").key("Refresh"), *desk_row()[1:]]
    return Screen(text, [*rows, refresh])


def counts(ctx: Ctx, status: LedgerStatus) -> list[Rich]:
    """Return how many payments are in each state; those that read the same are one line."""
    found: Counter[str] = Counter()
    for each, n in sorted(status.states.items(), key=lambda item: item[0].value):
        found[STATES[each]] += n
    return [ctx.t("{state}: {n}", state=ctx.t(text), n=n) for text, n in found.items()]


async def balance(ctx: Ctx, stars: Stars) -> Rich:
    """Return the Stars that the bot has."""
    try:
        return ctx.t("The bot has {n} ⭐.", n=await stars.balance())
    except TelegramError:
        return ctx.t("Telegram does not say how many Stars the bot has.")


def headline(ctx: Ctx, billing: Billing, status: LedgerStatus, *, is_able: bool) -> Rich:
    """Return in one line whether payments work; `is_able`: nothing is missing to sell."""
    if status.mode is LedgerMode.LOST:
        return ctx.t("Payments: Redis has lost the ledger. Restore a backup, or adopt.")
    if status.mode is LedgerMode.STARTING:
        return ctx.t("Payments: starting, Telegram's list is being read.")
    if status.is_paused:
        return ctx.t("Payments: paused. /billing resume lets people buy again.")
    if billing.mode != "stars":
        return ctx.t("Payments: nothing is sold; what was paid is looked after.")
    if not is_able:
        return ctx.t("Payments: nothing can be sold. What is missing:")
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
