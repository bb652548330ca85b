"""The page's server: a few files, a WebSocket, and the chats' pictures and files. On loopback."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import WSMsgType, web

from .bridge import PageBridge
from .gate import HOST, Gate
from .hub import EventQueue, Hub
from .requests import LONGEST_MESSAGE, BadRequest, ChatKey
from .window import RefusedToPage

PAGE = Path(__file__).with_name("page")
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_HEARTBEAT_S = 20.0
LONGEST_FILE = 20 * 1024 * 1024
"""Bytes of a file that a person sends from the page."""

_LONGEST_NAME = 120
_PHOTOS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}


class PageSite:
    """Serves the page: `async with PageSite(hub) as site: site.address`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._gate = Gate()
        self._open: set[web.WebSocketResponse] = set()
        app = web.Application(client_max_size=LONGEST_FILE)
        app.router.add_get("/{token}/", self._page)
        app.router.add_get("/{token}/socket", self._socket)
        app.router.add_get("/{token}/media", self._media)
        app.router.add_post("/{token}/upload", self._upload)
        app.router.add_get("/{token}/{name}", self._page)
        # No access log: each path has the token in it.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)

    @property
    def address(self) -> str:
        """Address of the page, with its token."""
        return self._gate.address

    async def __aenter__(self) -> Self:
        """Start listening."""
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0).start()
        self._gate.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all pages, and stop."""
        for socket in list(self._open):
            await socket.close()
        await self._runner.cleanup()

    async def _page(self, request: web.Request) -> web.StreamResponse:
        self._gate.check(request)
        file = PAGE / request.match_info.get("name", "page.html")
        if file.parent != PAGE or file.suffix not in TYPES or not file.is_file():
            raise web.HTTPNotFound(text="nothing is here", headers=self._gate.headers())
        return web.Response(
            body=file.read_bytes(),
            content_type=TYPES[file.suffix],
            charset="utf-8",
            headers=self._gate.headers(),
        )

    async def _media(self, request: web.Request) -> web.StreamResponse:
        """Send a photo for showing, or a file for saving."""
        self._gate.check(request)
        try:
            query = request.query
            key = ChatKey(person=query.get("person", ""), group=query.get("group", ""))
            found = await (await self._hub.window(key)).read_media(int(query.get("id", "")))
        except (ValueError, BadRequest, RefusedToPage):
            found = None
        if found is None:
            raise web.HTTPNotFound(text="nothing is here", headers=self._gate.headers())
        name, content = found
        headers = dict(self._gate.headers())
        kinds = (kind for start, kind in _PHOTOS.items() if content.startswith(start))
        kind = "application/octet-stream" if name else next(kinds, "application/octet-stream")
        if name:  # the page names the file; nothing of the chat becomes a header
            headers["Content-Disposition"] = "attachment"
        return web.Response(body=content, content_type=kind, headers=headers)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        """Send a file of the person's own into a chat; the answer to a refusal says why."""
        self._gate.check(request, needs_origin=True)
        query = request.query
        try:
            key = ChatKey(person=query.get("person", ""), group=query.get("group", ""))
            window = await self._hub.window(key)
            name = Path(query.get("name", "")).name[-_LONGEST_NAME:] or "file"
            content = await request.read()
            if not content:
                raise RefusedToPage("this file is empty")  # noqa: TRY301  # said like the others
            await window.send_file(name, content, more=int(query.get("more", "0")))
        except (ValueError, RefusedToPage) as error:
            words = str(error) if isinstance(error, RefusedToPage) else "this is no chat"
            return web.Response(status=400, text=words, headers=self._gate.headers())
        return web.Response(status=204, headers=self._gate.headers())

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        """Connect a page: its requests come in, events and answers go out."""
        self._gate.check(request, needs_origin=True)
        socket = web.WebSocketResponse(max_msg_size=LONGEST_MESSAGE, heartbeat=_HEARTBEAT_S)
        await socket.prepare(request)
        self._open.add(socket)
        with self._hub.page() as queue:
            bridge = PageBridge(self._hub, queue.put)
            sending = asyncio.create_task(_send(socket, queue))
            try:
                async for message in socket:
                    if message.type is WSMsgType.TEXT:
                        bridge.take(message.data)
                    else:
                        queue.put({"type": "refused", "n": None, "text": "only text is understood"})
            finally:
                self._open.discard(socket)
                sending.cancel()
                await bridge.close()
                await asyncio.gather(sending, return_exceptions=True)
        return socket


async def _send(socket: web.WebSocketResponse, queue: EventQueue) -> None:
    with suppress(ConnectionError):
        while not queue.is_over:
            await socket.send_json(await queue.get())
        await socket.close(code=1013, message=b"too slow; come again")
