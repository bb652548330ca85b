"""Serves /livez, /readyz and /metrics over HTTP, to machines that watch the bot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from sapp_bot.errors import ConfigError

from .health import Health

SHUTDOWN_S = 1.0
"""Longest wait, in seconds, for an answer that is being sent when the bot ends."""

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

Exposition = Callable[[str], Awaitable[tuple[bytes, str]]]
"""Returns the metrics and their content type, for an Accept header."""


@asynccontextmanager
async def serve_endpoints(
    host: str, port: int, health: Health, exposition: Exposition
) -> AsyncIterator[int]:
    """Serve until the block ends; yields the port, which the system chooses for 0.

    Raises:
        ConfigError: nothing can listen there.

    """
    endpoints = _Endpoints(health, exposition)
    application = web.Application(client_max_size=0)
    application.router.add_get("/livez", endpoints.livez)
    application.router.add_get("/readyz", endpoints.readyz)
    application.router.add_get("/metrics", endpoints.metrics)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ConfigError(
                f"SAPP_MONITORING: cannot listen at {host}:{port}: {reason}"
            ) from None
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


class _Endpoints:
    def __init__(self, health: Health, exposition: Exposition) -> None:
        self._health = health
        self._exposition = exposition

    async def livez(self, _: web.Request) -> web.Response:
        """Say whether the process is to be left alone: it and its event loop move."""
        is_alive = self._health.is_alive
        body = {"alive": is_alive}
        return web.json_response(body, status=200 if is_alive else 503, headers=_HEADERS)

    async def readyz(self, _: web.Request) -> web.Response:
        """Say whether people are answered, and else what is missing."""
        body = self._health.readiness()
        return web.json_response(body, status=200 if body["ready"] else 503, headers=_HEADERS)

    async def metrics(self, request: web.Request) -> web.Response:
        """Give the metrics."""
        body, content_type = await self._exposition(request.headers.get("Accept", ""))
        headers = {**_HEADERS, "Content-Type": content_type}
        return web.Response(body=body, headers=headers)
