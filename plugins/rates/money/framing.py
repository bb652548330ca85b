"""Where a sum stands in what people write: behind a greeting or a question, before a thanks."""

import re
from typing import NamedTuple

from .numerals import starts_number
from .reader import find_retyped
from .tokens import is_counted, is_pair, lexicon

_BLANKS = " \t\n\r\f\v\u00a0\u2009\u202f\u200b\u200e\u200f\ufe0f\ufeff"
_QUOTES = '"«»“”„`'
_SKIPPED = _BLANKS + _QUOTES
_ENDING = f"{_BLANKS}{_QUOTES}?!.="

_GREETING = (
    r"(?:(?:hi|hey|hello|please|привет|здравствуйте|пожалуйста"
    r"|today(?:['’]s)?|now|(?:на )?(?:сегодня|сейчас)|сегодняшний|нынешний"
    r"|(?:tell me|let me know)(?: the)?|(?:сообщи|скажи)(?:те)?(?: мне)?|дай(?:те)? знать"
    r")[,!.]?\s+)*+"
)
_LEAD_IN = re.compile(
    rf"{_GREETING}(?:"
    r"(?P<rate>(?:(?:what is|what's|the|current|exchange|live|какой|а|сейчас|текущий)\s+)*+"
    r"(?:rate|price|курс)(?:\s+(?:of|for|сейчас)(?:\s+the)?)?)"
    r"|(?:(?:can|could) you )?(?:please )?convert"
    r"|how much(?: is| are| was| were| does| do| did)?|what(?:'s| is| are| was| were)"
    r"|сколько(?: будет| стоит| стоят| стоил| стоила| стоили| это)?|поч[её]м"
    r"|чему (?:равен|равн[аоы])"
    r"|(?:переведи|пересчитай|конвертируй|посчитай)(?:те)?(?: мне)?)\s+",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"(?:an?|the)\s+(?=\w)", re.IGNORECASE)
_ONLY_GREETING = re.compile(_GREETING, re.IGNORECASE)
_INVERTED = re.compile(
    rf"{_GREETING}(?:(?P<count>сколько(?: это)?(?: будет)?|how (?P<many>many|much)(?: is)?)\s+"
    r"(?:(?:надо|нужно|дают|получу|мне)\s+){0,2}"
    r"(?P<fronted>(?:(?:в|во|in|to)\s+)(?:одно[мй]\s+)?)?|(?:в|во|in|to|into)\s+)",
    re.IGNORECASE,
)
_PER = re.compile(
    r"[^\W\d]+(?:\s[^\W\d]+){0,2}?\s(?:per|(?:in|for|to)\s(?:an?|one|the))\s"
    r"|(?P<many>[а-яё]+)(?:\s[а-яё]+)?\s(?:за|во?)\s",
    re.IGNORECASE,
)
"""What asks how many of one money make one of another, without a question: `rubles per dollar`."""
_OPENINGS = frozenset(
    {"today", "now", "на", "сегодня", "сегодняшний", "нынешний", "чему"}
    | {"hi", "hey", "hello", "please", "привет", "здравствуйте", "пожалуйста", "a", "an", "the"}
    | {"what", "current", "exchange", "live", "rate", "price", "convert", "can", "could", "how"}
    | {"какой", "а", "сейчас", "текущий", "курс", "сколько", "почем", "почём", "посчитай"}
    | {"посчитайте", "переведи", "переведите", "пересчитай", "пересчитайте", "конвертируй"}
    | {"конвертируйте", "в", "во", "in", "to", "into"}
    | {"tell", "let", "сообщи", "сообщите", "скажи", "скажите", "дай", "дайте"}
)
"""The words that the expressions above begin with: all other texts are spared these."""

_AFTER = frozenset(
    {"please", "pls", "plz", "thanks", "thank", "thx", "you", "today", "now", "rate", "exchange"}
    | {"price", "пожалуйста", "плиз", "плз", "спасибо", "сегодня", "сейчас", "курс"}
    | {"is", "how", "much", "equals", "это", "сколько"}
    | {"worth", "cost", "costs", "get", "make", "makes", "стоит", "стоят", "стоил", "стоила"}
)
"""What is said behind a sum, and changes nothing about it."""

