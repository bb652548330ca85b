"""Two persons in a group with the bot, by the command that its script names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SCRIPT = PROJECT / "tests" / "end_to_end" / "groups.txt"


@pytest.mark.timeout(120)
def test_a_group_is_answered_what_is_meant_for_the_bot(tmp_path: Path) -> None:
    """Commands and mentions, in each person's language, also after a restart; nothing fails."""
    log = tmp_path / "bot.log"
    command = [sys.executable, "-m", "sapp_bot", "sandbox", "--script", str(SCRIPT)]
    done = subprocess.run(  # noqa: S603  # our own command
        [*command, "--log", str(log)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

    assert '"level": "error"' not in log.read_text()
