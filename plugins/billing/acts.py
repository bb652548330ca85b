"""The acts of operators: shown first with what they will do, done when they are confirmed."""

from __future__ import annotations

import secrets
from typing import assert_never

from sapp_bot import (
    Button,
    Ctx,
    Item,
    NextStep,
    Rich,
    Screen,
    Store,
    UserError,
    lines,
)
from sapp_bot.services import AuditEntry, AuditLog, Auth, Billing, NothingToAdopt, Session

from .fixing import fix_forecast
from .plugin import PLANNED_S, PlannedAct, plugin
from .rows import TO_DESK, desk_row, lacking_row, to_payments
from .words import reads


class Confirm(Button):
    """Does a planned act."""

    token: str


class Drop(Button):
    """Does not do it. `token` is "" for what needs no plan."""

    token: str


async def propose(
    ctx: Ctx,
    act: PlannedAct,
    *,
    me: Session | None,
    auth: Auth,
    billing: Billing,
    planned: Store[PlannedAct],
) -> None:
    """Show what an act will do, with a button that does it.

    Raises:
        UserError: it moves reads or Stars, and the operator is no administrator of the API; or it
            could not be done, as there is no such client.
        SappError: the API could not be asked.

    """
    await check_act(auth, me, act)
    text = await forecast(ctx, billing, act)
    token = secrets.token_hex(6)
    await planned.set(token, act, ttl_s=PLANNED_S)
    await ctx.show(Screen(text, [yes_or_no(Confirm(token=token), token)]), name="billing")


def yes_or_no(yes: Button, token: str = "") -> list[Item]:
    """Return the buttons under what an act will do."""
    return [yes.key("Yes, do it", style="danger"), Drop(token=token).key("Cancel")]


@plugin.button(role="admin")
async def confirm(
    ctx: Ctx,
    pressed: Confirm,
    *,
    me: Session | None,
    auth: Auth,
    audit: AuditLog,
    billing: Billing,
    planned: Store[PlannedAct],
) -> None:
    """Do what was confirmed, once.

    Raises:
        UserError: it was done, or is too old.

    """
    act = await planned.get(pressed.token)
    if act is None:
        raise UserError("That was done already, or is too old.").offer(TO_DESK)
    await check_act(auth, me, act)
    async with audit.act(*audited(act)) as entry:
        text, row = await carry_out(ctx, billing, act, token=pressed.token, entry=entry)
    await planned.delete(pressed.token)
    ctx.log.info("billing.acted", act=act.kind, client=act.client, reads=act.reads)
    await ctx.show(Screen(text, [row, desk_row()]), name="billing")


@plugin.button(role="admin")
async def drop(ctx: Ctx, pressed: Drop, planned: Store[PlannedAct]) -> None:
    """Forget what was planned."""
    await planned.delete(pressed.token)
    await ctx.show(Screen(ctx.t("Nothing was changed."), [desk_row()]), name="billing")


async def check_act(auth: Auth, me: Session | None, act: PlannedAct) -> None:
    """Refuse acts that move reads to who is no administrator of the API; sales anybody may stop.

    Raises:
        UserError: so.
        SappError: the API could not be asked.

    """
    if act.kind != "pause":
        await check_administrator(auth, me)


async def check_administrator(auth: Auth, me: Session | None) -> None:
    """Refuse who is no administrator of the API.

    The API is asked: `Session.role` is what it said at the login, and it may have made, or unmade,
    an administrator since. The ledger acts under a login of its own, so nobody else would look.

    Raises:
        UserError: they are none.
        SappError: the API could not be asked.

    """
    if me is not None and (await auth.user(me)).role == "admin":
        return
    raise UserError(
        "This moves reads or Stars, so it needs your login as an administrator of the API, too."
    ).offer(NextStep("login", "Log in"), NextStep("start", "‹ Home"))


