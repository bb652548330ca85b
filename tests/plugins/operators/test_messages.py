"""What the operators' plugin says is said in Russian, too."""

from __future__ import annotations

from string import Formatter

from babel.messages import Message as Entry
from babel.messages.pofile import read_po

from tests.messages import MessageId, messages
from tests.pages import ROOT


def places(text: str) -> set[str | None]:
    """Find the `{name}` places of a text."""
    return {name for _, name, _, _ in Formatter().parse(text)} - {None}


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Give one text, or the forms of a plural."""
    return (text,) if isinstance(text, str) else tuple(text)


def test_everything_is_said_in_russian() -> None:
    """The catalogue has exactly the texts of these modules, with the same places."""
    folder = ROOT / "plugins/operators"
    with (folder / "locales/ru.po").open("rb") as file:
        found: list[Entry] = [entry for entry in read_po(file) if entry.id]
    entries = {MessageId(*forms(entry.id)): entry for entry in found}
    said: set[MessageId] = set()
    for path in sorted(folder.rglob("*.py")):
        said |= messages(path.read_text("utf-8"), validators=True)

    assert set(entries) == said
    for message, entry in entries.items():
        assert len(forms(entry.string)) == (3 if message.many else 1), message
        for russian in forms(entry.string):
            assert places(russian) == places(message.one) | places(message.many), message
