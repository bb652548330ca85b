"""The explorer in small: schedules of the real ledger are exact, wrong designs are caught.

In full: `python -m tests.ledger.explorer --schedules 10000`.
"""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from tests.ledger.explorer import TEETH, find_fault, main
from tests.ledger.haunted import explore_haunted
from tests.ledger.schedules import explore
from tests.ledger.subjects import DESIGNS, MUTANTS, AddingApi

SCHEDULES = 150
PARTS = 5


@pytest.mark.parametrize("part", range(PARTS))
def test_schedules_are_exact(part: int) -> None:
    """Kills, lost and doubled updates, undone writes, outages: always exact, never above."""
    for seed in range(part, SCHEDULES, PARTS):
        with capture_logs():
            assert explore(seed).faults == [], f"seed {seed}"


@pytest.mark.parametrize("seed", [233, 327, 5107, 7709])
def test_an_adopted_payment_lacks_its_reads_whenever_that_shows(seed: int) -> None:
    """Telegram refuses its refund after all, or the API finds its client again."""
    with capture_logs():
        assert explore(seed).faults == []


def test_zombies_do_no_harm() -> None:
    """Processes that stood still and go on when another one keeps the ledger; a wrong design fails.

    In full: `python -m tests.ledger.explorer --zombies --schedules 1000`.
    """
    with capture_logs():
        worlds = [explore_haunted(seed) for seed in (1, 3)]
        assert any(explore_haunted(seed, AddingApi).faults for seed in (17, 27, 35, 39, 46))

    assert [world.faults for world in worlds] == [[]] * len(worlds)
    assert sum(world.zombies for world in worlds) > 0


def test_a_seed_is_a_schedule() -> None:
    """The same seed plays the same, so that a failure can be looked at."""
    with capture_logs():
        first, again = explore(3), explore(3)

    assert (first.api.puts, first.kills) == (again.api.puts, again.kills)
    assert [type(notice) for notice in first.told] == [type(notice) for notice in again.told]


SEEDS_THAT_TELL_NOTHING = 70
"""How many seeds are left out for design D, which passes those: they take half a minute."""


@pytest.mark.parametrize("name", DESIGNS)
def test_naive_designs_fail(name: str) -> None:
    """Each of the four is caught within 200 seeds; the command plays them all, from the first."""
    first = SEEDS_THAT_TELL_NOTHING if name.startswith("D ") else 0
    assert find_fault(DESIGNS[name], refunds=False, schedules=TEETH, first=first) is not None


@pytest.mark.parametrize("name", MUTANTS)
def test_mutants_fail(name: str) -> None:
    """The ledger itself is caught when one of its safe writes or rules becomes an unsafe one."""
    assert find_fault(MUTANTS[name], refunds=True, schedules=TEETH) is not None


def test_the_command_plays_one(capsys: pytest.CaptureFixture[str]) -> None:
    """A seed is played by name, and a short exploration sums up."""
    assert main(["--seed", "5"]) == 0
    assert main(["--schedules", "2", "--no-teeth"]) == 0
    assert "2 of 2 schedules exact" in capsys.readouterr().out
