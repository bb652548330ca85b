"""`python -m tests.mutants`: takes each protection out in turn, and expects a test to notice.

Prints a line for each mutant. Exit code 0 when the tests pass with all protections in place and
each mutant died; 1 when one survived; 2 when the table or the tests are wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from pathlib import Path

from .protection import Protection, Stale
from .running import ROOT, Outcome, Verdict, judge_all, passes_whole
from .table import PROTECTIONS


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    return parser.parse_args()


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _tell(verdict: Verdict) -> None:
    found = verdict.protection
    _write(f"{verdict.outcome:9} {verdict.seconds:5.1f} s  row {found.row:2}  {found.name}")
    if verdict.outcome is not Outcome.DIED:
        _write(verdict.output)


def chosen(names: list[str]) -> list[Protection]:
    """Return the protections of these names, all without names.

    Raises:
        Stale: a name is not in the table, or a text is not in its file exactly once.

    """
    unknown = set(names) - {protection.name for protection in PROTECTIONS}
    if unknown:
        raise Stale(f"no such protection: {', '.join(sorted(unknown))}")
    found = [p for p in PROTECTIONS if not names or p.name in names]
    for protection in found:
        protection.mutated(ROOT)
    return found


async def run(names: list[str], jobs: int) -> int:
    """Judge and print; gives the exit code."""
    try:
        protections = chosen(names)
    except Stale as error:
        _write(str(error))
        return 2
    tests = sorted({test for protection in protections for test in protection.tests})
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        whole, output = await passes_whole(Path(folder), tests, jobs=jobs)
        if not whole:
            _write(f"the tests fail with all protections in place:\n{output}")
            return 2
        _write(f"{len(tests)} tests pass with all protections in place")
        verdicts = await judge_all(protections, Path(folder), jobs=jobs, tell=_tell)
    died = sum(verdict.outcome is Outcome.DIED for verdict in verdicts)
    _write(f"{died} of {len(verdicts)} died")
    return 0 if died == len(verdicts) else 1


def main() -> int:
    """Run the command."""
    # As an exception, so that copies and processes are taken back on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments = _arguments()
    return asyncio.run(run(arguments.only, max(1, arguments.jobs)))


if __name__ == "__main__":
    sys.exit(main())
