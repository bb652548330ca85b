"""`python -m tests.benchmarks.growth`: whether a command costs more as the bot grows.

Two bots, each with a Redis of its own, are played with by turns: one with 100 stored sessions and
one with 100,000; then one with 5 plugins loaded and one with 50. Their 50 persons say /get_client.
Exit code 0 when CPU and the median answer are at most 1.1 times the smaller one's, in the median
of the pairs of plays that followed each other. Takes some minutes, on a machine that does nothing
else: its own speed changes by more than a tenth otherwise.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from tests.benchmarks.field import Field
from tests.benchmarks.figures import Part, Sample, sample

MOST_GROWTH = 1.1
WARM_UP = 4
"""Plays before those that count."""

FIGURES = ("cpu_s_per_1000", "p50_ms")


@dataclass(frozen=True, slots=True)
class Size:
    """How big a bot is: sessions in its Redis, and plugins that it has loaded."""

    sessions: int = 100
    plugins: int = 5


@dataclass(frozen=True, slots=True)
class Grown:
    """One figure: the medians of both bots, and the ratios of the pairs."""

    what: str
    figure: str
    small: float
    large: float
    ratio: float
    quartiles: tuple[float, float]

    @property
    def is_well(self) -> bool:
        """Whether it has grown by no more than it may."""
        return self.ratio <= MOST_GROWTH


def measure(what: str, small: Size, large: Size, part: Part, rounds: int) -> list[Grown]:
    """Play two bots by turns; who begins changes from round to round."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as ending:
        fields = [
            ending.enter_context(_field(Path(folder) / name, size, part))
            for name, size in (("small", small), ("large", large))
        ]
        taken: tuple[list[Sample], list[Sample]] = ([], [])
        for number in range(rounds):
            for at in (0, 1) if number % 2 else (1, 0):
                taken[at].append(_play(fields[at], part))
    return list(_grown(what, *taken))


@contextmanager
def _field(folder: Path, size: Size, part: Part) -> Iterator[Field]:
    """Give a field whose bot is started and warm."""
    folder.mkdir()
    with Field(folder, plugins=size.plugins) as field:
        field.add_persons(part.persons)
        field.add_sessions(size.sessions - part.persons)
        field.start("bot")
        for _ in range(WARM_UP):
            _play(field, part)
        yield field


def _play(field: Field, part: Part) -> Sample:
    played, load = field.play(
        "bot", first=0, count=part.persons, each=part.each, parallel=part.persons
    )
    return sample(part, "bot", played, load, load["bot"])


def _grown(what: str, small: Sequence[Sample], large: Sequence[Sample]) -> Iterator[Grown]:
    for figure in FIGURES:
        before = [getattr(one, figure) for one in small]
        after = [getattr(one, figure) for one in large]
        ratios = [b / a for a, b in zip(before, after, strict=True)]
        low, _, high = quantiles(ratios, n=4) if len(ratios) > 1 else (ratios[0],) * 3
        yield Grown(what, figure, median(before), median(after), median(ratios), (low, high))


def table(found: Sequence[Grown]) -> str:
    """Write the figures for people."""
    lines = [f"{'':<28}{'':<16}{'small':>10}{'large':>10}{'ratio':>8}  quartiles"]
    lines += [
        f"{one.what:<28}{one.figure:<16}{one.small:>10.2f}{one.large:>10.2f}{one.ratio:>8.2f}"
        f"  {one.quartiles[0]:.2f}-{one.quartiles[1]:.2f}{'' if one.is_well else '  NOT MET'}"
        for one in found
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure both, and print the table; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.growth", description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--plugins", type=int, default=50)
    parser.add_argument("--each", type=int, default=10, help="commands of a person in a play")
    asked = parser.parse_args(arguments)
    part, small = Part("50 persons", 50, asked.each), Size()
    sizes = (
        (f"{small.sessions} to {asked.sessions:,} sessions", Size(sessions=asked.sessions)),
        (f"{small.plugins} to {asked.plugins} plugins", Size(plugins=asked.plugins)),
    )
    found = [
        one for what, large in sizes for one in measure(what, small, large, part, asked.rounds)
    ]
    sys.stdout.write(table(found) + "\n")
    return 0 if all(one.is_well for one in found) else 1


if __name__ == "__main__":
    # As an exception, so that every process is ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
