"""Metrics: what the bot counts and times goes here.

No part of the bot knows a metrics library. `monitoring/prometheus.py` implements the protocol where
SAPP_MONITORING is set; any other adapter (StatsD, OpenTelemetry ...) can be given to `app.run`.
Without one `NO_METRICS` is called, which does nothing. What there is stands in
`monitoring/catalogue.py`.
"""

from __future__ import annotations

from typing import Protocol


class Metrics(Protocol):
    """Takes what is counted and timed; a handler that asks for it counts something of its own.

    Names and labels are few and fixed: none holds a person, a chat, a text or a secret.
    Implementations are called in the event loop: they must not block, and must not raise.
    """

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Add `amount` to a counter."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Add a duration to a histogram."""

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge to its present value."""


class NullMetrics:
    """Measures nothing."""

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Do nothing."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Do nothing."""

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Do nothing."""


NO_METRICS: Metrics = NullMetrics()
