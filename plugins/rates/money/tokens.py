"""Conversion texts as tokens: numbers in all usual spellings, words, symbols, signs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from functools import cache
from typing import NamedTuple
from unicodedata import category

from .currencies import FLAG, CurrencyTable, Meaning, currency_table
from .numerals import HUNDREDS, MAGNITUDES, spelled_at

DIGITS = 60
"""Sums are computed with this many digits: 10^30 with 30 places."""

CONTEXT = Context(prec=DIGITS, traps=[DivisionByZero, InvalidOperation, Overflow])

_THOUSAND, _MILLION, _BILLION, _TRILLION = (Decimal(10) ** power for power in (3, 6, 9, 12))

SLANG: Mapping[str, Decimal] = {
    **dict.fromkeys(("штука", "штуки", "штук", "косарь", "косаря", "косарей"), _THOUSAND),
    **dict.fromkeys(("лям", "ляма", "лямов", "лимон", "лимона", "лимонов"), _MILLION),
}
"""Suffixes that are things of their own, unless a currency follows: «2 лимона рублей»."""

SUFFIXES: Mapping[str, Decimal] = {
    **SLANG,
    **MAGNITUDES,
    **dict.fromkeys(HUNDREDS, Decimal(100)),
    **dict.fromkeys(("k", "к", "т"), _THOUSAND),
    **dict.fromkeys(("m", "м", "mln", "mio", "kk", "кк"), _MILLION),
    **dict.fromkeys(("bn", "mrd"), _BILLION),
    "trn": _TRILLION,
    **dict.fromkeys(("lakh", "лакх"), Decimal(100_000)),
    **dict.fromkeys(("crore", "крор"), Decimal(10_000_000)),
}
"""What multiplies the number before it."""

_LONGEST_FIRST = sorted(SUFFIXES, key=len, reverse=True)

SIGNS: Mapping[str, str] = {
    **{sign: sign for sign in "+-*/()%^"},
    **dict.fromkeys(("−", "–", "—"), "-"),
    **dict.fromkeys(("×", "·"), "*"),
    "÷": "/",
    "plus": "+",
    "плюс": "+",
    "minus": "-",
    "минус": "-",
}

QUESTION_WORDS = frozenset(
    {"это", "сколько", "будет", "is", "how", "much", "many", "equals", "worth", "cost", "costs"}
)
"""What people put between a sum and its targets: «100 usd это сколько в рублях»."""

JOINS = QUESTION_WORDS | frozenset(
    {"to", "in", "into", "в", "во", "на", "к", "ко", "and", "и", "or", "или", "vs"}
    | {"->", "→", "➡", "⇒", "=>", "=", ">", ">>", ",", ";", "&"}
    | {"d", "yf"}  # «в» and «на» in the other keyboard layout
)
"""What stands between a sum and the currencies that it is wanted in."""

_CODE_LETTERS = 3


class Kind:
    """What a token is; no enum, whose members take seven times as long to look up."""

    NUMBER = 1
    WORD = 2
    SYMBOL = 3
    SUFFIX = 4
    SIGN = 5
    JOIN = 6
    OTHER = 7
    END = 8


_NUMBERS = frozenset({Kind.NUMBER, Kind.SUFFIX})


class Token(NamedTuple):
    """One token and its place: `text` is normal for words, a sign's own for signs."""

    kind: int
    text: str
    start: int
    end: int
    value: Decimal = Decimal(0)
    """The number, or what a suffix multiplies with."""
    doubtful: bool = False
    """Whether the number could be read otherwise: `1,000`, `1.000`."""


class Lexicon(NamedTuple):
    """What the tokenizer and the grammar look words up in."""

    pattern: re.Pattern[str]
    meanings: Mapping[str, Meaning]
    phrase_lengths: Mapping[str, int]
    """How many words the longest name has that begins with this word."""
    plain: Mapping[str, str]
    """Words that are one token as they stand, and codes in capital letters: to their tokens."""
    by_letter: Mapping[str, Sequence[str]]
    """All words by their first letter, for those that are mistyped."""
    table: CurrencyTable


_GAPS = r"\ \u00a0\u2009\u202f'’_"
_UNSEEN = r"\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff"
"""Joiners, marks of direction, and what tells how an emoji is drawn."""

