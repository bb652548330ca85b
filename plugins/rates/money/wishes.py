"""What people write when they want to be told of a rate: `EUR/USD above 1.2`, «доллар выше 90».

What can be meant in several ways is left open, so that it is asked for and never guessed.
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from sapp_bot.services import ascii_digits

from .levels import Figure, Named, figures_of
from .tokens import CONTEXT

AlertKind = Literal["above", "below", "moves", "rises", "falls", "daily"]

WishKind = AlertKind | Literal["reaches", "gains", "loses"]
"""With what only the present rate can decide: a level from whichever side, and a gain or a loss of
so much money or of so many per cent."""

LONGEST_WISH = 256
LONGEST_LEVEL = 40

_PERCENT = r"%|(?<!\w)(?:per ?cent|pct|процент\w*)"
_MORE = r"above|over|exceeds?|higher|more|greater|выше|больше|более|свыше|дороже|>=?|≥"
_LESS = r"below|under|beneath|lower|less|cheaper|ниже|меньше|менее|дешевле|<=?|≤"
_UP = (
    r"ris(?:es?|ing)|rose|gr(?:ows?|ew)|gains?|climbs?|increases?|jumps?|up|вырас\w+|возраст\w+"
    r"|раст[её]т|подн\w+|подорожа\w+|дорожа\w+|подскоч\w+|подраст\w+|повыс\w+|увелич\w+|прибав\w+"
)
_DOWN = (
    r"falls?|fell|drops?|declines?|decreases?|sinks?|slides?|loses?|dips?|crashes|down|упа[дл]\w*"
    r"|пада\w+|сниз\w+|опуст\w+|подешев\w+|дешеве\w+|пониз\w+|уменьш\w+|просяд\w+|рухн\w+|обвал\w+"
)
_MOVES = r"moves?|changes?|shifts?|swings?|varies|измен\w+|сдвин\w+|колебл\w+|±"
_DAILY = (
    r"daily|nightly|once a day|(?:every|each) ?(?:day|morning|afternoon|evening|night)"
    r"|кажд\w+ (?:день|утро|вечер|ночь)|раз в день|ежедневно|по (?:утрам|вечерам|ночам)"
)
_REACHES = (
    r"reach(?:es)?|hits?|touches|gets? to|becomes?|is worth|достиг\w+|дойд\w+|дорастет|коснется"
    r"|будет|станет|cost?s"
)
_OVER = r"превы\w+|перевал\w+|tops|passes|at least|exceed"
_UNDER = r"at most"
_TO = r"(?<!\w)(?:to|до|at)(?!\w)"
_GETS = rf"any|be|get|go|буд\w+|стан\w+|{_UP}|{_DOWN}"
"""What may stand between a negation and its word: `does not rise above`, «не будет выше»."""

_NOT = rf"(?<!\w)(?:not?|cannot|never|не|\w+n['’]t)\s+(?:(?:{_GETS})\s+)?"


def _words(expression: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{expression})(?!\w)", re.IGNORECASE)


def _negated(expression: str) -> str:
    return rf"{_NOT}(?:{expression})(?!\w)"


_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    # What is negated comes first: «не превышает» has «превышает» in it.
    ("less", re.compile(_negated(f"{_MORE}|{_OVER}"), re.IGNORECASE)),
    ("more", re.compile(_negated(f"{_LESS}|{_UNDER}"), re.IGNORECASE)),
    ("not", re.compile(_negated(f"{_UP}|{_DOWN}|{_MOVES}|{_REACHES}"), re.IGNORECASE)),
    ("more", _words(f"{_OVER}|{_MORE}")),
    ("less", _words(f"{_UNDER}|{_LESS}")),
    ("up", _words(_UP)),
    ("down", _words(_DOWN)),
    ("moves", _words(_MOVES)),
    ("daily", _words(_DAILY)),
    ("reaches", _words(_REACHES)),
    ("to", re.compile(_TO, re.IGNORECASE)),
)
_ASKS = re.compile(
    r"\s*(?:please\s+|пожалуйста,?\s+)?(?:(?:set|make)\s+(?:me\s+)?an?\s+alert|alert(?: me)?"
    r"|(?:notify|warn|remind|ping) me|уведом\w+|предупреди\w*|напомни(?:те)?"
    r"|опове(?:сти|щай)(?:те)?|оповещение(?=,? (?:когда|если|как только))"
    r"|(?P<tell>tell me|let me know|сообщи\w*|скажи(?:те)?|дай(?:те)? знать))(?!\w)",
    re.IGNORECASE,
)
_WHEN = _words(r"when|whenever|if|once|every|as soon as|когда|если|как только|кажд\w+")
_QUESTION = re.compile(
    r"[\s,:]*(?:how|what|which|сколько|как(?:ой|ая|ов)|поч[её]м)(?!\w)", re.IGNORECASE
)


class Wish(NamedTuple):
    """What is known of an alert that somebody wants; empty or None is what they left open.

    It is for the price of one `source` in `target`; a source "" is their base currency, as is a
    target where only a source was named. `level` is as it was written, or counted for one unit.
    """

    source: str = ""
    target: str = ""
    kind: WishKind | None = None
    level: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether no currency is named."""
        return not (self.source or self.target)


