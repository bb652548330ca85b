"""A day at a shop for Telegram Stars, played by the sandbox's script on the whole bot."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SCRIPT = PROJECT / "tests" / "end_to_end" / "shop_day.txt"
SHOP = PROJECT / "tests" / "host" / "shop.py"


@pytest.mark.timeout(100)
def test_shop_day(tmp_path: Path) -> None:
    """Every expectation is met: payments, refusals, a restart, a chargeback, a file."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    shutil.copy(SHOP, plugins)
    command = [sys.executable, "-m", "sapp_bot", "sandbox", "--script", str(SCRIPT)]
    done = subprocess.run(  # noqa: S603  # our own command
        [*command, "--log", str(tmp_path / "bot.log")],
        cwd=PROJECT,
        env={**os.environ, "SAPP_PLUGINS": str(plugins)},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "-- anna has 1000 Stars" in done.stdout
    assert "-- anna has 993 Stars" in done.stdout
    assert "report.csv:\n     what,stars\n     tea,5\n     чай,7" in done.stdout
    assert '"level": "error"' not in (tmp_path / "bot.log").read_text("utf-8")
