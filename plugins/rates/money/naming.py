"""Currencies as commands name them: codes, names of several words, pairs; and what follows."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sapp_bot import NextStep

from .currencies import Currency, currency_table, normal
from .faults import HOME_STEP, RatesError
from .reader import MOST_SIMILAR, CurrencyReader, Found, similar
from .search import search
from .tokens import Kind, lexicon

LONGEST = 256
"""Characters of a text; longer ones name no currencies."""

LONGEST_SHOWN = 40
MOST_WORDS = 34
"""Bytes behind a command that a button can carry, beside the longest name, `favourites`."""

LIST_STEPS = (NextStep("currencies", "Currencies"), HOME_STEP)

_BETWEEN = frozenset("-/")
_BESIDE = frozenset({",", ";", "and", "и", "&", "or", "или"})
"""Joins of a list; all others, as «в», make a pair."""


_GAP = re.compile(r"\s|\Z")


class UnknownCurrency(RatesError):
    """What was typed is no currency; the likeliest ones are named."""

    reply = "“{text}” is no currency that I know. Did you mean {codes}?"
    next_steps = LIST_STEPS

    def __init__(self, text: str, codes: Sequence[str]) -> None:
        super().__init__(text=text, codes=", ".join(codes))
        self.codes = codes


class NoSuchCurrency(RatesError):
    """What was typed is no currency, and nothing is like it."""

    reply = "“{text}” is no currency that I know. /currencies lists them."
    next_steps = LIST_STEPS


class SeveralCurrencies(RatesError):
    """What was typed is the name of several currencies, none of which is the likeliest."""

    reply = "“{text}” may be {codes}. Please write the code."
    next_steps = LIST_STEPS


class NotOneCurrency(RatesError):
    """Several currencies were named where there can be one, or more than a pair."""

    reply = "Please name one currency, or a pair such as EUR/USD."
    next_steps = LIST_STEPS


class NamingTooLong(RatesError):
    """A text is longer than what names currencies can be."""

    reply = "That is longer than {most} characters. Please send fewer currencies, or their codes."
    next_steps = LIST_STEPS


class Naming(NamedTuple):
    """What a command names: its currencies, whether they are a pair, and the rest of the text."""

    codes: tuple[str, ...] = ()
    is_pair: bool = False
    """Whether two are written as a pair: `EUR/USD`, `eurusd`, «евро в рублях»."""
    rest: str = ""


def nothing_follows(word: str) -> bool:
    """Tell that nothing may stand behind currencies."""
    return not word


def read_naming(
    text: str, may_follow: Callable[[str], bool] = nothing_follows, *, command: str = ""
) -> Naming:
    """Return the currencies that a text begins with, and the rest, which begins with such a word.

    Args:
        text: `new zealand dollar`, `usdrub 7d`, «евро, йена».
        may_follow: whether something else begins with a word, a day or a period.
        command: what the text stands behind; where a word may mean several currencies, or is
            none, a button says it again with each that may be meant.

    Raises:
        SeveralCurrencies, UnknownCurrency, NoSuchCurrency: what stands there is none.
        NamingTooLong: it has more than `LONGEST` characters.

    """
    if len(text) > LONGEST:
        raise NamingTooLong(most=LONGEST)
    reader, codes, at, end = CurrencyReader(text, 0, len(text)), list[str](), 0, 0
    is_pair = False
    while True:
        joins = [reader.tokens[at].text] if _is_join(reader, at, codes) else []
        while _is_join(reader, at, codes):
            at += 1
        found = _longest_at(reader, text, at)
        if found is None or _begins_rest(text, found, may_follow):
            break
        if not found.meaning.assumed and len(found.meaning.codes) > 1:
            raise _several(found).offer(*_again(command, text, found, found.meaning.codes))
        is_glued = bool(codes) and reader.tokens[at].start == end
        is_pair |= is_glued or any(join not in _BESIDE for join in joins)
        codes.append(found.meaning.code)
        at, end = found.next, found.end
    start = reader.tokens[at].start
    rest = text[start:].strip(" ,;.?!")
    if rest and not may_follow(_first_word(rest)):
        raise _unknown_at(text, text.index(rest, start), may_follow, command)
    unique = tuple(dict.fromkeys(codes))
    return Naming(unique, is_pair and len(unique) == 2, rest)  # noqa: PLR2004  # a pair


def _is_join(reader: CurrencyReader, at: int, codes: list[str]) -> bool:
    """Tell whether a token stands between two currencies."""
    token = reader.tokens[at]
    return bool(codes) and (token.kind == Kind.JOIN or token.text in _BETWEEN)


def _longest_at(reader: CurrencyReader, text: str, at: int) -> Found | None:
    """Return the currency at a token by its whole name, with its marks: `St. Helena pound`."""
    read, start = reader.currency_at(at), reader.tokens[at].start
    for gap in reversed([m.start() for m in _GAP.finditer(text, start)] or [len(text)]):
        meaning = currency_table().meanings.get(normal(text[start:gap]))
        if meaning is not None:
            after = next(i for i, token in enumerate(reader.tokens) if token.start >= gap)
            whole = Found(text[start:gap], meaning, start, gap, after)
            return whole if read is None or read.end < gap else read
    return read


def _begins_rest(text: str, found: Found, may_follow: Callable[[str], bool]) -> bool:
    """Tell whether a word is a part of what follows, though it is a currency's in small letters."""
    word = text[found.start : found.end]
    return not word.isupper() and word.lower() in currency_table().ordinary and may_follow(word)


