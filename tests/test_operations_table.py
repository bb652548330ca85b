"""docs/operations.md is true: each statement has a test, and each event that it names is logged."""

from __future__ import annotations

import re

from tests.operations_table import ADVICE, HEADING, LEAD, SHOWN_BY
from tests.pages import ROOT

PAGE = re.sub(r"```.*?```", "", (ROOT / "docs/operations.md").read_text("utf-8"), flags=re.DOTALL)
EVENT = re.compile(r"^\| (`[a-z_]+\.[a-z_]+`(?:, `[a-z_]+\.[a-z_]+`)*) \|")


def lines() -> list[str]:
    """Give the lines that say something."""
    return [
        line
        for line in PAGE.splitlines()
        if line.strip() and not line.startswith("#") and not re.fullmatch(r"[| -]+", line)
    ]


def statements() -> list[str]:
    """Give the sentences, without the table of events."""
    said = (line for line in lines() if not EVENT.match(line))
    return [s for line in said for s in re.split(r"(?<=[.!?])\s+(?=[A-Z`*(/])", line)]


def test_each_statement_has_its_test() -> None:
    """None is left out, and none of the table is of an older page."""
    found = statements()
    untold = [s for s in found if not any(s.startswith(begin) for begin in SHOWN_BY)]
    gone = [begin for begin in SHOWN_BY if not any(s.startswith(begin) for s in found)]

    assert untold == []
    assert gone == []


def test_each_named_test_exists() -> None:
    """A test that was renamed shows nothing any more."""
    missing = []
    for test in set(SHOWN_BY.values()) - {ADVICE, HEADING, LEAD}:
        file, _, name = test.partition("::")
        path = ROOT / file
        text = path.read_text("utf-8") if path.exists() else ""
        if not text or (name != "*" and f"def {name}(" not in text):
            missing.append(test)

    assert missing == []


def test_each_event_of_the_table_is_logged_by_the_bot() -> None:
    """By this name, somewhere: an operator searches for it."""
    sources = "\n".join(p.read_text("utf-8") for p in (ROOT / "sapp_bot").rglob("*.py"))
    names = [n for line in lines() if (found := EVENT.match(line)) for n in found[1].split(", ")]

    assert len(names) >= 40
    assert [name for name in names if name.strip("`") not in sources] == []
