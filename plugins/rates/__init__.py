"""Rates: convert, live and past rates, charts, alerts and inline mode."""

from . import alert_forms, cards, chart_screens, choices, conversion, inline, watch
from .plugin import plugin

__all__ = [
    "alert_forms",
    "cards",
    "chart_screens",
    "choices",
    "conversion",
    "inline",
    "plugin",
    "watch",
]
