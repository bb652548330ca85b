"""Translations and the formats of numbers, dates and spans in the person's language.

English texts are the message ids. Catalogues are gettext `.po` files, read by Babel.
Must not know a person's state: callers pass the language and the time zone.
"""

from __future__ import annotations

import gettext
import marshal
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import babel
from babel import Locale
from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal
from babel.units import format_unit

from .domain.text import Rich, clean, fill, isolate
from .start_cache import NO_CACHE, Recent, StartCache
from .values import dataclass
from .zones import read_zone

LANGUAGES = ("en", "ru")
"""Languages with complete catalogues; the first is the language of the message ids."""

Catalogue = gettext.NullTranslations

Entry = tuple[tuple[str, ...], tuple[str, ...]]
"""A message (and its plural), and its translations."""

Check = Callable[[tuple[Entry, ...]], None]
"""Validates the entries of a catalogue; raises on a fault."""


@lru_cache(maxsize=1000)
def choose(*wishes: str) -> str:
    """Return the first supported language among language codes; English if none is.

    "ru-RU" and "ru_RU" are "ru"; "" is skipped.
    """
    for wish in wishes:
        short = wish.lower().replace("_", "-").split("-", maxsplit=1)[0]
        if short in LANGUAGES:
            return short
    return LANGUAGES[0]


def read_catalogue(
    path: Path, check: Check | None = None, cache: StartCache = NO_CACHE
) -> Catalogue:
    """Return the catalogue of one `.po` file.

    Args:
        path: The `.po` file.
        check: Called with all entries; its errors are raised from here.
        cache: Keeps what the file was read into, for the next start.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is not a `.po` file.

    """
    content = path.read_bytes()
    entries, catalogue = _parsed.get(content, lambda: _parse(content, cache))
    if check is not None:
        check(entries)
    return catalogue


_FORM = f"catalogue 1 {babel.__version__}"  # type: ignore[attr-defined]  # the stubs lack it
"""What `_parse` keeps depends on this beside the file: our form, and what has read it."""


_Parsed = tuple[tuple[Entry, ...], Catalogue]
_parsed = Recent[bytes, _Parsed](16)


def _parse(content: bytes, cache: StartCache) -> _Parsed:
    """Return a file's entries and its catalogue, which take 20 ms."""
    kept = cache.get(_FORM, content)
    if kept is None:
        kept = marshal.dumps(_read_po(content))
        cache.keep(_FORM, content, kept)
    entries, binary = marshal.loads(kept)  # noqa: S302  # the cache gives what was put in here
    return entries, gettext.GNUTranslations(BytesIO(binary))


def _read_po(content: bytes) -> tuple[tuple[Entry, ...], bytes]:
    """Return a file's entries, and all of it as a `.mo` file.

    Raises:
        ValueError: the file is not a `.po` file.

    """
    # Here: with a cache no start needs them, and their import takes longer than a catalogue.
    from babel.messages.mofile import write_mo  # noqa: PLC0415
    from babel.messages.pofile import PoFileError, read_po  # noqa: PLC0415

    binary = BytesIO()
    try:
        catalogue = read_po(BytesIO(content), abort_invalid=True)
        write_mo(binary, catalogue)
    except (PoFileError, LookupError) as error:  # or there is no such encoding
        raise ValueError(str(error)) from error
    # The entry without an id is the file's header.
    entries = tuple((_all(one.id), _all(one.string)) for one in catalogue if one.id)
    return entries, binary.getvalue()


def _all(said: str | Iterable[str]) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else tuple(said)


def _plural(language: str) -> tuple[int, str]:
    """Return how many plural forms a language has, and the rule, as in a `.po` file's header."""
    from babel.messages.plurals import get_plural  # noqa: PLC0415  # as in _read_po

    forms, rule = get_plural(language)
    return int(forms), str(rule)


