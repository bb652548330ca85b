"""Metrics: what the bot counts and times, and where an exporter is plugged in.

The bot knows no metrics library. An adapter with the three methods of `Metrics` (over
prometheus-client, StatsD, OpenTelemetry ...) is given to `app.run` and reaches every part from
there; without one `NO_METRICS` is called, which does nothing. Prefixes, suffixes such as `_total`
and the buckets of histograms are the adapter's.

| Name | Method | Labels | What |
|---|---|---|---|
| updates | count | kind, outcome | updates handled; outcome is done, failed or an error's class |
| update_seconds | observe | kind | from the beginning of an update's handling to its end |
| payments | count | kind | payments and refunds that the plugin has taken, by their class |
| handler_seconds | observe | plugin, outcome | one run of a plugin's handler; done or failed |
| api_calls | count | outcome | API calls: answered, unreachable, or rejected by the breaker |
| api_breaker_open | gauge | | 1 while the circuit breaker rejects calls, else 0 |
| replies | count | outcome | replies that left the outbox: sent, or dropped for good |
| reply_retries | count | cause | tries put off: paused (flood wait) or away |
| billing_rollback_healed | count | | paid reads that the API had lost again, written anew |
| chats_waiting | gauge | | chats with a reply that is still to be delivered |
| store_calls | count | | Redis script calls that were answered |
| store_batch_seconds | observe | | one batch of calls, from sending to the last answer |
| store_retries | count | reason | batches that failed and are sent again, by the error's class |
| store_waiting | gauge | | calls that are still queued after a batch |

Labels are of few values each; none names a person, a chat or a secret.
"""

from __future__ import annotations

from typing import Protocol


class Metrics(Protocol):
    """Takes measurements. Called in the event loop: it must not block, and must not raise."""

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
