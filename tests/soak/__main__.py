"""`python -m tests.soak`: an hour's work in one go, with faults, and nothing may be lost or leak.

50 persons say 100,000 commands; of a hundred commands one meets a fault: a cut connection to
Telegram, to Redis or to the API, before or after the work, an API that answers 500 or late. Exit
code 0 when all is answered once, memory stays within a tenth and no descriptor is left open.
`--workers 2 --commands 200000` does the same with a gateway and two workers, and looks at each.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.field import Field
from tests.benchmarks.proc import descriptors, rss_mib

PERSONS = 50
PART = 1_000
"""Commands between two looks."""

TOLD = 10_000
"""Commands between two words about how far it is."""

FAULTS_PER_COMMAND = 0.01
CALLS_PER_COMMAND = {"telegram": 1.0, "api": 1.0, "redis": 3.0}
KINDS = (
    *(("telegram", {"role": "bot", "when": when}) for when in ("before", "after")),
    *(("redis", {"when": when}) for when in ("before", "after")),
    *(("api", {"kind": kind}) for kind in ("drop before", "drop after", "500", "slow")),
)
MOST_GROWTH = 0.10
MOST_DESCRIPTORS = 4
"""How many more may be open at the end: a reconnect can be under way."""


@dataclass(frozen=True, slots=True)
class Use:
    """What a process had before and after: resident memory in MiB, and open descriptors."""

    name: str
    rss_mib: tuple[float, float]
    descriptors: tuple[int, int]

    @property
    def is_well(self) -> bool:
        """Whether it has grown by no more than it may."""
        before, after = self.rss_mib
        opened = self.descriptors[1] - self.descriptors[0]
        return after <= before * (1 + MOST_GROWTH) and opened <= MOST_DESCRIPTORS


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the commands, and of each process of the bot."""

    commands: int
    faults: dict[str, int]
    lost: int
    twice: int
    others: dict[str, int]
    processes: tuple[Use, ...]

    @property
    def is_well(self) -> bool:
        """Whether all is as it should be."""
        return not self.lost and not self.twice and all(use.is_well for use in self.processes)


def soak(
    folder: Path,
    *,
    commands: int,
    warm_up: int,
    seed: int,
    workers: int = 0,
    tell: Callable[[str], object] = lambda _: None,
) -> Outcome:
    """Let the commands be said, with faults among them; `tell` hears how far it is.

    With `workers` the bot is a gateway and so many of them.
    """
    dice = random.Random(seed)  # noqa: S311  # the same faults for the same seed
    faults: Counter[str] = Counter()
    others: Counter[str] = Counter()
    answered = twice = 0
    with Field(folder) as field:
        field.add_persons(PERSONS)
        if workers:
            field.start_parted(workers, SAPP_REDIS_URL=field.proxy_url)
        else:
            field.start("bot", SAPP_REDIS_URL=field.proxy_url)
        _say(field, warm_up)
        before = _looked_at(field)
        for at in range(0, commands, PART):
            part = min(PART, commands - at)
            faults += _plan(field, dice, part)
            played = _say(field, part)
            answered += len(played["latencies_s"])
            twice += played["extra"]
            others += Counter(played["others"])
            _forget(field)
            if (at + part) % TOLD == 0:
                mib = ", ".join(f"{rss:.1f}" for rss, _ in _looked_at(field).values())
                tell(f"{at + part:,} commands, {answered:,} answered, {mib} MiB")
        _say(field, PERSONS)
        return Outcome(
            commands=commands,
            faults=dict(faults),
            lost=commands - answered,
            twice=twice,
            others=dict(others),
            processes=tuple(
                Use(name, (before[name][0], rss), (before[name][1], opened))
                for name, (rss, opened) in _looked_at(field).items()
            ),
        )


def _looked_at(field: Field) -> dict[str, tuple[float, int]]:
    """Return the memory and the open descriptors of each process of the bot, by its name."""
    processes = [field.bots["bot"], *field.workers]
    return {one.name: (rss_mib(one.pid), descriptors(one.pid)) for one in processes}


def _say(field: Field, commands: int) -> dict[str, Any]:
    played, _ = field.play(
        "bot", first=0, count=PERSONS, each=commands // PERSONS, parallel=PERSONS, strict=False
    )
    return played


def _plan(field: Field, dice: random.Random, commands: int) -> Counter[str]:
    """Plan faults for the next commands; gives what was planned."""
    planned: Counter[str] = Counter()
    for _ in range(max(1, round(commands * FAULTS_PER_COMMAND))):
        who, how = dice.choice(KINDS)
        nth = dice.randint(1, int(commands * CALLS_PER_COMMAND[who]))
        {"telegram": field.telegram, "redis": field.proxy, "api": field.api}[who].ask(
            "spoil", nth=nth, **how
        )
        planned[f"{who} {how.get('when') or how['kind']}"] += 1
    return planned


def _forget(field: Field) -> None:
    for child in (field.telegram, field.proxy, field.api):
        child.ask("forget_faults")


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak, and print the outcome as JSON; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--commands", type=int, default=100_000, help="a multiple of 50")
    parser.add_argument("--warm-up", type=int, default=5_000)
    parser.add_argument("--workers", type=int, default=0, help="0: one process")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        outcome = soak(
            Path(folder),
            commands=asked.commands,
            warm_up=asked.warm_up,
            seed=asked.seed,
            workers=asked.workers,
            tell=lambda line: sys.stderr.write(f"{line}\n"),
        )
    sys.stdout.write(json.dumps({**asdict(outcome), "is_well": outcome.is_well}, indent=1) + "\n")
    return 0 if outcome.is_well else 1


if __name__ == "__main__":
    # As an exception, so that every process is ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
