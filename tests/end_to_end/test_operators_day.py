"""An operator's day, played by the sandbox's script on the whole bot."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SCRIPT = PROJECT / "tests" / "end_to_end" / "operators_day.txt"
KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.mark.timeout(150)
def test_operators_day(tmp_path: Path) -> None:
    """Every expectation is met, and no key is seen or logged."""
    log = tmp_path / "bot.log"
    command = [sys.executable, "-m", "sapp_bot", "sandbox", "--script", str(SCRIPT)]
    done = subprocess.run(  # noqa: S603  # our own command
        [*command, "--log", str(log)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=140,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    logged = log.read_text("utf-8")
    assert not KEY.search(done.stdout + logged)
    assert '"level": "error"' not in logged
    assert '"event": "broadcast.done"' in logged
