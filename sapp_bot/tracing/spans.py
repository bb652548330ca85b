"""Makes spans of what is measured: the only module that knows how a trace of ours looks.

A span is made when its time is measured, at its end, in the task that worked: that task knows
which update it is about (`observability.trace`). Nothing else in the bot knows of spans.

    update                 the whole handling, from `update_seconds`
      queue                how long it waited before, from `queue_seconds`
      handler <plugin>     a run of a plugin's handler, from `handler_seconds`
        GET /service/...   a try of an API call, from `api_seconds`

Attributes are the labels of the measurement, which name no person and hold no text or secret.
A timer or an inline query has no span of its own: its API calls are the first of their traces.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import (
    INVALID_SPAN_ID,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from sapp_bot.domain.ports import Clock
from sapp_bot.observability.metrics import Metrics
from sapp_bot.observability.trace import new_span_id, trace_id, traced_key
from sapp_bot.values import dataclass

SCOPE = "sapp_bot"
"""Name of the instrumentation scope."""

MOST_OPEN = 1000
"""Updates whose handler is remembered until it has ended; the oldest is forgotten first."""

UPDATES = frozenset({"m", "e", "p", "d"})
"""What the keys of updates begin with whose handling is measured: see `domain.updates`."""

_S = 1_000_000_000
"""Nanoseconds in a second."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """A span that has ended: what it is called, which it is, and below which."""

    name: str
    trace: int
    span: int
    parent: int
    kind: SpanKind
    is_failed: bool = False


class ChosenIds(IdGenerator):
    """Gives the SDK the ids that were chosen for the span which is made next."""

    def __init__(self) -> None:
        self.trace, self.span = 0, 0

    def generate_trace_id(self) -> int:
        """Return the id of the trace."""
        return self.trace

    def generate_span_id(self) -> int:
        """Return the id of the span."""
        return self.span


class Spans:
    """Implements `Metrics`: passes all on, and makes spans of some of the durations.

    Called in the event loop, like all metrics: the SDK's processor only keeps the span there.

    Args:
        inner: Takes all that is measured.
        provider: Makes spans, with `ids`.
        ids: The ids of the spans that it makes.
        clock: Tells when a span ends.

    """

    def __init__(
        self, inner: Metrics, provider: TracerProvider, ids: ChosenIds, clock: Clock
    ) -> None:
        self._inner = inner
        self._tracer = provider.get_tracer(SCOPE)
        self._ids = ids
        self._clock = clock
        self._handlers: dict[int, int] = {}
        self._call: ContextVar[int] = ContextVar("call", default=0)
        self._makers: dict[str, Callable[[int, dict[str, str]], _Ended]] = {
            "update_seconds": self._update,
            "queue_seconds": self._queue,
            "handler_seconds": self._handler,
            "api_seconds": self._api_call,
        }

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Add `amount` to a counter."""
        self._inner.count(name, amount, **labels)

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge to its present value."""
        self._inner.gauge(name, value, **labels)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Add a duration to a histogram, and to the trace that is worked for."""
        self._inner.observe(name, seconds, **labels)
        make = self._makers.get(name)
        trace = trace_id()
        if make is None or not trace:
            return
        self._end(make(int(trace, 16), labels), seconds, labels)

    def new_call(self) -> int:
        """Return the id of the API call that begins now in this task: for its header."""
        span = new_span_id()
        self._call.set(span)
        return span

    def _update(self, trace: int, labels: dict[str, str]) -> _Ended:
        self._handlers.pop(trace, None)
        return _Ended(f"update {labels['kind']}", trace, _root(trace), 0, SpanKind.CONSUMER)

    def _queue(self, trace: int, labels: dict[str, str]) -> _Ended:
        del labels
        return _Ended("queue", trace, new_span_id(), _root(trace), SpanKind.INTERNAL)

    def _handler(self, trace: int, labels: dict[str, str]) -> _Ended:
        span = self._handlers.pop(trace, 0) or new_span_id()
        failed = labels["outcome"] != "done"
        name = f"handler {labels['plugin']}"
        return _Ended(name, trace, span, _above(trace), SpanKind.INTERNAL, is_failed=failed)

    def _api_call(self, trace: int, labels: dict[str, str]) -> _Ended:
        """Below the handler that is at work, whose span is made later: its id is chosen here."""
        parent = _above(trace)
        if parent:
            parent = self._handlers.setdefault(trace, new_span_id())
            if len(self._handlers) > MOST_OPEN:
                del self._handlers[next(iter(self._handlers))]
        span, name = self._call.get() or new_span_id(), f"{labels['method']} {labels['route']}"
        self._call.set(0)
        failed = labels["status"] in {"none", "5xx"}
        return _Ended(name, trace, span, parent, SpanKind.CLIENT, is_failed=failed)

    def _end(self, ended: _Ended, seconds: float, labels: dict[str, str]) -> None:
        self._ids.trace, self._ids.span = ended.trace, ended.span
        end_ns = round(self._clock.now().timestamp() * _S)
        span = self._tracer.start_span(
            ended.name,
            context=set_span_in_context(NonRecordingSpan(_context(ended.trace, ended.parent))),
            kind=ended.kind,
            attributes={f"sapp_bot.{name}": value for name, value in labels.items()},
            start_time=end_ns - round(seconds * _S),
        )
        if ended.is_failed:
            span.set_status(StatusCode.ERROR)
        span.end(end_ns)


def _root(trace: int) -> int:
    """Return the id of an update's own span: anybody can tell it from the trace."""
    return (trace >> 64) or 1


def _above(trace: int) -> int:
    """Return the id of the span of the update that is worked for; 0 if it is none, or has none."""
    return _root(trace) if traced_key().partition(":")[0] in UPDATES else 0


def _context(trace: int, span: int) -> SpanContext:
    """Return the context below which a span is made; without a span it is the first."""
    if not span:
        return SpanContext(0, INVALID_SPAN_ID, is_remote=False)
    flags = TraceFlags(TraceFlags.SAMPLED)
    return SpanContext(trace, span, is_remote=False, trace_flags=flags)
