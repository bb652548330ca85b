"""Implements `Metrics` with prometheus-client; the only module that knows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder

from .catalogue import CATALOGUE, PREFIX, Measured, Method

MOST_SERIES = 300
"""Sets of labels that one name may have. More are counted together, with every label "other": what
a plugin puts into a label must not fill the memory, here or in Prometheus."""

OTHER = "other"

Family = Counter | Gauge | Histogram
Key = tuple[str, tuple[tuple[str, str], ...]]

log = structlog.get_logger(__name__)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a third of a scrape that nobody reads


class PrometheusMetrics:
    """Keeps what is measured until it is scraped; never raises.

    What is in the catalogue is there from the start, so that nothing is missing in a scrape before
    it happens for the first time. Other names, a plugin's, come with their first measurement.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self._registry)
        self._known: dict[str, Measured] = {}
        self._families: dict[str, Family] = {}
        self._children: dict[Key, Family] = {}
        self._series: dict[str, int] = {}
        self._refused: set[str] = set()
        for measured in CATALOGUE:
            self._add(measured)

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Add `amount` to a counter."""
        child = self._child("count", name, labels)
        if isinstance(child, Counter):
            child.inc(amount)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Add a duration to a histogram."""
        child = self._child("observe", name, labels)
        if isinstance(child, Histogram):
            child.observe(seconds)

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge to its present value."""
        child = self._child("gauge", name, labels)
        if isinstance(child, Gauge):
            child.set(value)

    def replace(self, name: str, rows: Iterable[tuple[Mapping[str, str], float]]) -> None:
        """Set all series of a gauge; those that are not given are gone."""
        self._forget(name)
        for labels, value in rows:
            self.gauge(name, value, **labels)

    def exposition(self, accept: str = "") -> tuple[bytes, str]:
        """Return all of it as text, and its content type, as an Accept header wants it.

        May be called in a thread: prometheus-client locks what it reads.
        """
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type

    def _child(self, method: Method, name: str, labels: Mapping[str, str]) -> Family | None:
        """Return the series of these labels; None for what contradicts an earlier measurement.

        Prometheus knows one kind and one set of label names under a name.
        """
        key = (name, tuple(labels.items()))
        child = self._children.get(key)
        if child is not None:
            return child
        family = self._family(Measured(name, method, tuple(labels), f"{name} of a plugin"))
        if family is None:
            return None
        if not labels:
            self._children[key] = family
            return family
        series = self._series.get(name, 0)
        if series >= MOST_SERIES:
            # Not remembered under its own labels, of which there may be any number.
            return family.labels(**dict.fromkeys(labels, OTHER))
        self._series[name] = series + 1
        child = self._children[key] = family.labels(**labels)
        return child

    def _family(self, asked: Measured) -> Family | None:
        known = self._known.get(asked.name)
        if known is None:
            return self._add(asked)
        if (known.method, sorted(known.labels)) == (asked.method, sorted(asked.labels)):
            return self._families[asked.name]
        if asked.name not in self._refused:
            self._refused.add(asked.name)
            log.error("metrics.refused", name=asked.name, labels=list(asked.labels))
        return None

    def _add(self, measured: Measured) -> Family:
        name, about, labels = f"{PREFIX}{measured.name}", measured.about, measured.labels
        family: Family
        if measured.method == "count":
            family = Counter(name, about, labels, registry=self._registry)
        elif measured.method == "gauge":
            family = Gauge(name, about, labels, registry=self._registry)
            if not labels:
                family.set(measured.begins)
        else:
            buckets = measured.buckets
            family = Histogram(name, about, labels, buckets=buckets, registry=self._registry)
        self._known[measured.name], self._families[measured.name] = measured, family
        return family

    def _forget(self, name: str) -> None:
        self._families[name].clear()
        self._series.pop(name, None)
        for key in [key for key in self._children if key[0] == name]:
            del self._children[key]
