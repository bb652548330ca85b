"""What a text is in the person's language: translations, numbers, money, dates.

English texts are the message ids. Catalogues are gettext `.po` files, read by Babel.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_datetime, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from .domain.text import Rich, clean, fill, isolate

LANGUAGES = ("en", "ru")
"""Languages with complete catalogues; the first is the language of the message ids."""

Catalogue = gettext.NullTranslations
Check = Callable[[Sequence[str], Sequence[str]], None]
"""Looks at a message, with its plural, and at its translations; raises what it finds."""


def choose(*wishes: str) -> str:
    """Pick the first language we speak: "ru-RU" is "ru". English if none."""
    for wish in wishes:
        short = wish.lower().replace("_", "-").split("-", maxsplit=1)[0]
        if short in LANGUAGES:
            return short
    return LANGUAGES[0]


def read_catalogue(path: Path, check: Check | None = None) -> Catalogue:
    """Read one `.po` file; `check` sees each of its entries.

    Raises:
        OSError: the file cannot be read.
        babel.messages.pofile.PoFileError: it is no `.po` file.

    """
    with path.open("rb") as file:
        catalogue = read_po(file, abort_invalid=True)
    for entry in catalogue if check is not None else ():
        one, said = entry.id, entry.string
        if one and check is not None:
            check(_all(one), _all(said))
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _all(said: str | Iterable[str]) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else tuple(said)


class DictTranslations(gettext.NullTranslations):
    """A catalogue from a plain mapping, for a plugin in one file. It has no plural forms."""

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__()
        self._words = dict(words)

    def gettext(self, message: str) -> str:
        """Translate, or give the message back."""
        return self._words.get(message, message)


@dataclass(frozen=True, slots=True)
class Translator:
    """One person's language: translate and format in it. Catalogues are asked in order."""

    language: str
    catalogues: tuple[Catalogue, ...] = ()

    def text(self, message: str, /, **values: object) -> Rich:
        """Translate a message and fill its `{name}` places.

        A `Rich` value keeps its formatting; other values are shown in the person's way.
        """
        return fill(self._translate(message), {k: self.show(v) for k, v in values.items()})

    def plural(self, one: str, many: str, n: int, /, **values: object) -> Rich:
        """Translate by number; `{n}` is the number itself."""
        template = one if n == 1 else many
        for catalogue in self.catalogues:
            found = catalogue.ngettext(one, many, n)
            if found not in (one, many):
                template = found
                break
        return fill(template, {"n": self.show(n), **{k: self.show(v) for k, v in values.items()}})

    def show(self, value: object) -> object:
        """Show a value: numbers grouped, times in UTC, texts cleaned of control characters."""
        if isinstance(value, bool | Rich):
            return value
        if isinstance(value, int):
            return _number(value, self.language)
        if isinstance(value, Decimal):
            return format_decimal(value, locale=self.language, decimal_quantization=False)
        if isinstance(value, datetime):
            return self.time(value)
        return isolate(clean(str(value)))

    def time(self, moment: datetime) -> str:
        """Show a moment, in UTC, to the minute."""
        return _minute(moment.astimezone(UTC).replace(second=0, microsecond=0), self.language)

    def span(self, seconds: float) -> str:
        """Show a length of time in words, its largest unit only."""
        span = timedelta(seconds=seconds)
        return str(format_timedelta(span, threshold=1, locale=self.language))

    @property
    def name(self) -> str:
        """Name the language in itself."""
        return str(Locale(self.language).get_display_name() or self.language).capitalize()

    def _translate(self, message: str) -> str:
        for catalogue in self.catalogues:
            found = catalogue.gettext(message)
            if found != message:
                return found
        return message


# Babel takes the pattern of the language apart each time: half of what a card of numbers and
# times costs, and most cards show the same ones again.


@lru_cache(maxsize=4096)
def _number(value: int, language: str) -> str:
    return str(format_decimal(value, locale=language))


@lru_cache(maxsize=4096)
def _minute(moment: datetime, language: str) -> str:
    return str(format_datetime(moment, "d MMM y, HH:mm 'UTC'", locale=language))


class Languages:
    """The core's catalogues, and speeches made of them and a plugin's own."""

    def __init__(self, catalogues: Mapping[str, Catalogue]) -> None:
        self._core = dict(catalogues)

    def translator(self, language: str, own: Mapping[str, Catalogue] | None = None) -> Translator:
        """Give the speech for a language, a plugin's own catalogue first."""
        chain: Iterable[Catalogue | None] = ((own or {}).get(language), self._core.get(language))
        return Translator(language, tuple(c for c in chain if c is not None))


def core_languages(folder: Path | None = None) -> Languages:
    """Read the core's own catalogues: `<language>.po` in `folder`."""
    folder = folder or Path(__file__).parent / "locales"
    return Languages(read_folder(folder))


def read_folder(folder: Path, check: Check | None = None) -> dict[str, Catalogue]:
    """Read every language's `.po` file in a folder; a missing one is an empty catalogue."""
    return {
        language: read_catalogue(folder / f"{language}.po", check)
        for language in LANGUAGES
        if (folder / f"{language}.po").is_file()
    }
