"""What payments say is said in Russian, too."""

from __future__ import annotations

from string import Formatter

from babel.messages.pofile import read_po

from plugins.billing.checkout import WHY
from plugins.billing.desk import USAGE
from plugins.billing.receipts import LOST
from plugins.billing.wishes import WHY_NOT, WISHES
from plugins.billing.words import HELD, REASONS, STATES
from sapp_bot.services import MissingPart
from tests.messages import MessageId, messages
from tests.pages import ROOT

FOLDER = ROOT / "plugins/billing"


def said() -> set[MessageId]:
    """Collect what the modules say; tables are not found by reading the source."""
    tables = [
        text
        for table in (WHY, USAGE, STATES, HELD, REASONS, WHY_NOT, WISHES)
        for text in table.values()
    ]
    parts = (part.value for part in MissingPart)
    found = {MessageId(text) for text in (*tables, *parts, LOST)}
    for path in sorted(FOLDER.glob("*.py")):
        found |= messages(path.read_text("utf-8"), validators=True)
    return found


def test_everything_is_said_in_russian() -> None:
    """The catalogue has exactly the texts of these modules, with the same places."""
    with (FOLDER / "locales/ru.po").open("rb") as file:
        entries = {MessageId(*_all(entry.id)): entry for entry in read_po(file) if entry.id}
    assert {m.one for m in said() - set(entries)} == set(), "not translated"
    assert {m.one for m in set(entries) - said()} == set(), "no longer said"
    for message, entry in entries.items():
        for russian in _all(entry.string):
            assert russian
            assert _places(russian) <= _places(message.one) | {"n"}, message.one


def _places(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text)} - {None}


def _all(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)