ASKS_COUNT = frozenset(
    {
        "was",
        "were",
        "in",
        "a",
        "an",
        "the",
        "there",
        "do",
        "does",
        "did",
        "i",
        "you",
        "we",
        "get",
        "gets",
        "can",
    }
    | {"could", "would", "will", "buy", "buys", "per", "make", "makes", "give", "gives", "cost"}
    | {"have", "need", "pay", "against"}
    | {"дают", "дадут", "дает", "даст", "дашь", "получу", "получится", "можно", "купить", "мне"}
    | {"составляет", "равен", "равна", "равно", "одном", "одной", "одну", "содержится", "сейчас"}
    | {"стоил", "стоила", "стоило", "надо", "нужно", "отдать", "отдают", "сегодня", "против"}
)
"""What stands there in a question for a number: `how many euros do I get for 100 dollars`."""

LISTS = frozenset({",", ";", "&", "and", "и", "or", "или"})
PLURAL_IN = ("ах", "ях")
"""What Russian money in the plural ends in behind «в»: a target, not what is priced."""

_FIRST_WORD = re.compile(r"[^\W\d_]+")
_BEGINS_LIKE_A_SUM = re.compile(r"[0-9(]|[.,][0-9]|[-−–—]\s*[0-9(.,$€£]")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?|(\d\d?)([./-])\d\d?\2(?:\d{4}|\d\d)|\d+:\d.*", re.DOTALL)


class Inverted(NamedTuple):
    """Where the targets and then the sum of a question stand, and how it asks for them."""

    start: int
    end: int
    asks_count: bool = False
    """Whether it asks how many of the targets there are: `how many rubles`, not `in rubles`."""
    is_loose: bool = False
    """Whether `in` alone parts no targets from their sum: `how much euro in dollars`."""
    is_fronted: bool = False
    """Whether the first currency stands behind «в»: «сколько в долларе рублей»."""


Opening = tuple[int, bool]
"""Where a text begins, and whether its first word may stand before a sum."""


class Frame(NamedTuple):
    """Where a sum may stand, from `start` up to `end`; `asks_rate` tells of a word as "rate"."""

    start: int
    end: int
    asks_rate: bool = False


def frame(text: str, opening: Opening) -> Frame | None:
    """Return where the sum is, None when the first word shows that there is none."""
    start, has_opening = opening
    if _BEGINS_LIKE_A_SUM.match(text, start):
        return None if _DATE.fullmatch(text.strip()) else Frame(start, _end(text))
    asks_rate = False
    if has_opening:
        lead = _LEAD_IN.match(text, start)
        asks_rate = lead is not None and lead["rate"] is not None
        before = lead or _ONLY_GREETING.match(text, start)
        start = before.end() if before else start
        article = _ARTICLE.match(text, start)
        start = article.end() if article else start
    return Frame(start, _end(text), asks_rate) if _may_begin(text, start) else None


def inverted_frame(text: str, opening: Opening) -> Inverted | None:
    """Return where the targets and the sum of a question are that names the targets first."""
    start, has_opening = opening
    lead = _INVERTED.match(text, start) if has_opening else None
    if lead is None:
        per = _PER.match(text, start)
        if per is None or (per["many"] and not is_counted(per["many"])):
            return None
        return Inverted(start, _end(text), asks_count=True)
    is_loose = (lead["many"] or "").lower() == "much"
    fronted = bool(lead["fronted"]) and lead["many"] is None
    count = lead["count"] is not None
    return Inverted(lead.end(), _end(text), count, is_loose, fronted)


def opening_of(text: str) -> Opening:
    """Return where a text begins, and whether its first word may stand before a sum."""
    start = len(text) - len(text.lstrip(_SKIPPED))
    first = _FIRST_WORD.match(text, start)
    return start, first is not None and first[0].lower() in _OPENINGS


def _may_begin(text: str, start: int) -> bool:
    """Tell whether a sum can begin with the word, the number or the symbol at a place."""
    if _BEGINS_LIKE_A_SUM.match(text, start):
        return True
    words = lexicon()
    found = _FIRST_WORD.match(text, start)
    if found is None:
        begins = words.pattern.match(text, start)
        return begins is not None and begins.lastgroup == "symbol"
    first = found[0].lower().replace("ё", "е")
    if first in words.phrase_lengths or is_pair(first) or starts_number(first):
        return True
    if text[found.end() : found.end() + 1] in {"$", "¥"}:
        return True
    return find_retyped(text, start, found.end(), words) is not None


def _end(text: str) -> int:
    """Return where the sum ends: before the marks of a question, and before a thanks."""
    rest = text.rstrip(_ENDING)
    while True:
        before, gap, last = rest.rpartition(" ")
        word = last.lower()
        if not gap or not (word in _AFTER or (word == "на" and len(rest) < len(text))):
            return len(rest)
        rest = before.rstrip(f"{_ENDING},")
