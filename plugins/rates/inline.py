"""Inline mode: `@bot 100 usd eur` in any chat; nothing typed shows the favourites."""

from decimal import Decimal

from sapp_bot import Ctx, InlineQuery, InlineResult, Rich, Store, bold, lines
from sapp_bot.services import Session

from . import words
from .conversion import read_question
from .desk import Asker, RateDesk, asker_of
from .money.amounts import Conversion
from .money.convert import NoRate, convert_sum, in_base
from .plugin import plugin
from .tastes import Tastes

CACHE_S = 60
"""Rates change once an hour; a minute keeps the age that is written honest."""

MOST_RESULTS = 12


@plugin.inline(cache_s=CACHE_S, switch="Open the bot", start="help")
async def search(
    ctx: Ctx, query: InlineQuery, me: Session | None, desk: RateDesk, tastes: Store[Tastes]
) -> list[InlineResult]:
    """Return one result for each target, or for each favourite."""
    desk.need_service()
    asker = await asker_of(ctx, desk, me, tastes)
    asked = read_question(query.text) if query.text.strip() else None
    one = Conversion(((Decimal(1), asker.tastes.base),))
    if asked is not None and asked.error is not None:
        raise asked.error  # shown above the results: a caret has no place there
    wanted = one if asked is None or asked.conversion is None else asked.conversion
    terms = in_base(wanted.terms, asker.tastes.base)
    own = {code for _, code in terms}
    liked_codes = tuple(c for c in (asker.tastes.base, *asker.tastes.shown) if c not in own)
    snapshot = await desk.now(asker.purse)
    rates = words.rates_of(snapshot)
    found: list[InlineResult] = []
    for target in (wanted.targets or liked_codes)[:MOST_RESULTS]:
        try:
            amount = convert_sum(terms, target, rates)
        except NoRate as error:
            if error.code in own or wanted.targets:
                raise
            continue
        found.append(one_result(asker, terms, amount, target, words.age(asker, snapshot)))
    return found


def one_result(
    asker: Asker, terms: tuple[tuple[Decimal, str], ...], amount: Decimal, target: str, age: Rich
) -> InlineResult:
    """Return what is offered and, once picked, sent for one target."""
    total = " + ".join(words.money(asker, value, code) for value, code in terms)
    fact = f"{total} = {words.money(asker, amount, target)}"
    return InlineResult(id=target, title=fact, description=age.plain, text=lines(bold(fact), age))
