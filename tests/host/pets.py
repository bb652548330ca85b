"""A small plugin that uses every part of the plugin API; the host's tests load it from here."""

import asyncio
import sys
from decimal import Decimal
from typing import Literal

from pydantic import SecretStr

from sapp_bot import Button, Ctx, Form, Plugin, Screen, UserError, ask, bold
from sapp_bot.services import FormControl, Session, StoreAway

plugin = Plugin(version="1.0", locales={"ru": {"What is its name?": "Как его зовут?"}})


class Pet(Form):
    """A pet to be."""

    name: str = ask("What is its name?", max_length=20)
    kind: Literal["cat", "dog"] = ask("Cat or dog?")
    food: str = ask("What does it eat?", default="anything")


class Safe(Form):
    """A box with a lock."""

    label: str = ask("What is in it?", max_length=10)
    code: SecretStr = ask("Which code?", secret=True, min_length=4)


class Feed(Button):
    """Feed a pet."""

    name: str


@plugin.command(aliases=["newpet"])
async def adopt(ctx: Ctx, form: Pet) -> None:
    """Adopt a pet."""
    if form.name == "Nobody":
        ctx.ask_again("name", "Nobody is taken.")
        return
    if form.name == "Away":
        raise StoreAway
    rows = [[Feed(name=form.name).key("Feed")]]
    text = ctx.t("{name} the {kind} eats {food}", name=form.name, kind=form.kind, food=form.food)
    await ctx.show(Screen(text, rows), name="pet")


@plugin.button(typed_as="/feed")
async def fed(ctx: Ctx, pressed: Feed) -> None:
    """Feed it."""
    await ctx.toast("{name} is fed", name=pressed.name)


@plugin.command
async def lock(ctx: Ctx, form: Safe) -> None:
    """Lock a safe."""
    await ctx.say("Locked {label} with {n} digits", label=form.label, n=len(form.code))


@plugin.command
async def times(ctx: Ctx, price: Decimal, count: int = 1, note: str = "") -> None:
    """Multiply."""
    await ctx.say("{total} {note}", total=bold(price * count), note=note)


@plugin.command
async def refuse() -> None:
    """Say no."""
    raise UserError("No, {what} is out.", what="that")


@plugin.command
async def crash() -> None:
    """Break."""
    raise RuntimeError("the secret is hunter2")


@plugin.command
async def leave() -> None:
    """Try to end the bot."""
    sys.exit(3)


@plugin.command
async def doze(ctx: Ctx) -> None:
    """Take for ever."""
    await asyncio.Event().wait()
    await ctx.say("never")


@plugin.command(role="admin")
async def rule(ctx: Ctx) -> None:
    """Rule."""
    await ctx.say("Yes, operator.")


@plugin.command
async def mine(ctx: Ctx, me: Session) -> None:
    """Name the account."""
    await ctx.say("You are {email}", email=me.email)


@plugin.command(private=True)
async def whisper(ctx: Ctx) -> None:
    """Whisper."""
    await ctx.say("psst")


@plugin.command(controls_form=True)
async def cancel(dialogues: FormControl) -> None:
    """Leave the form."""
    dialogues.cancel()


@plugin.command(controls_form=True)
async def back(dialogues: FormControl) -> None:
    """Go back."""
    dialogues.back()


@plugin.command(name="continue", controls_form=True)
async def go_on(dialogues: FormControl) -> None:
    """Show the question."""
    dialogues.resume()


@plugin.command
async def skip(dialogues: FormControl) -> None:
    """Take the default."""
    dialogues.skip()


@plugin.command
async def retry(dialogues: FormControl) -> None:
    """Try again."""
    dialogues.retry()


@plugin.command
async def remind(ctx: Ctx) -> None:
    """Show a screen that goes by itself."""
    await ctx.show(Screen("soon"), name="reminder")
    await ctx.later(10, Feed(name="Rex"))


@plugin.command
async def onward(ctx: Ctx) -> None:
    """Go on with another command."""
    ctx.start(adopt, name="Rex")
