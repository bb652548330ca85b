"""Forget: say to a person exactly what is kept of them, and delete it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar, Literal

from sapp_bot import CommandButton, Ctx, Form, Plugin, Rich, ask, bold, join, lines
from sapp_bot.services import (
    Auth,
    Forgetting,
    FormControl,
    KeptOfPerson,
    Preferences,
    SappError,
    Sessions,
)

plugin = Plugin(version="1.0", sapp=">=1", title="Your data")

HOME = CommandButton(command="start").key("‹ Home")


class Forget(Form):
    """Form that asks before everything that is kept of a person is deleted."""

    cancelled: ClassVar = "Nothing was deleted."
    sure: Literal["yes", "no"] = ask(
        "Your account at the SAPP service, its client and its key stay; only the service itself "
        "could delete those. Shall I delete what I keep of you?",
        choices={"yes": "Yes, forget me", "no": "No, keep it"},
    )


@plugin.keeps()
async def keeps_day() -> str:
    """Say that the day is kept, of everybody who has written."""
    return "on which day you last wrote to me, for 400 days"


@plugin.keeps()
async def keeps_language(ctx: Ctx, preferences: Preferences) -> Rich | None:
    """Say which language was chosen."""
    if not preferences.language:
        return None
    return ctx.t("your language: {name}", name=preferences.languages[ctx.language])


@plugin.keeps()
async def keeps_news(preferences: Preferences) -> str | None:
    """Say that news are off."""
    return None if preferences.takes_news else "that you want no news"


@plugin.keeps()
async def keeps_answers(dialogues: FormControl) -> str | None:
    """Say that a question is open."""
    return "the question that is open, and what you answered before it" if dialogues.open else None


async def tell_what_is_kept(ctx: Ctx, forgetting: Forgetting) -> None:
    """Say what /forget deletes and what stays, of this very person."""
    kept = await forgetting.kept()
    await ctx.say(
        lines(
            *listed(ctx.t("I will delete:"), kept.deleted),
            *listed(ctx.t("This stays:"), kept.stays),
            *cannot_say(ctx, kept),
        )
    )


def listed(heading: Rich, found: Sequence[Rich]) -> list[Rich]:
    """Return a list with its heading; nothing where there is nothing to list."""
    return [bold(heading), *(join(["• ", what]) for what in found)] if found else []


def cannot_say(ctx: Ctx, kept: KeptOfPerson) -> list[Rich]:
    """Return a line for each plugin that could not say now what it keeps."""
    text = "What “{name}” keeps I cannot see just now."
    return [ctx.t(text, name=name) for name in kept.unknown]


@plugin.command(private=True, first=tell_what_is_kept, words=["Forget me"])
async def forget(
    ctx: Ctx, form: Forget, *, sessions: Sessions, auth: Auth, forgetting: Forgetting
) -> None:
    """Delete all that I keep of you."""
    if form.sure == "no":
        await ctx.say("Nothing was deleted.", rows=[[HOME]])
        return
    if sessions.current is not None:
        with suppress(SappError):  # there it may stay valid until it ends by itself
            await auth.log_out(sessions.current)
    done = await forgetting.forget()
    name = ctx.settings.support
    text = lines(
        ctx.t("I have forgotten you.")
        if done.kept or done.failed
        else ctx.t("I have forgotten you: nothing of yours is left here."),
        *listed(ctx.t("This stays:"), done.kept),
        *(
            ctx.t("“{name}” could not delete its part. Please try again later.", name=plugin_name)
            for plugin_name in done.failed
        ),
        ctx.t("Help: {support}", support=name) if done.failed and name else None,
    )
    await ctx.say(text, rows=[[HOME]])
