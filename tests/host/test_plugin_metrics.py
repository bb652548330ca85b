"""What plugins count themselves: under their names, with labels that an operator can keep."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sapp_bot.errors import PluginError
from sapp_bot.host.operators.plugin_metrics import PluginMetrics
from sapp_bot.observability.metrics import NO_METRICS
from sapp_bot.testing import RecordingMetrics, Stage
from tests.host.live import write
from tests.pages import ROOT

GUIDE = (ROOT / "docs/plugins.md").read_text("utf-8").partition("\n## Metrics: ")[2]


async def test_the_guides_cups_are_counted(tmp_path: Path) -> None:
    """The plugin of docs/plugins.md, tested as its section says."""
    (source, *_) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    write(tmp_path, "coffee", source)
    recorded = RecordingMetrics()
    async with Stage(tmp_path, metrics=recorded) as stage:
        ann = stage.person("Ann")
        await ann.says("/cup latte")
        await ann.says("/cup latte")
        await ann.says("/cup mocha")

    assert recorded.counted("plugin_coffee_cups", kind="latte") == 2
    assert recorded.counted("plugin_coffee_cups", kind="mocha") == 1


def test_each_method_speaks_in_the_plugins_name() -> None:
    """A name of one plugin is never that of another, or of the bot."""
    recorded = RecordingMetrics()
    metrics = PluginMetrics(recorded, "coffee-bar")
    metrics.count("cups", 2)
    metrics.observe("brew_seconds", 30, kind="latte")
    metrics.gauge("queue", 4, counter="left")

    assert recorded.counted("plugin_coffee_bar_cups") == 2
    assert recorded.observed("plugin_coffee_bar_brew_seconds", kind="latte") == [30]
    assert recorded.values("plugin_coffee_bar_queue", counter="left") == [4]


@pytest.mark.parametrize(
    "value",
    ["", "ann@example.com", "Ann Smith", "500000", "id123456", "молоко", "a" * 33, "1latte", "a\n"],
)
def test_what_is_no_word_is_refused_and_not_shown(value: str) -> None:
    """A text, an id or an address is a mistake of the author's; the error does not repeat it."""
    recorded = RecordingMetrics()
    metrics = PluginMetrics(recorded, "coffee")
    with pytest.raises(PluginError, match="label kind of the metric cups is no word") as caught:
        metrics.count("cups", kind=value)

    assert not value or value not in str(caught.value)
    assert recorded.names == set()


@pytest.mark.parametrize("name", ["Cups", "cups-sold", "", "1cup", "c" * 41])
def test_a_name_that_prometheus_would_not_take_is_refused(name: str) -> None:
    """Also where nothing is measured, so that a test finds it."""
    with pytest.raises(PluginError, match="write small letters, digits and _"):
        PluginMetrics(NO_METRICS, "coffee").gauge(name, 1)