def _first_word(text: str) -> str:
    return text.split(maxsplit=1)[0] if text else ""


class _Place(NamedTuple):
    """Where a text has what may be a currency."""

    start: int
    end: int


def _unknown_at(
    text: str, start: int, may_follow: Callable[[str], bool], command: str
) -> RatesError:
    """Return what is said of the words from a place on, up to one that something else begins."""
    found = list(re.finditer(r"\S+", text[start:].rstrip(" ,;.?!")))
    until = next((n for n, m in enumerate(found) if n and may_follow(m[0])), len(found))
    place = _Place(start, start + found[until - 1].end())
    error = unknown(" ".join(m[0] for m in found[:until]))
    codes = error.codes if isinstance(error, UnknownCurrency) else ()
    return error.offer(*_again(command, text, place, codes))


def _again(
    command: str, text: str, place: Found | _Place, codes: Sequence[str]
) -> tuple[NextStep, ...]:
    """Return the steps that say a command again, with a code for what stands at a place."""
    said = {code: f"{text[: place.start]}{code}{text[place.end :]}".strip() for code in codes}
    steps = (
        NextStep(command, code, words)
        for code, words in said.items()
        if command and len(words.encode()) <= MOST_WORDS
    )
    return (*steps, *LIST_STEPS)


def one_currency(text: str, *, command: str = "") -> Currency:
    """Return the currency that a text names: a code, a name, a symbol, in both languages.

    `command` is what the text stands behind, as for `read_naming`.

    Raises:
        SeveralCurrencies, UnknownCurrency, NoSuchCurrency: it names none, or one of several.
        NotOneCurrency: it names more than one.
        NamingTooLong: it has more than `LONGEST` characters.

    """
    table = currency_table()
    word = text.strip().strip(",;")
    if word.upper() in table:
        return table[word.upper()]
    meaning = table.meanings.get(normal(word))
    if meaning is not None and (len(meaning.codes) == 1 or meaning.assumed):
        return table[meaning.code]
    codes = read_naming(word, command=command).codes
    if len(codes) != 1:
        raise NotOneCurrency
    return table[codes[0]]


def _several(found: Found) -> SeveralCurrencies:
    return SeveralCurrencies(text=found.text.strip(), codes=", ".join(found.meaning.codes))


def unknown(text: str) -> RatesError:
    """Return what is said of a text that is no currency: what it is like, if that is known."""
    shown = text.strip(" ,;.?!")[:LONGEST_SHOWN]
    codes = [currency.code for currency in search(shown, limit=MOST_SIMILAR)]
    if not codes and (word := normal(shown)):  # `---` has no letter
        codes = similar(word, lexicon())
    if not codes:
        return NoSuchCurrency(text=shown)
    return UnknownCurrency(shown, codes)
