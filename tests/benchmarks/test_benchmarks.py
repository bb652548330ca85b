"""The benchmark itself: it runs, and gives every figure and every verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import main
from tests.benchmarks.against import Compared, shipped, table
from tests.benchmarks.figures import ERRANDS, FLOOR, Part, Sample, Singles, bot, checks, medians
from tests.benchmarks.rounds import QUICK
from tests.redis_server import RedisServer

WELL = Singles(
    api_connections=16,
    api_calls=1000,
    redis_round_trips=3.0,
    start_s=1.0,
    floor_start_s=0.5,
    first_start_s=2.0,
    persons=(0, 1_000, 10_000),
    rss_mib=(90.0, 95.0, 100.0),
    stall_ms=20.0,
    stall_wall_ms=30.0,
)


@pytest.mark.long
def test_quick_gives_all_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], redis_process: RedisServer
) -> None:
    """The quick run gives each part for floor and bot, every single figure and all verdicts."""
    assert redis_process.url, "the benchmark starts its own, this says that there is one"
    code = main(["--quick", "--json", str(tmp_path / "figures.json")])

    found = json.loads((tmp_path / "figures.json").read_text())
    names = {part.name for part in QUICK.parts}
    played = {(one["part"], one["who"]) for one in found["parts"]}
    assert played == {(name, who) for name in names for who in (FLOOR, ERRANDS, bot(0), bot(20))}
    assert all(one["rate"] > 0 and one["p95_ms"] >= one["p50_ms"] > 0 for one in found["parts"])
    assert found["singles"]["redis_round_trips"] <= 3
    assert 0 < found["singles"]["api_connections"] <= 16
    assert code == int(not all(check["is_met"] for check in found["checks"]))
    assert capsys.readouterr().out.count("(target ") == len(found["checks"])


def _samples(bot_rate: float) -> list[Sample]:
    return [
        Sample(part, who, rate, 1.0, 1.0, cpu, 0.0)
        for part in ("50 persons", "burst of 50", "burst of 500")
        for who, rate, cpu in ((FLOOR, 400.0, 2.0), (bot(0), bot_rate, 4.0), (bot(20), 180.0, 4.0))
    ]


@pytest.mark.parametrize(("bot_rate", "is_met"), [(200.0, True), (199.0, False)])
def test_throughput_is_held_against_the_floor(bot_rate: float, *, is_met: bool) -> None:
    """Half of the floor's throughput meets the target, less does not."""
    parts = [Part("50 persons", 50, 20), Part("burst of 50", 50), Part("burst of 500", 500)]
    found = checks(_samples(bot_rate), parts, WELL)

    by_floor = [check.is_met for check in found if check.name.endswith("by the floor's")]
    assert by_floor == [is_met, is_met, is_met, True]


def test_medians_are_taken_by_part_and_who() -> None:
    """One outlier among three plays changes nothing."""
    rates = (10.0, 500.0, 11.0)
    plays = [Sample("1 person", FLOOR, rate, 1.0, 1.0, 1.0, 0.0) for rate in rates]

    [one] = medians(plays)

    assert one.rate == 11.0


@pytest.mark.parametrize(
    ("figure", "ratio", "is_worse"),
    [
        ("rate", 0.96, False),
        ("rate", 0.94, True),
        ("rate", 2.0, False),
        ("cpu_s_per_1000", 1.04, False),
        ("cpu_s_per_1000", 1.06, True),
        ("p50_ms", 0.5, False),
    ],
)
def test_a_figure_is_worse_than_before_by_more_than_a_twentieth(
    figure: str, ratio: float, *, is_worse: bool
) -> None:
    """Of answers per second fewer are worse, of times and CPU more."""
    compared = Compared("50 persons", figure, before=100.0, now=100.0 * ratio, ratio=ratio)

    assert compared.is_worse is is_worse
    assert ("worse" in table("5171197", [compared])) is is_worse


def test_checkouts_are_compared_by_the_plugins_that_both_ship(tmp_path: Path) -> None:
    """A plugin is a module or a package; catalogues and caches beside them are none."""
    plugins = tmp_path / "plugins"
    for folder in ("rates", "locales", "__pycache__"):
        (plugins / folder).mkdir(parents=True)
    for file in ("start.py", "rates/__init__.py", "locales/ru.po", "__pycache__/start.pyc"):
        (plugins / file).touch()

    assert shipped(tmp_path) == {"start.py", "rates"}
