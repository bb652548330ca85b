"""What the service account pays for in a day: a limit, a share each, and nothing for nothing."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest

from plugins.rates.reading.budget import DailyLimitReached, ReadBudget, Share, ShareUsedUp, Spent
from sapp_bot.errors import SappBotError
from sapp_bot.sapp.errors import KeyRefused, UpstreamFailed, UpstreamUnreachable
from sapp_bot.testing import ManualClock, Stage
from tests.plugins.rates.kit import MemoryStorage

EVENING = datetime(2026, 3, 15, 19, 30, tzinfo=UTC)
"""Five hours are left of the day, the one under way counted."""

ANN, EVE = 1, 2


class Place:
    """One Redis, and as many budgets as there are starts."""

    def __init__(self, limit: int, start: datetime = EVENING) -> None:
        self.clock, self.storage, self.limit = ManualClock(start), MemoryStorage(), limit

    def budget(self) -> ReadBudget:
        """Start anew."""
        spent = self.storage.of(Spent, self.clock)
        return ReadBudget(spent, self.storage.of(Share, self.clock), self.clock, self.limit)

    async def live(self, error: SappBotError | None = None) -> None:
        """Read live rates; the call ends with an error, if one is given."""
        async with self.budget().live():
            if error is not None:
                raise error

    async def past(self, person: int, error: SappBotError | None = None) -> None:
        """Read past rates, likewise."""
        async with self.budget().past(person):
            if error is not None:
                raise error


async def test_a_day_has_its_limit() -> None:
    """The service account pays for so many reads a day, restarts or not, and anew the next day."""
    place = Place(2)
    for _ in range(2):
        await place.live()
    with pytest.raises(DailyLimitReached):
        await place.live()
    await place.clock.advance(86_400)

    await place.live()


async def test_a_read_for_each_hour_to_come_is_kept_for_live_rates() -> None:
    """However much of the past is read, conversions and alerts have fresh rates until midnight."""
    place = Place(100)
    for person in range(10, 10 + 95):
        await place.past(person)
    with pytest.raises(DailyLimitReached):
        await place.past(ANN)
    for _ in range(5):
        await place.live()

    with pytest.raises(DailyLimitReached):
        await place.live()


@pytest.mark.parametrize(("limit", "share"), [(100, 12), (500, 50)])
async def test_one_person_has_a_share(limit: int, share: int) -> None:
    """A stranger who reads all they can leaves the others theirs, and has a new one tomorrow."""
    place = Place(limit)
    for _ in range(share):
        await place.past(EVE)
    with pytest.raises(ShareUsedUp):
        await place.past(EVE)
    await place.past(ANN)
    await place.clock.advance(86_400)

    await place.past(EVE)


@pytest.mark.parametrize(
    ("error", "left"),
    [
        (UpstreamUnreachable("GET /service/live", sent=False), 2),
        (UpstreamFailed("GET /service/live", undone=True), 2),
        (KeyRefused("GET /service/live"), 2),
        # Those the API has counted, or may have.
        (UpstreamUnreachable("GET /service/live", sent=True), 0),
        (UpstreamFailed("GET /service/live"), 0),
    ],
)
async def test_what_the_api_has_not_counted_is_given_back(error: SappBotError, left: int) -> None:
    """An outage does not use up the day, neither of all nor of one person."""
    place = Place(4, datetime(2026, 3, 15, 23, 30, tzinfo=UTC))  # an hour: one kept for live rates
    for _ in range(2):
        with suppress(type(error)):
            await place.past(ANN, error)
    paid = 0
    with suppress(DailyLimitReached):
        while True:
            await place.past(ANN)
            paid += 1

    assert paid == 1 + left


async def test_a_strangers_charts_leave_conversions_and_alerts_fresh() -> None:
    """Ten histories of three years by Eve: she is told that she has had hers, Ann sees no mark."""
    limit = {"SAPP_RATES_READS_PER_DAY": "100"}
    async with Stage(service_reads=1000, environment=limit) as stage:
        ann, eve = stage.person("Ann"), stage.person("Eve")
        await ann.says("100 usd to eur")
        for code in ("GBP", "CHF", "JPY"):
            await eve.says(f"/history {code} 3y")
        assert eve.sees("You have had the 12 reads of past rates")
        await stage.passes(3600)
        await ann.says("100 usd to eur")
        assert not ann.sees("⚠")
        await ann.says("/history SEK 30d")

        assert ann.sees("Lowest ")


async def test_drawing_pays_for_nothing() -> None:
    """A chart of what there is, the share being used up, is drawn without a further read."""
    limit = {"SAPP_RATES_READS_PER_DAY": "100"}
    async with Stage(service_reads=1000, environment=limit) as stage:
        eve = stage.person("Eve")
        await eve.says("/history GBP 3y")
        for _ in range(2):
            await eve.says("/chart CHF 3y")
        assert eve.chat[-1].picture is not None
        assert eve.sees("You have had the 12 reads of past rates")

        assert stage.api.count("GET /service/historical*") == 12


async def test_operators_hear_once_that_the_day_is_used_up() -> None:
    """They are told the limit and its setting; people are told why rates are old."""
    limit = {"SAPP_RATES_READS_PER_DAY": "1"}
    async with Stage(service_reads=1000, environment=limit, admins={700}) as stage:
        ann, boss = stage.person("Ann"), stage.person("Boss", id=700)
        await ann.says("100 usd to eur")
        await stage.passes(3600)
        await ann.says("100 usd to eur")
        assert ann.sees("newer ones can't be had just now. Fresh rates are used up for today")
        told = [m for m in boss.chat if "SAPP_RATES_READS_PER_DAY" in m.text.plain]

        assert len(told) == 1
