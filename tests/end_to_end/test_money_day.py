"""Days with money, played by the sandbox's scripts on the whole bot and its built-in plugins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.scripts import HERE, play


async def errors_after(script: str, folder: Path) -> set[str]:
    """Play a script to its good end; return the events that are errors in the bot's log."""
    done = await play(HERE / script, folder)
    assert done.code == 0, done.transcript + done.complaints
    entries = [json.loads(line) for line in done.log.splitlines() if line[:1] == "{"]
    return {entry["event"] for entry in entries if entry["level"] == "error"}


async def test_money_day(tmp_path: Path) -> None:
    """Bought, paid over a restart and an outage, seen, returned, charged back; both languages."""
    assert await errors_after("money_day.txt", tmp_path) == set()


@pytest.mark.parametrize("script", ["billing_day.txt", "billing_day_russian.txt"])
async def test_billing_day(tmp_path: Path, script: str) -> None:
    """An operator reads, refunds, gives, pauses, mends, and adopts after Redis was emptied."""
    assert await errors_after(script, tmp_path) <= {"ledger.lost", "store.emptied"}
