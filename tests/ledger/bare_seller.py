"""A bare bot that sells: Telethon and aiohttp, and the calls that must be made, without a ledger.

It looks at the client, sets its reads, looks again, and says so. Nothing is kept: a payment that
comes twice counts twice, one that comes while it is away is lost, one undone stays so. What a
ledger costs is measured beside it.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import aiohttp
from telethon import TelegramClient, events
from telethon.tl import functions, types

from tests.benchmarks.floor import open_session

READS, STARS = 1000, 50


class BareSeller:
    """Sells one pack to one client."""

    def __init__(self, client: Any, api: aiohttp.ClientSession, row: str) -> None:
        self._client = client
        self._api = api
        self._row = row

    async def bill(self, event: Any) -> None:
        """Answer any message with an invoice."""
        price = types.LabeledPrice("reads", STARS)
        media = types.InputMediaInvoice(
            title="reads",
            description="For client",
            invoice=types.Invoice("XTR", [price]),
            payload=b"bare",
            provider_data=types.DataJSON("null"),
            start_param="invoice",
        )
        await self._client.send_message(event.chat_id, "", file=media)

    async def update(self, update: Any) -> None:
        """Let every payment through, and deliver it."""
        if isinstance(update, types.UpdateBotPrecheckoutQuery):
            yes = functions.messages.SetBotPrecheckoutResultsRequest(update.query_id, success=True)
            await self._client(yes)
        elif isinstance(update, types.UpdateNewMessage) and isinstance(
            getattr(update.message, "action", None), types.MessageActionPaymentSentMe
        ):
            left = await self._deliver()
            await self._client.send_message(update.message.peer_id, f"Done: {left} left")

    async def _deliver(self) -> int:
        found = await self._reads("GET")
        await self._reads("PUT", {"reads_available": found["reads_available"] + READS})
        seen = await self._reads("GET")
        return int(seen["reads_available"]) - int(seen["reads_used"])

    async def _reads(self, method: str, body: object = None) -> Any:
        async with self._api.request(method, self._row, json=body) as answer:
            return await answer.json()


async def main() -> None:
    """Run until SIGTERM."""
    env = os.environ
    async with aiohttp.ClientSession(env["SAPP_API_URL"]) as api:
        login = {"email": env["SAPP_ADMIN_EMAIL"], "password": env["SAPP_ADMIN_PASSWORD"]}
        async with api.post("/api/v1/auth/login", json=login) as answer:
            token = (await answer.json())["token"]
        api.headers["Authorization"] = f"Bearer {token}"
        client = TelegramClient(open_session(), 1, "x", catch_up=True)
        seller = BareSeller(client, api, f"/api/v1/clients/{env['BARE_CLIENT']}")
        client.add_event_handler(seller.bill, events.NewMessage(incoming=True))
        client.add_event_handler(seller.update, events.Raw())
        await client.start(bot_token=env["TELEGRAM_BOT_TOKEN"])
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await stop.wait()
        await client.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
