"""One call on the wire: its answer as HTTP, and the faults that spoil it."""

from __future__ import annotations

import asyncio
from html import escape

from aiohttp import web

from sapp_bot.sandbox.faults import Delay, Drop, Fail, Fault, Hang, Hold, When

from .context import ApiAnswer
from .fault_bodies import JSON, Body, Canned, Cut, Drip
from .gojson import encode
from .refusals import ApiError, BindingError
from .routes import Redirect

PLAIN = "text/plain; charset=utf-8"
_CHUNK_BYTES = 2048
"""Go's server sends what is longer in chunks. Source: net/http, bufferBeforeChunkingSize."""


class ConnectionDropped(Exception):
    """The connection is cut; there is nobody left to answer to."""


class HttpConnection:
    """A request and whoever sent it; `gone` is set when they hang up."""

    def __init__(self, request: web.Request) -> None:
        self.request = request
        self.gone = asyncio.Event()

    async def receive(self) -> None:
        """Take the whole request in: whatever holds it up now, a caller that hangs up is too late.

        Raises:
            ConnectionDropped: they hung up before.
        """
        try:
            await self.request.read()
        except OSError as error:
            raise ConnectionDropped from error

    async def is_probe(self) -> bool:
        """Return whether the body holds a NUL, however it is written.

        Raises:
            ConnectionDropped: they hung up before it was there.
        """
        await self.receive()
        body = await self.request.read()
        return b"\\u0000" in body or b"\0" in body

    async def strike(self, faults: list[Fault], when: When) -> web.StreamResponse | None:
        """Carry out the faults of one side of the work.

        Returns:
            The answer that stands in for the work's own, if any.

        Raises:
            ConnectionDropped: the connection is cut.
        """
        for fault in faults:
            response = await self._strike(fault, when)
            if response is not None:
                return response
        return None

    async def _strike(self, fault: Fault, when: When) -> web.StreamResponse | None:
        do = fault.do
        if isinstance(do, Delay) and when == "before":
            await asyncio.sleep(do.seconds)
        elif isinstance(do, Fail) and when == "before":
            return _fail(do)
        elif isinstance(do, Hold) and do.when == when:
            await fault.hold()
        elif isinstance(do, Hang) and do.when == when:
            await self.gone.wait()
            raise ConnectionDropped
        elif isinstance(do, Drop) and do.when == when:
            self._cut()
        elif isinstance(do, Canned) and do.when == when:
            return await self._canned(do)
        return None

    async def _canned(self, do: Canned) -> web.StreamResponse:
        if isinstance(do, Body):
            headers = {"Content-Type": do.content_type, **do.headers}
            return web.Response(body=do.body, status=do.status, headers=headers)
        response = web.StreamResponse(status=do.status, headers={"Content-Type": JSON})
        response.content_length = len(do.body)
        await response.prepare(self.request)
        if isinstance(do, Cut):
            await response.write(do.body[: do.sent])
            self._cut()
        if isinstance(do, Drip):
            await self._drip(response, do)
        return response

    async def _drip(self, response: web.StreamResponse, do: Drip) -> None:
        for start in range(0, len(do.body), do.size):
            if start:
                try:
                    await asyncio.wait_for(self.gone.wait(), do.every_s)
                except TimeoutError:
                    pass
                else:
                    raise ConnectionDropped
            await response.write(do.body[start : start + do.size])

    def _cut(self) -> None:
        """Close without another byte.

        Raises:
            ConnectionDropped: always.
        """
        if self.request.transport is not None:
            self.request.transport.close()
        raise ConnectionDropped


def answer_json(answer: ApiAnswer) -> web.Response:
    """Write an answer as gin does; a value JSON cannot carry leaves the body empty."""
    try:
        body = encode(answer.value)
    except ValueError:
        body = b""
    headers = {"Content-Type": JSON, **answer.headers}
    response = web.Response(body=body, status=answer.status, headers=headers)
    if len(body) > _CHUNK_BYTES:
        response.enable_chunked_encoding()
    return response


def refuse(error: ApiError) -> web.Response:
    """Write the API's 400; what could not be bound is the same JSON as text/plain."""
    headers = {"Content-Type": PLAIN} if isinstance(error, BindingError) else {}
    return answer_json(ApiAnswer({"error": str(error)}, 400, headers))


def not_found() -> web.Response:
    """Write gin's 404."""
    return web.Response(
        status=404, body=b"404 page not found", headers={"Content-Type": "text/plain"}
    )


def is_preflight(request: web.Request) -> bool:
    """Return whether a browser asks, for another site, what it may send."""
    return request.method == "OPTIONS" and _is_foreign(request)


def preflight() -> web.Response:
    """Allow everything. Source: github.com/gin-contrib/cors, Default."""
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS",
        "Access-Control-Allow-Headers": "Origin,Content-Length,Content-Type",
        "Access-Control-Max-Age": "43200",
    }
    return web.Response(status=204, headers=headers)


def allow_foreign(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Allow every other site read an answer."""
    if _is_foreign(request):
        response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _is_foreign(request: web.Request) -> bool:
    origin = request.headers.get("Origin", "")
    return origin not in {"", f"http://{request.host}", f"https://{request.host}"}


def redirect(request: web.Request, to: Redirect) -> web.Response:
    """Point to the path with, or without, its last slash; only a GET gets a page with it."""
    query = request.query_string
    location = f"{to.path}?{query}" if query else to.path
    headers = {"Location": location}
    if request.method != "GET":
        return web.Response(status=to.status, headers=headers)
    page = f'<a href="{escape(location)}">Moved Permanently</a>.\n\n'
    return web.Response(status=to.status, headers=headers, text=page, content_type="text/html")


def _fail(do: Fail) -> web.Response:
    """ApiAnswer with a status: gin's bare 500 has no body, with a text it is the API's error."""
    if not do.text:
        return web.Response(status=do.code)
    return answer_json(ApiAnswer({"error": do.text}, do.code))
