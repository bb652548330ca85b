"""The measurements of docs/scale.md: they run, and give every figure and every verdict."""

from __future__ import annotations

import pytest

from tests.benchmarks import growth, scale
from tests.benchmarks.growth import Grown, table
from tests.redis_server import RedisServer


@pytest.mark.parametrize(("ratio", "is_well"), [(1.1, True), (1.11, False)])
def test_a_tenth_is_all_that_a_command_may_grow(ratio: float, *, is_well: bool) -> None:
    """One figure that has grown by more is named in the table."""
    one = Grown("5 to 50 plugins", "p50_ms", 10.0, 10 * ratio, ratio, (1.0, 1.2))

    assert one.is_well is is_well
    assert ("NOT MET" in table([one])) is not is_well


@pytest.mark.long
def test_growth_gives_all_figures(
    capsys: pytest.CaptureFixture[str], redis_process: RedisServer
) -> None:
    """Sessions and plugins, each with CPU and the median answer; the code is the verdict's."""
    assert redis_process.url, "it starts its own, this says that there is one"
    code = growth.main(["--rounds", "2", "--sessions", "500", "--plugins", "12", "--each", "2"])

    said = capsys.readouterr().out
    assert said.count("100 to 500 sessions") == said.count("5 to 12 plugins") == 2
    assert code == int("NOT MET" in said)


async def test_what_redis_holds_is_told(redis_server: RedisServer) -> None:
    """Who is logged in takes more than who is known, an open form and alerts more again."""
    found: dict[str, float] = {}

    def tell(row: scale.Row) -> None:
        """Keep a figure."""
        found[row[0]] = row[1]

    try:
        await scale.stored(redis_server, 200, tell, filled=400)
    finally:
        redis_server.call("CONFIG", "SET", "auto-aof-rewrite-percentage", "100")

    assert found["append-only file, a message"] > 0
    assert found["Redis, a person known"] < found["Redis, a person logged in"]
    assert found["Redis, a person logged in"] < found["Redis, a person in a form"]
    assert found["Redis, a person logged in"] < found["Redis, a person with alerts"]
    assert found["Redis, a month of a currency's history"] > 1_000
