"""`python -m tests.independent`: other MTProto clients talk to the sandbox.

Installs them, pinned, into `.independent/`, which git ignores; then runs the tests of this folder.
Needs pip, and node with npm for the client in JavaScript (skipped without).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
INSTALLED = PROJECT / ".independent"
PYTHON, NODE = INSTALLED / "python", INSTALLED / "node"


def install() -> None:
    """Install both clients, unless they are there as the pins say."""
    pins = HERE / "requirements.txt"
    if _is_new(PYTHON, pins):
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade")
        _run(*pip, "--target", str(PYTHON), "-r", str(pins))
        shutil.copy(pins, PYTHON)
    if shutil.which("npm") and _is_new(NODE, HERE / "mtcute" / "package-lock.json"):
        NODE.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / "mtcute" / name, NODE)
        _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(NODE))


def _is_new(folder: Path, pins: Path) -> bool:
    kept = folder / pins.name
    return not kept.exists() or kept.read_bytes() != pins.read_bytes()


def _run(*command: str) -> None:
    subprocess.run(command, check=True)  # noqa: S603  # our own commands


def main() -> int:
    """Install, test, and return pytest's exit code."""
    install()
    path = os.pathsep.join(filter(None, (str(PYTHON), os.environ.get("PYTHONPATH"))))
    command = (sys.executable, "-m", "pytest", "-n0", "-q", "tests/independent", *sys.argv[1:])
    return subprocess.run(  # noqa: S603  # our own command
        command, cwd=PROJECT, env={**os.environ, "PYTHONPATH": path}, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
