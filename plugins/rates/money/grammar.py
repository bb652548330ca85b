"""The grammar of conversions, as a recursive descent over tokens; its depth is limited.

    conversion := sum { join? currency }
    sum        := product { ("+" | "-" | "and" before a number) product }
    product    := factor { ("*" | "/" | "x" | "of" after a percentage) factor }
    factor     := { "-" } ( currency amount? | amount currency? ) [ number coin ] | amount coin
    amount     := ( number { suffix } [ smaller amount ] | "(" sum ")" { suffix } ) "%"?

A value is a sum of money by code; a bare number stands under the code "". Bare numbers and money
of one currency can be added: `23 + 7 usd` is 30 USD. A coin is a part of the money beside it.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal

from .coins import COINS
from .currencies import Meaning
from .faults import AmountError, Fault
from .figures import FigureReader, Value
from .framing import ASKS_COUNT, LISTS, PLURAL_IN, Inverted
from .reader import Found
from .tokens import CONTEXT, Kind, Token, is_counted

DEEPEST = 16
"""Brackets in brackets."""

MOST_TARGETS = 10

_TIMES = frozenset({"x", "х"})
_OF = frozenset({"of", "от"})
_SUMS_UP = frozenset({"and", "и"})
_ASKS = frozenset({"for", "are", "за", "стоит", "стоят", "from", "-"})
"""What stands, beside joins, between a target and the sum: «сколько рублей стоят 100 евро»."""

_FOR = frozenset({"for", "за", "against", "versus", "против"})
"""What joins a target to the sum as `to` does, where a currency follows: `100 usd for eur`."""

_ONE = Decimal(1)
_HUNDRED = Decimal(100)


class Parser(FigureReader):
    """Reads one text."""

    def __init__(self, text: str, start: int, end: int) -> None:
        super().__init__(text, start, end)
        self._depth = 0
        self._bare: Value | None = None
        self._asked = 0

    def conversion(self) -> tuple[dict[str, Decimal], list[str]]:
        """Read everything.

        Raises:
            AmountError: it is no conversion; the place is the first that does not fit.

        """
        value = self._sum()
        if self._is_said_again(value):
            self._at += 1
        targets = list(dict.fromkeys(self._targets()))
        if len(targets) > MOST_TARGETS:
            first, last = self.spoken[-1].start, self.spoken[-1].end
            raise AmountError(Fault.TOO_MANY, first, last, most=MOST_TARGETS)
        return self._one_currency(value), targets

    def inverted(self, place: Inverted) -> tuple[dict[str, Decimal], list[str]] | None:
        """Read targets that stand before their sum: `how many rubles in 100 usd`, `in a dollar`.

        None when the text is no such question; it may still be a `conversion`.
        """
        targets: list[str] = []
        links: list[set[str]] = []
        try:
            while (found := self.currency_at(self._at)) is not None:
                if self.tokens[self._at].kind == Kind.SYMBOL and not self._is_target(self._at):
                    break  # `$100` is the sum
                is_again = bool(links) and not links[-1] and targets[-1] in found.meaning.codes
                code = self._take(found)  # «фунте стерлингов»
                if is_again:
                    links.pop()
                else:
                    targets.append(code)
                links.append(self._skipped(_ASKS | ASKS_COUNT if place.asks_count else _ASKS))
            if not targets or len(targets) > MOST_TARGETS:
                return None
            if self.tokens[self._at].kind == Kind.END:
                return self._of_one(place, targets, links)
            self._asked = len(self.spoken)
            amounts = self._one_currency(self._sum())
        except AmountError:
            return None
        is_all = self.tokens[self._at].kind == Kind.END and "" not in amounts
        return (amounts, list(dict.fromkeys(targets))) if is_all else None

    def _skipped(self, words: frozenset[str]) -> set[str]:
        """Go over joins and the words of a question; return them."""
        gone = set[str]()
        while (token := self.tokens[self._at]).kind == Kind.JOIN or token.text in words:
            gone.add(token.text)
            self._at += 1
        return gone

    def _of_one(
        self, place: Inverted, targets: list[str], links: list[set[str]]
    ) -> tuple[dict[str, Decimal], list[str]] | None:
        """Take the last of some currencies, none with a number, for the one that is priced.

        «Сколько рублей в долларе» asks for 1 USD; «сколько евро в рублях» for 1 EUR, as does
        «сколько евро к рублю».
        """
        if len(targets) != len(set(targets)) or len(targets) < 2 or not place.asks_count:  # noqa: PLR2004  # a pair
            return None
        first, last = self.spoken[0].text.lower(), self.spoken[-1].text.lower()
        between = links[-2] - LISTS
        if place.is_fronted and not between:
            is_target = first.endswith(PLURAL_IN) or not is_counted(last)
            priced = targets.pop() if is_target else targets.pop(0)
            return {priced: _ONE}, targets
        is_weak = place.is_loose and between <= {"in", "to", "into"}
        if not between or between <= {"к", "ко", "на"} or is_weak or last.endswith(PLURAL_IN):
            return None
        return {targets.pop(): _ONE}, targets

    def _one_currency(self, value: Value) -> dict[str, Decimal]:
        amounts = value.amounts
        if "" in amounts and len(amounts) > 1:
            bare = amounts.pop("")
            if len(amounts) > 1:
                place = self._bare or value
                text = self._text[place.start : place.end]
                raise AmountError(Fault.WHICH, place.start, place.end, text=text)
            code = next(iter(amounts))
            amounts[code] = CONTEXT.add(amounts[code], bare)
        self._check(value)
        if max(amounts.values()) <= 0 and any(amounts.values()):
            raise AmountError(Fault.NEGATIVE, value.start, value.end)
        return amounts

    def _is_said_again(self, value: Value) -> bool:
        """Tell whether the currency follows once more, by another name: `100 cad dollars`."""
        found = self.currency_at(self._at)
        if found is None or found.next != self._at + 1 or len(value.amounts) != 1:
            return False
        return next(iter(value.amounts)) in found.meaning.codes and bool(self.spoken)

    def _targets(self) -> Iterator[str]:
        while (token := self.tokens[self._at]).kind != Kind.END:
            joined = token.kind == Kind.JOIN or token.text in {"-", "/"}
            while self.tokens[self._at].kind == Kind.JOIN or (
                joined and self.tokens[self._at].text in {"-", "/"}
            ):
                self._at += 1
            found = self.currency_at(self._at)
            if found is None and self.tokens[self._at].text in _FOR:
                found = self.currency_at(self._at + 1)
            if found is None:
                is_comma = self._text[token.start : token.end] in {",", ";"}
                if is_comma and self.tokens[self._at].kind == Kind.END:
                    return
                raise self._no_target(joined=joined)
            yield self._take(found)

    def _no_target(self, *, joined: bool) -> AmountError:
        token = self.tokens[self._at]
        if token.kind == Kind.END:
            return AmountError(Fault.NO_TARGET, token.start, token.end)
        if token.kind == Kind.WORD:
            return self._unknown(token)
        if token.text == ")":
            return AmountError(Fault.CLOSING_BRACKET, token.start, token.end)
        if token.text == "^":
            return AmountError(Fault.EXPONENT, token.start, token.end)
        before = self.tokens[self._at - 1]
        if token.kind == Kind.NUMBER and before.kind == Kind.NUMBER and not joined:
            text = self._text[before.start : token.end]
            return AmountError(Fault.BAD_NUMBER, before.start, token.end, text=text)
        return AmountError(Fault.UNEXPECTED, token.start, token.end, text=token.text)

    def _sum(self) -> Value:
        left = self._product()
        while (sign := self._additive()) is not None:
            self._at += 1
            right = self._product()
            left = self._added(left, right, sign)
        return left

    def _additive(self) -> Callable[[Decimal, Decimal], Decimal] | None:
        token = self.tokens[self._at]
        if token.kind == Kind.SIGN:
            if token.text == "+":
                return CONTEXT.add
            if token.text == "-" and not self._is_target(self._at + 1):
                return CONTEXT.subtract
        elif token.text in _SUMS_UP and self.tokens[self._at + 1].kind == Kind.NUMBER:
            return CONTEXT.add
        return None

    def _is_target(self, index: int) -> bool:
        """Tell whether a currency stands here that is no amount: `usd/rub`, not `- $5`."""
        found = self.currency_at(index)
        return found is not None and self.tokens[found.next].kind != Kind.NUMBER

    def _added(
        self, left: Value, right: Value, operation: Callable[[Decimal, Decimal], Decimal]
    ) -> Value:
        if right.percent and not left.percent:
            factor = operation(_ONE, right.amounts[""])
            amounts = {c: CONTEXT.multiply(a, factor) for c, a in left.amounts.items()}
        else:
            amounts = dict(left.amounts)
            for code, amount in right.amounts.items():
                amounts[code] = operation(amounts.get(code, Decimal(0)), amount)
            if left.is_number != right.is_number and self._bare is None:
                self._bare = left if left.is_number else right
        both = left.percent and right.percent
        return self._check(Value(amounts, left.start, right.end, percent=both))

    def _product(self) -> Value:
        left = self._factor()
        while True:
            token = self.tokens[self._at]
            times = token.text == "*" or token.text in _TIMES
            if times or (token.text in _OF and left.percent):
                self._at += 1
                left = self._multiplied(left, self._factor())
            elif token.text == "/" and not self._is_target(self._at + 1):
                self._at += 1
                left = self._divided(left, self._factor(), token)
            else:
                return left

    def _multiplied(self, left: Value, right: Value) -> Value:
        if not left.is_number and not right.is_number:
            raise AmountError(Fault.MONEY_BY_MONEY, left.start, right.end)
        money, number = (left, right) if right.is_number else (right, left)
        factor = number.amounts[""]
        amounts = {code: CONTEXT.multiply(a, factor) for code, a in money.amounts.items()}
        return self._check(Value(amounts, left.start, right.end))

    def _divided(self, left: Value, right: Value, sign: Token) -> Value:
        if len(right.amounts) > 1 or not (left.is_number or right.is_number):
            raise AmountError(Fault.MONEY_BY_MONEY, left.start, right.end)
        ((unit, divisor),) = right.amounts.items()
        if not divisor:
            raise AmountError(Fault.ZERO_DIVISION, sign.start, right.end)
        # `1/4 usd` is a quarter of a dollar: the currency is of the whole.
        amounts = {code or unit: CONTEXT.divide(a, divisor) for code, a in left.amounts.items()}
        return self._check(Value(amounts, left.start, right.end))

    def _factor(self) -> Value:
        start, negative = self.tokens[self._at].start, False
        while self.tokens[self._at].text == "-" and self.tokens[self._at].kind == Kind.SIGN:
            self._at += 1
            negative = not negative
        value = self._money()
        if negative:
            value.amounts = {code: -amount for code, amount in value.amounts.items()}
            value.start = start
        return value

    def _money(self) -> Value:
        token = self.tokens[self._at]
        if token.kind == Kind.NUMBER or token.text == "(":
            return self._with_currency(self._amount())
        before = self.currency_at(self._at)
        if before is None:
            raise self._no_number(token)
        code = self._take(before)
        ahead = self.tokens[self._at]
        if ahead.kind != Kind.NUMBER and ahead.text != "(":
            return Value({code: _ONE}, before.start, before.end)
        value = self._amount()
        if not value.is_number:
            raise AmountError(Fault.UNEXPECTED, before.start, before.end, text=before.text)
        code = self._sharper(before) or code
        return self._with_coins(Value({code: value.amounts[""]}, before.start, value.end))

    def _sharper(self, before: Found) -> str | None:
        """Take `AUD` for the currency of `$100 AUD`: it is one of those that `$` stands for."""
        after = self.currency_at(self._at)
        if after is None or len(before.meaning.codes) == 1:
            return None
        if len(after.meaning.codes) > 1 or after.meaning.code not in before.meaning.codes:
            return None
        self.spoken.remove(before)
        return self._take(after)

    def _with_currency(self, value: Value) -> Value:
        if not value.is_number:
            return value
        found = self.currency_at(self._at)
        if found is None:
            return self._in_coins(value) if self.tokens[self._at].text in COINS else value
        code = self._take(found)
        return self._with_coins(Value({code: value.amounts[""]}, value.start, found.end))

    def _with_coins(self, money: Value) -> Value:
        """Add the coins that follow their money, `5 dollars 20 cents`; or `50 euro cents`.

        Raises:
            AmountError: they are none of this money, or so many that another sum may be meant.

        """
        ahead = self.tokens[self._at]
        is_more = ahead.kind == Kind.NUMBER
        word = self.tokens[self._at + 1] if is_more else ahead
        coin = COINS.get(word.text)
        if coin is None:
            return money
        ((code, amount),) = money.amounts.items()
        if code not in coin.codes:
            text = self._text[word.start : word.end]
            raise AmountError(Fault.OTHER_COIN, word.start, word.end, text=text, code=code)
        if is_more and (amount != amount.to_integral_value() or ahead.value >= coin.parts):
            text = self._text[money.start : word.end]
            raise AmountError(Fault.BAD_NUMBER, money.start, word.end, text=text)
        self._at += 2 if is_more else 1
        units, count = (amount, ahead.value) if is_more else (Decimal(0), amount)
        total = CONTEXT.add(units, CONTEXT.divide(count, coin.parts))
        return Value({code: total}, money.start, word.end)

    def _in_coins(self, value: Value) -> Value:
        """Take a number of coins alone: a part of the money before them, or of the likeliest.

        Raises:
            AmountError: they may be a part of several sums before them.

        """
        word = self.tokens[self._at]
        text, coin = self._text[word.start : word.end], COINS[word.text]
        before = dict.fromkeys(found.meaning.code for found in self.spoken[self._asked :])
        codes = [code for code in before if code in coin.codes]
        if len(codes) > 1:
            joined = ", ".join(codes)
            raise AmountError(Fault.SEVERAL, word.start, word.end, text=text, codes=joined)
        self._at += 1
        if not codes:
            meaning = Meaning(coin.codes)
            self.spoken.append(Found(text, meaning, word.start, word.end, self._at))
            codes = [meaning.code]
        amount = CONTEXT.divide(value.amounts[""], coin.parts)
        return Value({codes[0]: amount}, value.start, word.end)

    def _no_number(self, token: Token) -> AmountError:
        if token.kind == Kind.WORD:
            return self._unknown(token)
        if token.kind == Kind.END:
            place = self.tokens[self._at - 1] if self._at else token
            return AmountError(Fault.NO_NUMBER, place.start, place.end)
        if token.text == ")" and not self._depth:
            return AmountError(Fault.CLOSING_BRACKET, token.start, token.end)
        return AmountError(Fault.NO_NUMBER, token.start, token.end)

    def _amount(self) -> Value:
        token = self.tokens[self._at]
        self._at += 1
        if token.text == "(":
            value = self._bracket(token)
        else:
            self._refuse_exponent(token)
            value = Value({"": token.value}, token.start, token.end)
        if value.is_number:
            self._multiply_by_suffixes(value)
            if token.text != "(":
                self._fill_up(value)
            if self.tokens[self._at].text == "%":
                value.amounts[""] = CONTEXT.divide(value.amounts[""], _HUNDRED)
                value.percent, value.end = True, self.tokens[self._at].end
                self._at += 1
        return self._check(value)

    def _bracket(self, opening: Token) -> Value:
        self._depth += 1
        if self._depth > DEEPEST:
            raise AmountError(Fault.TOO_DEEP, opening.start, opening.end, most=DEEPEST)
        value = self._sum()
        closing = self.tokens[self._at]
        if closing.text != ")":
            if closing.kind == Kind.END:
                raise AmountError(Fault.OPEN_BRACKET, opening.start, opening.end)
            raise self._no_target(joined=False)
        self._at += 1
        self._depth -= 1
        return Value(value.amounts, opening.start, closing.end)
