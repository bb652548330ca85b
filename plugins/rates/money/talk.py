"""Telling sums of money from all that people say without thinking of money."""

import re
from collections.abc import Sequence

from .coins import COINS
from .faults import AmountError, Fault
from .framing import Frame
from .grammar import Parser
from .numerals import near_number
from .reader import Found, one_slip, similar
from .tokens import JOINS, QUESTION_WORDS, SIGNS, SUFFIXES, Kind, Token, lexicon

_MOST_UNKNOWN_WORDS = 2
"""A text with more unknown words than this is talk, whatever money is in it."""

_MOST_NUMBERS = 2
"""More numbers in a row, without money, are of a telephone or a card."""

_KNOWN = (JOINS | SIGNS.keys() | SUFFIXES.keys()) - QUESTION_WORDS

_WORDS = frozenset({Kind.WORD, Kind.JOIN})
_LIST_ITEM = re.compile(r"\d+[.)]\s*\Z")
_THINGS = re.compile(
    r"(?:min|mins|sec|secs|hrs?|days?|pcs|times?|am|pm|km|kg|cm|mm|шт|час|мин|сек|дня|дней|день"
    r"|раз|раза|лет|год|года|км|кг|см|мм|мл|th|st|nd|rd|мес)\.?\Z",
    re.IGNORECASE,
)
_CODE_LETTERS = 3
_LONG_WORD = 5

_OF_WORDS = frozenset({Fault.NO_CURRENCY, Fault.SIMILAR})
"""Faults that a word makes: with an ordinary one for money beside it all of it is words."""


def is_talk(text: str, tokens: Sequence[Token], error: AmountError) -> bool:
    """Tell whether a text that is no conversion was not meant to be one."""
    first, unknown = tokens[0], _unknown_words(tokens)
    number = any(token.kind == Kind.NUMBER for token in tokens)
    money = any(_is_money(token) for token in tokens)
    if unknown > _MOST_UNKNOWN_WORDS or not (money or number):
        return True
    if _is_spelled(text, first):
        # «сто пиддесят евро»: a mistyped number among money is no talk.
        return not money or near_number(text[error.start : error.end]) is None
    if first.kind == Kind.OTHER:
        return True
    if first.kind == Kind.WORD:
        return not number or _is_ordinary(text[first.start : first.end])
    if money and error.fault in _OF_WORDS:
        money = any(_is_money(t) and not _is_ordinary(text[t.start : t.end]) for t in tokens)
    if not money and first.kind == Kind.NUMBER and error.fault is Fault.SIMILAR and unknown > 1:
        money = all(_is_slip(token) for token in tokens if token.kind == Kind.WORD)
    if money or unknown > 1:
        return not money
    return _is_about_things(text, tokens, error)


def _is_about_things(text: str, tokens: Sequence[Token], error: AmountError) -> bool:
    """Tell whether numbers without money are of other things: dogs, a list, a telephone."""
    word = text[error.start : error.end]
    match error.fault:
        case Fault.NO_CURRENCY | Fault.SIMILAR:
            return bool(_THINGS.match(word)) or not _looks_like_money(word.lower(), error)
        case Fault.BAD_NUMBER:
            return sum(token.kind == Kind.NUMBER for token in tokens) > _MOST_NUMBERS
        case Fault.NEGATIVE | Fault.NO_TARGET | Fault.UNEXPECTED:
            return True
        case _:
            return bool(_LIST_ITEM.match(text, tokens[0].start))


def is_long_talk(text: str, tokens: Sequence[Token]) -> bool:
    """Tell whether a text that is too long for a sum does not look like one anyway."""
    return _unknown_words(tokens[:-2]) > 0 or not any(letter.isdigit() for letter in text)


def is_idle(text: str, place: Frame, parser: Parser, targets: Sequence[str]) -> bool:
    """Tell whether what can be read as a conversion is more likely said without thinking of it."""
    first, spoken = parser.tokens[0], parser.spoken
    is_one_token = len(parser.tokens) == 2  # noqa: PLR2004  # the other one is the end
    if first.kind == Kind.WORD and not place.asks_rate and not targets and _is_plain(spoken[:1]):
        return True
    if first.kind == Kind.WORD and not place.asks_rate and _is_plain(spoken):
        return True
    if _is_spelled(text, first) and (not spoken or (_is_plain(spoken) and not targets)):
        return True
    if first.kind == Kind.WORD and any(found.retyped for found in spoken):
        words = text[place.start : place.end].count(" ")
        return len(spoken) > 1 and words > _MOST_UNKNOWN_WORDS
    if first.kind == Kind.SYMBOL and is_one_token and first.text > "\U0001f000":
        return True  # an emoji is a smile
    return not spoken and (_is_percentage(parser) or not set(text[place.end :]) <= set(" =?"))


def _is_percentage(parser: Parser) -> bool:
    return [token.text for token in parser.tokens[1:]] == ["%", ""]


def is_inverted_talk(parser: Parser) -> bool:
    """Tell whether a target before its sum is an ordinary word: `to try 5 euros`."""
    return _is_plain(parser.spoken[:-1])


def _is_slip(token: Token) -> bool:
    """Tell whether a word is one letter away from money, and long enough to be that: `dolars`."""
    return len(token.text) >= _LONG_WORD and bool(similar(token.text, lexicon()))


def _is_plain(spoken: Sequence[Found]) -> bool:
    """Tell whether all currencies are written with words that mean something else as well."""
    return bool(spoken) and all(_is_ordinary(found.text) for found in spoken)


def _is_spelled(text: str, token: Token) -> bool:
    """Tell whether a token is a number in words."""
    return token.kind == Kind.NUMBER and text[token.start].isalpha()


def _unknown_words(tokens: Sequence[Token]) -> int:
    return sum(t.kind in _WORDS and t.text not in _KNOWN and not _is_money(t) for t in tokens)


def _is_money(token: Token) -> bool:
    if token.kind == Kind.SYMBOL:
        return True
    return token.kind == Kind.WORD and token.text in lexicon().phrase_lengths


def _is_ordinary(written: str) -> bool:
    """Tell whether a word means something else as well; in capital letters it is a code."""
    word = written.lower().replace("ё", "е")
    return not written.isupper() and (word in lexicon().table.ordinary or word in COINS)


def _looks_like_money(word: str, error: AmountError) -> bool:
    """Tell a mistyped currency (`usdd`, `доларов`) from dogs."""
    if len(word) == _CODE_LETTERS:
        return True
    table = lexicon().table
    if len(word) < _LONG_WORD:
        codes = (c.code.lower() for c in table if c.until is None)
        return any(one_slip(code, word) for code in codes if code not in table.ordinary)
    return error.fault == Fault.SIMILAR
