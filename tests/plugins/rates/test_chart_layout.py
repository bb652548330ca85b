"""A chart says what it shows: lines, ticks and texts, in the person's language and zone."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.rates.drawing.chart_layout import (
    COLORS,
    MOST_POINTS,
    ChartRequest,
    NoChart,
    Series,
    layout,
    percent,
    thinned,
)
from plugins.rates.drawing.sparkline import LEVELS, sparkline
from plugins.rates.times.zones import zone
from tests.plugins.rates.chart_data import FIRST, five_lines, one_line, one_year, wander


def points(*values: str, hours: int = 24) -> tuple[tuple[object, Decimal], ...]:
    """Give values a day, or some hours, apart."""
    return tuple(
        (FIRST + timedelta(hours=hours * index), Decimal(value))
        for index, value in enumerate(values)
    )


def single(*values: str, hours: int = 24, language: str = "en") -> ChartRequest:
    """Ask for one line of these values."""
    series = Series("USD", points(*values, hours=hours))  # type: ignore[arg-type]  # they are times
    return ChartRequest("RUB", (series,), language, zone("Europe/Moscow"))


def test_one_line_shows_its_values() -> None:
    """One currency is shown as it is, with its last value, change, highest and lowest."""
    chart = layout(single("90", "95", "88", "91.8"))

    assert chart["title"] == "1 USD in RUB: 91.80  (+2 %)"
    assert chart["subtitle"] == "1 Nov 2026 – 4 Nov 2026"
    assert chart["footer"] == "▲ highest 95.00, 2 Nov    ▼ lowest 88.00, 3 Nov"
    assert chart["lines"][0]["ys"] == [90.0, 95.0, 88.0, 91.8]
    assert [mark[1:] for mark in chart["lines"][0]["marks"]] == [(95.0, True), (88.0, False)]


def test_one_line_in_russian() -> None:
    """The same in Russian: words, months, commas."""
    chart = layout(single("90", "95.5", "88", "91.8", language="ru"))

    assert chart["title"] == "1 USD в RUB: 91,80  (+2 %)"
    assert chart["footer"].startswith("▲ максимум 95,50, 2 нояб.")


def test_several_lines_show_changes() -> None:
    """Several currencies begin at zero and end where their labels say, in percent."""
    chart = layout(five_lines())

    assert chart["title"] == "Цены в EUR, изменение в %"
    assert [line["ys"][0] for line in chart["lines"]] == [0.0] * 5
    assert [line["label"][:3] for line in chart["lines"]] == ["USD", "RUB", "KZT", "GBP", "CNY"]
    assert len({line["color"] for line in chart["lines"]}) == 5
    assert chart["zero"]


def test_times_of_one_day_are_hours() -> None:
    """Within three days the ticks are times of the person's zone."""
    chart = layout(single("90", "91", "92", "93", "94", hours=6))

    assert [text for _, text in chart["x_ticks"]] == ["12:00", "18:00", "00:00", "06:00", "12:00"]


def test_days_are_midnights_of_the_zone() -> None:
    """Over some weeks the ticks are the person's midnights, but for the first."""
    chart = layout(one_line())
    ticks = [place for place, _ in chart["x_ticks"]]

    assert all(place % 86_400 == 0 for place in ticks[1:])  # London has UTC in winter
    assert chart["x_ticks"][1][1] == "8 Nov"


def test_months_have_years() -> None:
    """Over a year the ticks are months."""
    assert layout(one_year())["x_ticks"][0][1] == "нояб. 2025"


@pytest.mark.parametrize("request_", [one_line(), five_lines(), one_year(), single("1", "1")])
def test_everything_is_on_the_picture(request_: ChartRequest) -> None:
    """Ticks and lines are within the axes, there are ticks enough, and it is JSON."""
    chart = json.loads(json.dumps(layout(request_)))
    (left, right), (low, high) = chart["x_range"], chart["y_range"]

    assert all(left <= place <= right for place, _ in chart["x_ticks"])
    assert all(low <= place <= high for place, _ in chart["y_ticks"])
    assert 2 <= len(chart["y_ticks"]) <= 7
    assert 3 <= len(chart["x_ticks"]) <= 6 or len(request_.series[0].points) == 2
    assert all(low < y < high for line in chart["lines"] for y in line["ys"])


@given(
    low=st.decimals(Decimal("0.00001"), Decimal(10**9), places=5),
    high=st.decimals(Decimal("0.00001"), Decimal(10**9), places=5),
)
def test_any_rate_has_ticks(low: Decimal, high: Decimal) -> None:
    """Tiny, huge and equal rates all have round and different ticks."""
    chart = layout(single(str(low), str(high)))
    texts = [text for _, text in chart["y_ticks"]]

    assert len(set(texts)) == len(texts) >= 2


def test_few_points_are_no_chart() -> None:
    """One point is no line, and nothing grows from zero; the currency is named."""
    for request in (single("90"), single("0", "1")):
        with pytest.raises(NoChart) as caught:
            layout(request)
        assert caught.value.values == {"code": "USD"}


@pytest.mark.parametrize("count", [0, 6])
def test_the_number_of_lines_is_limited(count: int) -> None:
    """A chart has one to five lines; more is a mistake of the plugin."""
    with pytest.raises(ValueError, match=f"{count} lines"):
        layout(one_line()._replace(series=one_line().series * count))


def test_many_points_keep_their_peaks() -> None:
    """Ten years are thinned, and the highest and lowest are still there."""
    series = wander("RUB", 90.0, 3650, daily=0.01)
    thin = thinned(series.points)

    assert len(thin) <= MOST_POINTS
    assert (thin[0], thin[-1]) == (series.points[0], series.points[-1])
    assert max(v for _, v in thin) == max(v for _, v in series.points)
    assert min(v for _, v in thin) == min(v for _, v in series.points)


def luminance(color: str) -> float:
    """Compute the relative luminance of a colour. Source: WCAG 2.2."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("color", COLORS)
def test_lines_stand_out(color: str) -> None:
    """Each colour has a contrast of 5:1 on white, and survives the reduction of colours."""
    assert 1.05 / (luminance(color) + 0.05) >= 5
    assert all(int(color[i : i + 2], 16) % 17 == 0 for i in (1, 3, 5))


@pytest.mark.parametrize(
    ("value", "text"),
    [("1.5", "+1,5 %"), ("-0.05", "−0,05 %"), ("12.345", "+12,3 %"), ("0.001", "0 %")],
)
def test_changes_are_signed(value: str, text: str) -> None:
    """A change has a sign, a real minus, and up to four digits."""
    assert percent(Decimal(value), "ru") == text


def test_a_sparkline_is_a_chart_of_text() -> None:
    """Blocks rise and fall with the values; equal values are in the middle."""
    values = [Decimal(value) for value in (1, 2, 3, 4, 5, 6, 7, 1)]

    assert sparkline(values) == "▁▂▃▄▅▆▇▁"
    assert sparkline([Decimal(5)] * 3) == "▄▄▄"
    assert sparkline([]) == ""


@given(
    values=st.lists(st.decimals(Decimal(0), Decimal(10**6), places=3), max_size=200),
    width=st.integers(0, 40),
)
def test_sparklines_fit(values: list[Decimal], width: int) -> None:
    """A sparkline is as wide as it may be, and of its blocks only."""
    text = sparkline(values, width=width)

    assert len(text) == min(width, len(values))
    assert set(text) <= set(LEVELS)
