"""What an operator changed at the API is looked at again, and set again where it was undone.

A metered call that is under way when a client is changed saves the row that it had loaded, and so
undoes the change. Such a call can last as long as the API's source of rates.
"""

from pydantic import BaseModel, SecretStr

from sapp_bot import Button, Ctx, Rich, Screen, Store, lines
from sapp_bot.services import Admin, Client, Session, UpstreamFailed, UpstreamUnreachable

from .clients import heading, to_client
from .plugin import HOME, plugin

LOOKS_S = (2, 10, 30, 80)
"""Seconds before each look; two minutes in all."""

AWAY_S = 30
"""Seconds until the next look while the API does not answer."""

FORGOTTEN_S = 24 * 3600


class KeptChange(BaseModel):
    """A change that is watched.

    `reads` and `api_key` are what the client is to have; of the two one is None. `had` are the
    numbers of reads that it had before and may fall back to. `looks` counts the looks so far,
    `repeats` how often it had to be set again.
    """

    client: int
    had: list[int] = []
    reads: int | None = None
    api_key: SecretStr | None = None
    looks: int = 0
    repeats: int = 0

    def holds(self, client: Client) -> bool:
        """Return whether a client has what it is to have."""
        if self.api_key is not None:
            return client.api_key == self.api_key
        return client.reads_available == self.reads

    @property
    def name(self) -> str:
        """Where it is kept: a client has one change of its reads, and one of its key."""
        return f"{'reads' if self.api_key is None else 'key'}{self.client}"

    def is_undone(self, client: Client) -> bool:
        """Return whether a client has again what it had; else somebody else changed it."""
        return self.api_key is not None or client.reads_available in self.had


class LookAgain(Button):
    """Delayed press that looks at a change."""

    change: str


async def watch(ctx: Ctx, changes: Store[KeptChange], change: KeptChange) -> None:
    """Keep a change, and look at it in a while; call it after the screen is shown."""
    name = change.name
    # A newer change of the client takes the place of one that is still watched.
    if (before := await changes.get(name)) is not None and change.reads is not None:
        change.had = sorted({*before.had, *change.had} - {change.reads})
    await changes.set(name, change, ttl_s=FORGOTTEN_S)
    await ctx.later(LOOKS_S[0], LookAgain(change=name))


async def write(admin: Admin, me: Session, change: KeptChange) -> Client:
    """Set what a client is to have; it may be repeated."""
    if change.api_key is not None:
        return await admin.update_client(me, change.client, api_key=change.api_key)
    assert change.reads is not None  # noqa: S101  # one of the two is there
    return await admin.set_reads(me, change.client, change.reads)


@plugin.button(role="admin")
async def look_again(
    ctx: Ctx, pressed: LookAgain, me: Session | None, admin: Admin, changes: Store[KeptChange]
) -> None:
    """See whether a change holds; set it again, or say how it ended."""
    change = await changes.get(pressed.change)
    if change is None:
        return
    if me is None:
        text = ctx.t("You have logged out, so I no longer look whether that stays.")
        await ctx.show(Screen(text, [[HOME]]), name="kept")
        return
    try:
        client = await admin.client(me, change.client)
        if not change.holds(client) and change.is_undone(client):
            client = await write(admin, me, change)
            change.looks, change.repeats = -1, change.repeats + 1
    except (UpstreamFailed, UpstreamUnreachable):
        await ctx.later(AWAY_S, pressed)
        return
    await go_on(ctx, pressed, client, change, changes)


async def go_on(
    ctx: Ctx, pressed: LookAgain, client: Client, change: KeptChange, changes: Store[KeptChange]
) -> None:
    """Look again in a while, or say how it ended."""
    if not change.holds(client):
        text = lines(
            heading(ctx, client),
            ctx.t("Its reads have been changed once more, so I leave them alone."),
        )
        await changes.delete(pressed.change)
        await ctx.show(Screen(text, [to_client(client)]), name="kept")
        return
    change.looks += 1
    if change.looks >= len(LOOKS_S):
        await changes.delete(pressed.change)
        await ctx.show(Screen(ended(ctx, client, change), [to_client(client)]), name="kept")
        return
    await changes.set(pressed.change, change, ttl_s=FORGOTTEN_S)
    await ctx.later(LOOKS_S[change.looks], pressed)


def ended(ctx: Ctx, client: Client, change: KeptChange) -> Rich:
    """Return how a change ended."""
    return lines(
        heading(ctx, client),
        ctx.t("The new key holds.")
        if change.api_key is not None
        else ctx.t("The {n} reads hold.", n=client.reads_available),
        ctx.n(
            "A call of the client had undone it {n} time; I set it again.",
            "A call of the client had undone it {n} times; I set it again.",
            change.repeats,
        )
        if change.repeats
        else None,
    )