_PATTERN = rf"""
  [\s{_UNSEEN}"«»“”„`]*+(?:  # in the match of what follows: a match of their own takes longer
  (?P<word>[^\W\d_]++(?:-[^\W\d_]++)*+(?![$¥]))
| (?P<simple>[0-9]++(?![{_GAPS}.,][0-9]))
| (?P<spaced>[1-9][0-9]{{0,2}}(?:[{_GAPS}][0-9]{{3}})+(?:[.,][0-9]+)?(?![0-9]))
| (?P<commas>[1-9][0-9]{{0,2}}(?:,[0-9]{{3}})+(?:\.[0-9]+)?(?![0-9]))
| (?P<dots>[1-9][0-9]{{0,2}}(?:(?:\.[0-9]{{3}})+,[0-9]+|(?:\.[0-9]{{3}}){{2,}})(?![0-9]))
| (?P<lakhs>[1-9][0-9]?(?:,[0-9]{{2}})+,[0-9]{{3}}(?:\.[0-9]+)?(?![0-9]))
| (?P<plain>[0-9]+(?:[.,][0-9]+)?|[.,][0-9]+)
| (?P<symbol>[^\W\d_]++[$¥]|[SYMBOLS]|{FLAG})
| (?P<sign>->|=>|>>|[-+*/()%^−–—×·÷→➡⇒=>,;&])
| (?P<dot>(?<=[^\W\d_])\.)
| (?P<other>.)
  )
"""
_FIRST_LETTERS = re.compile(r"[^\W\d_]+")
_BARE = str.maketrans("", "", " \u00a0\u2009\u202f'’_")
_NO_COMMAS = str.maketrans("", "", ",")
_DOTS_OUT = str.maketrans(",", ".", ".")
_POINT = str.maketrans(",", ".")


@cache
def lexicon() -> Lexicon:
    """Make the tables, once."""
    table = currency_table()
    lengths: dict[str, int] = {}
    for word in table.meanings:
        first, count = word.split(" ", 1)[0], word.count(" ") + 1
        lengths[first] = max(lengths.get(first, 0), count)
    signs = {word for word in table.meanings if len(word) == 1 and category(word) in {"Sc", "So"}}
    text = _PATTERN.replace("SYMBOLS", re.escape("".join(sorted(signs))))
    pattern = re.compile(text, re.VERBOSE | re.DOTALL)
    by_letter: dict[str, list[str]] = {}
    for word in table.meanings:
        by_letter.setdefault(word[0], []).append(word)
    plain = {word: word for word in lengths if word not in JOINS and word not in SIGNS}
    plain |= {code: code.lower() for code in table.currencies if code.lower() in plain}
    return Lexicon(pattern, table.meanings, lengths, plain, by_letter, table)


def tokenize(text: str, start: int, end: int) -> list[Token]:
    """Return the tokens of `text[start:end]`, and an END."""
    words = lexicon()
    tokens: list[Token] = []
    done = 0
    for match in words.pattern.finditer(text, start, end):
        kind = match.lastgroup
        assert kind is not None  # noqa: S101  # each alternative has a name
        written, (first, last) = match[kind], match.span(kind)
        if kind == "word":
            if first >= done:  # else it is a part of a number in words
                done = _add_word(text, (written, first, last, end), tokens, words)
        elif kind == "simple":
            tokens.append(Token(Kind.NUMBER, written, first, last, Decimal(written)))
        elif kind == "sign":
            kind_of_sign = Kind.JOIN if written in JOINS else Kind.SIGN
            tokens.append(Token(kind_of_sign, SIGNS.get(written, written), first, last))
        elif kind == "symbol":
            tokens.extend(_symbol(written, first, words))
        elif kind == "other":
            tokens.append(Token(Kind.OTHER, written, first, last))
        elif kind != "dot":
            tokens.append(_number(kind, written, first, last))
    tokens.append(Token(Kind.END, "", end, end))
    return tokens


def _add_word(
    text: str, place: tuple[str, int, int, int], tokens: list[Token], words: Lexicon
) -> int:
    """Add the tokens of a word, or of a number that goes on over several; return where it ends.

    `place` is the word, where it begins and ends, and where the text to read ends.
    """
    word, first, last, end = place
    if not tokens or tokens[-1].end != first:
        plain = words.plain.get(word)
        if plain is not None:
            tokens.append(Token(Kind.WORD, plain, first, last))
            return last
        if word in JOINS:
            tokens.append(Token(Kind.JOIN, word, first, last))
            return last
    number = _spelled(text, first, end, tokens)
    if number is not None:
        tokens.append(number)
        return number.end
    tokens.extend(_word(word, first, tokens, words))
    return last


