"""A day at a shop for Telegram Stars, played by the sandbox's script on the whole bot."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.end_to_end.scripts import HERE, play

SHOP = HERE.parent / "host" / "shop.py"


async def test_shop_day(tmp_path: Path) -> None:
    """Every expectation is met: payments, refusals, a restart, a chargeback, a file."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    shutil.copy(SHOP, plugins)
    done = await play(HERE / "shop_day.txt", tmp_path, SAPP_PLUGINS=str(plugins))

    assert done.code == 0, done.transcript + done.complaints
    assert "-- anna has 1000 Stars" in done.transcript
    assert "-- anna has 993 Stars" in done.transcript
    assert "report.csv:\n     what,stars\n     tea,5\n     чай,7" in done.transcript
    assert '"level":"error"' not in done.log