class TimeOfDay(Protocol):
    """A time of day as "HH:MM", and its place in a text."""

    @property
    def at(self) -> str:
        """The time."""

    @property
    def start(self) -> int:
        """Where it begins."""

    @property
    def end(self) -> int:
        """Where the text goes on."""


class FindTime(Protocol):
    """Finds the time of day in a text; `daily` tells whether any number is one."""

    def __call__(self, text: str, *, daily: bool) -> TimeOfDay | None:
        """Return the time, None where there is none."""


def asked_wish(text: str, find_time: FindTime) -> Wish | None:
    """Return what a sentence such as `alert me when …` wishes for; None for all other texts.

    `tell me 100 usd in eur` asks for what is now: it is left to the conversion.
    """
    lead = _ASKS.match(text)
    if lead is None:
        return None
    said = text[lead.end() :][:LONGEST_WISH]
    wish = read_wish(said, find_time)
    if wish.is_empty or (lead["tell"] and not _is_awaited(said, wish)):
        return None
    return wish


def _is_awaited(said: str, wish: Wish) -> bool:
    """Tell whether what somebody wants to be told is still to come: `when …`, `… above 1.2`."""
    if _WHEN.search(said):
        return True
    is_kind = wish.kind is not None or not _signs(said.replace("ё", "е")) <= {"to"}
    return is_kind and _QUESTION.match(said) is None


def read_wish(text: str, find_time: FindTime) -> Wish:
    """Return what can be read of a wish; what cannot, or not in one way only, is left out."""
    text = ascii_digits(text[:LONGEST_WISH]).replace("ё", "е")
    signs = _signs(text)
    said = find_time(text, daily="daily" in signs)
    if said is not None:
        text = f"{text[: said.start]} , {text[said.end :]}"
    figures, named, _ = figures_of(text)
    shares = [f for f in figures if f.is_percent]
    if "daily" in signs or said is not None or shares:
        source, target = _mentioned([*named, *figures])
    if "daily" in signs or said is not None:
        others = {"not", "more", "less", "up", "down", "moves", "reaches"}
        is_only = not signs & others and not shares
        at = said.at if said is not None else _no_time(text)
        return Wish(source, target, "daily" if is_only else None, at if is_only else "")
    if shares:
        is_one = len(shares) == 1 and len(figures) <= 2  # noqa: PLR2004  # `1 EUR rises by 5%`
        share = _share_kind(signs, text, shares[0]) if is_one else None
        return Wish(source, target, share, shares[0].text if is_one else "")
    source, target, found = _prices(named, figures)
    if found is None and figures:
        return Wish(source, target)  # two levels are none, nor is one of other money
    level = "" if found is None else found.text
    kind = _level_kind(signs)
    if kind in {"gains", "loses"} and found is not None and found.code:
        level = f"{level} {found.code}"
    return Wish(source, target, kind, level[:LONGEST_LEVEL])


_LIKE_TIME = re.compile(r"(?<![\w.,:])\d{1,2}(?::\d{1,2})?(?![\w.,:%])")


