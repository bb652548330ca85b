"""What Prometheus gets to see, read back with prometheus-client's own parser."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan

from prometheus_client import Metric
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as read_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from sapp_bot.monitoring.catalogue import CATALOGUE
from sapp_bot.monitoring.prometheus import MOST_SERIES, OTHER, PrometheusMetrics


def scraped(metrics: PrometheusMetrics) -> Mapping[tuple[str, frozenset[tuple[str, str]]], float]:
    """Scrape once: each sample by its name and labels."""
    text, _ = metrics.exposition()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def value(metrics: PrometheusMetrics, name: str, **labels: str) -> float | None:
    """Scrape once, and return one sample."""
    return scraped(metrics).get((name, frozenset(labels.items())))


def test_counters_durations_and_gauges_are_added_up() -> None:
    """Each method of the seam becomes the type that Prometheus has for it."""
    metrics = PrometheusMetrics()
    metrics.count("updates", kind="Message", outcome="done")
    metrics.count("updates", 2, outcome="done", kind="Message")
    metrics.observe("store_batch_seconds", 0.004)
    metrics.gauge("chats_waiting", 3)
    metrics.gauge("chats_waiting", 2)

    assert value(metrics, "sapp_bot_updates_total", kind="Message", outcome="done") == 3
    assert value(metrics, "sapp_bot_store_batch_seconds_count") == 1
    assert value(metrics, "sapp_bot_store_batch_seconds_bucket", le="0.0025") == 0
    assert value(metrics, "sapp_bot_store_batch_seconds_bucket", le="0.005") == 1
    assert value(metrics, "sapp_bot_chats_waiting") == 2


def families_of(text: bytes) -> dict[str, Metric]:
    """Parse a scrape."""
    return {f.name: f for f in text_string_to_metric_families(text.decode())}


def test_all_of_the_catalogue_is_there_before_it_happens() -> None:
    """A rule on something that was never counted must not find nothing."""
    text, content_type = PrometheusMetrics().exposition()
    families = families_of(text)

    assert content_type.startswith("text/plain")
    for measured in CATALOGUE:
        family = families[measured.prometheus_name.removesuffix("_total")]
        assert family.documentation == measured.about
        assert bool(family.samples) == (not measured.labels)
    assert isnan(families["sapp_bot_service_reads_left"].samples[0].value)  # no alarm at 0
    assert "process_resident_memory_bytes" in families


def test_prometheus_may_ask_for_openmetrics() -> None:
    """As it does by default."""
    metrics = PrometheusMetrics()
    metrics.count("store_calls", 2)
    text, content_type = metrics.exposition("application/openmetrics-text; version=1.0.0")

    assert content_type.startswith("application/openmetrics-text")
    found = read_openmetrics(text.decode())  # type: ignore[no-untyped-call]  # it has no types
    families = {f.name: f for f in found}
    assert families["sapp_bot_store_calls"].samples[0].value == 2


def test_labels_without_end_are_counted_together() -> None:
    """A plugin that puts all kinds of things into a label fills no memory."""
    metrics = PrometheusMetrics()
    for number in range(MOST_SERIES + 50):
        metrics.count("plugin_shop_sold", thing=f"t{number}")

    name = "sapp_bot_plugin_shop_sold_total"
    series = [labels for found, labels in scraped(metrics) if found == name]
    assert len(series) == MOST_SERIES + 1
    assert value(metrics, name, thing=OTHER) == 50
    assert len(metrics._children) == MOST_SERIES


def test_what_contradicts_is_left_out_and_told_once() -> None:
    """Prometheus has one set of label names under a name; a measurement must not raise."""
    metrics = PrometheusMetrics()
    metrics.count("plugin_shop_sold", thing="tea")
    with capture_logs() as logs:
        metrics.count("plugin_shop_sold", colour="red")
        metrics.count("plugin_shop_sold")
        metrics.gauge("plugin_shop_sold", 2, thing="tea")
        metrics.observe("updates", 1.0, kind="Message", outcome="done")

    assert [entry["event"] for entry in logs] == ["metrics.refused", "metrics.refused"]
    assert value(metrics, "sapp_bot_plugin_shop_sold_total", thing="tea") == 1


def test_states_that_are_gone_are_gone() -> None:
    """A plugin whose file was deleted has no state any more."""
    metrics = PrometheusMetrics()
    metrics.replace("plugin_state", [({"plugin": "tea", "state": "ready"}, 1.0)])
    metrics.replace("plugin_state", [({"plugin": "milk", "state": "ready"}, 1.0)])

    assert value(metrics, "sapp_bot_plugin_state", plugin="milk", state="ready") == 1
    assert value(metrics, "sapp_bot_plugin_state", plugin="tea", state="ready") is None
