"""A day with money, played by the sandbox's script on the whole bot and its built-in plugins."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SCRIPT = PROJECT / "tests" / "end_to_end" / "money_day.txt"


@pytest.mark.timeout(150)
def test_money_day(tmp_path: Path) -> None:
    """Bought, paid over a restart, seen, returned, charged back; in both languages."""
    command = [sys.executable, "-m", "sapp_bot", "sandbox", "--script", str(SCRIPT)]
    done = subprocess.run(  # noqa: S603  # our own command
        [*command, "--log", str(tmp_path / "bot.log")],
        cwd=PROJECT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=140,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert '"level": "error"' not in (tmp_path / "bot.log").read_text("utf-8")
