"""The Russian catalogues are complete, hold nothing stale, and keep every place and plural."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages import Catalog
from babel.messages import Message as Entry
from babel.messages.pofile import read_po

from sapp_bot.i18n import LANGUAGES, Translator, core_languages, read_catalogue
from tests.messages import MessageId, messages

ROOT = Path(__file__).parent.parent
PLUGINS, CORE = ROOT / "plugins", ROOT / "sapp_bot"
YES_AND_NO = {MessageId("Yes"), MessageId("No")}
"""Labels of a bool's answers: written in forms.py as data, not as a call."""


def plugin_messages() -> set[MessageId]:
    """Collect what the built-in plugins say."""
    files = sorted(PLUGINS.glob("*.py"))
    return set[MessageId]().union(*(messages(f.read_text("utf-8"), validators=True) for f in files))


def core_messages() -> set[MessageId]:
    """Collect what the bot itself says; the sandbox and the test kit speak to developers."""
    files = [f for f in sorted(CORE.rglob("*.py")) if "sandbox" not in f.relative_to(CORE).parts]
    return YES_AND_NO.union(*(messages(f.read_text("utf-8")) for f in files))


def catalogue(folder: Path, language: str) -> Catalog:
    """Read a catalogue as its translators see it."""
    with (folder / "locales" / f"{language}.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def entries(found: Catalog) -> Iterator[tuple[MessageId, Entry]]:
    """List the entries of a catalogue, but its header."""
    for entry in found:
        if isinstance(entry.id, str):
            if entry.id:
                yield MessageId(entry.id), entry
        else:
            yield MessageId(*entry.id), entry


def forms(entry: Entry) -> tuple[str, ...]:
    """Give the translations of an entry: one, or one for each plural form."""
    text = entry.string
    return (text,) if isinstance(text, str) else tuple(text)


def places(text: str) -> set[str]:
    """Find the `{name}` places of a text."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


TRANSLATIONS = [language for language in LANGUAGES if language != "en"]
BOTH = pytest.mark.parametrize("folder", [PLUGINS, CORE], ids=["plugins", "core"])
EACH = pytest.mark.parametrize("language", TRANSLATIONS)


@EACH
@BOTH
def test_every_message_is_translated_and_nothing_is_stale(folder: Path, language: str) -> None:
    """A catalogue holds exactly the texts of its code, each with a translation."""
    spoken = plugin_messages() if folder == PLUGINS else core_messages()
    known = dict(entries(catalogue(folder, language)))
    assert {m.one for m in spoken - set(known)} == set(), "not translated"
    assert {m.one for m in set(known) - spoken} == set(), "no longer said"
    assert [m.one for m, entry in known.items() if entry.fuzzy or not all(forms(entry))] == []


@EACH
@BOTH
def test_translations_keep_the_places(folder: Path, language: str) -> None:
    """A translation has the `{name}` places of its message: none lost, none invented."""
    wrong = [
        form
        for message, entry in entries(catalogue(folder, language))
        for form in forms(entry)
        if places(form) != places(message.one) | places(message.many)
    ]
    assert wrong == []


@EACH
@BOTH
def test_translations_keep_the_commands(folder: Path, language: str) -> None:
    """A translation names the commands that its message names: they are the next step."""
    wrong = [
        form
        for message, entry in entries(catalogue(folder, language))
        for form in forms(entry)
        if commands(form) != commands(message.one)
    ]
    assert wrong == []


def commands(text: str) -> set[str]:
    """Find the commands a text names; `/{name}` is a place."""
    words = text.replace("(", " ").replace(")", " ").split()
    return {w.strip(".,:;") for w in words if w.startswith("/") and "{" not in w}


@EACH
@BOTH
def test_plural_forms_are_all_there(folder: Path, language: str) -> None:
    """Each plural has as many forms as the language."""
    found = catalogue(folder, language)
    plurals = {m.one: len(forms(e)) for m, e in entries(found) if m.many}
    assert plurals
    assert set(plurals.values()) == {found.num_plurals}


def test_plural_forms_are_chosen_by_number() -> None:
    """Russian counts 1, 2 and 5 differently, and 11 and 21 by their own rule."""
    speech = Translator("ru", (read_catalogue(PLUGINS / "locales" / "ru.po"),))
    one, many = "Client “{name}”: {n} read left.", "Client “{name}”: {n} reads left."
    said = [speech.plural(one, many, n, name="demo").plain.split()[-1] for n in (1, 2, 5, 11, 21)]
    assert said == ["запрос.", "запроса.", "запросов.", "запросов.", "запрос."]


def test_the_core_speaks_what_it_offers() -> None:
    """A person's language reaches the core's own catalogue."""
    assert core_languages().translator("ru").text("Cancel").plain == "Отмена"


PLANTED = '''
class Away(Error):
    reply = "The class."
    why: str = "not said"

@plugin.command(aliases=["x"])
async def greet(ctx: Ctx, form: Made, count: Annotated[int, Field(ge=1)], note: str = ""):
    """The docstring.

    Not this.
    """
    text = "The name." if form.a else "The other name."
    one, many = "{n} thing", "{n} things"
    await ctx.say(text)
    await ctx.say("In " "pieces.", rows=[[Go(a="not said").key("The label")]])
    ctx.n(one, many, 2)
    ctx.t("{name}", name="not said")
    ctx.ask_again("not said", "The reason.")
    ctx.log.info("not said")
    raise UserError("The error.") from Refused(call="not said", reply="The reply.")

def check(value):
    raise ValueError("The rule.")

class Made(Form):
    cancelled: ClassVar = "What was not done."

    size: str = ask("The prompt.", choices={"not_said": "The choice"})
    colour: str = ask("The prompt.")
'''


def test_the_collector_finds_what_is_planted() -> None:
    """Each way of saying something is found, and what nobody reads is not."""
    said = {m.one for m in messages(PLANTED, validators=True)}
    assert said == {
        *("The class.", "The docstring.", "The name.", "The other name.", "In pieces."),
        *("The label", "{n} thing", "The reason.", "The error.", "The reply.", "The rule."),
        *("The prompt.", "The choice", "What was not done.", "colour", "count", "note"),
    }
    assert MessageId("{n} thing", "{n} things") in messages(PLANTED)
    assert MessageId("The rule.") not in messages(PLANTED)
