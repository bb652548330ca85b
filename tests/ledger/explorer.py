"""`python -m tests.ledger.explorer`: random schedules of the real ledger, each exact or named.

Exit code 0 when every schedule is exact and each naive design and mutant fails one. A seed that
failed is played again by `--seed N`.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from structlog.testing import capture_logs

from tests.ledger.haunted import HauntedWorld, explore_haunted
from tests.ledger.schedules import World, explore
from tests.ledger.subjects import DESIGNS, MUTANTS, Maker

TEETH = 200
"""Within so many schedules each wrong design must fail."""

TOLD = 1000


def find_fault(
    make: Maker, *, refunds: bool, schedules: int = TEETH, first: int = 0
) -> tuple[int, str] | None:
    """Return the first seed from `first` on at which a design fails, and how; else None."""
    for seed in range(first, schedules):
        with capture_logs():
            faults = explore(seed, make, refunds=refunds).faults
        if faults:
            return seed, faults[0]
    return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Explore; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.ledger.explorer")
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="play this one only")
    parser.add_argument("--zombies", action="store_true", help="processes that go on: haunted.py")
    parser.add_argument("--no-teeth", action="store_true", help="leave the wrong designs out")
    asked = parser.parse_args(arguments)
    if asked.seed is not None:
        world = explore(asked.seed)
        sys.stdout.write("\n".join(world.faults or ["exact"]) + "\n")
        return bool(world.faults)
    seeds = range(asked.first, asked.first + asked.schedules)
    wrong = _explore_all(seeds, explore_haunted if asked.zombies else explore)
    toothless = 0 if asked.no_teeth or asked.zombies else _bite()
    return 1 if wrong or toothless else 0


def _explore_all(seeds: Sequence[int], play: Callable[[int], World]) -> int:
    begun, wrong = time.monotonic(), 0
    counts: Counter[str] = Counter()
    for done, seed in enumerate(seeds, start=1):
        with capture_logs():
            world = play(seed)
        counts.update({"kills": world.kills, "notices": len(world.told), "writes": world.api.puts})
        counts.update({"zombies": world.zombies} if isinstance(world, HauntedWorld) else {})
        if world.faults:
            wrong += 1
            sys.stdout.write(f"seed {seed}: {'; '.join(world.faults)}\n")
        if done % TOLD == 0 and done < len(seeds):
            sys.stdout.write(f"{done} schedules, {wrong} wrong\n")
            sys.stdout.flush()
            gc.collect()
    about = ", ".join(f"{count} {what}" for what, count in counts.items())
    sys.stdout.write(
        f"the ledger: {len(seeds) - wrong} of {len(seeds)} schedules exact"
        f" ({about}; {time.monotonic() - begun:.0f} s)\n"
    )
    return wrong


def _bite() -> int:
    """Return how many wrong designs went unnoticed."""
    wrong: Mapping[str, Maker] = {**DESIGNS, **MUTANTS}
    unnoticed = 0
    for name, make in wrong.items():
        found = find_fault(make, refunds=name in MUTANTS)
        said = f"fails at seed {found[0]}: {found[1]}" if found else f"NOT CAUGHT in {TEETH}"
        sys.stdout.write(f"{name}: {said}\n")
        unnoticed += found is None
    return unnoticed


if __name__ == "__main__":
    sys.exit(main())
