"""A bot that sells and a person who pays, both with unmodified Telethon."""

from __future__ import annotations

from typing import Any

from telethon import events
from telethon.tl import functions, types

from sapp_bot.sandbox.client.person import SimulatedUser


class Seller:
    """A bot's side: sends invoices, answers what is asked, and keeps what it sees.

    Attributes:
        words: What is answered to each payer: None lets them pay, "" says nothing at all.

    """

    def __init__(self, bot: Any, person: int) -> None:
        self.bot = bot
        self.words: str | None = None
        self.queries: list[Any] = []
        self.services: list[Any] = []
        self._person = person
        bot.add_event_handler(self._asked, events.Raw(types.UpdateBotPrecheckoutQuery))
        bot.add_event_handler(self._heard, events.Raw(types.UpdateNewMessage))

    async def _asked(self, update: Any) -> None:
        self.queries.append(update)
        if self.words != "":
            await self.decide(update.query_id)

    async def decide(self, query_id: int) -> None:
        """Answer one query by `words`."""
        request = functions.messages.SetBotPrecheckoutResultsRequest(
            query_id, success=self.words is None, error=self.words
        )
        await self.bot(request)

    async def _heard(self, update: Any) -> None:
        if isinstance(update.message, types.MessageService):
            self.services.append(update.message)

    async def sends(self, **changed: Any) -> Any:
        """Send an invoice of 5 Stars, or one that Telegram does not take."""
        media = invoice_media(**changed)
        peer = types.InputPeerUser(self._person, 0)
        return await self.bot(
            functions.messages.SendMediaRequest(
                peer, media, "", random_id=len(self.queries) + 1, reply_markup=changed.get("keys")
            )
        )


def invoice_media(**changed: Any) -> Any:
    """Make the input of an invoice."""
    invoice = types.Invoice(
        changed.get("currency", "XTR"),
        [types.LabeledPrice("Tea", n) for n in changed.get("prices", [5])],
        max_tip_amount=changed.get("tip"),
        suggested_tip_amounts=[changed["tip"]] if "tip" in changed else None,
    )
    return types.InputMediaInvoice(
        changed.get("title", "Tea"),
        changed.get("description", "A cup"),
        invoice,
        changed.get("payload", b"v1"),
        types.DataJSON("null"),
        provider=changed.get("provider"),
        start_param=changed.get("start", "x"),
    )


async def pays(ann: SimulatedUser, invoice: Any) -> Any:
    """Open the form of an invoice, and pay it."""
    form = await ann.client(functions.payments.GetPaymentFormRequest(invoice))
    return await ann.client(functions.payments.SendStarsFormRequest(form.form_id, invoice))
