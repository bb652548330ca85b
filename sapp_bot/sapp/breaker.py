"""Leaves an API alone that does not answer: people then hear so at once, not after seconds.

A circuit breaker, as in Nygard, "Release It!", ch. 5. Of the libraries for it aiobreaker has had no
release since 2021 and pybreaker awaits with Tornado; purgatory fits asyncio, but counts by class of
error, and here a metered call that timed out is one person's affair and must not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from sapp_bot.errors import SappBotError
from sapp_bot.observability.metrics import NO_METRICS, Metrics

from .errors import UpstreamUnreachable
from .wire import Request

log = structlog.get_logger(__name__)

FAILURES = 5
"""So many calls in a row without an answer, and the API rests."""

REST_S = 5.0
"""So long, in seconds; then one call tries, and the others follow when it is answered. Not longer,
or a short restart of the API would become a long one."""


class Breaker:
    """Counts calls without an answer. Any answer proves that the API is there, an error too: what
    one person sends must not close the way for all.
    """

    def __init__(self, monotonic: Callable[[], float], metrics: Metrics = NO_METRICS) -> None:
        self._monotonic = monotonic
        self._metrics = metrics
        self._failures = 0
        self._rests_until = 0.0
        self._is_trying = False

    @contextmanager
    def watch(self, request: Request) -> Iterator[None]:
        """Watch one call; its error passes.

        Raises:
            UpstreamUnreachable: the API rests, and nothing was sent.

        """
        is_trial = self._failures >= FAILURES
        if is_trial and (self._is_trying or self._monotonic() < self._rests_until):
            self._metrics.count("api_rejected")
            raise UpstreamUnreachable(
                request.name, "not tried, it did not answer before", sent=False
            )
        self._is_trying = self._is_trying or is_trial
        try:
            yield
        except UpstreamUnreachable as error:
            # A read of rates may be slow by what was asked for: one person's, not everybody's.
            if request.kind != "metered" or not error.sent:
                self._failed()
            raise
        except SappBotError:
            self._answered()
            raise
        else:
            self._answered()
        finally:
            if is_trial:
                self._is_trying = False

    def _failed(self) -> None:
        self._failures += 1
        if self._failures >= FAILURES:
            self._rests_until = self._monotonic() + REST_S
        if self._failures == FAILURES:
            log.warning("sapp.rests", failures=FAILURES, s=REST_S)
            self._metrics.gauge("api_breaker_open", 1)

    def _answered(self) -> None:
        if self._failures >= FAILURES:
            log.info("sapp.back")
            self._metrics.gauge("api_breaker_open", 0)
        self._failures = 0
