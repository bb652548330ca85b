"""The table of protections stays true, and a test notices when one is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.protection import Protection, Stale
from tests.mutants.running import ROOT, Outcome, judge, judge_all
from tests.mutants.table import PROTECTIONS

QUICK = "rate-of-one-chat"
"""A quick one, tried in the suite; `python -m tests.mutants` tries all."""


@pytest.mark.parametrize("protection", PROTECTIONS, ids=lambda found: found.name)
def test_each_protection_is_where_the_table_says(protection: Protection) -> None:
    """Its text stands once in its file; without it the file is Python still; its tests exist."""
    compile(protection.mutated(ROOT), protection.file, "exec")
    for test in protection.tests:
        file, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text("utf-8"), test


def test_names_are_given_once() -> None:
    """`--only` takes a protection by its name; there are at least the sixty that are promised."""
    assert len({protection.name for protection in PROTECTIONS}) == len(PROTECTIONS) >= 60


def test_a_text_that_has_moved_is_named() -> None:
    """A table that has rotted is an error, and no mutant that seems to live."""
    moved = Protection("moved", 1, "sapp_bot/clock.py", "no such text", "", ())
    with pytest.raises(Stale, match=r"moved: its text stands 0 times in sapp_bot/clock\.py"):
        moved.mutated(ROOT)


async def test_a_quick_one_dies(tmp_path: Path) -> None:
    """The tests that are named notice."""
    quick = [protection for protection in PROTECTIONS if protection.name == QUICK]
    verdicts = await judge_all(quick, tmp_path, jobs=1, tell=lambda _: None)

    assert [verdict.outcome for verdict in verdicts] == [Outcome.DIED]


async def test_what_nobody_notices_is_told(tmp_path: Path) -> None:
    """A change that harms nothing survives, and the file is as it was before."""
    file = tmp_path / "kept.py"
    file.write_text("LIMIT = 1\n")
    (tmp_path / "test_kept.py").write_text("def test_it() -> None:\n    import kept\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    harmless = Protection("limit", 0, "kept.py", "LIMIT = 1", "LIMIT = 2", ("test_kept.py",))

    assert (await judge(tmp_path, harmless)).outcome is Outcome.SURVIVED
    assert file.read_text() == "LIMIT = 1\n"
