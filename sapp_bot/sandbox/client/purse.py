"""A person's Telegram Stars and files, as their app handles them: pays, counts, downloads."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from telethon.errors import RPCError
from telethon.tl import functions, types

from .seen import SeenChat, SeenFile

WORDS_S = 5.0
"""Time limit for the bot's words about a refused payment, in real seconds."""


class Purse:
    """What a person can pay with.

    Attributes:
        refusal: The newest pop-up of Telegram's own: why the bot refused a payment.

    """

    def __init__(self, client: Any, transcript: SeenChat) -> None:
        self._client = client
        self._transcript = transcript
        self.refusal = ""
        self._told = asyncio.Event()

    def hear(self, notice: str) -> None:
        """Note a pop-up of Telegram's own."""
        self.refusal = notice
        self._told.set()

    async def pay(self, peer: Any, message_id: int | None = None) -> str:
        """Pay an invoice in Telegram Stars, the newest one if `message_id` is None.

        Returns:
            "" when it is paid; else why not: the bot's words, or Telegram's name for it.

        Raises:
            LookupError: there is no such invoice.

        """
        bills = [m.message_id for m in self._transcript.messages.values() if m.invoice is not None]
        if not bills or (message_id is not None and message_id not in bills):
            raise LookupError("there is no such invoice to pay")
        invoice = types.InputInvoiceMessage(peer, message_id or max(bills))
        self.refusal = ""
        self._told.clear()
        try:
            form = await self._client(functions.payments.GetPaymentFormRequest(invoice))
            await self._client(functions.payments.SendStarsFormRequest(form.form_id, invoice))
        except RPCError as error:
            if error.message == "BOT_PRECHECKOUT_FAILED":
                # The words come as an update, which Telethon hands on a little later.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._told.wait(), WORDS_S)
            return self.refusal or str(error.message)
        return ""

    async def stars(self) -> int:
        """Return the Telegram Stars that the person has."""
        request = functions.payments.GetStarsStatusRequest(types.InputPeerSelf())
        return int((await self._client(request)).balance.amount)

    async def download(self, file: SeenFile) -> bytes:
        """Return the bytes of a file of the chat."""
        return bytes(await self._client.download_media(file.document, bytes))
