"""/maintenance: close the bot to people for a while, with a word why."""

from typing import Literal

from sapp_bot import Button, Ctx, Screen, bold, code, lines, quote
from sapp_bot.services import AuditLog, Maintenance

from .plugin import HOME, plugin


class SetMaintenance(Button):
    """Button that begins or ends maintenance."""

    state: Literal["on", "off"]


@plugin.command(role="admin", private=True)
async def maintenance(
    ctx: Ctx,
    door: Maintenance,
    audit: AuditLog,
    state: Literal["on", "off"] | None = None,
    text: str = "",
) -> None:
    """Close the bot to people, or open it: on or off, and what they are told."""
    if state is not None:
        await change(ctx, door, audit, state, text)
    await show(ctx, door)


@plugin.button(role="admin", typed_as="/maintenance {state}")
async def set_maintenance(
    ctx: Ctx, pressed: SetMaintenance, door: Maintenance, audit: AuditLog
) -> None:
    """Begin or end maintenance."""
    await change(ctx, door, audit, pressed.state, "")
    await show(ctx, door)


async def change(
    ctx: Ctx, door: Maintenance, audit: AuditLog, state: Literal["on", "off"], text: str
) -> None:
    """Begin or end maintenance, noted in the audit log."""
    async with audit.act(f"maintenance {state}", detail=text):
        if state == "on":
            await door.begin(ctx.person.id, texts_of(text))
        else:
            await door.end()


def texts_of(text: str) -> dict[str, str]:
    """Return the words by language: English before the bar, Russian behind it; one for all."""
    english, _, russian = (part.strip() for part in text.partition("|"))
    return {language: words for language, words in (("", english), ("ru", russian)) if words}


async def show(ctx: Ctx, door: Maintenance) -> None:
    """Show whether people are answered, and what they are told if not."""
    closure = door.closure
    if closure is None:
        how = code("/maintenance on We are back at 15:00. | Вернёмся в 15:00.")
        text = lines(
            bold(ctx.t("The bot is open.")),
            ctx.t("In maintenance only operators are answered. What people began is kept."),
            ctx.t("With a word why, in English | in Russian: {line}", line=how),
        )
        key = SetMaintenance(state="on").key("Close it to people", style="danger")
    else:
        text = lines(
            bold(ctx.t("The bot is in maintenance.")),
            ctx.t("Since: {since}", since=closure.since),
            *(quote(words) for words in closure.texts.values()),
            ctx.t("Only operators are answered; payments that were made still arrive."),
        )
        key = SetMaintenance(state="off").key("Open it again", style="primary")
    await ctx.show(Screen(text, [[key], [HOME]]), name="maintenance")