def _spelled(text: str, start: int, end: int, before: Sequence[Token]) -> Token | None:
    """Return a number in words; after another number the same words multiply it."""
    found = spelled_at(text, start, end)
    if found is None:
        return None
    if before and (before[-1].kind in _NUMBERS or before[-1].text == ")"):
        first = _FIRST_LETTERS.match(text, start)
        if before[-1].end == start or (first and first[0].lower() in SUFFIXES):
            return None
    return Token(Kind.NUMBER, text[start : found.end], start, found.end, found.value)


def _symbol(text: str, start: int, words: Lexicon) -> Iterator[Token]:
    """Take `US$` as a symbol, and `usd$` as two."""
    end = start + len(text)
    if len(text) > 1 and text.lower() not in words.meanings:
        if not text[0].isalpha():  # the flag of a country without money
            yield Token(Kind.OTHER, text, start, end)
            return
        yield from _word(text[:-1], start, (), words)
        text, start = text[-1], end - 1
    yield Token(Kind.SYMBOL, text.lower(), start, end)


def _number(kind: str, text: str, first: int, last: int) -> Token:
    doubtful = False
    if kind == "plain":
        bare = text.translate(_POINT)
        whole, _, places = bare.partition(".")
        doubtful = "." in text and len(places) == 3 and 0 < len(whole) <= 3 and whole[0] != "0"  # noqa: PLR2004  # as if of thousands
    elif kind == "spaced":
        bare = text.translate(_BARE).translate(_POINT)
    elif kind == "dots":
        bare = text.translate(_DOTS_OUT)
    else:
        bare = text.translate(_NO_COMMAS)
        doubtful = kind == "commas" and text.count(",") == 1 and "." not in text
    return Token(Kind.NUMBER, text, first, last, Decimal(bare), doubtful)


def _word(raw: str, start: int, before: Sequence[Token], words: Lexicon) -> Iterator[Token]:
    end = start + len(raw)
    text = raw.lower()
    if "ё" in text:
        text = text.replace("ё", "е")
    if len(text) != len(raw):  # a letter that becomes two in lower case is in no word of ours
        yield Token(Kind.WORD, text, start, end)
        return
    if before and before[-1].end == start and before[-1].kind == Kind.NUMBER:
        count, suffix = _suffix(text, words.meanings)
        if count:
            yield Token(Kind.SUFFIX, text[:count], start, start + count, suffix)
            text, start = text[count:], start + count
            if not text:
                return
    if text in JOINS:
        yield Token(Kind.JOIN, text, start, end)
    elif text in SIGNS:
        yield Token(Kind.SIGN, SIGNS[text], start, end)
    elif "-" in text:
        yield from _parts(text, start, words.meanings)
    elif len(text) == 2 * _CODE_LETTERS and text not in words.meanings and is_pair(text):
        middle = start + _CODE_LETTERS
        yield Token(Kind.WORD, text[:_CODE_LETTERS], start, middle)
        yield Token(Kind.WORD, text[_CODE_LETTERS:], middle, end)
    else:
        yield Token(Kind.WORD, text, start, end)


def _suffix(text: str, meanings: Mapping[str, Meaning]) -> tuple[int, Decimal]:
    """Return how many letters of a word at a number multiply it (`kusd`: 1), and by what."""
    rest, factor = text, Decimal(1)
    while rest and rest not in meanings:
        found = next((s for s in _LONGEST_FIRST if rest.startswith(s)), None)
        if found is None or factor >= _TRILLION:
            return 0, Decimal(1)
        rest, factor = rest[len(found) :], factor * SUFFIXES[found]
    return len(text) - len(rest), factor


def _parts(text: str, start: int, meanings: Mapping[str, Meaning]) -> Iterator[Token]:
    """Split `usd-rub` at its sign; `шри-ланкийских` is words without one."""
    parts = text.split("-")
    for index, part in enumerate(parts):
        if index and parts[index - 1] in meanings:
            yield Token(Kind.SIGN, "-", start - 1, start)
        yield Token(Kind.WORD, part, start, start + len(part))
        start += len(part) + 1


def is_pair(word: str) -> bool:
    """Tell whether a word in lower case is two codes: `usdrub`."""
    table = currency_table()
    first, second = word[:_CODE_LETTERS].upper(), word[_CODE_LETTERS:].upper()
    return first in table and second in table


def is_counted(word: str) -> bool:
    """Tell whether a Russian word is money as it is counted, «рублей»; not «рубль», nor «евро»."""
    return word.lower().replace("ё", "е") in _counted()


@cache
def _counted() -> frozenset[str]:
    names = [currency.russian for currency in currency_table()]
    many = {word for name in names for word in name.many.split(" ")}
    other = {word for name in names for text in (name.one, name.plural) for word in text.split(" ")}
    return frozenset(word.lower().replace("ё", "е") for word in many - other)
