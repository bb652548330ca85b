"""Conversion: /convert, and texts such as `100 usd to eur` in the private chat."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal, localcontext
from typing import NamedTuple

from sapp_bot import CommandButton, Ctx, Item, Rich, Screen, Store, bold, lines
from sapp_bot.services import Session, ascii_digits

from . import words
from .buttons import Swap
from .desk import Asker, RateDesk, asker_of
from .money.amounts import LONGEST, Assumption, Conversion, parse
from .money.convert import NoRate, Terms, convert_sum, in_base
from .money.faults import AmountError, Fault, RatesError
from .money.numerals import near_number
from .money.tokens import CONTEXT
from .past import last_of_day
from .plugin import plugin
from .reading.hours import Point
from .tastes import Tastes, amount_text, short_amount_text
from .times.dates import DateError, DateFault, begins_period, parse_day, today_in

LONGEST_BUTTON_AMOUNT = 20
"""Characters of an amount that a button carries; a longer one has no button to swap it."""

MOST_GUESSES = 3
NO_MONEY = frozenset({Fault.NO_CURRENCY, Fault.SIMILAR})
"""Faults of a word that stands where money should: it may be a mistyped number."""


class Question(NamedTuple):
    """A text that is about money: what it asks for, or what is wrong with it."""

    text: str
    conversion: Conversion | None = None
    error: AmountError | None = None


def read_question(text: str) -> Question | None:
    """Return what a text asks to have converted, None when it is not about money."""
    text = ascii_digits(text)
    try:
        found = parse(text)
    except AmountError as error:
        return _of_a_day(text) or Question(text, error=error)
    return _of_a_day(text) if found is None else Question(text, found)


_DAY_BEFORE = re.compile(
    r"(?P<day>(?:the )?day before yesterday|yesterday|позавчера|вчера)(?:['’]s|шний)?,?\s+(?=\w)",
    re.IGNORECASE,
)
_MOST_DAY_WORDS = 5
_SOME_DAY = date(2100, 1, 1)
"""A today that no day is still to come from: what day a text means is read when it is known."""


def _of_a_day(text: str) -> Question | None:
    """Return what money without a number is asked for on a day: «курс доллара вчера»."""
    if (lead := _DAY_BEFORE.match(text)) is not None:
        text = f"{text[lead.end() :].rstrip(' ?!.')} {lead['day']}"
    if len(text) > LONGEST:
        return None
    gaps = [gap.start() for gap in re.finditer(r"\s+", text.rstrip())][-_MOST_DAY_WORDS:]
    for gap in gaps:
        said = text[gap:].strip(" ?.!,")
        if (begins_period(said.split(" ")[0]) or said[:3] in {"на ", "от "}) and _is_day(said):
            try:
                meant = parse(text[:gap])
            except AmountError:
                continue
            if meant is not None and has_button(meant):
                end = len(text.rstrip())
                error = AmountError(Fault.UNEXPECTED, gap + 1, end, text=said)
                return Question(text, error=error)
    return None


def _is_day(said: str) -> bool:
    try:
        parse_day(said, _SOME_DAY)
    except DateError as error:
        return error.fault is not DateFault.UNKNOWN
    return True


@plugin.message(match=read_question, in_user_mode=False)
async def convert_text(
    ctx: Ctx, asked: Question, me: Session | None, desk: RateDesk, tastes: Store[Tastes]
) -> None:
    """Answer a text that is about money."""
    await answer(await asker_of(ctx, desk, me, tastes), asked)


@plugin.command(examples={"/convert 100 usd to eur": "EUR"})
async def convert(
    ctx: Ctx, me: Session | None, desk: RateDesk, tastes: Store[Tastes], text: str = ""
) -> None:
    """Convert money: /convert 100 usd to eur."""
    asker = await asker_of(ctx, desk, me, tastes)
    asked = read_question(text or f"1 {asker.tastes.base}")
    if asked is None:
        raise RatesError("Please write a sum of money: /convert 100 usd to eur")
    await answer(asker, asked)


@plugin.button(typed_as="/convert {amount} {source} to {target}")
async def swap(
    ctx: Ctx, pressed: Swap, me: Session | None, desk: RateDesk, tastes: Store[Tastes]
) -> None:
    """Convert the same amount the other way round."""
    terms = ((Decimal(pressed.amount), pressed.source),)
    wanted = Conversion(terms, (pressed.target,))
    asker = await asker_of(ctx, desk, me, tastes)
    await ctx.show(await result(asker, wanted), name="conversion")


async def answer(asker: Asker, asked: Question) -> None:
    """Show what a sum is in other money, or point at what is wrong with it."""
    if asked.conversion is None:
        assert asked.error is not None  # noqa: S101  # a question has the one or the other
        past = await past_result(asker, asked.text, asked.error)
        shown = past or mistake(asker, asked.text, asked.error)
        await asker.ctx.show(shown, name="conversion")
        return
    await asker.ctx.show(await result(asker, asked.conversion), name="conversion")


class Past(NamedTuple):
    """A sum at the last rate of a day: what it is in the target, None where there is no rate."""

    terms: Terms
    target: str
    day: date
    value: Decimal | None
    rate: Point | None


async def past_of(asker: Asker, text: str, error: AmountError) -> Past | None:
    """Convert at the last rate of the day that a text ends with; None where it ends otherwise."""
    tastes = asker.tastes
    try:
        day = parse_day(text[error.start :].strip(" ?.!,"), today_in(tastes.tz, asker.ctx.now))
        meant = parse(text[: error.start])
    except (DateError, AmountError):
        return None
    if meant is None or not has_button(meant):
        return None
    amount, source, target = one_pair(asker, meant)
    found = await last_of_day(asker.desk, asker.purse, (source, target), day, tastes.tz)
    with localcontext(CONTEXT):
        value = None if found is None else amount * found.value
    return Past(((amount, source),), target, day, value, found)


async def past_result(asker: Asker, text: str, error: AmountError) -> Screen | None:
    """Show a sum at the last rate of the day that a text ends with; None where there is no day."""
    past = await past_of(asker, text, error)
    if past is None:
        return None
    ((amount, source),) = past.terms
    swap_now = Swap(amount=plain_number(amount), source=source, target=past.target)
    rows: list[list[Item]] = [[swap_now.key("Now")], [words.RATES, words.HOME]]
    return Screen(lines(*past_facts(asker, past), words.cost(asker)), rows)


def past_facts(asker: Asker, past: Past) -> list[Rich | None]:
    """Write a sum of a day, of when its rate is, and what has become of its money."""
    source = past.terms[0][1]
    gone = words.withdrawn_past(asker, (source, past.target), past.day)
    if past.value is None or past.rate is None:
        why = "There is no rate of {code} for {day}."
        return [asker.ctx.t(why, code=source, day=words.day(asker.ctx, past.day)), gone]
    fact = facts(asker, past.terms, [(past.value, past.target)])
    return [fact, words.last_rate(asker, past.rate), words.missing(asker), gone]


def one_pair(asker: Asker, meant: Conversion) -> tuple[Decimal, str, str]:
    """Return the amount, its currency and the one it is wanted in, by default the base."""
    ((amount, source),) = in_base(meant.terms, asker.tastes.base)
    own = (asker.tastes.base, *asker.tastes.shown)
    return amount, source, next(code for code in (*meant.targets, *own) if code != source)


def mistake(asker: Asker, text: str, error: AmountError) -> Screen:
    """Point at the place of a mistake, offer what may have been meant, and lead on."""
    number = near_number(text[error.start : error.end]) if error.fault in NO_MONEY else None
    shown = words.pointed(asker.ctx, text, error)
    if number is not None:
        meant = asker.ctx.t("Did you mean “{word}”?", word=number)
        shown = lines(shown, meant)
    guesses = [number] if number else str(error.values.get("codes", "")).split(", ")
    keys = [guess_key(asker, found) for found in guessed(text, error, guesses)]
    key = CommandButton(command="currencies").key("Currencies")
    return Screen(shown, [*([found] for found in keys), [key, words.HOME]])


def guessed(
    text: str, error: AmountError, guesses: Sequence[str], *, again: bool = True
) -> Iterator[Conversion]:
    """Read a text with each guess in the place of its mistake; what cannot be read is left out.

    `again` is whether a second mistake may be guessed as well: `100 dolars to eruos`.
    """
    for guess in guesses[:MOST_GUESSES] if guesses != [""] else ():
        meant = f"{text[: error.start]}{guess}{text[error.end :]}"
        try:
            found = parse(meant)
        except AmountError as other:
            if again and other.fault is Fault.SIMILAR:
                codes = str(other.values.get("codes", "")).split(", ")
                yield from guessed(meant, other, codes, again=False)
            continue
        if found is not None and has_button(found):
            yield found


def has_button(meant: Conversion) -> bool:
    """Return whether one button can carry a conversion: one sum into one currency."""
    is_one = len(meant.terms) == 1 and len(meant.targets) <= 1
    return is_one and len(plain_number(meant.terms[0][0])) <= LONGEST_BUTTON_AMOUNT


def plain_number(amount: Decimal) -> str:
    """Write an amount as a button carries it."""
    return f"{amount.normalize():f}"


def guess_key(asker: Asker, meant: Conversion) -> Item:
    """Return the button that converts what was meant."""
    amount, source, target = one_pair(asker, meant)
    shown = short_amount_text(amount, asker.tastes.numbers, asker.ctx.language)
    button = Swap(amount=plain_number(amount), source=source, target=target)
    label = "{amount} {source} → {target}"
    return button.key(label, amount=shown, source=source, target=target)


async def result(asker: Asker, wanted: Conversion) -> Screen:
    """Show a sum in each of the targets: the fact first, then what it rests on."""
    tastes = asker.tastes
    terms = in_base(wanted.terms, tastes.base)
    own = {code for _, code in terms}
    targets = wanted.targets or tuple(c for c in (tastes.base, *tastes.shown) if c not in own)
    snapshot = await asker.desk.now(asker.purse)
    rates = words.rates_of(snapshot)
    try:
        found = [(convert_sum(terms, target, rates), target) for target in targets]
    except NoRate as error:
        return Screen(words.no_rate(asker, error), [[words.RATES, words.HOME]])
    text = lines(
        facts(asker, terms, found),
        *(assumed(asker, a) for a in wanted.doubts),
        *(words.withdrawn(asker, code) for code in dict.fromkeys([*own, *targets])),
        words.age(asker, snapshot),
        words.cost(asker),
    )
    rows = [swap_row(asker, terms, targets), successor_row(asker, terms, targets)]
    return Screen(text, [*(row for row in rows if row), [words.RATES, words.HOME]])


def successor_row(
    asker: Asker, terms: tuple[tuple[Decimal, str], ...], targets: Sequence[str]
) -> list[Item]:
    """Return the button of the same sum in what has taken the place of withdrawn money, if any."""
    for target in targets:
        meant = Conversion(terms, (words.successor(target),))
        if words.successor(target) not in {target, *targets, terms[0][1]} and has_button(meant):
            return [guess_key(asker, meant)]
    ((_, source), *more) = terms
    meant = Conversion(terms, (words.successor(source),))
    is_new = words.successor(source) not in {source, *targets}
    return [guess_key(asker, meant)] if is_new and not more and has_button(meant) else []


def facts(asker: Asker, terms: Terms, found: list[tuple[Decimal, str]]) -> Rich:
    """Write the sum as it was understood, and what it is."""
    total, answers = written(asker, terms, found)
    if len(answers) == 1:
        return bold(f"{total} = {answers[0]}")
    return lines(bold(f"{total} ="), *answers)


def written(asker: Asker, terms: Terms, found: list[tuple[Decimal, str]]) -> tuple[str, list[str]]:
    """Return a sum and what it is in other money, as texts; of one unit that is a rate."""
    if len(terms) == 1 and terms[0][0] == 1:
        parts = [f"1 {terms[0][1]}"]
        answers = [words.rate(asker, value, code) for value, code in found]
    else:
        parts = [words.money(asker, amount, code) for amount, code in terms]
        answers = [words.money(asker, amount, code) for amount, code in found]
    total = " + ".join(parts).replace("+ \N{MINUS SIGN}", "\N{MINUS SIGN} ")
    return total, answers


def assumed(asker: Asker, assumption: Assumption) -> Rich:
    """Say what was taken for granted, so that nobody is misled."""
    if assumption.number is not None:
        number = amount_text(assumption.number, asker.tastes.numbers, asker.ctx.language)
        return asker.ctx.t("I took “{text}” for {number}.", text=assumption.text, number=number)
    if not assumption.others:
        return asker.ctx.t(
            "I took “{text}” for {code}.", text=assumption.text, code=assumption.code
        )
    return asker.ctx.t(
        "I took “{text}” for {code}; it may also be {others}.",
        text=assumption.text,
        code=assumption.code,
        others=", ".join(assumption.others),
    )


def swap_row(
    asker: Asker, terms: tuple[tuple[Decimal, str], ...], targets: tuple[str, ...]
) -> list[Item]:
    """Return the buttons below a conversion of one currency into one other."""
    if len(terms) != 1 or len(targets) != 1:
        return []
    ((amount, source),) = terms
    carried = plain_number(amount)
    if source == targets[0]:
        return []  # the other way round is the same
    if len(carried) > LONGEST_BUTTON_AMOUNT:
        return []
    button = Swap(amount=carried, source=targets[0], target=source)
    label = "⇄ {amount} {source} in {target}"
    shown = short_amount_text(amount, asker.tastes.numbers, asker.ctx.language)
    return [button.key(label, amount=shown, source=targets[0], target=source)]