def _no_time(text: str) -> str:
    """Return what stands for the time where it is none, `25:00`, so that it can be said; or ""."""
    found = _LIKE_TIME.search(text)
    return found[0] if found is not None else ""


def _signs(text: str) -> set[str]:
    """Return what the words of a wish speak of; «не ниже» is "more"."""
    found = set()
    for name, words in _SIGNS:
        text, count = words.subn(" ", text)
        if count:
            found.add(name)
    return found


def _share_kind(signs: set[str], text: str, share: Figure) -> AlertKind | None:
    """Return what a number of per cent is of: a rise, a fall, or a move to either side."""
    if "not" in signs:
        return None
    if "moves" in signs:
        return "moves"
    ups, downs = signs & {"up"}, signs & {"down"}
    if not ups and not downs:
        ups, downs = signs & {"more"}, signs & {"less"}
    if ups or downs:
        return None if ups and downs else "rises" if ups else "falls"
    if share.is_negative:
        return "falls"
    return "rises" if text[: share.start].rstrip().endswith("+") else "moves"


def _level_kind(signs: set[str]) -> WishKind | None:
    """Return what a number that is no share is of; None where the words are at odds."""
    if "not" in signs:
        return None  # of what does not reach 1.2 nobody knows when to tell
    way = "".join(sorted(signs & {"up", "down"}))
    side = "".join(sorted(signs & {"more", "less"}))
    is_level = not signs.isdisjoint({"to", "reaches"})
    known: dict[tuple[str, str], WishKind] = {
        ("", "more"): "above",
        ("", "less"): "below",
        ("up", "more"): "above",
        ("down", "less"): "below",
        ("up", ""): "above" if is_level else "gains",
        ("down", ""): "below" if is_level else "loses",
    }
    if "moves" in signs:
        return "moves"
    if (way, side) == ("down", "more") and not is_level:
        return "loses"  # «упадет больше чем на 5»
    if (way, side) == ("", ""):
        return "reaches" if "reaches" in signs else None
    return known.get((way, side))


def _mentioned(found: Sequence[Named | Figure]) -> tuple[str, str]:
    """Return the first two currencies, whether amounts stand with them or not."""
    places = sorted(found, key=lambda one: one.start)
    codes = list(dict.fromkeys(one.code for one in places if one.code))
    return codes[0] if codes else "", codes[1] if len(codes) > 1 else ""


def _prices(named: Sequence[Named], figures: Sequence[Figure]) -> tuple[str, str, Figure | None]:
    """Return the pair of a wish, and the number of its level for one unit, None where none is.

    `100 EUR above 120 USD` is 1.2 USD for one EUR.
    """
    codes = list(dict.fromkeys(name.code for name in named))
    if len(codes) > 1:
        level = figures[0] if len(figures) == 1 and figures[0].code in {"", codes[1]} else None
        return codes[0], codes[1], level
    of_money = [f for f in figures if f.code]
    match len(figures), len(of_money):
        case 1, 1:
            level = of_money[0]
            if codes and codes[0] != level.code:
                return codes[0], level.code, level
            return "", level.code, level
        case 2, _ if _is_priced(figures, codes):
            first, second = figures
            return first.code, second.code, _for_one(second, first)
        case _:
            source = codes[0] if codes else ""
            return source, "", figures[0] if len(figures) == 1 else None


def _is_priced(figures: Sequence[Figure], codes: Sequence[str]) -> bool:
    """Tell whether the first of two numbers is an amount, and the second its price."""
    first, second = figures
    return bool(first.code) and first.code != second.code and (bool(second.code) or not codes)


def _for_one(price: Figure, amount: Figure) -> Figure | None:
    """Return the price of one unit; None where one of the numbers can be read otherwise."""
    if amount.value == 1:
        return price
    if price.other is not None or amount.other is not None or amount.value <= 0:
        return None
    each = CONTEXT.divide(price.value, amount.value)
    rounded = round(each, 12 - each.adjusted()).normalize(CONTEXT)
    return price._replace(value=each, text=f"{rounded:f}")
