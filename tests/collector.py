"""A collector of traces on loopback: it reads what it is sent with the library's own types."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    """An HTTP server that takes traces.

    Attributes:
        url: Its address, for OTEL_EXPORTER_OTLP_ENDPOINT.
        requests: What came.
        headers: The header fields of each request.
        status: What it answers with; other than 200 it takes nothing.

    """

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Any] = []
        self.headers: list[Mapping[str, str]] = []
        self.status = 200
        self._came = asyncio.Event()
        app = web.Application()
        app.router.add_post("/v1/traces", self._take)
        self._runner = web.AppRunner(app)

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = site.name
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up."""
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        if self.status == web.HTTPOk.status_code:
            self.requests.append(ExportTraceServiceRequest.FromString(await request.read()))
            self.headers.append(request.headers)
        self._came.set()
        return web.Response(status=self.status)

    def resources(self) -> list[dict[str, str]]:
        """Return what each process says of itself, in the order in which they came."""
        return [
            {field.key: field.value.string_value for field in found.resource.attributes}
            for request in self.requests
            for found in request.resource_spans
        ]

    def spans(self) -> list[Any]:
        """Return all spans that came, as messages of the protocol."""
        return [
            span
            for request in self.requests
            for found in request.resource_spans
            for scope in found.scope_spans
            for span in scope.spans
        ]

    def names(self) -> list[str]:
        """Return the names of all spans that came."""
        return [span.name for span in self.spans()]

    async def has(self, name: str) -> Any:
        """Wait for a span of this name, and return it."""
        while name not in self.names():
            self._came.clear()
            await self._came.wait()
        return next(span for span in self.spans() if span.name == name)
