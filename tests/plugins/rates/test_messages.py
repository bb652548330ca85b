"""What the rates say is said in Russian, too."""

from __future__ import annotations

import ast
from string import Formatter
from typing import get_args

from babel.messages import Message as Entry
from babel.messages.pofile import read_po

from plugins.rates.money.faults import Fault
from plugins.rates.money.wishes import AlertKind
from plugins.rates.times.dates import DateFault
from tests.messages import MessageId, messages
from tests.pages import ROOT


def places(text: str) -> set[str | None]:
    """Find the `{name}` places of a text."""
    return {name for _, name, _, _ in Formatter().parse(text)} - {None}


def strings(source: str) -> set[str]:
    """Find the strings of a module, of several lines the first one, and the names of arguments."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=str() as text):
                found |= {text, text.partition("\n")[0]}
            case ast.arg(arg=name):
                found.add(name)
    return found


def test_the_catalogue_says_where_each_text_stands() -> None:
    """Who mends a translation finds its text in the module that stands above it."""
    folder = ROOT / "plugins/rates"
    texts = {path.name: strings(path.read_text("utf-8")) for path in folder.rglob("*.py")}
    with (folder / "locales/ru.po").open("rb") as file:
        entries = [entry for entry in read_po(file) if entry.id]
    for entry in entries:
        where = {name for name, said in texts.items() if _ids(entry)[0] in said}

        assert entry.auto_comments, entry.id
        assert not where or entry.auto_comments[0] in where, (entry.id, where)


def test_everything_is_said_in_russian() -> None:
    """The catalogue has exactly the texts of these modules, with the same places."""
    folder = ROOT / "plugins/rates"
    with (folder / "locales/ru.po").open("rb") as file:
        entries = {MessageId(*_ids(entry)): entry for entry in read_po(file) if entry.id}
    kinds = get_args(AlertKind)  # the answers of a form are its buttons
    built = (*Fault, *DateFault, *kinds, "Open the bot", "{n}. {alert}")
    said = {MessageId(str(text)) for text in built}
    for path in sorted(folder.rglob("*.py")):
        said |= messages(path.read_text("utf-8"), validators=True)

    assert set(entries) == said
    for message, entry in entries.items():
        for russian in _all(entry.string):
            assert places(russian) <= places(message.one) | {"n"}


def _ids(entry: Entry) -> tuple[str, ...]:
    return _all(entry.id)


def _all(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)
