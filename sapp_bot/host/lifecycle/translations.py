"""A plugin's own translations: from its file or its folder, with the places of the originals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from string import Formatter

from babel.messages.pofile import PoFileError

from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.plugin import Plugin
from sapp_bot.i18n import LANGUAGES, Catalogue, DictTranslations, read_folder

Catalogues = Mapping[str, Catalogue]


def read_catalogues(path: Path, plugin: Plugin, shared: Catalogues) -> Catalogues:
    """Take a plugin's own words, then its folder's, then those shared by the plugin folder.

    Raises:
        PluginError: a language we do not speak, or a translation with other places.

    """
    unknown = set(plugin.locales) - set(LANGUAGES)
    if unknown:
        raise PluginError(f"{path}: locales for {sorted(unknown)}; known are {list(LANGUAGES)}")
    for language, words in plugin.locales.items():
        for message, translation in words.items():
            _compare(f"{path}: locales[{language!r}]", (message,), (translation,))
    own: Catalogues = {lang: DictTranslations(words) for lang, words in plugin.locales.items()}
    folder = read_locales(path.parent / "locales") if path.name == "__init__.py" else {}
    return {**shared, **folder, **own}


def read_locales(folder: Path) -> Catalogues:
    """Read the `.po` files of a folder, if there are any.

    Raises:
        PluginError: one cannot be read, or a translation has other places.

    """
    try:
        return read_folder(folder, partial(_compare, str(folder)))
    except (OSError, ValueError, PoFileError) as error:
        raise PluginError(f"{folder}: {error}") from error


def _compare(where: str, messages: Sequence[str], translations: Sequence[str]) -> None:
    """See that what a translation fills in is what the code gives it."""
    wanted = set().union(*(_places(where, message) for message in messages))
    for translation in translations:
        found = _places(where, translation)
        if translation and found != wanted:
            raise PluginError(
                f"{where}: {messages[0]!r} has the places {sorted(wanted)}, its translation "
                f"{translation!r} has {sorted(found)}"
            )


def _places(where: str, text: str) -> set[str]:
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise PluginError(f"{where}: {text!r}: {error}") from error
