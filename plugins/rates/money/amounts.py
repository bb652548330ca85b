"""What people write when they want money converted: `1.5k usd to eur`, «100 долларов в рублях».

`parse` is given every text of a private chat. It tells three things apart: a conversion, a text
that is about money but cannot be understood (an error with its place), and all other talk (None).
"""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import NamedTuple

from .faults import AmountError, Fault
from .grammar import Parser
from .reader import Found, find_retyped, one_slip
from .tokens import JOINS, SIGNS, SUFFIXES, Kind, Token, is_pair, lexicon

LONGEST = 256
"""Characters of a text; longer ones are no sums."""

_ECHO_DIGITS, _ECHO_PLACES = 15, 2
_PLAIN = Context(prec=64)
_UNKNOWN_WORDS = 2
"""A text with more unknown words than this is talk, whatever money is in it."""

_LEAD_IN = re.compile(
    r"(?:(?:please )?convert|how much (?:is|are)|what(?:'s| is| are)|rate(?: of)?|price of"
    r"|сколько(?: будет| стоит| стоят| это)?|переведи(?:те)?|конвертируй(?:те)?|курс)\s+",
    re.IGNORECASE,
)
_END = re.compile(r"[\s?!.=]*\Z")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_BEGINS_LIKE_A_SUM = re.compile(r"[0-9(]|[.,][0-9]|[-−–—]\s*[0-9(.,$€£]")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?|(\d\d?)([./-])\d\d?\2(?:\d{4}|\d\d)|\d\d?:\d\d.*")
_LIST_ITEM = re.compile(r"\d+[.)]\s*\Z")
_TALK = re.compile(
    r"(?:min|mins|sec|secs|hrs?|days?|pcs|times?|am|pm|km|kg|cm|mm|шт|час|мин|сек|дня|дней|день"
    r"|раз|раза|лет|год|года|км|кг|см|мм|мл|th|st|nd|rd|мес)\.?\Z",
    re.IGNORECASE,
)
_CODE_LETTERS = 3
_LONG_WORD = 5


class Assumption(NamedTuple):
    """Something that could have been meant otherwise, and is therefore said.

    `text` is how it was written. `code` is what was assumed of `others`; it is empty for a number
    that was read in one of two ways, which is then `number`.
    """

    text: str
    code: str = ""
    others: tuple[str, ...] = ()
    number: Decimal | None = None


class Conversion(NamedTuple):
    """What is wanted: sums of money, each with its code, and the codes to convert into.

    A code "" is the person's own base currency; no targets are the person's favourites. `echo` is
    the understood sum in normal form: `1 000.5 USD + 5 EUR`; `parse` reads it as the same.
    """

    terms: tuple[tuple[Decimal, str], ...]
    targets: tuple[str, ...] = ()
    echo: str = ""
    assumed: tuple[Assumption, ...] = ()


def parse(text: str) -> Conversion | None:
    """Return what somebody wants to have converted, None when the text is not about money.

    Raises:
        AmountError: it is about money and cannot be understood; the place is in the text as given.

    """
    start = _start(text)
    if start is None:
        return None
    if len(text) > LONGEST:
        _refuse_length(text, start)
        return None
    end = _end(text, start)
    parser = Parser(text, start, end)
    try:
        amounts, targets = parser.conversion()
    except AmountError as error:
        if _is_talk(text, start, parser.tokens, error):
            return None
        raise
    if _is_plain_word(text, start, end, parser, targets):
        return None
    terms = tuple((amount, code) for code, amount in amounts.items())
    echo = " + ".join(in_normal_form(amount, code) for amount, code in terms)
    return Conversion(terms, tuple(targets), echo.replace("+ -", "- "), _assumptions(parser))


def in_normal_form(amount: Decimal, code: str) -> str:
    """Write a sum plainly: digits in groups, a point, the code; at most 15 digits and 10^30."""
    digits = max(_ECHO_DIGITS, amount.adjusted() + 1 + _ECHO_PLACES)
    rounded = amount if amount == amount.to_integral_value() else round_to(amount, digits)
    number = f"{rounded.normalize(_PLAIN):,f}".replace(",", " ")
    return f"{number} {code}" if code else number


def round_to(amount: Decimal, digits: int) -> Decimal:
    """Return an amount with so many significant digits."""
    return Context(prec=digits, rounding=ROUND_HALF_EVEN).plus(amount)


