"""One call on the wire: its answer as HTTP, and the faults that spoil it."""

from __future__ import annotations

import asyncio
from html import escape

from aiohttp import web

from sapp_bot.sandbox.faults import Delay, Drop, Fail, Fault, Hang, Hold, When

from .context import ApiAnswer
from .fault_bodies import JSON, Body, Canned, Cut, Drip
from .gojson import encode
from .routes import Redirect


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
    return web.Response(body=body, status=answer.status, headers=headers)


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
