"""What people write when they want to be told of a rate: `EUR/USD above 1.2`, «доллар выше 90»."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from sapp_bot.services import ascii_digits

from .currencies import currency_table, normal
from .tokens import is_pair

AlertKind = Literal["above", "below", "moves", "daily"]

_KINDS: tuple[tuple[AlertKind, str], ...] = (
    ("daily", r"daily|every ?day|each day|every morning|кажд\w+ (?:день|утро)|ежедневно|по утрам"),
    ("moves", r"moves?|changes?|измен\w+|сдвин\w+|±"),
    ("above", r"above|over|exceeds?|higher|more|rises?|reaches|выше|больше|дороже|превы\w+|>=?|≥"),
    ("below", r"below|under|lower|less|falls?|drops?|ниже|меньше|дешевле|упад[её]т|<=?|≤"),
)
_WORDS = tuple(
    (kind, re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)) for kind, words in _KINDS
)
_PERCENT = re.compile(r"%|(?<!\w)(?:per ?cent|процент\w*)", re.IGNORECASE)
_TIME = re.compile(r"(?<![\d.,:])(?:[01]?\d|2[0-3]):[0-5]\d(?![\d:])")
_NUMBER = re.compile(r"(?<![\w.,:])\d[\d\u00a0\u202f ]*(?:[.,]\d+)*(?![\w:])")
_WORD = re.compile(r"[^\W\d_]+|[$€£¥₽₴₸₺]")
_ASKS = re.compile(
    r"\s*(?:please\s+|пожалуйста,?\s+)?(?:(?:set|make)\s+(?:me\s+)?an?\s+alert|alert me|tell me"
    r"|notify me|let me know|сообщи\w*|уведом\w+|предупреди\w*|дай(?:те)? знать)(?!\w)",
    re.IGNORECASE,
)


class Wish(NamedTuple):
    """What is known of an alert that somebody wants; empty or None is what they left open.

    `codes` are the currencies named, in their order. `level` is as it was written.
    """

    codes: tuple[str, ...] = ()
    kind: AlertKind | None = None
    level: str = ""


def asked_wish(text: str) -> Wish | None:
    """Return what a sentence such as `alert me when …` wishes for; None for all other texts."""
    lead = _ASKS.match(text)
    wish = read_wish(text[lead.end() :]) if lead else Wish()
    return wish if wish.codes else None


def read_wish(text: str) -> Wish:
    """Return what can be read of a wish; what cannot is left out."""
    text = ascii_digits(text)
    at = _TIME.search(text)
    number = None if at else _NUMBER.search(text)
    kind = next((kind for kind, words in _WORDS if words.search(text)), None)
    if kind is None and at:
        kind = "daily"
    if kind is None and _PERCENT.search(text):
        kind = "moves"
    found = at or number
    return Wish(tuple(dict.fromkeys(_codes(text))), kind, found[0].strip() if found else "")


def _codes(text: str) -> Iterator[str]:
    """List the currencies of a text; words that mean something else as well are not among them."""
    table = currency_table()
    for word in _WORD.findall(text):
        meaning = table.meanings.get(normal(word))
        if is_pair(word.lower()) and meaning is None:
            yield from (word[:3].upper(), word[3:].upper())
        elif word.isupper() and word in table:
            yield word
        elif meaning is None or normal(word) in table.ordinary:
            continue
        elif meaning.assumed or len(meaning.codes) == 1:
            yield meaning.code
