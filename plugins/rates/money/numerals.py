"""Numbers written as words: «полтора миллиона», `two hundred and five`, «сто двадцать»."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

SHORTEST_SLIP = 5
"""Letters of a word that may be a mistyped number: shorter ones are like many others."""

ALIKE = 0.7
"""By difflib: «пиддесят» is 0.71 of «пятьдесят»."""

_ENGLISH = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"

_RUSSIAN = (
    *("один одна одну одного одной", "два две двух", "три трех", "четыре четырех"),
    *("пять пяти", "шесть шести", "семь семи", "восемь восьми", "девять девяти"),
    *("десять десяти", "одиннадцать", "двенадцать", "тринадцать", "четырнадцать"),
    *("пятнадцать", "шестнадцать", "семнадцать", "восемнадцать", "девятнадцать"),
)
_RUSSIAN_TENS = (
    *("двадцать двадцати", "тридцать тридцати", "сорок сорока", "пятьдесят", "шестьдесят"),
    *("семьдесят", "восемьдесят", "девяносто"),
)
_RUSSIAN_HUNDREDS = (
    *("сто ста сотня сотню сотни сотка сотку", "двести", "триста", "четыреста", "пятьсот"),
    *("шестьсот", "семьсот", "восемьсот", "девятьсот"),
)
_PARTS = {
    Decimal("0.5"): "half",
    Decimal("1.5"): "полтора полторы полутора",
    Decimal(500): "полтысячи полтыщи",
    Decimal(500_000): "полмиллиона",
    Decimal(500_000_000): "полмиллиарда",
}


def _counted(rows: Iterable[str], first: int, step: int) -> Iterator[tuple[str, Decimal]]:
    """Give the rows numbers; the words of one row are forms of the same number."""
    for place, row in enumerate(rows):
        yield from ((word, Decimal(first + step * place)) for word in row.split())


NUMERALS: Mapping[str, Decimal] = {
    **dict(_counted(_ENGLISH.split(), 1, 1)),
    **dict(_counted(_ENGLISH_TENS.split(), 20, 10)),
    **dict(_counted(_RUSSIAN, 1, 1)),
    **dict(_counted(_RUSSIAN_TENS, 20, 10)),
    **dict(_counted(_RUSSIAN_HUNDREDS, 100, 100)),
    **{word: value for value, row in _PARTS.items() for word in row.split()},
}
"""Words that are a number by themselves, in normal form (`е` for `ё`)."""

HUNDREDS = frozenset({"hundred", "hundreds", "сотен"})

MAGNITUDES: Mapping[str, Decimal] = {
    **dict.fromkeys(("thousand", "тысяча", "тысячи", "тысяч", "тысячу"), Decimal(10) ** 3),
    **dict.fromkeys(("тыс", "тыща", "тыщи", "тыщу", "тыщ", "grand"), Decimal(10) ** 3),
    **dict.fromkeys(("million", "millions", "млн"), Decimal(10) ** 6),
    **dict.fromkeys(("миллион", "миллиона", "миллионов"), Decimal(10) ** 6),
    **dict.fromkeys(("billion", "billions", "млрд"), Decimal(10) ** 9),
    **dict.fromkeys(("миллиард", "миллиарда", "миллиардов"), Decimal(10) ** 9),
    **dict.fromkeys(("trillion", "trillions", "трлн"), Decimal(10) ** 12),
    **dict.fromkeys(("триллион", "триллиона", "триллионов"), Decimal(10) ** 12),
}
"""Words that multiply the number before them; alone they are one of it: «миллион рублей»."""

_WORD = re.compile(r"[\s-]*([^\W\d_]+)")
_AND = frozenset({"and", "и"})
_HUNDRED = Decimal(100)


class Spelled(NamedTuple):
    """A number in words, and where it ends in its text."""

    value: Decimal
    end: int


def starts_number(word: str) -> bool:
    """Tell whether a number in words can begin with a word in normal form."""
    return word in NUMERALS or word in MAGNITUDES or word in HUNDREDS


def spelled_at(text: str, start: int, end: int) -> Spelled | None:
    """Return the number in words at a place, as many words as fit together."""
    first = _WORD.match(text, start, end)
    if first is None or not starts_number(first[1].lower().replace("ё", "е")):
        return None
    sum_ = _Sum()
    found, former = None, ""
    while (match := _WORD.match(text, start, end)) is not None:
        word, start = match[1].lower().replace("ё", "е"), match.end()
        if sum_.takes(word):
            found = Spelled(sum_.total + sum_.current, start)
        elif found is not None and (former, word) == ("half", "a"):
            found = Spelled(found.value, start)
        elif found is None or word not in _AND or former in _AND:
            break
        former = word
    return found


class _Sum:
    """A number while its words are read: what is multiplied already, and what may yet be."""

    def __init__(self) -> None:
        self.total = Decimal(0)
        self.current = Decimal(0)
        self._least: Decimal | None = None

    def takes(self, word: str) -> bool:
        """Add a word, if the number goes on with it."""
        if (number := NUMERALS.get(word)) is not None:
            return self._adds(number)
        if word in HUNDREDS:
            return self._makes_hundreds()
        factor = MAGNITUDES.get(word)
        if factor is None or (self._least is not None and factor >= self._least):
            return False
        if self._least is not None and not self.current:
            return False
        self.total += (self.current or 1) * factor
        self.current, self._least = Decimal(0), factor
        return True

    def _adds(self, number: Decimal) -> bool:
        if self.current and not goes_on(self.current, number):
            return False
        if self._least is not None and number >= self._least:
            return False
        self.current += number
        return True

    def _makes_hundreds(self) -> bool:
        if self.current >= _HUNDRED:
            return False
        self.current = (self.current or 1) * _HUNDRED
        return True


def goes_on(before: Decimal, word: Decimal) -> bool:
    """Tell whether a numeral fills up the one before it: «сто двадцать», but not «пять сто»."""
    is_ten = before % 100 == 10  # noqa: PLR2004  # «десять пять» is two numbers
    return 1 <= word < before and not before % 10 ** (word.adjusted() + 1) and not is_ten


def near_number(word: str) -> str | None:
    """Return the number word that a mistyped one is most like; None when it is like none."""
    if len(word) < SHORTEST_SLIP:
        return None
    word = word.lower().replace("ё", "е")
    known = [w for w in (*NUMERALS, *MAGNITUDES) if w[0] == word[0] and len(w) >= SHORTEST_SLIP]
    found = difflib.get_close_matches(word, known, n=1, cutoff=ALIKE)
    return found[0] if found else None
