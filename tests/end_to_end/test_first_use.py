"""What people do in their first hour that no designer thinks of, as scripts of the sandbox."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.scripts import HERE, play

BY_COMMAND = HERE / "first_use_names.txt"
SCRIPTS = sorted(set(HERE.glob("first_use_*.txt")) - {BY_COMMAND})


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
async def test_first_use(script: Path, tmp_path: Path) -> None:
    """Every expectation is met, and no password stands in the transcript."""
    done = await play(script, tmp_path)

    assert done.code == 0, done.transcript + done.complaints
    assert "correct horse" not in done.transcript


def test_first_use_by_the_command() -> None:
    """The same, by the command that the README names."""
    done = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "sapp_bot", "sandbox", "--script", str(BY_COMMAND)],
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "correct horse" not in done.stdout
