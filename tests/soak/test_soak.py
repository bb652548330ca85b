"""The soak, scaled down: some seconds of work with some faults."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.redis_server import RedisServer
from tests.soak.__main__ import Outcome, Use, soak
from tests.soak.memory import Load, play
from tests.soak.memory import Outcome as Filled


def test_nothing_is_lost_and_nothing_leaks(tmp_path: Path, redis_process: RedisServer) -> None:
    """With faults of all kinds each command is answered once, and the process stays as it was."""
    assert redis_process.url, "the soak starts its own, this says that there is one"

    outcome = soak(tmp_path, commands=400, warm_up=100, seed=1)

    assert sum(outcome.faults.values()) >= 4
    assert outcome.is_well, outcome


@pytest.mark.long
def test_the_same_over_two_workers(tmp_path: Path, redis_process: RedisServer) -> None:
    """A gateway and two workers: each stays as it was."""
    assert redis_process.url, "the soak starts its own, this says that there is one"

    outcome = soak(tmp_path, commands=2_000, warm_up=2_000, seed=1, workers=2)

    assert [use.name for use in outcome.processes] == ["bot", "worker 1", "worker 2"]
    assert sum(outcome.faults.values()) >= 20
    assert outcome.is_well, outcome


@pytest.mark.parametrize(
    ("lost", "twice", "rss_mib", "descriptors", "is_well"),
    [
        (0, 0, (100.0, 109.0), (20, 24), True),
        (1, 0, (100.0, 100.0), (20, 20), False),
        (0, 1, (100.0, 100.0), (20, 20), False),
        (0, 0, (100.0, 111.0), (20, 20), False),
        (0, 0, (100.0, 100.0), (20, 25), False),
    ],
)
def test_a_fault_of_any_kind_is_told(
    lost: int,
    twice: int,
    rss_mib: tuple[float, float],
    descriptors: tuple[int, int],
    *,
    is_well: bool,
) -> None:
    """Lost, twice, grown or leaked: each alone fails the soak."""
    small = Use("bot", (100.0, 100.0), (20, 20))
    processes = (small, Use("worker 1", rss_mib, descriptors))
    outcome = Outcome(100, {}, lost, twice, {}, processes)

    assert outcome.is_well is is_well


async def test_two_days_of_messages_fit_into_a_small_redis(redis_server: RedisServer) -> None:
    """A hundredth of what the command sends: all served, known when they come again, and small."""
    load = Load(messages=4_000, persons=100, limit_mib=8)
    try:
        outcome = await play(redis_server, load, lambda _: None)
    finally:
        redis_server.call("CONFIG", "SET", "maxmemory", "0")

    assert outcome.is_well(load), outcome


async def test_a_redis_that_is_too_small_is_told() -> None:
    """Messages that were not served, not known again, or left, are no success."""
    load = Load(messages=10, limit_mib=1)
    good = Filled(served=10, again=2, known=2, used_mib=0.5)
    assert good.is_well(load)
    spoilt = (
        replace(good, served=9),
        replace(good, known=1),
        replace(good, left=1),
        replace(good, used_mib=1.5),
        replace(good, again=0, known=0),
    )

    assert not any(outcome.is_well(load) for outcome in spoilt)
