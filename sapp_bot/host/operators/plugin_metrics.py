"""`Metrics` of a plugin: what its author counts, under the plugin's name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.providers import Factory
from sapp_bot.observability.metrics import Metrics

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_VALUE = re.compile(r"(?!.*\d{5})[A-Za-z][A-Za-z0-9_.-]{0,31}", re.ASCII)
"""A word. Five digits in a row are somebody's id, a key or a time, of which there is no end."""


class PluginMetrics:
    """Implements `Metrics` for one plugin: `cups` of `coffee` is `plugin_coffee_cups`.

    Each method raises `PluginError` for a name or a label that no operator should have to keep.
    """

    def __init__(self, metrics: Metrics, plugin: str) -> None:
        self._metrics = metrics
        self._prefix = f"plugin_{plugin}_".replace("-", "_")

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Add `amount` to a counter."""
        self._metrics.count(self._checked(name, labels), amount, **labels)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Add a duration to a histogram."""
        self._metrics.observe(self._checked(name, labels), seconds, **labels)

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge to its present value."""
        self._metrics.gauge(self._checked(name, labels), value, **labels)

    def _checked(self, name: str, labels: Mapping[str, str]) -> str:
        """Return the whole name.

        Raises:
            PluginError: the name or a label cannot be used.

        """
        for word in (name, *labels):
            if not _NAME.fullmatch(word):
                raise PluginError(
                    f"a metric is named {word!r}: write small letters, digits and _, 40 at most"
                )
        for label, value in labels.items():
            if not isinstance(value, str) or not _VALUE.fullmatch(value):
                # Not quoted: it may be what somebody has written.
                raise PluginError(
                    f"the label {label} of the metric {name} is no word: write one of a few fixed "
                    "ones, of ASCII letters, digits, '_', '.' and '-', 32 at most; no text, "
                    "no id, nothing of a person"
                )
        return self._prefix + name


class MetricsProvider:
    """Gives each plugin its `Metrics`."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def bind(self, plugin: str, kind: type) -> Factory:  # noqa: ARG002  # there is one kind only
        """Return the factory of a plugin's metrics."""
        own = PluginMetrics(self._metrics, plugin)
        return lambda _turn: own
