"""The report: clients by use, as a screen and as a file that no spreadsheet runs."""

from __future__ import annotations

import csv
from io import StringIO

import pytest

from plugins.operators.report import cell
from tests.plugins.operators.office import Office


async def test_clients_are_shown_by_use(office: Office) -> None:
    """The busiest first, ten on a page."""
    database = office.stage.api.database
    for number in range(12):
        user = database.add_user(f"many{number}@example.com", "secret enough")
        client = database.add_client(user, name=f"bulk {number}")
        database.clients.update(client.id, {"reads_used": number})
    await office.boss.says("/report")
    shown = office.boss.last.splitlines()
    assert shown[:3] == [
        "14 clients by use",
        "Page 1 of 2",
        "11 of 10: bulk 11, many11@example.com",
    ]
    await office.boss.presses("Next ›")
    assert office.boss.sees("Page 2 of 2")


async def test_the_file_holds_no_key_and_no_formula(office: Office) -> None:
    """Every client in order, in UTF-8, with texts that a spreadsheet would run made harmless."""
    database = office.stage.api.database
    database.clients.update(1, {"name": '=HYPERLINK("http://x";"чай")', "reads_used": 9})
    await office.boss.says("/report csv")
    file = await office.boss.reads(office.boss.news[-1])
    rows = list(csv.DictReader(StringIO(file.text)))

    assert file.name == f"report-{office.stage.clock.now():%Y-%m-%d}.csv"
    assert file.content.startswith(b"\xef\xbb\xbf")
    assert [(row["client_id"], row["reads_used"], row["reads_left"]) for row in rows] == [
        ("1", "9", "1"),
        ("2", "0", "10"),
    ]
    assert rows[0]["name"] == '\'=HYPERLINK("http://x";"чай")'
    for client in database.clients.all():
        assert client.api_key not in file.text
    await office.boss.presses("Show it here")
    assert office.boss.sees("2 clients by use")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\n=1"])
def test_what_begins_a_formula_is_text(text: str) -> None:
    """Each beginning that spreadsheets calculate has an apostrophe before it."""
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["shop", "a=b", "1-2", "", 5, -5, True])
def test_what_is_no_formula_stays(value: object) -> None:
    """Other texts and all numbers are as they are."""
    assert cell(value) == value
