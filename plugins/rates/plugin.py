"""The plugin object, its settings, and what is open while it is loaded."""

import asyncio
from collections.abc import AsyncIterator

from babel.numbers import format_decimal
from pydantic import Field

from sapp_bot import Config, Plugin, Store
from sapp_bot.services import Clients, Clock, Locks, Rates, ServiceAccount

from .cache import LiveCache, LiveRates
from .desk import RateDesk
from .drawing.chart_layout import LANGUAGES
from .drawing.charts import Charts
from .money.tokens import lexicon
from .reading.budget import ReadBudget, Share, Spent
from .reading.history import HistoryCache, Month

plugin = Plugin(version="1.0", sapp=">=1", packages=["matplotlib"], title="Rates")


class RatesSettings(Config):
    """Settings of the rates plugin: `SAPP_RATES_…`."""

    reads_per_day: int = Field(
        500,
        ge=1,
        description="Reads that the service account pays for in a day (UTC), at most. One for each "
        "hour to come is kept for live rates; one person's charts and histories have a tenth, or "
        "12.",
    )


def prepare() -> None:
    """Make what is made once, at the first use: in a thread, as others would wait for 60 ms."""
    lexicon()
    for language in LANGUAGES:
        format_decimal(0, locale=language)  # Babel reads its data of the language


@plugin.lifespan
async def open_desk(
    *,
    settings: RatesSettings,
    live: Store[LiveRates],
    months: Store[Month],
    spent: Store[Spent],
    shares: Store[Share],
    locks: Locks,
    clock: Clock,
    account: ServiceAccount,
    rates: Rates,
    clients: Clients,
) -> AsyncIterator[RateDesk]:
    """Open the caches and the process that draws charts."""
    # While the bot starts; a question that comes before it is over makes the same for itself.
    preparing = asyncio.create_task(asyncio.to_thread(prepare))
    async with Charts(clock=clock) as charts:
        yield RateDesk(
            live=LiveCache(live, locks, clock, lambda: rates.unanswered),
            history=HistoryCache(months, locks, clock),
            budget=ReadBudget(spent, shares, clock, settings.reads_per_day),
            charts=charts,
            account=account,
            rates=rates,
            clients=clients,
        )
    await preparing
