"""The soak, scaled down: some seconds of work with some faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.redis_server import RedisServer
from tests.soak.__main__ import Outcome, soak


@pytest.mark.timeout(180)
def test_nothing_is_lost_and_nothing_leaks(tmp_path: Path, redis_process: RedisServer) -> None:
    """With faults of all kinds each command is answered once, and the process stays as it was."""
    assert redis_process.url, "the soak starts its own, this says that there is one"

    outcome = soak(tmp_path, commands=400, warm_up=100, seed=1)

    assert sum(outcome.faults.values()) >= 4
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
    outcome = Outcome(100, {}, lost, twice, {}, rss_mib, descriptors)

    assert outcome.is_well is is_well
