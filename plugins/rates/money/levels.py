"""The numbers of a wish for an alert, in all the spellings of the grammar: `100k`, «8,5 млн», `5%`.

A number that can be read in two ways has both readings, so that whoever uses it can ask.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from .faults import AmountError
from .figures import Value
from .grammar import Parser
from .reader import Found
from .tokens import CONTEXT, SUFFIXES, Kind, Token

_THOUSAND = Decimal(1000)
_HUNDRED = Decimal(100)
_PERCENT = re.compile(r"per ?cent|pct|процент\w*|проц", re.IGNORECASE)
_MINUS = frozenset("-−–—")


class Figure(NamedTuple):
    """One number of a text: how it is written there, its value, and what it is of."""

    text: str
    value: Decimal
    start: int
    end: int
    other: Decimal | None = None
    """What else it may be: 100 for `100,000`, 1200 for `1.200`."""
    code: str = ""
    """The currency beside it."""
    is_percent: bool = False
    is_negative: bool = False

    def read_with(self, group: str, mark: str) -> tuple[Decimal, ...]:
        """Return the readings, first that of who parts thousands with `group`, decimals with
        `mark`.
        """
        if self.other is None:
            return (self.value,)
        comma = "," in self.text
        usual = (group == ",") or mark != "," if comma else group != "."
        return (self.value, self.other) if usual else (self.other, self.value)


class Named(NamedTuple):
    """A currency that stands by itself, and its place in the text."""

    code: str
    start: int
    end: int


class LevelReader(Parser):
    """Goes over a text and finds its numbers and currencies, whatever stands between them."""

    def __init__(self, text: str) -> None:
        super().__init__(text, 0, len(text))
        self.is_clean = True
        """Whether nothing but numbers and currencies has been found so far."""

    def found(self) -> Iterator[Figure | Named]:
        """Return the numbers and the currencies, in their order."""
        before: Named | None = None
        while (token := self.tokens[self._at]).kind != Kind.END:
            if token.kind == Kind.NUMBER:
                is_its = before is not None and self._is_beside(before, token.start)
                if before is not None and not is_its:
                    yield before
                yield self._figure(before.code if before is not None and is_its else "")
                before = None
                continue
            if before is not None:
                yield before
                before = None
            named = self.currency_at(self._at)
            if named is not None and self._is_meant(named):
                self._at = named.next
                before = Named(named.meaning.code, named.start, named.end)
                continue
            if token.kind != Kind.SIGN:
                self.is_clean = False
            self._at += 1
        if before is not None:
            yield before

    def _is_meant(self, found: Found) -> bool:
        """Tell whether a word is a currency here: no ordinary word, and none of several."""
        if found.retyped or not (found.meaning.assumed or len(found.meaning.codes) == 1):
            return False
        is_code = found.text.isupper()
        return is_code or found.text.lower().replace("ё", "е") not in self._words.table.ordinary

    def _figure(self, code: str) -> Figure:
        """Read the number at this place, its suffixes, and its currency or per cent sign."""
        token = self.tokens[self._at]
        is_negative = self._at > 0 and self._is_minus(self.tokens[self._at - 1])
        value = self._amount()
        amount, is_percent = value.amounts[""], value.percent
        if is_percent:
            amount = CONTEXT.multiply(amount, _HUNDRED)
        ahead = self.tokens[self._at]
        is_share = ahead.kind == Kind.WORD and _PERCENT.fullmatch(ahead.text) is not None
        if is_share or (ahead.text in SUFFIXES and len(ahead.text) == 1):
            # Behind `100 k` the grammar of sums wants a currency; here none has to follow.
            amount = CONTEXT.multiply(amount, SUFFIXES.get(ahead.text, Decimal(1)))
            is_percent, value.end = is_percent or is_share, ahead.end
            self._at += 1
        other = None
        if token.doubtful:
            other = CONTEXT.multiply(amount, 1 / _THOUSAND if "," in token.text else _THOUSAND)
        text = ("-" if is_negative else "") + self._text[token.start : value.end]
        figure = Figure(text, amount, token.start, value.end, other, code, is_percent, is_negative)
        return figure if is_percent else self._with_money(figure, value)

    def _with_money(self, figure: Figure, value: Value) -> Figure:
        """Add the currency that follows a number, with its coins: «90 рублей 50 копеек»."""
        found = self.currency_at(self._at)
        if found is None or not self._is_meant(found):
            return figure
        amount = value.amounts[""] = figure.value
        ((code, total),) = self._with_currency(value).amounts.items()
        text = figure.text if total == amount else f"{total:f}"
        return figure._replace(value=total, code=code, text=text)

    def _is_minus(self, sign: Token) -> bool:
        """Tell whether a token is a minus, and no dash: nothing is written right before it."""
        start = sign.start
        if sign.text != "-":
            return False
        return start == 0 or self._text[start - 1].isspace() or self._text[start - 1] in "(<>="

    def _is_beside(self, named: Named, start: int) -> bool:
        """Tell whether a symbol stands right before a number: `$95`."""
        is_symbol = not self._text[named.start : named.end].isalpha()
        return is_symbol and not self._text[named.end : start].strip()


def figures_of(text: str) -> tuple[list[Figure], list[Named], bool]:
    """Return the numbers and the currencies of a text, and whether there is nothing else in it."""
    reader = LevelReader(text)
    figures: list[Figure] = []
    named: list[Named] = []
    try:
        for found in reader.found():
            if isinstance(found, Figure):
                figures.append(found)
            else:
                named.append(found)
    except AmountError:
        return figures, named, False
    return figures, named, reader.is_clean
