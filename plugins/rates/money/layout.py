"""Words typed in the wrong keyboard layout: `he,` is «руб», «гыв» is `usd`."""

import re

# Source: the Windows layouts "English (US)" and "Russian", key by key.
_LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
_CYRILLIC = "йцукенгшщзхъфывапролджэячсмитьбюё"
_TO_CYRILLIC = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN = str.maketrans(_CYRILLIC, _LATIN)

RUN = re.compile(r"[a-zA-Z,.;'\[\]`]+|[а-яА-ЯёЁ]+")
"""What may be one word in the other layout."""

SHORTEST = 3


def retyped(run: str) -> str:
    """Return a run of letters as the same keys give it in the other layout."""
    lower = run.lower()
    if "а" <= lower[0] <= "я" or lower[0] == "ё":
        return lower.translate(_TO_LATIN)
    return lower.translate(_TO_CYRILLIC).replace("ё", "е")
