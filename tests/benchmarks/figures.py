"""What was measured, summed up, and held against the targets. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from statistics import median
from typing import Any

API_CONNECTIONS = 16
"""How many connections the bot opens to the API at most. Source: sapp_bot/sapp/client.py."""

FLOOR, ERRANDS = "floor", "errands"
CLOSED, BURSTS = "50 persons", ("burst of 50", "burst of 500")

LEAST_THROUGHPUT = 0.5
LEAST_OF_LIMIT = 0.8
MOST_CPU = 2.0
MOST_START_S = 1.5
MOST_IDLE_MIB = 115.0
MOST_GROWTH_MIB = 15.0
MOST_STALL_MS = 50.0


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of load: how many persons at the same time, and how often each asks.

    `times` is how often it is played in one round.
    """

    name: str
    persons: int
    each: int = 1
    times: int = 1

    @property
    def commands(self) -> int:
        """How many commands one play has."""
        return self.persons * self.each


@dataclass(frozen=True, slots=True)
class Sample:
    """One play of a part: `who` is "floor", "errands", "bot, API 0 ms" or "bot, API 20 ms"."""

    part: str
    who: str
    rate: float
    p50_ms: float
    p95_ms: float
    cpu_s_per_1000: float
    foreign_cores: float


@dataclass(frozen=True, slots=True)
class Singles:
    """Figures that are taken once, or from the median of some tries."""

    api_connections: int
    api_calls: int
    redis_round_trips: float
    start_s: float
    floor_start_s: float
    first_start_s: float
    persons: Sequence[int]
    rss_mib: Sequence[float]
    stall_ms: float
    stall_wall_ms: float


@dataclass(frozen=True, slots=True)
class Check:
    """One target and whether it is met."""

    name: str
    target: str
    found: str
    is_met: bool


def sample(
    part: Part, who: str, played: Mapping[str, Any], load: Mapping[str, float], cpu_s: float
) -> Sample:
    """Sum up one play."""
    took = sorted(played["latencies_s"])
    commands = len(took)
    return Sample(
        part=part.name,
        who=who,
        rate=commands / played["seconds"],
        p50_ms=median(took) * 1000,
        p95_ms=took[ceil(0.95 * commands) - 1] * 1000,
        cpu_s_per_1000=cpu_s / commands * 1000,
        foreign_cores=load["foreign_cores"],
    )


def medians(samples: Iterable[Sample]) -> list[Sample]:
    """Give the median of each figure by part and who, in the order of their first sample."""
    groups: dict[tuple[str, str], list[Sample]] = {}
    for one in samples:
        groups.setdefault((one.part, one.who), []).append(one)
    return [
        Sample(
            *names,
            rate=median(one.rate for one in group),
            p50_ms=median(one.p50_ms for one in group),
            p95_ms=median(one.p95_ms for one in group),
            cpu_s_per_1000=median(one.cpu_s_per_1000 for one in group),
            foreign_cores=median(one.foreign_cores for one in group),
        )
        for names, group in groups.items()
    ]


def ratio(samples: Sequence[Sample], part: str, field: str, who: str, to: str) -> float:
    """Give the median of the ratios of plays that followed each other, `who` by `to`."""
    mine = [getattr(one, field) for one in samples if (one.part, one.who) == (part, who)]
    theirs = [getattr(one, field) for one in samples if (one.part, one.who) == (part, to)]
    return median(a / b if b else 0.0 for a, b in zip(mine, theirs, strict=True))


def bot(api_ms: float) -> str:
    """Name the bot with the API's delay."""
    return f"bot, API {api_ms:g} ms"


def checks(samples: Sequence[Sample], parts: Sequence[Part], singles: Singles) -> list[Check]:
    """Hold everything against the targets."""
    loads = [part for part in parts if part.name in (CLOSED, *BURSTS)]
    cpu = ratio(samples, CLOSED, "cpu_s_per_1000", bot(0), FLOOR)
    growth = singles.rss_mib[-1] - singles.rss_mib[-2]
    few, many = singles.persons[-2:]
    return [
        *(_throughput(samples, part) for part in loads),
        *(_slow_api(samples, part) for part in loads),
        _at_most("CPU per 1,000 commands, by the floor's", cpu, MOST_CPU, ""),
        _at_most("process start to first answer", singles.start_s, MOST_START_S, " s"),
        _at_most("RSS after the start", singles.rss_mib[0], MOST_IDLE_MIB, " MiB"),
        _at_most(f"RSS from {few:,} to {many:,} persons", growth, MOST_GROWTH_MIB, " MiB"),
        _at_most("longest stall of the loop", singles.stall_ms, MOST_STALL_MS, " ms"),
    ]


