"""What becomes of an update as a trace: which spans there are, below which, and what they hold."""

from __future__ import annotations

import pytest

from sapp_bot.settings.tracing import has_opentelemetry

if not has_opentelemetry():
    pytest.skip(
        "OpenTelemetry is not installed: pip install -r requirements-dev.txt",
        allow_module_level=True,
    )

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from structlog.testing import capture_logs

from sapp_bot.observability.metrics import NO_METRICS
from sapp_bot.observability.trace import begin_trace, recorded, trace_id, traceparent
from sapp_bot.testing import RecordingMetrics, Stage
from sapp_bot.tracing.export import TellingExporter, open_tracing
from sapp_bot.tracing.spans import MOST_OPEN, ChosenIds, Spans
from tests.canaries import NAME, TELEGRAM_ID, found
from tests.collector import Collector
from tests.redis_server import free_port
from tests.service.store_kit import NOON, HandClock
from tests.test_canaries import DAY, do, telling_stage


@pytest.fixture(autouse=True)
def _nothing_is_sent_on() -> Iterator[None]:
    """End the exporter's thread: it draws from `random`, which Hypothesis takes for its own test's.

    One whose collector is gone goes on trying after the bot has left it.
    """
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("Otel"):
            thread.join(30)


class Recorded:
    """Traces that stay in the process."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        ids = ChosenIds()
        provider = TracerProvider(id_generator=ids, shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.metrics = RecordingMetrics()
        self.spans = Spans(self.metrics, provider, ids, HandClock())

    @property
    def ended(self) -> list[ReadableSpan]:
        """All spans so far, in the order in which they ended."""
        return [*self._exporter.get_finished_spans()]


@pytest.fixture
def traces() -> Iterator[Recorded]:
    """Record traces."""
    traces = Recorded()
    with recorded(traces.spans.new_call):
        yield traces


def outline(spans: list[ReadableSpan]) -> list[tuple[str, str]]:
    """Return each span's name, and that of the one above it."""
    names = {span.context.span_id: span.name for span in spans}
    return [(s.name, names[s.parent.span_id] if s.parent else "") for s in spans]


async def test_calls_lie_in_their_handlers_and_those_in_the_update(traces: Recorded) -> None:
    """Each handler of an update has the calls that it made; the ids are those of log and API."""
    begin_trace("m:7:1")
    traces.spans.observe("queue_seconds", 0.25, kind="Message")
    sent = []
    for plugin in ("auth", "clients"):
        sent.append(traceparent())
        traces.spans.observe("api_seconds", 0.5, method="GET", route="/x", status="2xx")
        traces.spans.observe("handler_seconds", 1.0, plugin=plugin, outcome="done")
    traces.spans.observe("update_seconds", 3.0, kind="Message")

    assert outline(traces.ended) == [
        ("queue", "update Message"),
        ("GET /x", "handler auth"),
        ("handler auth", "update Message"),
        ("GET /x", "handler clients"),
        ("handler clients", "update Message"),
        ("update Message", ""),
    ]
    assert {f"{span.context.trace_id:032x}" for span in traces.ended} == {trace_id()}
    calls = [span for span in traces.ended if span.kind is SpanKind.CLIENT]
    own = [f"00-{trace_id()}-{span.context.span_id:016x}-01" for span in calls]
    assert sent == own
    *_, update = traces.ended
    assert update.end_time == NOON.timestamp() * 1e9
    assert (update.start_time, update.attributes) == (
        update.end_time - 3e9,
        {"sapp_bot.kind": "Message"},
    )
    assert traces.metrics.observed("update_seconds", kind="Message") == [3.0]


async def test_what_failed_says_so(traces: Recorded) -> None:
    """A handler that raised, and a call without an answer."""
    begin_trace("m:7:1")
    for status in ("4xx", "5xx", "none"):
        traces.spans.observe("api_seconds", 0.5, method="GET", route="/x", status=status)
    traces.spans.observe("handler_seconds", 1.0, plugin="auth", outcome="failed")

    states = [span.status.status_code for span in traces.ended]
    assert states == [StatusCode.UNSET, *[StatusCode.ERROR] * 3]


async def test_what_belongs_to_no_update_hangs_below_nothing(traces: Recorded) -> None:
    """A timer's calls are the first of their trace; outside of any trace nothing is recorded."""
    traces.spans.observe("api_seconds", 0.5, method="GET", route="/x", status="2xx")
    begin_trace("every:watch:1")
    traces.spans.observe("api_seconds", 0.5, method="GET", route="/x", status="2xx")
    traces.spans.observe("store_batch_seconds", 0.5)

    assert outline(traces.ended) == [("GET /x", "")]


