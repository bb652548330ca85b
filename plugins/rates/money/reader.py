"""Currencies in a text: by their longest name, by symbol, in the other keyboard layout."""

import re
from typing import NamedTuple

from .currencies import Meaning
from .faults import AmountError, Fault
from .tokens import Kind, Lexicon, Token, lexicon, tokenize

MOST_SIMILAR = 3

# Source: the Windows layouts "English (US)" and "Russian", key by key.
_LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
_CYRILLIC = "йцукенгшщзхъфывапролджэячсмитьбюё"
_TO_CYRILLIC = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN = str.maketrans(_CYRILLIC, _LATIN)

_RUN = re.compile(r"[a-zA-Z,.;'\[\]`]+|[а-яА-ЯёЁ]+")
"""What may be one word in the other layout: `he,` is «руб», «гыв» is `usd`."""

_SHORTEST_RUN = 3


class Found(NamedTuple):
    """A currency at a place: how it is written there, what it means, where the text goes on."""

    text: str
    meaning: Meaning
    start: int
    end: int
    next: int
    """The index of the token after it."""
    retyped: bool = False


class CurrencyReader:
    """Stands at a token of a text; `spoken` gathers the currencies it has gone over."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self._text = text
        self._words: Lexicon = lexicon()
        self.tokens = tokenize(text, start, end)
        self.spoken: list[Found] = []
        self._at = 0
        self._found: dict[int, Found | None] = {}

    def _take(self, found: Found) -> str:
        """Go over a currency.

        Raises:
            AmountError: several currencies share the word, and none is the likely one.

        """
        if not found.meaning.assumed and len(found.meaning.codes) > 1:
            codes = ", ".join(found.meaning.codes)
            raise AmountError(Fault.SEVERAL, found.start, found.end, text=found.text, codes=codes)
        self.spoken.append(found)
        self._at = found.next
        return found.meaning.code

    def currency_at(self, index: int) -> Found | None:
        """Return the currency that begins at a token, by the longest name."""
        if index not in self._found:
            self._found[index] = self._find(index)
        return self._found[index]

    def _find(self, index: int) -> Found | None:
        token = self.tokens[index]
        if token.kind == Kind.SYMBOL:
            return Found(
                token.text, self._words.meanings[token.text], token.start, token.end, index + 1
            )
        if token.kind != Kind.WORD:
            return None
        text = token.text
        most = self._words.phrase_lengths.get(text, 0)
        if most == 1:
            shown = self._text[token.start : token.end]
            return Found(shown, self._words.meanings[text], token.start, token.end, index + 1)
        for length in range(most, 0, -1):
            words = self.tokens[index : index + length]
            phrase = text if length == 1 else " ".join(word.text for word in words)
            meaning = self._words.meanings.get(phrase)
            if meaning is not None:
                end = words[-1].end
                shown = self._text[token.start : end]
                if "." in shown and self._text.startswith(".", end):
                    shown += "."  # «у.е.» is quoted with its last dot
                return Found(shown, meaning, token.start, end, index + length)
        return self._retyped(index) if len(text) > 1 else None

    def _retyped(self, index: int) -> Found | None:
        token = self.tokens[index]
        found = find_retyped(self._text, token.start, token.end, self._words)
        if found is None:
            return None
        meaning, end = found
        after = next(i for i, token in enumerate(self.tokens) if token.start >= end)
        return Found(self._text[token.start : end], meaning, token.start, end, after, retyped=True)

    def _unknown(self, token: Token) -> AmountError:
        text = self._text[token.start : token.end]
        codes = similar(token.text, self._words)
        if codes:
            joined = ", ".join(codes)
            return AmountError(Fault.SIMILAR, token.start, token.end, text=text, codes=joined)
        return AmountError(Fault.NO_CURRENCY, token.start, token.end, text=text)


def find_retyped(text: str, start: int, end: int, words: Lexicon) -> tuple[Meaning, int] | None:
    """Return the currency somebody has typed in the other keyboard layout, and where it ends.

    The word `text[start:end]` may go on over signs: `he,` is «руб».
    """
    run = _RUN.match(text, start)
    if run is None:
        return None
    other = retyped(run[0])
    for length in range(len(other), max(end - start, _SHORTEST_RUN) - 1, -1):
        meaning = words.meanings.get(other[:length])
        if meaning is not None and other[:length] not in words.table.ordinary:
            return meaning, start + length
    return None


def similar(word: str, words: Lexicon) -> list[str]:
    """Return up to three codes whose words are one letter away; only those that begin alike."""
    near = {
        words.meanings[known].code: None
        for known in words.by_letter.get(word[0], ())
        if abs(len(known) - len(word)) <= 1 and one_slip(known, word)
    }
    return list(near)[:MOST_SIMILAR]


def one_slip(first: str, second: str) -> bool:
    """Tell whether one letter is missing, too many or another, or two have changed places."""
    if len(first) > len(second):
        first, second = second, first
    at = next((i for i, letter in enumerate(first) if letter != second[i]), len(first))
    if len(first) < len(second):
        return first[at:] == second[at + 1 :]
    swapped = first[at + 1 : at + 2] + first[at : at + 1] + first[at + 2 :]
    return first[at + 1 :] == second[at + 1 :] or swapped == second[at:]


def retyped(run: str) -> str:
    """Return a run of letters as the same keys give it in the other layout."""
    lower = run.lower()
    if "а" <= lower[0] <= "я" or lower[0] == "ё":
        return lower.translate(_TO_LATIN)
    return lower.translate(_TO_CYRILLIC).replace("ё", "е")
