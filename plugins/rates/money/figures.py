"""Numbers in a text, with what multiplies them: `5k`, «1 млн 200 тыс»."""

from decimal import Decimal

from .faults import AmountError, Fault
from .reader import CurrencyReader
from .tokens import CONTEXT, SLANG, SUFFIXES, Kind, Token

LARGEST_POWER = 30
LARGEST = Decimal(10) ** LARGEST_POWER

_LONG_SUFFIX = 3
"""Letters of a suffix that a smaller amount may follow: «1 млн 200 тыс», but not `5k 3`."""


class Value:
    """A number or a sum of money, while it is computed, and its place in the text."""

    __slots__ = ("amounts", "end", "percent", "start")

    def __init__(
        self, amounts: dict[str, Decimal], start: int, end: int, *, percent: bool = False
    ) -> None:
        self.amounts = amounts
        self.start = start
        self.end = end
        self.percent = percent

    @property
    def is_number(self) -> bool:
        """Whether there is no money in it."""
        return len(self.amounts) == 1 and "" in self.amounts


class FigureReader(CurrencyReader):
    """Reads the numbers at the tokens of a text."""

    def _check(self, value: Value) -> Value:
        for amount in value.amounts.values():
            if amount > LARGEST or amount < -LARGEST:
                raise AmountError(Fault.TOO_LARGE, value.start, value.end, most=LARGEST_POWER)
        return value

    def _refuse_exponent(self, number: Token) -> None:
        ahead = self.tokens[self._at]
        if ahead.text == "e" and ahead.start == number.end:
            raise AmountError(Fault.EXPONENT, ahead.start, self.tokens[self._at + 1].end)
        if ahead.kind == Kind.NUMBER and ahead.start == number.end:
            text = self._text[number.start : ahead.end]
            raise AmountError(Fault.BAD_NUMBER, number.start, ahead.end, text=text)

    def _multiply_by_suffixes(self, value: Value) -> None:
        while (factor := self._suffix_at(self._at, value.end)) is not None:
            value.amounts[""] = CONTEXT.multiply(value.amounts[""], factor)
            value.end = self.tokens[self._at].end
            self._at += 1
            self._check(value)

    def _fill_up(self, value: Value) -> None:
        """Add the smaller amounts that follow a suffix: «1 млн 200 тыс», «5 тысяч 300»."""
        while (token := self.tokens[self._at]).kind == Kind.NUMBER:
            factor, at = self._long_suffix_before(), self._at
            if factor is None:
                return
            self._at += 1
            part = Value({"": token.value}, token.start, token.end)
            self._multiply_by_suffixes(part)
            if part.amounts[""] >= factor:
                self._at = at
                return
            value.amounts[""] = CONTEXT.add(value.amounts[""], part.amounts[""])
            value.end = part.end

    def _long_suffix_before(self) -> Decimal | None:
        text = self.tokens[self._at - 1].text.rpartition(" ")[2].lower()
        return SUFFIXES.get(text) if len(text) >= _LONG_SUFFIX else None

    def _suffix_at(self, index: int, number_end: int) -> Decimal | None:
        """Return what a word after a number multiplies it by; `5 k` needs a currency after it."""
        token = self.tokens[index]
        if token.kind == Kind.SUFFIX:
            return token.value
        if token.text not in SUFFIXES:
            return None
        needs_currency = token.text in SLANG or (len(token.text) == 1 and token.start > number_end)
        if needs_currency and not self.currency_at(index + 1):
            return None
        return SUFFIXES[token.text]