async def test_updates_that_never_end_do_not_fill_the_memory(traces: Recorded) -> None:
    """Their handlers are forgotten, the oldest first."""
    for number in range(MOST_OPEN + 10):
        begin_trace(f"m:7:{number}")
        traces.spans.observe("api_seconds", 0.5, method="GET", route="/x", status="2xx")

    assert len(traces.spans._handlers) == MOST_OPEN


async def test_a_command_is_one_trace(traces: Recorded) -> None:
    """As the bot measures it: an update, in it its handler, in that the call of the API."""
    async with Stage(metrics=traces.spans) as stage:
        stage.api.database.add_user("ann@example.com", "correct horse")
        ann = stage.person("Ann")
        await ann.says("/login ann@example.com")
        before = len(traces.ended)
        await ann.says("correct horse")
        spans = traces.ended[before:]

    assert outline(spans)[-1] == ("update Message", "")
    assert ("handler auth", "update Message") in outline(spans)
    assert ("POST /auth/login", "handler auth") in outline(spans)
    assert len({span.context.trace_id for span in spans}) == 1


async def test_a_whole_day_shows_no_secret_and_nobody(traces: Recorded) -> None:
    """No password, token, key, e-mail, name or Telegram id is in any span."""
    plain, database = telling_stage()
    database.tokens.append("no.token.yet-but-one-to-search-for")
    stage = Stage(metrics=traces.spans)
    stage.api = plain.api
    async with stage:
        ann = stage.person(NAME, id=TELEGRAM_ID)
        for step in DAY:
            await do(ann, step)
    text = "\n".join(span.to_json() for span in traces.ended)

    assert len({span.context.trace_id for span in traces.ended}) > len(DAY) // 2
    hidden = [*database.secrets(), "ann@example.com", NAME, str(TELEGRAM_ID)]
    assert found(hidden, text) == []


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    """Give a collector."""
    async with Collector() as found:
        yield found


def opened(endpoint: str, **headers: str) -> AbstractAsyncContextManager[Spans]:
    """Send traces somewhere, and do not wait long for the last ones."""
    about = {"service.name": "sapp_bot", "sapp_bot.role": "worker"}
    return open_tracing(
        endpoint, headers, inner=NO_METRICS, clock=HandClock(), about=about, leave_s=20
    )


async def test_the_collector_gets_the_last_spans_too(collector: Collector) -> None:
    """At the end of the process nothing that was recorded is left, and each says whose it is."""
    async with opened(f"{collector.url}/", authorization="Bearer secret") as spans:
        begin_trace("m:7:1")
        spans.observe("handler_seconds", 1.0, plugin="auth", outcome="done")
        spans.observe("update_seconds", 1.0, kind="Message")
        assert traceparent().endswith("-01")
    assert traceparent().endswith("-00")

    assert collector.names() == ["handler auth", "update Message"]
    assert collector.resources()[0]["sapp_bot.role"] == "worker"
    assert collector.headers[0]["authorization"] == "Bearer secret"


async def test_a_collector_that_refuses_is_told_of_once(collector: Collector) -> None:
    """Its spans are lost, nothing else is; the log has no line of the library's, nor its header."""
    collector.status = 400
    with capture_logs() as log:
        async with opened(collector.url, authorization="Bearer secret") as spans:
            begin_trace("m:7:1")
            spans.observe("update_seconds", 1.0, kind="Message")

    assert [entry["event"] for entry in log] == ["traces.open", "traces.away"]
    assert "secret" not in str(log)


async def test_the_end_does_not_wait_for_a_collector_that_is_gone() -> None:
    """What it did not take in time is lost."""
    about = {"service.name": "sapp_bot"}
    with capture_logs() as log:
        async with open_tracing(
            f"http://127.0.0.1:{free_port()}",
            {},
            inner=NO_METRICS,
            clock=HandClock(),
            about=about,
            leave_s=0.05,
        ) as spans:
            begin_trace("m:7:1")
            spans.observe("update_seconds", 1.0, kind="Message")

    assert [entry["event"] for entry in log] == ["traces.open", "traces.unsent"]


def test_a_collector_that_comes_back_is_told_of() -> None:
    """Once each, however many batches are lost or sent."""
    inner = InMemorySpanExporter()
    telling = TellingExporter(inner)
    with capture_logs() as log:
        telling.export([])
        inner.shutdown()  # takes nothing any more
        telling.export([])
        telling.export([])
        inner._stopped = False
        telling.export([])

    assert [entry["event"] for entry in log] == ["traces.away", "traces.back"]
