"""Ending a hold: the numbers of a client whose reads nobody can explain, and what can be done."""

from __future__ import annotations

from sapp_bot import CommandButton, Ctx, Item, Rich, Screen, UserError, bold, lines
from sapp_bot.services import Billing, ReadsDifference

from .plugin import PlannedAct
from .rows import TO_DESK, desk_row, to_payments
from .words import reads

USAGE = ("keep", "add", "set")
"""How a hold is ended, as it is typed."""

HEALS = "The ledger is putting this number right by itself; look again in a minute."
"""What is said of a number that a metered call has brought back: nobody is to keep it."""


async def numbers(ctx: Ctx, billing: Billing, client: int) -> Screen:
    """Return what the API has for a client and what the ledger wants, with the ways to end a hold.

    Raises:
        UserError: there is no such client, or nothing was ever booked for it.
        SappError: the API could not be asked.

    """
    about = await billing.ledger.operator.difference(client)
    if about.found == about.wanted:
        text = joined_numbers(ctx, client, about, ctx.t("They agree: there is nothing to fix."))
        return Screen(text, [to_payments(client), desk_row()])

    keep, add, set_ = (
        CommandButton(command="billing", words=f"fix {client} {how}") for how in USAGE
    )
    if about.heals:
        again = CommandButton(command="billing", words=f"fix {client}").key("Refresh")
        return Screen(
            joined_numbers(ctx, client, about, ctx.t(HEALS)),
            [[again], [set_.key("Set what the ledger wants: {n}…", n=about.wanted)], desk_row()],
        )
    ways: list[list[Item]] = [[keep.key("Keep what the API has: {n}…", n=about.kept)]]
    if about.returned:
        ways.append([add.key("Keep it, and add what came back: {n}…", n=about.all_kept)])
    ways.append([set_.key("Set what the ledger wants: {n}…", n=about.wanted)])
    return Screen(joined_numbers(ctx, client, about), [*ways, to_payments(client), desk_row()])


def joined_numbers(ctx: Ctx, client: int, about: ReadsDifference, *more: Rich) -> Rich:
    """Return a client's numbers in lines."""
    return lines(
        bold(ctx.t("Client {client}: reads in all", client=client)),
        ctx.t("The API has {reads}.", reads=reads(ctx, about.found)),
        ctx.t("The ledger wants {reads}.", reads=reads(ctx, about.wanted)),
        ctx.t("Of that, paid and not seen at the API yet: {n}.", n=about.waiting),
        ctx.t(
            "Of that, back from Telegram's list after a loss of Redis: {n}; the API may have them.",
            n=about.returned,
        )
        if about.returned
        else None,
        *more,
    )


async def fix_forecast(ctx: Ctx, billing: Billing, act: PlannedAct) -> Rich:
    """Return what ending a hold will do; note in the act which number it was decided on.

    Raises:
        UserError: there is no such client, nothing was ever booked for it, nothing differs, or a
            number is to be kept that the ledger puts right by itself.
        SappError: the API could not be asked.

    """
    about = await billing.ledger.operator.difference(act.client)
    if about.found == about.wanted:
        raise UserError("They agree: there is nothing to fix.").offer(TO_DESK)
    if act.is_kept and about.heals:
        raise UserError(HEALS).offer(TO_DESK)
    act.seen = about.found
    if not act.is_kept:
        what = ctx.t(
            "Client {client}: the number at the API is replaced by what the ledger wants.",
            client=act.client,
        )
        then = about.wanted
    elif act.adds_returned:
        what = ctx.t(
            "Client {client}: the number that the API has counts as right, and all payments that "
            "wait or came back come on top.",
            client=act.client,
        )
        then = about.all_kept
    else:
        what = ctx.t(
            "Client {client}: the number that the API has counts as right, and payments that wait "
            "come on top.",
            client=act.client,
        )
        then = about.kept
    in_all = ctx.t("It then has {reads} in all.", reads=reads(ctx, then))
    return lines(what, in_all, "", joined_numbers(ctx, act.client, about))