def _throughput(samples: Sequence[Sample], part: Part) -> Check:
    found = ratio(samples, part.name, "rate", bot(0), FLOOR)
    return Check(
        f"{part.name}: throughput, by the floor's",
        f">= {LEAST_THROUGHPUT}",
        f"{found:.2f}",
        found >= LEAST_THROUGHPUT,
    )


def _slow_api(samples: Sequence[Sample], part: Part) -> Check:
    """With an API of 20 ms: near what the connections allow, or near what it is at 0 ms."""
    waves = part.persons / API_CONNECTIONS
    least_s = (ceil(waves) if part.each == 1 else waves) * 0.02
    allowed = part.persons / least_s
    typical = {(one.part, one.who): one.rate for one in medians(samples)}
    limit = min(allowed, typical[part.name, bot(0)])
    found = typical[part.name, bot(20)] / limit
    return Check(
        f"{part.name}: API at 20 ms, by its limit of {limit:.0f}/s",
        f">= {LEAST_OF_LIMIT}",
        f"{found:.2f}",
        found >= LEAST_OF_LIMIT,
    )


def _at_most(name: str, found: float, most: float, unit: str) -> Check:
    return Check(name, f"<= {most:g}{unit}", f"{found:.2f}{unit}", found <= most)


def as_json(
    samples: Sequence[Sample], singles: Singles, checked: Sequence[Check], about: Mapping[str, Any]
) -> dict[str, Any]:
    """Give everything as plain values; the medians are under `parts`."""
    return {
        **about,
        "parts": [asdict(one) for one in medians(samples)],
        "singles": asdict(singles),
        "checks": [asdict(one) for one in checked],
        "samples": [asdict(one) for one in samples],
    }


def table(samples: Sequence[Sample], singles: Singles, checked: Sequence[Check]) -> str:
    """Write the figures for people."""
    head = f"{'':<14}{'':<16}{'per s':>8}{'p50 ms':>9}{'p95 ms':>9}{'CPU s/1000':>12}{'others':>8}"
    rows = [
        f"{one.part:<14}{one.who:<16}{one.rate:>8.0f}{one.p50_ms:>9.1f}{one.p95_ms:>9.1f}"
        f"{one.cpu_s_per_1000:>12.2f}{one.foreign_cores:>8.2f}"
        for one in medians(samples)
    ]
    rss = ", ".join(
        f"{mib:.1f} after {count:,}"
        for mib, count in zip(singles.rss_mib, singles.persons, strict=True)
    )
    cpu = [
        (f"{who} by {to}", ratio(samples, CLOSED, "cpu_s_per_1000", who, to))
        for who, to in ((ERRANDS, FLOOR), (bot(0), ERRANDS))
    ]
    lines = [
        "CPU per 1,000 commands: " + ", ".join(f"{who} {found:.2f}" for who, found in cpu),
        f"API connections: {singles.api_connections} for {singles.api_calls:,} calls",
        f"Redis round trips per command: {singles.redis_round_trips:.2f}",
        f"first start to updates: {singles.first_start_s:.2f} s",
        f"process start to first answer: {singles.start_s:.2f} s",
        f"process start to first answer, floor: {singles.floor_start_s:.2f} s",
        f"RSS (MiB, by persons): {rss}",
        f"longest stall of the loop: {singles.stall_ms:.1f} ms",
        f"longest stall, waits for a processor included: {singles.stall_wall_ms:.1f} ms",
    ]
    verdicts = [
        f"{'met   ' if one.is_met else 'NOT MET'} {one.name}: {one.found} (target {one.target})"
        for one in checked
    ]
    return "\n".join([head, *rows, "", *lines, "", *verdicts])
