"""An operator's day, played by the sandbox's script on the whole bot."""

from __future__ import annotations

import re
from pathlib import Path

from tests.end_to_end.scripts import HERE, play

KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def test_operators_day(tmp_path: Path) -> None:
    """Every expectation is met, and no key is seen or logged."""
    done = await play(HERE / "operators_day.txt", tmp_path)

    assert done.code == 0, done.transcript + done.complaints
    assert not KEY.search(done.transcript + done.log)
    assert '"level":"error"' not in done.log
    assert '"event":"broadcast.done"' in done.log
