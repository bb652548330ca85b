"""A plugin that misbehaves in every way; the host's tests write it into a folder."""

from __future__ import annotations

from tests.host.live import HEAD

WILD = (
    HEAD
    + '''
import os
import threading


@plugin.command
async def crash() -> None:
    """Crash."""
    raise RuntimeError("broken inside")


@plugin.command
async def leak() -> None:
    """Crash with a secret in hand."""
    raise RuntimeError("GET https://api.test/live?apikey=canary-1 failed")


@plugin.command
async def refuse() -> None:
    """Refuse."""
    raise UserError("No.")


@plugin.command
async def city(name: str) -> None:
    """Repeat what was typed, as if it were the text of a message."""
    raise UserError(f"I know no {name}.")


class Mute:
    """Cannot be shown."""

    def __str__(self) -> str:
        raise ValueError("nothing to show")


Hidden = Button  # a look at the source would refuse the plugin


class Loose(Hidden):
    """Has no handler."""


@plugin.command
async def offer(ctx: Ctx) -> None:
    """Offer a button that nobody takes."""
    await ctx.say("Press it", rows=[[Loose().key("Loose")]])


@plugin.command
async def places(ctx: Ctx) -> None:
    """Fill places that are named like parameters."""
    await ctx.say("{message} {label} {n}", message="a", label="b", n="c")


@plugin.command
async def mumble() -> None:
    """Refuse with something that cannot be said."""
    raise UserError("No {what}.", what=Mute())


@plugin.command
async def leave() -> None:
    """Leave."""
    sys.exit(3)


@plugin.command
async def give_up() -> None:
    """Cancel itself."""
    asyncio.current_task().cancel()
    await asyncio.Event().wait()


@plugin.command
async def panic() -> None:
    """Raise what is no Exception."""
    class Panic(BaseException):
        pass
    raise Panic("as extensions in other languages do")


@plugin.command
async def later() -> None:
    """End the process from a task."""
    asyncio.create_task(ending())
    await asyncio.sleep(0)


async def ending() -> None:
    sys.exit(4)


@plugin.command
async def freeze(ctx: Ctx) -> None:
    """Block the loop."""
    time.sleep(1)
    await ctx.say("back")


@plugin.command
def plain(ctx: Ctx, name: str = "you") -> str:
    """Work in a thread."""
    return ctx.t("{name} in {thread}", name=name, thread=threading.current_thread().name)


@plugin.command
def hang() -> None:
    """Never end, in a thread."""
    threading.Event().wait()


@plugin.command
async def stubborn() -> None:
    """Go on when it is told to end."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await asyncio.Event().wait()


@plugin.command
def plain_empty() -> str:
    """Take the first of nothing."""
    return next(iter([]))


@plugin.command
def plain_exit() -> None:
    """End the process from a thread."""
    sys.exit(5)


@plugin.command
def plain_say(ctx: Ctx) -> None:
    """Say where nothing can be awaited."""
    ctx.say("never")


@plugin.command
def silent() -> None:
    """Say nothing."""


@plugin.command
async def odd() -> int:
    """Return what cannot be said."""
    return 7
'''
)