def audited(act: PlannedAct) -> tuple[str, str, str]:
    """Return an act as /audit shows it: what is done, to whom, and how."""
    client = f"client {act.client}"
    match act.kind:
        case "grant":
            return "billing grant", client, f"{act.reads:+} reads"
        case "fix":
            return "billing fix", client, how_fixed(act)
        case "adopt":
            return "billing adopt", "", ""
        case "pause":
            return ("billing pause" if act.is_on else "billing resume"), "", ""
        case _:
            assert_never(act.kind)


def how_fixed(act: PlannedAct) -> str:
    """Return how a hold is ended, as it is typed."""
    if not act.is_kept:
        return "set"
    return "add" if act.adds_returned else "keep"


async def forecast(ctx: Ctx, billing: Billing, act: PlannedAct) -> Rich:
    """Return what an act will do.

    Raises:
        UserError: it cannot be done.
        SappError: the API could not be asked.

    """
    match act.kind:
        case "grant":
            return await grant_forecast(ctx, billing, act)
        case "fix":
            return await fix_forecast(ctx, billing, act)
        case "adopt":
            if not await billing.ledger.is_lost():
                raise UserError(NothingToAdopt.reply).offer(TO_DESK)
            return lines(
                ctx.t("All payments that Telegram knows count as delivered from now on."),
                ctx.t("Nothing is credited for them. If you have a backup, restore it instead."),
            )
        case "pause":
            if act.is_on:
                return ctx.t("Nobody can buy or pay then; what is paid is delivered all the same.")
            return ctx.t("People can buy again.")
        case _:
            assert_never(act.kind)


async def grant_forecast(ctx: Ctx, billing: Billing, act: PlannedAct) -> Rich:
    """Return what a grant will do.

    Raises:
        UserError: there is no such client, or it cannot have so many reads.
        SappError: the API could not be asked.

    """
    then = await billing.ledger.operator.gift_forecast(act.client, act.reads)
    given = ctx.t(
        "Client {client} gets {reads} beside all payments. This is noted in the ledger.",
        client=act.client,
        reads=reads(ctx, act.reads),
    )
    taken = ctx.t(
        "Client {client} loses {reads}. This is noted in the ledger.",
        client=act.client,
        reads=reads(ctx, -act.reads),
    )
    in_all = ctx.t("It then has {reads} in all.", reads=reads(ctx, then))
    return lines(given if act.reads > 0 else taken, in_all)


async def carry_out(
    ctx: Ctx, billing: Billing, act: PlannedAct, *, token: str, entry: AuditEntry
) -> tuple[Rich, list[Item]]:
    """Do an act, and add it to the line of /audit; return what was done, and where it leads."""
    operator = billing.ledger.operator
    match act.kind:
        case "grant":
            want = await operator.gift(act.client, act.reads, key=token)
            entry.tell(f"now {want}")
            text = ctx.t("Done. Client {client} has {n} in all.", client=act.client, n=want)
            return text, to_payments(act.client)
        case "fix":
            about = await operator.fix(
                act.client,
                keep=act.is_kept,
                adds_returned=act.adds_returned,
                seen=act.seen,
                key=token,
            )
            entry.tell(f"found {about.found}, wanted {about.wanted}")
            text = ctx.t("Done. Client {client} is worked on.", client=act.client)
            return text, to_payments(act.client)
        case "adopt":
            report = await operator.adopt()
            entry.tell(f"{report.rows} rows")
            short_of = [
                ctx.t("Client {client} lacks {reads}.", client=client, reads=reads(ctx, missing))
                for client, missing in sorted(report.short.items())
            ]
            done = ctx.t("Taken over, rows of Telegram's list: {n}.", n=report.rows)
            hint = ctx.t("/billing lacking gives them, or returns the Stars.") if short_of else None
            return lines(done, *short_of, hint), lacking_row() if short_of else []
        case "pause":
            await operator.pause(on=act.is_on)
            return ctx.t("Sales are stopped.") if act.is_on else ctx.t("Sales go on."), []
        case _:
            assert_never(act.kind)
