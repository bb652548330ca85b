"""Reads a plugin's translations and checks their placeholders against the messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from string import Formatter

from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.plugin import Plugin
from sapp_bot.i18n import LANGUAGES, Catalogue, DictTranslations, Entry, plural_forms, read_folder
from sapp_bot.start_cache import NO_CACHE, StartCache

Catalogues = Mapping[str, Catalogue]


def read_catalogues(
    path: Path, plugin: Plugin, shared: Catalogues, cache: StartCache = NO_CACHE
) -> Catalogues:
    """Return a plugin's catalogues, by language.

    A language in its `locales=` comes before one in its folder, and that before a shared one.

    Args:
        path: The plugin's file.
        plugin: The plugin object with its `locales`.
        shared: Catalogues shared by all plugins of the folder, by language.
        cache: Keeps what the files were read into, for the next start.

    Raises:
        PluginError: a language is unknown, a file cannot be read, or a translation has other
            placeholders than its message.

    """
    unknown = set(plugin.locales) - set(LANGUAGES)
    if unknown:
        place = _place(path, min(unknown))
        raise PluginError(f"{place}: locales for {sorted(unknown)}; known are {list(LANGUAGES)}")
    for language, words in plugin.locales.items():
        for message, translation in words.items():
            where = partial(_place, path, message)
            _check_forms(where, language, message, translation)
    own: Catalogues = {
        language: DictTranslations(words, language) for language, words in plugin.locales.items()
    }
    folder = read_locales(path.parent / "locales", cache) if path.name == "__init__.py" else {}
    return {**shared, **folder, **own}


def read_locales(folder: Path, cache: StartCache = NO_CACHE) -> Catalogues:
    """Return the catalogues in a folder's `.po` files, by language; empty without the folder.

    `cache` keeps what the files were read into, for the next start.

    Raises:
        PluginError: a file cannot be read, or a translation has other placeholders.

    """
    try:
        return read_folder(folder, partial(_check_entries, folder), cache)
    except (OSError, ValueError) as error:
        raise PluginError(f"{folder}: {error}") from error


def _check_entries(folder: Path, entries: tuple[Entry, ...]) -> None:
    """Raise PluginError if an entry of a file of a folder has other placeholders."""
    if _are_sound(entries):
        return
    for messages, translations in entries:
        _check_placeholders(partial(_place, folder, messages[0]), messages, translations)


@lru_cache(maxsize=16)
def _are_sound(entries: tuple[Entry, ...]) -> bool:
    """Return whether all placeholders agree; kept, as `_places` is, and for the same reason."""
    try:
        for messages, translations in entries:
            _check_placeholders(str, messages, translations)
    except PluginError:
        return False
    return True


def _place(where: Path, message: str) -> str:
    """Return file and line of a message in a plugin's file, or in a folder of catalogues.

    The path alone where it is written in another way, as in two pieces.
    """
    # As it is written, with its escapes.
    written = repr(message)[1:-1]
    for file in sorted(where.glob("*.po")) if where.is_dir() else [where]:
        try:
            rows = file.read_text("utf-8").splitlines()
        except (OSError, ValueError):
            continue
        for number, row in enumerate(rows, start=1):
            if f'"{written}"' in row or f"'{written}'" in row:
                return f"{file}:{number}"
    return str(where)


def _check_forms(
    where: Callable[[], str], language: str, message: str, said: str | tuple[str, ...]
) -> None:
    """Raise PluginError if plural forms are too few or too many, or placeholders differ."""
    forms = (said,) if isinstance(said, str) else tuple(said)
    if not isinstance(said, str) and len(forms) != plural_forms(language):
        wanted = plural_forms(language)
        raise PluginError(
            f"{where()}: locales[{language!r}]: {message!r} needs {wanted} plural forms, and has "
            f"{len(forms)}"
        )
    _check_placeholders(where, (message,), forms)


def _check_placeholders(
    where: Callable[[], str], messages: Sequence[str], translations: Sequence[str]
) -> None:
    """Raise PluginError if a translation's placeholders differ from its message's."""
    wanted = frozenset().union(*(_placeholders(where, message) for message in messages))
    for translation in translations:
        found = _placeholders(where, translation)
        if translation and found != wanted:
            raise PluginError(
                f"{where()}: {messages[0]!r} has the places {sorted(wanted)}, its translation "
                f"{translation!r} has {sorted(found)}"
            )


def _placeholders(where: Callable[[], str], text: str) -> frozenset[str]:
    try:
        return _places(text)
    except ValueError as error:
        raise PluginError(f"{where()}: {text!r}: {error}") from error


@lru_cache(maxsize=4096)
def _places(text: str) -> frozenset[str]:
    """Return the names in braces; kept, as each reload reads the same catalogues again."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)
