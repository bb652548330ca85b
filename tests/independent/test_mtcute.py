"""A client in another language and of another layer (227) has the same conversation.

Over each of its transports, with temporary keys, with a password; files, albums, edits, history;
and a request whose answer is lost with its connection. Run `python -m tests.independent`.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.independent.__main__ import NODE
from tests.sandbox.served import serving

SCRIPT = Path(__file__).parent / "mtcute" / "conversation.mjs"
LIMIT_S = 120
WELL = [
    "intermediate",
    "padded",
    "obfuscated intermediate",
    "obfuscated padded",
    "intermediate, temporary keys",
    "two-step verification",
    "files, albums, edits, history",
    "a lost answer",
]

pytestmark = pytest.mark.skipif(
    not (NODE / "node_modules").is_dir(),
    reason="mtcute is not installed; run python -m tests.independent",
)


def test_a_client_in_another_language() -> None:
    """All that it tries goes well."""
    node = shutil.which("node")
    assert node is not None
    script = shutil.copy(SCRIPT, NODE)
    with serving() as served:
        done = subprocess.run(  # noqa: S603  # our own script
            (node, script),
            input=json.dumps(served.invitation),
            text=True,
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
        )
        assert served.end(signal.SIGTERM) == (0, b"")
    lines = [line for line in done.stdout.splitlines() if line.startswith("ok ")]

    assert lines == [f"ok {name}" for name in WELL], done.stderr
    assert done.returncode == 0, done.stderr