def _start(text: str) -> int | None:
    """Return where the sum begins, None when the first word shows that there is none."""
    lead = _LEAD_IN.match(text)
    start = lead.end() if lead else len(text) - len(text.lstrip())
    if _BEGINS_LIKE_A_SUM.match(text, start):
        return None if _DATE.fullmatch(text.strip()) else start
    words = lexicon()
    found = _FIRST_WORD.match(text, start)
    if found is None:
        begins = words.pattern.match(text, start)
        return start if begins and begins.lastgroup == "symbol" else None
    first = found[0].lower().replace("ё", "е")
    if first in words.phrase_lengths or is_pair(first):
        return start
    if text[found.end() : found.end() + 1] in {"$", "¥"}:
        return start
    return start if find_retyped(text, start, found.end(), words) else None


def _end(text: str, start: int) -> int:
    match = _END.search(text, start)
    return match.start() if match else len(text)


def _refuse_length(text: str, start: int) -> None:
    """Return for long talk.

    Raises:
        AmountError: it looks like a sum all the way.

    """
    tokens = Parser(text, start, start + LONGEST).tokens
    if _unknown_words(tokens[:-2]) or not any(letter.isdigit() for letter in text):
        return
    raise AmountError(Fault.TOO_LONG, LONGEST, len(text), most=LONGEST)


def _is_talk(text: str, start: int, tokens: list[Token], error: AmountError) -> bool:
    """Tell whether a text that is no conversion was not meant to be one."""
    unknown = _unknown_words(tokens)
    money = any(_is_money(token) for token in tokens)
    number = any(token.kind == Kind.NUMBER for token in tokens)
    if unknown > _UNKNOWN_WORDS or not (money or number):
        return True
    first = tokens[0]
    if first.kind == Kind.WORD:
        return not number or (_is_ordinary(text, first) and not text[start : first.end].isupper())
    if money or unknown > 1:
        return not money
    if error.fault in {Fault.NO_CURRENCY, Fault.SIMILAR}:
        word = text[error.start : error.end]
        return bool(_TALK.match(word)) or not _looks_like_money(word.lower(), error)
    return bool(_LIST_ITEM.match(text, start)) or error.fault == Fault.NEGATIVE


def _unknown_words(tokens: list[Token]) -> int:
    known = JOINS | SIGNS.keys() | SUFFIXES.keys()
    return sum(t.kind == Kind.WORD and t.text not in known and not _is_money(t) for t in tokens)


def _is_money(token: Token) -> bool:
    if token.kind == Kind.SYMBOL:
        return True
    return token.kind == Kind.WORD and token.text in lexicon().phrase_lengths


def _is_ordinary(text: str, token: Token) -> bool:
    word = text[token.start : token.end].lower().replace("ё", "е")
    return word in lexicon().table.ordinary


def _looks_like_money(word: str, error: AmountError) -> bool:
    """Tell a mistyped currency (`usdd`, `доларов`) from dogs."""
    if len(word) == _CODE_LETTERS:
        return True
    if len(word) < _LONG_WORD:
        return any(one_slip(c.code.lower(), word) for c in lexicon().table if c.until is None)
    return error.fault == Fault.SIMILAR


def _is_plain_word(text: str, start: int, end: int, parser: Parser, targets: list[str]) -> bool:
    """Tell whether what can be read as a conversion is more likely said without thinking of it."""
    first = parser.tokens[0]
    written = text[first.start : first.end]
    if first.kind == Kind.WORD and not written.isupper() and _is_ordinary(text, first):
        others = (token for token in parser.tokens if token.kind == Kind.WORD)
        if not targets or all(_is_ordinary(text, token) for token in others):
            return True
    if first.kind == Kind.WORD and any(found.retyped for found in parser.spoken):
        return len(parser.spoken) > 1 and text[start:end].count(" ") > _UNKNOWN_WORDS
    bare = not parser.spoken
    return bare and not set(text[end:]) <= set(" =?")


def _assumptions(parser: Parser) -> tuple[Assumption, ...]:
    words = tuple(_assumption(found) for found in parser.spoken if _is_assumed(found))
    numbers = tuple(
        Assumption(token.text, number=token.value) for token in parser.tokens if token.doubtful
    )
    return tuple(dict.fromkeys(words + numbers)) if words or numbers else ()


def _is_assumed(found: Found) -> bool:
    return found.retyped or len(found.meaning.codes) > 1


def _assumption(found: Found) -> Assumption:
    return Assumption(found.text, found.meaning.code, found.meaning.codes[1:])
