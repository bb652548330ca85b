"""A secret stays in no chat, in whatever way its form ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from sapp_bot.testing import Actor, Stage
from tests.host.live import HEAD, look, write

CANARY = "canary pässword 1"
LOCKER = (
    HEAD
    + '''

class Safe(Form):
    code: str = ask("Which code?", secret=True)
    note: str = ask("A note?", default="none")

@plugin.command
async def stow(ctx: Ctx, form: Safe) -> None:
    """Stow a code."""
    if form.note == "refuse":
        raise UserError("No.")
    if form.note == "crash":
        raise RuntimeError
    if form.note == "again":
        ctx.ask_again("note", "Again.")
        return
    await ctx.say("Stowed.")
'''
)


async def begin(stage: Stage) -> Actor:
    """Type the canary into a form that asks one more question."""
    ann = stage.person("Ann")
    await ann.says("/stow")
    await ann.says(CANARY)
    assert ann.last == "A note?"
    return ann


async def done(_: Stage, ann: Actor) -> None:
    """End the form with its handler."""
    await ann.says("fine")


async def cancelled(_: Stage, ann: Actor) -> None:
    """End it by a command."""
    await ann.says("/cancel")


async def cancelled_by_button(_: Stage, ann: Actor) -> None:
    """End it by a press."""
    await ann.presses("Cancel")


async def refused(_: Stage, ann: Actor) -> None:
    """Have the handler refuse."""
    await ann.says("refuse")


async def crashed(_: Stage, ann: Actor) -> None:
    """Have the handler break."""
    await ann.says("crash")


async def asked_again(_: Stage, ann: Actor) -> None:
    """Have another field asked again."""
    await ann.says("again")


async def still_open(_: Stage, __: Actor) -> None:
    """Send it twice: the second answers the next question, which is none for secrets."""


async def back_and_cancelled(_: Stage, ann: Actor) -> None:
    """Go back to the secret, and leave there."""
    await ann.says("/back")
    await ann.says("/cancel")


async def lost(stage: Stage, ann: Actor) -> None:
    """Take the command away while its form is open."""
    write(stage, "locker", LOCKER.replace("async def stow", "async def hide"))
    await look(stage)
    await ann.says("/hide")
    await ann.says("/cancel")


async def restarted(stage: Stage, _: Actor) -> None:
    """Begin a new process, which knows what the old one saw."""
    await stage.restart()


async def pushed_down(_: Stage, ann: Actor) -> None:
    """Open another form above it."""
    await ann.says("/adopt")


async def replaced(_: Stage, ann: Actor) -> None:
    """Begin the same form anew, and leave it."""
    await ann.says("/stow")
    await ann.says("/cancel")


async def minutes_later(stage: Stage, ann: Actor) -> None:
    """Let some minutes pass."""
    await ann.says("fine")
    await stage.passes(9 * 60)


ENDS = (
    *(done, cancelled, cancelled_by_button, refused, crashed, asked_again, still_open),
    *(back_and_cancelled, lost, restarted, pushed_down, replaced, minutes_later),
)


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
async def test_a_repeated_secret_never_stays(
    plugin_folder: Path, end: Callable[[Stage, Actor], Awaitable[None]]
) -> None:
    """However the form ended, the same text is deleted, taken as no answer, and this is said."""
    write(plugin_folder, "locker", LOCKER)
    stage = Stage(plugin_folder)
    stage.may_fail = True
    async with stage:
        ann = await begin(stage)
        await end(stage, ann)
        for text in (CANARY, f" {CANARY} "):
            await ann.says(text)
            assert not ann.can_read(CANARY)
            assert ann.sees("I deleted your message: it repeats a secret.")


async def test_a_secret_is_forgotten_after_some_minutes(plugin_folder: Path) -> None:
    """Later the same text is a text like any other."""
    write(plugin_folder, "locker", LOCKER)
    async with Stage(plugin_folder) as stage:
        ann = await begin(stage)
        await ann.says("/cancel")
        await stage.passes(11 * 60)
        await ann.says(CANARY)
        assert ann.sees("I did not understand that.")


async def test_a_text_is_deleted_while_a_retry_waits(stage: Stage) -> None:
    """With secrets among the kept answers a text may be one more; commands stay."""
    ann = stage.person("Ann")
    write(
        stage,
        "locker",
        LOCKER.replace('raise UserError("No.")', "raise StoreAway").replace(
            "sapp_bot import", "sapp_bot.services import StoreAway\nfrom sapp_bot import", 1
        ),
    )
    await look(stage)
    await ann.says("/stow")
    await ann.says(CANARY)
    await ann.says("refuse")
    assert ann.sees("kept for 10 minutes")
    await ann.says("another one")

    assert not ann.can_read("another one")
    assert ann.sees("it may be a secret")
    assert ann.sees("kept for 10 minutes")


async def test_a_secret_that_telegram_keeps_is_told(stage: Stage, ann: Actor) -> None:
    """A repeat that cannot be deleted is named, too."""
    await ann.says("/lock jewels")
    await ann.says(CANARY)
    stage.room.can_remove = False
    await ann.says(CANARY)

    assert ann.sees("Please delete it yourself")
