"""Sends spans to a collector, from a thread of the SDK's; a dead collector costs them only."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from sapp_bot.domain.ports import Clock
from sapp_bot.observability.metrics import Metrics
from sapp_bot.observability.trace import recorded

from .spans import ChosenIds, Spans

PATH = "/v1/traces"
"""Below the endpoint. Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp-request."""

SEND_S = 5
"""How long a batch is tried, in seconds."""

EVERY_MS = 2000
"""How long spans are gathered, in milliseconds."""

MOST_WAITING = 4096
"""Spans that wait for the collector; more are dropped."""

LEAVE_S = 3.0
"""How long the end of the process waits for the collector to take the last spans, in seconds."""

log = structlog.get_logger(__name__)


class TellingExporter(SpanExporter):
    """Passes spans on, and says in the log once that they do not arrive, and once that they do.

    Args:
        inner: Sends them.

    """

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner
        self._is_away = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans, in the SDK's thread."""
        result = self._inner.export(spans)
        is_away = result is not SpanExportResult.SUCCESS
        if is_away and not self._is_away:
            hint = "is the collector of OTEL_EXPORTER_OTLP_ENDPOINT there? The bot works without"
            log.warning("traces.away", hint=hint)
        elif self._is_away and not is_away:
            log.info("traces.back")
        self._is_away = is_away
        return result

    def shutdown(self) -> None:
        """End what is under way."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what the inner one keeps, which keeps nothing."""
        flushed: bool = self._inner.force_flush(timeout_millis)
        return flushed


@asynccontextmanager
async def open_tracing(
    endpoint: str,
    headers: Mapping[str, str],
    *,
    inner: Metrics,
    clock: Clock,
    about: Mapping[str, str],
    leave_s: float = LEAVE_S,
) -> AsyncIterator[Spans]:
    """Record traces until the block ends; yields what takes the measurements.

    Args:
        endpoint: Address of the collector, without `PATH`.
        headers: Header fields for it, such as its key.
        inner: Takes all measurements, too.
        clock: Gives the times of spans.
        about: What the process is, as attributes of the resource: `service.version` and others.
        leave_s: As `LEAVE_S`.

    """
    with _quiet():
        exporter = OTLPSpanExporter(
            endpoint.rstrip("/") + PATH, headers=dict(headers), timeout=SEND_S
        )
        ids = ChosenIds()
        provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=Resource.create(dict(about)),
            shutdown_on_exit=False,
            id_generator=ids,
        )
        processor = BatchSpanProcessor(
            TellingExporter(exporter), max_queue_size=MOST_WAITING, schedule_delay_millis=EVERY_MS
        )
        provider.add_span_processor(processor)
        spans = Spans(inner, provider, ids, clock)
        log.info("traces.open", endpoint=endpoint)
        try:
            with recorded(spans.new_call):
                yield spans
        finally:
            await _shut(provider, leave_s)


async def _shut(provider: TracerProvider, leave_s: float) -> None:
    """Send the last spans, for so long at most; a thread of its own holds up no exit."""
    loop, shut = asyncio.get_running_loop(), asyncio.Event()

    def shut_down() -> None:
        provider.shutdown()
        try:
            loop.call_soon_threadsafe(shut.set)
        except RuntimeError:  # the loop has not waited
            return

    threading.Thread(target=shut_down, name="traces end", daemon=True).start()
    try:
        async with asyncio.timeout(leave_s):
            await shut.wait()
    except TimeoutError:
        log.warning("traces.unsent", hint="the collector did not take the last spans in time")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the SDK's own lines out of the log: ours say the same, without addresses and spans."""
    logger = logging.getLogger("opentelemetry")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
