"""The pictures of charts: what their messages carry, and how it is drawn when they are sent."""

import asyncio
from datetime import datetime

from sapp_bot import Picture

from .desk import RateDesk
from .drawing.chart_layout import ChartRequest, Series
from .past import pair_line
from .plugin import plugin
from .times.zones import zone

CHARTS_KEPT = 24
"""Drawn charts that are kept, about 30 KB each: the same one is asked for again and again."""


class RateChart(Picture):
    """A chart: what one unit of each currency was in the base. `start` and `end` are UTC."""

    base: str
    codes: tuple[str, ...]
    start: datetime
    end: datetime
    language: str
    zone: str


@plugin.picture
async def draw_chart(chart: RateChart, desk: RateDesk) -> bytes:
    """Draw a chart from rates that were paid for when it was asked for; read none."""
    key = chart.model_dump_json()
    drawn = desk.drawn
    if key not in drawn:
        series = [await series_of(desk, chart, source) for source in chart.codes]
        request = ChartRequest(chart.base, tuple(series), chart.language, zone(chart.zone))
        drawn[key] = await desk.charts.draw(request)
        while len(drawn) > CHARTS_KEPT:
            del drawn[next(iter(drawn))]
    return drawn[key]


async def series_of(desk: RateDesk, chart: RateChart, source: str) -> Series:
    """Return one line of a chart."""
    pair = (source, chart.base)
    line = await pair_line(desk, desk.closed_purse(), pair, chart.start, chart.end)
    await asyncio.sleep(0)  # the points of a year take a millisecond or more
    return Series(source, () if line is None else line.points())
