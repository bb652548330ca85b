"""The real bot with a collector of traces: what it gets, and what a dead one costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.settings.tracing import has_opentelemetry

if not has_opentelemetry():
    pytest.skip(
        "OpenTelemetry is not installed: pip install -r requirements-dev.txt",
        allow_module_level=True,
    )

from tests.collector import Collector
from tests.end_to_end.test_trace import logged
from tests.end_to_end.world import World

PASSWORD = "correct horse battery"


async def test_log_api_and_collector_tell_of_the_same_trace(
    tmp_path: Path, redis_anywhere: str
) -> None:
    """The id of the login's line, the span of the call that the API got, and the handler's."""
    async with Collector() as collector:
        world = World(tmp_path, redis_anywhere, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
        async with world:
            ann = await world.person("Ann")
            world.api.database.add_user("ann@example.com", PASSWORD)
            await ann.say("/login ann@example.com")
            await ann.say(PASSWORD)
            await world.until(lambda: len(logged(world, "update.handled")) == 2)
            call = await collector.has("POST /auth/login")
            await world.calm()
        (received,) = [c.traceparent for c in world.api.calls if c.name == "POST /auth/login"]
        _, login = logged(world, "update.handled")

    spans = {span.span_id: span for span in collector.spans() if span.trace_id == call.trace_id}
    assert received == f"00-{login['trace_id']}-{call.span_id.hex()}-01"
    handler = spans[call.parent_span_id]
    assert handler.name == "handler auth"
    assert spans[handler.parent_span_id].name == "update Message"
    assert collector.resources()[0]["sapp_bot.role"] == "all"
    everything = "".join(str(request) for request in collector.requests)
    assert PASSWORD not in everything
    assert "ann@example.com" not in everything
