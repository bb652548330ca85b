"""/topup: reads for a client, asked once more before they are given."""

from hashlib import blake2b
from typing import Annotated

from pydantic import Field

from sapp_bot import Button, Ctx, NextStep, Screen, Store, UserError, lines
from sapp_bot.services import Admin, AuditLog, Client, ReadsGrants, Session

from .clients import AskTopUp, OpenClient, heading, to_client
from .kept_changes import KeptChange, watch, write
from .plugin import HOME, plugin

MOST_READS = 2**53
"""Most reads of a client: the API wraps in silence far above, and JSON is exact to here."""


class GiveReads(Button):
    """Button that gives a client reads, if it still has as many as were shown.

    `once` names the question: a ledger counts one grant for it, however often it is pressed.
    """

    client: int
    reads: int
    had: int
    once: str


@plugin.command(role="admin", private=True)
async def topup(
    ctx: Ctx,
    me: Session,
    admin: Admin,
    client: Annotated[int, Field(ge=1)],
    reads: Annotated[int, Field(ge=1, le=MOST_READS)],
) -> None:
    """Give a client reads: its number, and how many."""
    await ask(ctx, await admin.client(me, client), reads)


@plugin.button(role="admin", typed_as="/topup {client} {reads}")
async def ask_topup(ctx: Ctx, pressed: AskTopUp, me: Session, admin: Admin) -> None:
    """Ask before reads are given."""
    await ask(ctx, await admin.client(me, pressed.client), pressed.reads)


async def ask(ctx: Ctx, client: Client, reads: int) -> None:
    """Show what a client has, and would have.

    Raises:
        UserError: that would be too many.

    """
    then = client.reads_available + reads
    if then > MOST_READS:
        raise UserError("A client can have {n} reads at most.", n=MOST_READS).offer(
            NextStep("clients", "The client", words=str(client.id))
        )
    text = lines(
        heading(ctx, client),
        ctx.n("Give it {n} read?", "Give it {n} reads?", reads),
        ctx.t("It was given {had} so far; then {then}.", had=client.reads_available, then=then),
    )
    once = blake2b(ctx.key.encode(), digest_size=6).hexdigest()
    give = GiveReads(client=client.id, reads=reads, had=client.reads_available, once=once)
    no = OpenClient(client=client.id).key("No, back")
    await ctx.show(Screen(text, [[give.key("Yes, give {n}", n=reads)], [no, HOME]]), name="clients")


@plugin.button(role="admin", typed_as="/topup {client} {reads}")
async def give_reads(
    ctx: Ctx,
    pressed: GiveReads,
    *,
    me: Session,
    admin: Admin,
    audit: AuditLog,
    changes: Store[KeptChange],
    grants: ReadsGrants,
) -> None:
    """Give the reads that were asked about; a second press gives none."""
    client = await admin.client(me, pressed.client)
    then = pressed.had + pressed.reads
    if client.reads_available == then and not ctx.again:
        await ctx.toast("It has them already.", alert=True)
        return
    if client.reads_available not in {pressed.had, then}:
        await ask(ctx, client, pressed.reads)
        await ctx.toast("Its reads have changed meanwhile. Please look again.", alert=True)
        return
    if grants.is_exact:
        await give_by_ledger(ctx, pressed, client, me=me, audit=audit, grants=grants)
        return
    change = KeptChange(client=client.id, had=[pressed.had], reads=then)
    async with audit.act("topup", f"client {client.id}", f"+{pressed.reads} reads") as entry:
        client = await write(admin, me, change)
        entry.tell(f"now {client.reads_available}")
    text = lines(
        heading(ctx, client),
        ctx.n("It got {n} read.", "It got {n} reads.", pressed.reads),
        ctx.t("It was given {total} in all, {left} are left.", total=then, left=client.reads_left),
        ctx.t("I look for two minutes whether that stays, and set it again if not."),
    )
    await ctx.show(Screen(text, [to_client(client)]), name=f"kept {ctx.key}")
    await watch(ctx, changes, change)


async def give_by_ledger(
    ctx: Ctx,
    pressed: GiveReads,
    client: Client,
    *,
    me: Session,
    audit: AuditLog,
    grants: ReadsGrants,
) -> None:
    """Give the reads by the ledger of payments, which keeps them true; a number that it does not
    know would hold up what people pay for.
    """
    # One question is one gift, also before the API shows it; a second question is another, even
    # where the client has as many reads as at the first.
    key = f"topup:{pressed.once}"
    async with audit.act("topup", f"client {client.id}", f"+{pressed.reads} reads") as entry:
        total = await grants.grant(me, client.id, pressed.reads, key=key)
        entry.tell(f"now {total}")
    text = lines(
        heading(ctx, client),
        ctx.n("It got {n} read.", "It got {n} reads.", pressed.reads),
        ctx.t(
            "It was given {total} in all, {left} are left.",
            total=total,
            left=total - client.reads_used,
        ),
    )
    await ctx.show(Screen(text, [to_client(client)]), name=f"kept {ctx.key}")
