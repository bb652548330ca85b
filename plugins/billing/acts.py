"""The acts of operators: shown first with what they will do, done when they are confirmed."""

from __future__ import annotations

import secrets
from typing import assert_never

from sapp_bot import (
    Button,
    CommandButton,
    Ctx,
    Item,
    NextStep,
    Rich,
    Screen,
    Store,
    UserError,
    lines,
)
from sapp_bot.services import Auth, Billing, Session

from .plugin import HOME, PLANNED_S, PlannedAct, plugin
from .words import joined, line, reads, short, state


class Confirm(Button):
    """Does a planned act."""

    token: str


class Drop(Button):
    """Does not do it."""

    token: str


class Offer(Button):
    """Shows what a planned act will do, and asks for a yes."""

    token: str


def desk_row() -> list[Item]:
    """Return the buttons under what operators are told."""
    return [CommandButton(command="billing").key("Billing"), HOME]


async def plan(planned: Store[PlannedAct], act: PlannedAct) -> str:
    """Plan an act; return the token of `Confirm`, for a screen that says what it will do."""
    token = secrets.token_hex(6)
    await planned.set(token, act, ttl_s=PLANNED_S)
    return token


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
        UserError: it moves reads or Stars, and the operator is no administrator of the API.
        SappError: the API could not be asked whether they are.

    """
    await check_administrator(auth, me, act)
    token = await plan(planned, act)
    row = [
        Confirm(token=token).key("Yes, do it", style="danger"),
        Drop(token=token).key("Cancel"),
    ]
    await ctx.show(Screen(await forecast(ctx, billing, act), [row]), name="billing")


@plugin.button(role="admin")
async def offer(
    ctx: Ctx,
    pressed: Offer,
    *,
    me: Session | None,
    auth: Auth,
    billing: Billing,
    planned: Store[PlannedAct],
) -> None:
    """Show what was planned, with a button that does it."""
    act = await planned_act(planned, pressed.token)
    await propose(ctx, act, me=me, auth=auth, billing=billing, planned=planned)


async def planned_act(planned: Store[PlannedAct], token: str) -> PlannedAct:
    """Read a planned act.

    Raises:
        UserError: it was done, or is too old.

    """
    act = await planned.get(token)
    if act is None:
        raise UserError("That was done already, or is too old.").offer(
            NextStep("billing", "Billing")
        )
    return act


@plugin.button(role="admin")
async def confirm(
    ctx: Ctx,
    pressed: Confirm,
    *,
    me: Session | None,
    auth: Auth,
    billing: Billing,
    planned: Store[PlannedAct],
) -> None:
    """Do what was confirmed, once."""
    act = await planned_act(planned, pressed.token)
    await check_administrator(auth, me, act)
    text = await carry_out(ctx, billing, act, pressed.token)
    await planned.delete(pressed.token)
    ctx.log.info("billing.acted", act=act.kind, client=act.client, reads=act.reads)
    await ctx.show(Screen(text, [desk_row()]), name="billing")


@plugin.button(role="admin")
async def drop(ctx: Ctx, pressed: Drop, planned: Store[PlannedAct]) -> None:
    """Forget what was planned."""
    await planned.delete(pressed.token)
    await ctx.show(Screen(ctx.t("Nothing was changed."), [desk_row()]), name="billing")


async def check_administrator(auth: Auth, me: Session | None, act: PlannedAct) -> None:
    """Refuse acts that move reads or Stars to who is no administrator of the API.

    The API is asked: `Session.role` is what it said at the login, and it may have made, or unmade,
    an administrator since. The ledger acts under a login of its own, so nobody else would look.

    Raises:
        UserError: they are none.
        SappError: the API could not be asked.

    """
    if act.kind == "pause" or (me is not None and (await auth.user(me)).role == "admin"):
        return
    raise UserError(
        "This moves reads or Stars, so it needs your login as an administrator of the API, too."
    ).offer(NextStep("login", "Log in"), NextStep("start", "‹ Home"))


async def forecast(ctx: Ctx, billing: Billing, act: PlannedAct) -> Rich:
    """Return what an act will do.

    Raises:
        UserError: there is no such payment.

    """
    match act.kind:
        case "refund":
            return await refund_forecast(ctx, billing, act.charge)
        case "grant":
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
            return given if act.reads > 0 else taken
        case "fix":
            return fix_forecast(ctx, act)
        case "adopt":
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


async def refund_forecast(ctx: Ctx, billing: Billing, charge: str) -> Rich:
    """Return what a refund will do, also with reads that are used."""
    view = await billing.ledger.payment(charge)
    if view is None:
        raise UserError("There is no such payment. /billing tx and a client's number lists theirs.")
    return joined(
        ctx.t("Refund, whatever was used of it:"),
        line(ctx, view.payment),
        state(ctx, view.state),
        ctx.t("Client {client}, {id}", client=view.payment.client, id=short(charge)),
        ctx.t("The reads are taken back first, so the client may have fewer than none left."),
    )


def fix_forecast(ctx: Ctx, act: PlannedAct) -> Rich:
    """Return what ending a hold will do."""
    if act.is_kept:
        return ctx.t(
            "Client {client}: the number that the API has counts as right, and payments that wait "
            "come on top.",
            client=act.client,
        )
    return ctx.t(
        "Client {client}: the number at the API is replaced by what the ledger wants.",
        client=act.client,
    )


async def carry_out(ctx: Ctx, billing: Billing, act: PlannedAct, token: str) -> Rich:
    """Do an act; return what was done."""
    operator = billing.ledger.operator
    match act.kind:
        case "refund":
            await operator.refund(act.charge)
            return ctx.t("The refund has begun: reads first, then the Stars.")
        case "grant":
            want = await operator.gift(act.client, act.reads, key=token)
            return ctx.t("Done. Client {client} has {n} in all.", client=act.client, n=want)
        case "fix":
            await operator.fix(act.client, keep=act.is_kept)
            return ctx.t("Done. Client {client} is worked on.", client=act.client)
        case "adopt":
            report = await operator.adopt()
            short_of = [
                ctx.t("Client {client} lacks {reads}.", client=client, reads=reads(ctx, missing))
                for client, missing in sorted(report.short.items())
            ]
            done = ctx.t("Taken over, rows of Telegram's list: {n}.", n=report.rows)
            hint = ctx.t("/billing grant CLIENT READS gives them.") if short_of else None
            return lines(done, *short_of, hint)
        case "pause":
            await operator.pause(on=act.is_on)
            return ctx.t("Sales are stopped.") if act.is_on else ctx.t("Sales go on.")
        case _:
            assert_never(act.kind)
