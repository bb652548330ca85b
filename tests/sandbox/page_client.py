"""A page without a browser: speaks the bridge's WebSocket as the page's script does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import aiohttp

WAIT_S = 45.0
ANNA = {"person": "anna", "group": ""}


class PageClient:
    """One connected page: `events` are all that came, answers to requests too."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []
        self._n = 0

    @classmethod
    async def connect(cls, session: aiohttp.ClientSession, address: str) -> PageClient:
        """Connect as the page at this address does."""
        origin = f"http://{urlsplit(address).netloc}"
        return cls(await session.ws_connect(f"{address}socket", origin=origin))

    async def until(self, fits: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Return the first event, from now or before, that fits."""
        for event in self.events:
            if fits(event):
                return event
        async with asyncio.timeout(WAIT_S):
            while True:
                event = await self.socket.receive_json()
                self.events.append(event)
                if fits(event):
                    return dict(event)

    async def ask(self, do: str, chat: dict[str, str] | None = ANNA, **facts: Any) -> Any:
        """Make a request, and return its answer."""
        self._n += 1
        number = self._n
        place = {} if chat is None else {"chat": chat}
        await self.socket.send_json({"do": do, "n": number, **place, **facts})
        return await self.until(lambda event: event.get("n") == number)

    async def message(self, text: str, chat: dict[str, str] | None = None) -> dict[str, Any]:
        """Return the first message with this text in it."""
        event = await self.until(
            lambda event: (
                event["type"] == "message"
                and text in event["message"]["text"]
                and event["chat"] == (chat or ANNA)
            )
        )
        return dict(event["message"])
