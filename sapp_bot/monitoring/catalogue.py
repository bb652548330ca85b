"""Everything that the bot measures by itself: names, labels, meanings, buckets.

A test compares it with what the code measures; `python -m tests.pages` makes docs/metrics.md of it.
"""

from __future__ import annotations

from math import nan
from typing import Literal

from sapp_bot.values import dataclass

Method = Literal["count", "observe", "gauge"]
"""The method of `observability.metrics.Metrics` that takes it."""

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SHORT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
LONG_SECONDS = (1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0, 86400.0)


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement.

    Attributes:
        name: Its name in the code; Prometheus sees `prometheus_name`.
        method: How it is measured.
        labels: Names of its labels; each has few values, none of a person.
        about: What it is, in a sentence without a full stop.
        buckets: Upper bounds of a histogram's buckets, in seconds.
        begins: A gauge's value until it is known; NaN where 0 would say something.

    """

    name: str
    method: Method
    labels: tuple[str, ...]
    about: str
    buckets: tuple[float, ...] = SECONDS
    begins: float = 0.0

    @property
    def prometheus_name(self) -> str:
        """The name of its samples, but for `_bucket`, `_count` and `_sum`."""
        suffix = "_total" if self.method == "count" else ""
        return f"{PREFIX}{self.name}{suffix}"


PREFIX = "sapp_bot_"

CATALOGUE: tuple[Measured, ...] = (
    # what people feel
    Measured("updates", "count", ("kind", "outcome"), "Updates handled"),
    Measured("queue_seconds", "observe", ("kind",), "From an update's arrival to its handling"),
    Measured("update_seconds", "observe", ("kind",), "The handling of an update"),
    Measured("replies", "count", ("outcome",), "Replies that left the outbox: sent, or dropped"),
    Measured("reply_retries", "count", ("cause",), "Replies put off: paused by Telegram, or away"),
    Measured("chats_waiting", "gauge", (), "Chats with a reply that is still to be delivered"),
    Measured(
        "flood_wait_seconds", "observe", ("of",), "Waits that Telegram asked for", LONG_SECONDS
    ),
    # plugins
    Measured("handler_seconds", "observe", ("plugin", "outcome"), "Runs of plugins' handlers"),
    Measured("plugin_errors", "count", ("plugin",), "Errors of a plugin's code"),
    Measured(
        "plugin_state", "gauge", ("plugin", "state"), "1 for the state a plugin is in, else 0"
    ),
    # the API
    Measured("api_seconds", "observe", ("method", "route", "status"), "Tries of API calls"),
    Measured("api_rejected", "count", (), "API calls that the circuit breaker did not let through"),
    Measured("api_breaker_open", "gauge", (), "1 while the circuit breaker rejects calls, else 0"),
    Measured(
        "service_reads_left",
        "gauge",
        (),
        "Reads left of the service account, as last read",
        begins=nan,
    ),
    # Redis
    Measured("store_calls", "count", (), "Script calls that Redis answered"),
    Measured("store_batch_seconds", "observe", (), "Round trips to Redis", SHORT_SECONDS),
    Measured("store_retries", "count", ("reason",), "Round trips that failed and are repeated"),
    Measured("store_waiting", "gauge", (), "Calls still queued after a round trip"),
    # money
    Measured("payments", "count", ("kind",), "Payments and refunds that the plugin has taken"),
    Measured("payment_stars", "count", ("kind",), "Their Telegram Stars"),
    Measured("payments_held", "gauge", (), "Clients whose paid reads do not get on"),
    Measured("billing_rollback_healed", "count", (), "Paid reads the API had lost, written anew"),
    # the process
    Measured("loop_lag_seconds", "observe", (), "How late the event loop was", SHORT_SECONDS),
    Measured("loop_blocked_seconds", "observe", ("plugin",), "Stalls of the event loop, by whose"),
    Measured("ready", "gauge", (), "1 while /readyz says yes, else 0"),
    Measured("maintenance", "gauge", (), "1 while only operators are answered, else 0"),
    Measured("build_info", "gauge", ("version", "python", "telethon"), "1; the labels tell"),
)
"""In the order of the page. `plugin_state`, `ready` and `maintenance` are set when looked at."""
