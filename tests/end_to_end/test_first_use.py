"""What people do in their first hour that no designer thinks of, as scripts of the sandbox."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SCRIPTS = sorted(HERE.glob("first_use_*.txt"))


@pytest.mark.timeout(180)
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_first_use(script: Path) -> None:
    """Every expectation is met, and no password stands in the transcript."""
    done = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "sapp_bot", "sandbox", "--script", str(script)],
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "correct horse" not in done.stdout
