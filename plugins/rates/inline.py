"""Inline mode: `@bot 100 usd eur` in any chat; nothing typed shows the favourites."""

from decimal import Decimal

from sapp_bot import Ctx, InlineQuery, InlineResult, Rich, Store, bold, lines
from sapp_bot.services import Session

from . import words
from .conversion import Question, assumed, past_facts, past_of, read_question, written
from .desk import Asker, RateDesk, asker_of
from .money.amounts import Conversion
from .money.convert import NoRate, Terms, convert_sum, in_base
from .money.faults import RatesError
from .plugin import plugin
from .tastes import Tastes

CACHE_S = 60
"""Rates change once an hour; a minute keeps the age that is written honest."""

MOST_RESULTS = 12


class NotUnderstood(RatesError):
    """What was typed is no sum; the line above the results has 64 characters."""

    reply = "No sum that I understand. Try: 100 usd eur"


class NobodyPays(RatesError):
    """There is no service account, and nobody is asked who pays for what others read."""

    reply = "This bot has no rates for other chats. See them in its own"


@plugin.inline(cache_s=CACHE_S, switch="Open the bot", start="rates")
async def search(
    ctx: Ctx, query: InlineQuery, me: Session | None, desk: RateDesk, tastes: Store[Tastes]
) -> list[InlineResult]:
    """Return one result for each target, or for each favourite.

    Raises:
        NotUnderstood: what was typed is no sum of money.
        NobodyPays: there is no service account.

    """
    if not desk.is_shared:
        raise NobodyPays
    asker = await asker_of(ctx, desk, me, tastes)
    text = query.text.strip()
    asked = read_question(text) if text else one_of_base(asker)
    if asked is None:
        raise NotUnderstood
    if asked.conversion is not None:
        return await results(asker, asked.conversion)
    assert asked.error is not None  # noqa: S101  # a question has the one or the other
    past = await past_of(asker, asked.text, asked.error)
    if past is None:
        raise asked.error  # shown above the results: a caret has no place there
    if past.value is None:
        raise NoRate(past.terms[0][1])
    fact, age, *notes = past_facts(asker, past)
    title = one_line(asker, past.terms, past.value, past.target)
    description = age.plain if age is not None else ""
    message = lines(fact, age, *notes)
    return [InlineResult(id=past.target, title=title, description=description, text=message)]


def one_of_base(asker: Asker) -> Question:
    """Return what who typed nothing is shown: their base currency in their favourites."""
    return Question("", Conversion(((Decimal(1), asker.tastes.base),)))


async def results(asker: Asker, wanted: Conversion) -> list[InlineResult]:
    """Return a sum in each of the targets, with what it rests on."""
    terms = in_base(wanted.terms, asker.tastes.base)
    own = {code for _, code in terms}
    liked = tuple(c for c in (asker.tastes.base, *asker.tastes.shown) if c not in own)
    snapshot = await asker.desk.now(asker.purse)
    rates, age = words.rates_of(snapshot), words.age(asker, snapshot)
    doubts = [assumed(asker, doubt) for doubt in wanted.doubts]
    found: list[InlineResult] = []
    for target in (wanted.targets or liked)[:MOST_RESULTS]:
        try:
            amount = convert_sum(terms, target, rates)
        except NoRate as error:
            if error.code in own or wanted.targets:
                raise
            continue
        gone = [words.withdrawn(asker, code) for code in dict.fromkeys([*own, target])]
        notes = [note for note in (*doubts, *gone) if note is not None]
        found.append(one_result(asker, terms, amount, target, [*notes, age]))
    return found


def one_result(
    asker: Asker, terms: Terms, amount: Decimal, target: str, notes: list[Rich]
) -> InlineResult:
    """Return what is offered and, once picked, sent for one target; a note before all others."""
    fact = one_line(asker, terms, amount, target)
    return InlineResult(
        id=target, title=fact, description=notes[0].plain, text=lines(bold(fact), *notes)
    )


def one_line(asker: Asker, terms: Terms, amount: Decimal, target: str) -> str:
    """Write a sum and what it is: `100.00 USD = 92.10 EUR`."""
    total, (answer,) = written(asker, terms, [(amount, target)])
    return f"{total} = {answer}"
