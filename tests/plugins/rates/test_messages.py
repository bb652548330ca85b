"""What the rates say is said in Russian, too."""

from __future__ import annotations

from string import Formatter

from babel.messages.pofile import read_po

from plugins._rates.chart_layout import NoChart
from plugins._rates.convert import NoRate
from plugins._rates.dates import DateFault
from plugins._rates.faults import Fault
from plugins._rates.zones import UnknownZone
from tests.pages import ROOT


def places(text: str) -> set[str | None]:
    """Find the `{name}` places of a text."""
    return {name for _, name, _, _ in Formatter().parse(text)} - {None}


def test_every_fault_is_translated() -> None:
    """The catalogue has exactly the messages of these modules, with the same places."""
    with (ROOT / "plugins/_rates/locales/ru.po").open("rb") as file:
        entries = {entry.id: str(entry.string) for entry in read_po(file) if entry.id}
    said = {*map(str, Fault), *map(str, DateFault)}
    said |= {NoChart.reply, NoRate.reply, UnknownZone.reply}

    assert set(entries) == said
    assert all(places(str(text)) == places(russian) for text, russian in entries.items())
