"""`python -m tests.benchmarks`: how fast the bot is, beside a bare Telethon echo bot.

Exit code 0 when every target is met, 1 when one is not. docs/benchmark.md tells how to read it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import against, rounds
from tests.benchmarks.field import Field
from tests.benchmarks.figures import as_json, checks, table


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the JSON; gives the exit code."""
    asked = _parser().parse_args(arguments)
    plan = rounds.QUICK if asked.quick else replace(rounds.WHOLE, rounds=asked.rounds)
    if asked.against:
        parts = () if asked.starts else plan.parts
        compared = against.compare(
            asked.against,
            parts,
            rounds=plan.rounds,
            interpreter=asked.against_python,
            all_plugins=asked.all_plugins,
        )
        sys.stdout.write(against.table(asked.against, compared) + "\n")
        return int(any(one.is_worse for one in compared))
    with tempfile.TemporaryDirectory() as folder, Field(Path(folder)) as field:
        field.add_persons(max(part.persons for part in plan.parts))
        first_start_s = rounds.first_start(field)
        samples = list(rounds.play_parts(field, plan))
        singles = rounds.singles(field, plan, first_start_s)
    checked = checks(samples, plan.parts, singles)
    sys.stdout.write(table(samples, singles, checked) + "\n")
    about = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "quick": asked.quick,
    }
    if asked.json:
        found = as_json(samples, singles, checked, about)
        asked.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0 if all(check.is_met for check in checked) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="seconds only: tries the benchmark")
    parser.add_argument("--rounds", type=int, default=rounds.WHOLE.rounds, help="of the whole")
    parser.add_argument("--against", metavar="REV", help="compare with an older commit instead")
    parser.add_argument(
        "--against-python",
        metavar="PATH",
        default=sys.executable,
        help="the older commit's interpreter, with its own requirements",
    )
    parser.add_argument(
        "--all-plugins",
        action="store_true",
        help="compare with all that each ships, not with the plugins that both ship",
    )
    parser.add_argument("--starts", action="store_true", help="compare starts and memory only")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    return parser


if __name__ == "__main__":
    # As an exception, so that every process is ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
