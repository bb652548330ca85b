"""Commands that are typed as words: `chart euro`, «график доллара», `Moscow time zone`."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_TYPED = {
    "chart": r"charts?|graphs?|plot|график\w{0,2}",
    "history": r"history|история|историю|динамика|динамику",
    "currencies": r"currencies|currency list|list of currencies|(?:все )?валюты?|список валют",
    "base": r"base(?: currency)?|основная валюта|моя валюта",
    "favourites": r"(?:my )?favou?rites?|избранное|избранные",
    "zone": r"(?:my )?time ?zone|zone|(?:мой )?часовой пояс|пояс",
}
_SHOW = r"(?:please |пожалуйста,? |show(?: me)?(?: the| a)? |покажи(?:те)?(?: мне)? |the |a )*"
_OF = r"(?:\s+(?:of|for|по|для|курса?|цены?|the|a))*"
_WAYS = tuple(
    (name, re.compile(form, re.IGNORECASE))
    for name, words_of in _TYPED.items()
    for form in (
        rf"{_SHOW}(?:{words_of}){_OF}(?:[\s:,]+(?P<rest>.+?))?[\s?!.]*",
        rf"{_SHOW}(?P<rest>[^\d]+?)\s+(?:{words_of})[\s?!.]*",
    )
)
_LONGEST_TYPED = 60


class Typed(NamedTuple):
    """A command, and what stands behind it."""

    command: str
    rest: str


def typed_ways(text: str) -> Iterator[Typed]:
    """List what a text may be as a command; whether the rest fits it is for others to tell."""
    if len(text) > _LONGEST_TYPED:
        return
    for name, way in _WAYS:
        if (found := way.fullmatch(text.strip())) is not None:
            yield Typed(name, found["rest"] or "")
