"""A day with money, played by the sandbox's script on the whole bot and its built-in plugins."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.scripts import HERE, play


@pytest.mark.timeout(150)
async def test_money_day(tmp_path: Path) -> None:
    """Bought, paid over a restart, seen, returned, charged back; in both languages."""
    done = await play(HERE / "money_day.txt", tmp_path)

    assert done.code == 0, done.transcript + done.complaints
    assert '"level": "error"' not in done.log