class DictTranslations(gettext.NullTranslations):
    """Catalogue made of a mapping, for a plugin in one file.

    Args:
        words: Translations by English text: one, or as many as the language has plural forms.
        language: ISO 639-1 code, for the rule of the plural.

    """

    def __init__(self, words: Mapping[str, str | tuple[str, ...]], language: str) -> None:
        super().__init__()
        self._words = dict(words)
        self._form = gettext.c2py(_plural(language)[1])

    def gettext(self, message: str) -> str:
        """Return the translation of a message; the message itself if there is none."""
        found = self._words.get(message, message)
        return found if isinstance(found, str) else message

    def knows(self, message: str) -> bool:
        """Return whether a message has a translation."""
        return message in self._words

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the translation for a number; the English text if there is none."""
        forms = self._words.get(msgid1)
        if isinstance(forms, tuple):
            return forms[self._form(n)]
        return msgid1 if n == 1 else msgid2


def knows(catalogue: Catalogue, message: str) -> bool:
    """Return whether a catalogue has a message, be its translation the same as the English."""
    if isinstance(catalogue, DictTranslations):
        return catalogue.knows(message)
    entries: Mapping[object, str] = getattr(catalogue, "_catalog", {})  # gettext shows it nowhere
    return message in entries or (message, 0) in entries


def plural_forms(language: str) -> int:
    """Return how many plural forms a language has."""
    return _plural(language)[0]


@dataclass(frozen=True, slots=True)
class Translator:
    """Translates and formats values in one language.

    Attributes:
        language: "en" or "ru".
        catalogues: Searched in order; the first one with a translation wins.
        zone: Time zone of the person; "", or one that is not known any more, for UTC, which is
            named with each time.

    """

    language: str
    catalogues: tuple[Catalogue, ...] = ()
    zone: str = ""

    def text(self, message: str, /, **values: object) -> Rich:
        """Return the translation of a message with its `{name}` placeholders filled.

        A `Rich` value keeps its formatting; other values are formatted as by `show`.
        """
        return fill(self._translate(message), {k: self.show(v) for k, v in values.items()})

    def plural(self, one: str, many: str, n: int, /, **values: object) -> Rich:
        """Return the translation for a number, with its placeholders filled.

        Args:
            one: English message id for 1.
            many: English message id for all other numbers.
            n: The number; fills `{n}`.
            values: Values of the other placeholders.

        """
        template = one if n == 1 else many
        for catalogue in self.catalogues:
            found = catalogue.ngettext(one, many, n)
            if found not in (one, many):
                template = found
                break
        return fill(template, {"n": self.show(n), **{k: self.show(v) for k, v in values.items()}})

    def show(self, value: object) -> object:
        """Return a value formatted for people: digits grouped, times in the zone, texts cleaned."""
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
        """Return an aware time in words, to the minute: in the person's zone, else in UTC."""
        zone = read_zone(self.zone)
        local = moment.astimezone(zone or UTC).replace(second=0, microsecond=0, tzinfo=None)
        is_named = zone is None or zone.key == "UTC"
        return _minute(local, self.language) + (" UTC" if is_named else "")

    def span(self, seconds: float) -> str:
        """Return a length of time in words, rounded to its largest unit."""
        span = timedelta(seconds=seconds)
        return str(format_timedelta(span, threshold=1, locale=self.language))

    def amount(self, n: int, unit: str) -> str:
        """Return an amount of a unit of time in words: "90 minutes" of 90 and "minute"."""
        return str(format_unit(n, f"duration-{unit}", locale=self.language))

    def ahead(self, wait: timedelta) -> str:
        """Return when something is possible, as words that can follow a verb: "in 1 minute"."""
        whole = timedelta(seconds=max(1, math.ceil(wait.total_seconds())))
        return str(format_timedelta(whole, threshold=1, add_direction=True, locale=self.language))

    @property
    def name(self) -> str:
        """The language's own name for itself: "Русский"."""
        return str(Locale(self.language).get_display_name() or self.language).capitalize()

    def _translate(self, message: str) -> str:
        for catalogue in self.catalogues:
            found = catalogue.gettext(message)
            if found != message:
                return found
        return message


# Cached, as Babel parses the language's pattern at each call: half of the cost of a screen with
# numbers and times, and most screens show the same ones again.


@lru_cache(maxsize=4096)
def _number(value: int, language: str) -> str:
    return str(format_decimal(value, locale=language))


@lru_cache(maxsize=4096)
def _minute(moment: datetime, language: str) -> str:
    return str(format_datetime(moment, "d MMM y, HH:mm", locale=language))


class Languages:
    """The bot's own catalogues by language; makes translators of them and a plugin's."""

    def __init__(self, catalogues: Mapping[str, Catalogue]) -> None:
        self._core = dict(catalogues)

    def translator(
        self, language: str, own: Mapping[str, Catalogue] | None = None, *, zone: str = ""
    ) -> Translator:
        """Return the translator for a language; a plugin's own catalogues are searched first.

        Times are in `zone`, a name of the IANA database; in UTC if it is "".
        """
        chain: Iterable[Catalogue | None] = ((own or {}).get(language), self._core.get(language))
        return Translator(language, tuple(c for c in chain if c is not None), zone)


def core_languages(folder: Path | None = None, cache: StartCache = NO_CACHE) -> Languages:
    """Return the bot's own catalogues, read from `<language>.po` in `folder`.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file is not a `.po` file.

    """
    folder = folder or Path(__file__).parent / "locales"
    return Languages(read_folder(folder, cache=cache))


def read_folder(
    folder: Path, check: Check | None = None, cache: StartCache = NO_CACHE
) -> dict[str, Catalogue]:
    """Return the catalogues in a folder by language; a language without a file is left out.

    Args:
        folder: Holds `<language>.po` files.
        check: Called with the entries of each file; its errors are raised from here.
        cache: Keeps what the files were read into, for the next start.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file is not a `.po` file.

    """
    return {
        language: read_catalogue(folder / f"{language}.po", check, cache)
        for language in LANGUAGES
        if (folder / f"{language}.po").is_file()
    }
