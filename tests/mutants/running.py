"""Runs named tests in copies of the tree, whole and with one protection taken out."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from pathlib import Path

from .protection import Protection

ROOT = Path(__file__).parents[2]

LIMIT_S = 240.0
"""Most seconds for the tests of one mutant; one that hangs has been noticed."""

_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".ci", ".*_cache", "*.session*")
_PASSED, _FAILED = 0, 1
"""Exit codes of pytest. Source: https://docs.pytest.org/en/stable/reference/exit-codes.html."""


class Outcome(StrEnum):
    """What became of a mutant."""

    DIED = "died"
    SURVIVED = "SURVIVED"
    BROKEN = "BROKEN"


_SECONDS = count(1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome for one protection; `output` is what pytest said last."""

    protection: Protection
    outcome: Outcome
    seconds: float
    output: str


def copy_tree(target: Path) -> None:
    """Copy what the tests need, compiled as it is; links to folders outside are left out."""
    shutil.copytree(ROOT, target, ignore=_LEFT_OUT, symlinks=True)


async def run_tests(
    tree: Path, tests: Iterable[str], *, jobs: int = 0, limit_s: float = LIMIT_S
) -> tuple[int | None, str]:
    """Run tests in a tree until the first failure; return pytest's exit code and last lines.

    The exit code is None if they did not end within `limit_s`.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", ""]
    process = await asyncio.create_subprocess_exec(
        *(*command, "-n", str(jobs), "--no-header", *tests),
        cwd=tree,
        env=_environment(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(limit_s):
            said, _ = await process.communicate()
    except TimeoutError:
        return None, f"not ended within {limit_s:.0f} s"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, "\n".join(said.decode("utf-8", "replace").splitlines()[-12:])


def _environment() -> dict[str, str]:
    """Return this process's environment without pytest's own, and with bytecode that is kept."""
    left_out = ("PYTEST", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


async def judge(tree: Path, protection: Protection) -> Verdict:
    """Take a protection out of a tree, run its tests, and put it back.

    Raises:
        Stale: its text is not in the file exactly once.

    """
    file = tree / protection.file
    whole, made_at, began = file.read_bytes(), file.stat().st_mtime, time.monotonic()
    mutated = protection.mutated(tree)
    compile(mutated, str(file), "exec")  # a mutant that is no Python would prove nothing
    file.write_text(mutated, "utf-8")
    # Python tells a cached module by the second and the size of its source: no two alike.
    _set_time(file, made_at + next(_SECONDS))
    try:
        code, output = await run_tests(tree, protection.tests)
    finally:
        file.write_bytes(whole)
        _set_time(file, made_at)
    outcome = {_PASSED: Outcome.SURVIVED, _FAILED: Outcome.DIED, None: Outcome.DIED}
    return Verdict(protection, outcome.get(code, Outcome.BROKEN), time.monotonic() - began, output)


def _set_time(file: Path, at: float) -> None:
    os.utime(file, (at, at))


@asynccontextmanager
async def _trees(folder: Path, most: int) -> AsyncIterator[asyncio.Queue[Path]]:
    """Give copies of the tree to take turns with."""
    free: asyncio.Queue[Path] = asyncio.Queue()
    for number in range(most):
        copy_tree(folder / str(number))
        free.put_nowait(folder / str(number))
    yield free


async def judge_all(
    protections: Sequence[Protection],
    folder: Path,
    *,
    jobs: int,
    tell: Callable[[Verdict], None],
) -> list[Verdict]:
    """Judge protections, `jobs` at a time, each in a copy of the tree below `folder`."""
    async with _trees(folder, jobs) as free, asyncio.TaskGroup() as tasks:

        async def one(protection: Protection) -> Verdict:
            tree = await free.get()
            try:
                verdict = await judge(tree, protection)
            finally:
                free.put_nowait(tree)
            tell(verdict)
            return verdict

        running = [tasks.create_task(one(protection)) for protection in protections]
    return [task.result() for task in running]


async def passes_whole(folder: Path, tests: Iterable[str], *, jobs: int) -> tuple[bool, str]:
    """Return whether tests pass in an unchanged copy of the tree, and pytest's last lines."""
    copy_tree(folder / "whole")
    code, output = await run_tests(folder / "whole", tests, jobs=jobs, limit_s=4 * LIMIT_S)
    return code == _PASSED, output
