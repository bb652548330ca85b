"""`RecordingMetrics`: a fake of `Metrics` that keeps what it is told, for tests."""

from __future__ import annotations

from collections import Counter

Labels = frozenset[tuple[str, str]]


class RecordingMetrics:
    """Keeps what it is told: sums of counters, all durations, and all values of gauges in order."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, Labels]] = Counter()
        self.durations: list[tuple[str, float, dict[str, str]]] = []
        self.gauges: list[tuple[str, float, dict[str, str]]] = []
        self.names: set[str] = set()

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Add to a counter."""
        self.names.add(name)
        self.counts[name, frozenset(labels.items())] += amount

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Keep a duration."""
        self.names.add(name)
        self.durations.append((name, seconds, labels))

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Keep a value."""
        self.names.add(name)
        self.gauges.append((name, value, labels))

    def counted(self, name: str, **labels: str) -> int:
        """Return the sum of a counter with just these labels."""
        return self.counts[name, frozenset(labels.items())]

    def observed(self, name: str, **labels: str) -> list[float]:
        """Return the durations under a name with just these labels."""
        return [s for found, s, given in self.durations if (found, given) == (name, labels)]

    def values(self, name: str, **labels: str) -> list[float]:
        """Return what a gauge with just these labels was set to, oldest first."""
        return [value for found, value, given in self.gauges if (found, given) == (name, labels)]
