"""/alert: what an alert waits for, read from a sentence, and asked for where it is not told."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from pydantic import field_validator

from sapp_bot import Ctx, Form, Store, ask
from sapp_bot.services import Session, UserError

from . import words
from .alerts import Alerts, read_level
from .buttons import OtherLevel
from .desk import Asker, RateDesk, asker_of, tastes_of
from .money.faults import RatesError
from .money.wishes import AlertKind, Wish, asked_wish, read_wish
from .plugin import plugin
from .tastes import Tastes
from .watch import add, new_alert


class AlertForm(Form):
    """For which pair an alert is, and what it waits for. `given` is a level that was told already.

    The level has a form of its own for each kind, which explains no other.
    """

    cancelled: ClassVar = "No alert was set."

    pair: str = ask("For which pair? Write it as EUR/USD: the price of one EUR in USD.")
    kind: AlertKind = ask(
        "When shall I tell you? Above or below a rate, when it moves by some per cent, or daily."
    )
    given: str = ask("Which level?", default="")

    @field_validator("pair")
    @classmethod
    def _both(cls, pair: str) -> str:
        found = re.split(r"[\s/:,]+", pair.strip())
        if len(found) != 2:  # noqa: PLR2004  # a pair
            raise ValueError("A pair is two currencies: EUR/USD.")
        try:
            source, target = (words.one_currency(word).code for word in found)
        except UserError:
            raise ValueError("I don't know one of these. /currencies lists them.") from None
        if source == target:
            raise ValueError("These are the same money. A pair is two currencies: EUR/USD.")
        return f"{source}/{target}"


class RateForm(AlertForm):
    """The level of an alert at a rate."""

    level: str = ask("At which rate? For example 1.10.")


class MoveForm(AlertForm):
    """The level of an alert of a move."""

    level: str = ask("By how many per cent? For example 2.")


class TimeForm(AlertForm):
    """The time of a daily alert."""

    level: str = ask("At what time? For example 09:00.")


@plugin.command(private=True, aliases=["alarm"])
async def alert(ctx: Ctx, tastes: Store[Tastes], wish: str = "") -> None:
    """Set an alert: a level, a move, or a rate every day."""
    ctx.start(choose_kind, **known(read_wish(wish), await tastes_of(ctx, tastes), wish))


@plugin.message(match=asked_wish, in_user_mode=False)
async def alert_text(ctx: Ctx, asked: Wish, tastes: Store[Tastes]) -> None:
    """Begin an alert that somebody wants in their own words."""
    ctx.start(choose_kind, **known(asked, await tastes_of(ctx, tastes)))


def known(wish: Wish, tastes: Tastes, text: str = "") -> dict[str, str]:
    """Return the answers that a wish contains, for the form; one currency is priced in the base.

    Raises:
        UnknownCurrency, NoSuchCurrency: what stands in `text` as a pair is none.

    """
    answers = {"given": wish.level}
    if "/" in (first := text.split(" ", 1)[0]):
        answers["pair"] = "/".join(words.one_currency(word).code for word in first.split("/", 1))
    elif len(wish.codes) > 1:
        answers["pair"] = "/".join(wish.codes[:2])
    elif wish.codes and wish.codes[0] != tastes.base:
        answers["pair"] = f"{wish.codes[0]}/{tastes.base}"
    if wish.kind:
        answers["kind"] = wish.kind
    return answers


@plugin.command(private=True, hidden=True)
async def choose_kind(ctx: Ctx, form: AlertForm) -> None:
    """Set an alert for a pair."""
    answers = {"pair": form.pair, "kind": form.kind, "given": ""}
    with suppress(RatesError):  # what was given for another kind is asked for anew
        answers["level"] = read_level(form.kind, form.given)
    ctx.start(LEVELS[form.kind], **answers)


@plugin.command(private=True, hidden=True)
async def alert_at_rate(
    ctx: Ctx,
    form: RateForm,
    *,
    me: Session | None,
    desk: RateDesk,
    tastes: Store[Tastes],
    kept: Store[Alerts],
) -> None:
    """Set an alert at a rate."""
    await set_answered(await asker_of(ctx, desk, me, tastes), kept, tastes, form, form.level)


@plugin.command(private=True, hidden=True)
async def alert_of_move(
    ctx: Ctx,
    form: MoveForm,
    *,
    me: Session | None,
    desk: RateDesk,
    tastes: Store[Tastes],
    kept: Store[Alerts],
) -> None:
    """Set an alert of a move."""
    await set_answered(await asker_of(ctx, desk, me, tastes), kept, tastes, form, form.level)


@plugin.command(private=True, hidden=True)
async def alert_every_day(
    ctx: Ctx,
    form: TimeForm,
    *,
    me: Session | None,
    desk: RateDesk,
    tastes: Store[Tastes],
    kept: Store[Alerts],
) -> None:
    """Set an alert every day."""
    await set_answered(await asker_of(ctx, desk, me, tastes), kept, tastes, form, form.level)


LEVELS: Mapping[AlertKind, Callable[..., Any]] = {
    "above": alert_at_rate,
    "below": alert_at_rate,
    "moves": alert_of_move,
    "daily": alert_every_day,
}
"""The form that asks for the level, by kind."""


async def set_answered(
    asker: Asker, kept: Store[Alerts], tastes: Store[Tastes], form: AlertForm, text: str
) -> None:
    """Set the alert of a form, or ask for its level again."""
    source, _, target = form.pair.partition("/")
    try:
        level = read_level(form.kind, text)
    except RatesError as error:
        asker.ctx.ask_again("level", error.reply, **error.values)
        return
    await add(asker, kept, tastes, new_alert(asker, (source, target), form.kind, level))


@plugin.button(typed_as="/alert {code}/{base}")
async def ask_level(ctx: Ctx, pressed: OtherLevel) -> None:
    """Ask for the kind and the level of an alert."""
    ctx.start(choose_kind, pair=f"{pressed.code}/{pressed.base}", given="")
