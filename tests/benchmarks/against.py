"""Plays an older checkout and this one by turns, and prints how they compare."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.figures import Part
from tests.benchmarks.pipe import PROJECT, Child

DRIVER = Path(__file__).with_name("driver.py")
WARM_UP = 200
MOST_WORSE = 0.05
"""Share by which a figure may be worse than the older checkout's."""

UNLIMITED = {"SAPP_MESSAGES_PER_MINUTE": "0", "SAPP_SENT_PER_S": "0"}
"""The people of a benchmark type faster than people; an older bot knows none of these."""

MORE_IS_BETTER = frozenset({"rate"})
FIGURES = ("rate", "p50_ms", "p95_ms", "cpu_s_per_1000")
START_FIGURES = ("start_s", "start_cpu_s", "rss_mib")


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of both checkouts: the medians, and the median of the ratios by pairs."""

    part: str
    figure: str
    before: float
    now: float
    ratio: float

    @property
    def is_worse(self) -> bool:
        """Whether the figure is worse by more than `MOST_WORSE`."""
        if self.figure in MORE_IS_BETTER:
            return self.ratio < 1 - MOST_WORSE
        return self.ratio > 1 + MOST_WORSE


def shipped(checkout: Path) -> frozenset[str]:
    """Return the plugins that a checkout ships: names of files and folders."""
    found = (checkout / "plugins").iterdir()
    return frozenset(
        entry.name for entry in found if entry.suffix == ".py" or (entry / "__init__.py").is_file()
    )


def compare(
    revision: str,
    parts: Sequence[Part],
    *,
    rounds: int,
    interpreter: str = sys.executable,
    all_plugins: bool = False,
) -> list[Compared]:
    """Play the bots of both checkouts in alternating rounds.

    Both have the plugins that both ship, as a new plugin is no slower bot; and both are played by
    the older checkout's people, against its Telegram and its API, so that only the bots differ.

    Args:
        revision: The older commit, by any name that git knows.
        parts: What is played in each round, with the API at 0 ms; without any, starts only.
        rounds: How many rounds; who begins changes from round to round.
        interpreter: Python of the older checkout, with what its requirements name.
        all_plugins: Whether each has all that it ships instead.

    Returns:
        Each figure by part; `start` and `RSS` come last.

    Raises:
        CalledProcessError: git does not know the revision.

    """
    with tempfile.TemporaryDirectory() as folder, ExitStack() as ending:
        check_out(revision, Path(folder))
        checkouts = (Path(folder), PROJECT)
        pair = [
            ending.enter_context(
                Child("-P", str(DRIVER), project=checkouts[0], interpreter=interpreter)
            )
            for _ in checkouts
        ]
        both = shipped(checkouts[0]) & shipped(checkouts[1])
        for child, checkout, python in zip(
            pair, checkouts, (interpreter, sys.executable), strict=True
        ):
            plugins = shipped(checkout) if all_plugins else both
            _start(child, parts, project=str(checkout), interpreter=python, plugins=plugins)
        found = [one for part in parts for one in _played(pair, part, rounds)]
        restarts = _pairs(pair, rounds, lambda child: child.ask("restart"))
        found += _compared("a restart", START_FIGURES, restarts)
        if not parts:
            return found
        counted = [child.ask("counted", commands=WARM_UP // 2) for child in pair]
        return [*found, *_compared("Redis", ("round_trips",), [(counted[0], counted[1])])]


def table(revision: str, found: Sequence[Compared]) -> str:
    """Write the comparison for people."""
    lines = [f"{'':<14}{'':<16}{revision[:12]:>14}{'now':>10}{'ratio':>8}"]
    lines += [
        f"{one.part:<14}{one.figure:<16}{one.before:>14.2f}{one.now:>10.2f}{one.ratio:>8.2f}"
        f"{'  worse' if one.is_worse else ''}"
        for one in found
    ]
    return "\n".join(lines)


def _start(
    child: Child,
    parts: Sequence[Part],
    *,
    project: str,
    interpreter: str,
    plugins: frozenset[str],
) -> None:
    """Start a bot, and play until it is warm."""
    most = max((part.persons for part in parts), default=1)
    child.ask(
        "start",
        persons=most,
        project=project,
        interpreter=interpreter,
        plugins=[*sorted(plugins), "locales"],
        settings=UNLIMITED,
    )
    child.ask("play", name="warm-up", persons=most, each=1, api_ms=0)
    child.ask("play", name="warm-up", persons=1, each=WARM_UP if parts else 1, api_ms=0)
    child.ask("restart")  # from here on its files are cached


def check_out(revision: str, folder: Path) -> None:
    """Write the files of a commit into a folder.

    Raises:
        CalledProcessError: git does not know the revision.

    """
    packed = subprocess.run(  # noqa: S603  # a revision is no option, as git's `--` sees to
        ["git", "archive", "--format=tar", f"{revision}^{{tree}}"],  # noqa: S607  # the caller's git
        cwd=PROJECT,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as tree:
        tree.extractall(folder, filter="data")


def _played(pair: Sequence[Child], part: Part, rounds: int) -> Iterator[Compared]:
    def play(child: Child) -> dict[str, float]:
        taken: dict[str, float] = child.ask(
            "play", name=part.name, persons=part.persons, each=part.each, api_ms=0
        )
        return taken

    yield from _compared(part.name, FIGURES, _pairs(pair, rounds * part.times, play))


def _pairs(
    pair: Sequence[Child], rounds: int, take: Callable[[Child], Any]
) -> list[tuple[Mapping[str, float], Mapping[str, float]]]:
    before, now = pair
    taken = []
    for number in range(rounds):
        if number % 2:
            second = take(now)
            taken.append((take(before), second))
        else:
            first = take(before)
            taken.append((first, take(now)))
    return taken


def _compared(
    part: str,
    figures: Sequence[str],
    taken: Sequence[tuple[Mapping[str, float], Mapping[str, float]]],
) -> Iterator[Compared]:
    for figure in figures:
        values = [(before[figure], now[figure]) for before, now in taken]
        yield Compared(
            part,
            figure,
            before=median(before for before, _ in values),
            now=median(now for _, now in values),
            ratio=median(now / before for before, now in values),
        )
