"""What people write when they want money converted: `1.5k usd to eur`, «100 долларов в рублях».

`parse` is given every text of a private chat. It tells three things apart: a conversion, a text
that is about money but cannot be understood (an error with its place), and all other talk (None).
"""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import NamedTuple

from .faults import AmountError, Fault
from .framing import Opening, frame, inverted_frame, opening_of
from .grammar import Parser
from .reader import Found
from .talk import is_idle, is_inverted_talk, is_long_talk, is_talk

LONGEST = 256
"""Characters of a text; longer ones are no sums."""

_OBVIOUS = re.compile(
    r"\$|dollars?|доллар\w*|rou?bles?|рубл\w+|kopec?ks?|коп(?:е\w+)?", re.IGNORECASE
)
"""Words for USD and RUB that need no note."""

_ECHO_DIGITS, _ECHO_PLACES = 15, 2
_PLAIN = Context(prec=64)


class Assumption(NamedTuple):
    """Something that could have been meant otherwise, and is therefore said.

    `text` is how it was written. `code` is what was assumed of `others`; it is empty for a number
    that was read in one of two ways, which is then `number`.
    """

    text: str
    code: str = ""
    others: tuple[str, ...] = ()
    number: Decimal | None = None

    @property
    def is_obvious(self) -> bool:
        """Whether nearly everybody who writes this means the currency that was assumed."""
        return bool(self.others) and _OBVIOUS.fullmatch(self.text) is not None


class Conversion(NamedTuple):
    """What is wanted: sums of money, each with its code, and the codes to convert into.

    A code "" is the person's own base currency; no targets are the person's favourites.
    """

    terms: tuple[tuple[Decimal, str], ...]
    targets: tuple[str, ...] = ()
    assumed: tuple[Assumption, ...] = ()

    @property
    def echo(self) -> str:
        """The sum in normal form, `1 000.5 USD + 5 EUR`; `parse` reads it as the same."""
        echo = " + ".join(in_normal_form(amount, code) for amount, code in self.terms)
        return echo.replace("+ -", "- ")

    @property
    def doubts(self) -> tuple[Assumption, ...]:
        """The assumptions worth saying: not dollars as USD, unless other dollars stand beside."""
        codes = {code for _, code in self.terms} | set(self.targets)
        return tuple(a for a in self.assumed if not a.is_obvious or codes & set(a.others))


def parse(text: str) -> Conversion | None:
    """Return what somebody wants to have converted, None when the text is not about money.

    Raises:
        AmountError: it is about money and cannot be understood; the place is in the text as given.

    """
    opening = opening_of(text)
    if len(text) <= LONGEST and (found := _inverted(text, opening)) is not None:
        return found
    place = frame(text, opening)
    if place is None:
        return None
    if len(text) > LONGEST:
        _refuse_length(text, place.start)
        return None
    parser = Parser(text, place.start, place.end)
    try:
        amounts, targets = parser.conversion()
    except AmountError as error:
        if is_talk(text, parser.tokens, error):
            return None
        raise
    if is_idle(text, place, parser, targets):
        return None
    return Conversion(_terms(amounts), tuple(targets), _assumptions(parser))


def _inverted(text: str, opening: Opening) -> Conversion | None:
    """Return what a question asks for that names the targets first, None for all other texts."""
    place = inverted_frame(text, opening)
    if place is None:
        return None
    parser = Parser(text, place.start, place.end)
    found = parser.inverted(place)
    if found is None or is_inverted_talk(parser):
        return None
    amounts, targets = found
    return Conversion(_terms(amounts), tuple(targets), _assumptions(parser))


def _terms(amounts: dict[str, Decimal]) -> tuple[tuple[Decimal, str], ...]:
    return tuple([(amount, code) for code, amount in amounts.items()])


def in_normal_form(amount: Decimal, code: str) -> str:
    """Write a sum plainly: digits in groups, a point, the code; at most 15 digits and 10^30."""
    digits = max(_ECHO_DIGITS, amount.adjusted() + 1 + _ECHO_PLACES)
    rounded = amount if amount == amount.to_integral_value() else round_to(amount, digits)
    number = f"{rounded.normalize(_PLAIN):,f}".replace(",", " ")
    return f"{number} {code}" if code else number


def round_to(amount: Decimal, digits: int) -> Decimal:
    """Return an amount with so many significant digits."""
    return Context(prec=digits, rounding=ROUND_HALF_EVEN).plus(amount)


def _refuse_length(text: str, start: int) -> None:
    """Return for long talk.

    Raises:
        AmountError: it looks like a sum all the way.

    """
    if not is_long_talk(text, Parser(text, start, start + LONGEST).tokens):
        raise AmountError(Fault.TOO_LONG, LONGEST, len(text), most=LONGEST)


def _assumptions(parser: Parser) -> tuple[Assumption, ...]:
    words = [_assumption(f) for f in parser.spoken if f.retyped or len(f.meaning.codes) > 1]
    numbers = [Assumption(t.text, number=t.value) for t in parser.tokens if t.doubtful]
    return tuple(dict.fromkeys(words + numbers)) if words or numbers else ()


def _assumption(found: Found) -> Assumption:
    return Assumption(found.text, found.meaning.code, found.meaning.codes[1:])


def is_sum(text: str) -> bool:
    """Tell whether a text is a sum of money: `100 bitcoin`."""
    try:
        return any(letter.isdigit() for letter in text) and parse(text) is not None
    except AmountError:
        return True
