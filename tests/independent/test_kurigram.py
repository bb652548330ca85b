"""A client that shares no code with Telethon joins the sandbox: over every transport it knows.

It needs packages of its own, so that none of them is among the bot's: `python -m tests.independent`
installs them beside the project and runs this.

Elsewhere it is skipped. The bot is the real one, run by `python -m sapp_bot sandbox --serve`.
"""

from __future__ import annotations

import asyncio
import io
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.sandbox.served import Served, serving

pytest.importorskip("pyrogram", reason="Kurigram is not installed; run python -m tests.independent")
from tests.independent.kurigram import make_client, pyrogram, transports

TRANSPORTS = [
    "TCPFull",
    "TCPAbridged",
    "TCPAbridgedO",
    "TCPIntermediate",
    "TCPIntermediateO",
    "TCPIntermediatePadded",
]
ANSWER_S = 10.0
FILE = bytes(range(256)) * 100
"""Small, as Kurigram encrypts in pure Python here."""


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Serve the real bot; it must end well."""
    with serving() as served:
        yield served
        assert served.end(signal.SIGTERM) == (0, b"")


class Phone:
    """A signed-in app, and what came to it: new and edited messages, in order."""

    def __init__(self, client: Any, bot: str) -> None:
        self.client = client
        self.bot = bot
        self._came: asyncio.Queue[Any] = asyncio.Queue()
        client.add_handler(pyrogram.handlers.MessageHandler(self._hear))
        client.add_handler(pyrogram.handlers.EditedMessageHandler(self._hear))

    async def _hear(self, _: Any, message: Any) -> None:
        if not message.outgoing:
            await self._came.put(message)

    async def say(self, text: str, wanted: str) -> Any:
        """Send a text to the bot; gives the first new or edited message with `wanted` in it."""
        await self.client.send_message(self.bot, text)
        return await self.sees(wanted)

    async def sees(self, wanted: str) -> Any:
        """Wait for a message of the bot."""
        async with asyncio.timeout(ANSWER_S):
            while wanted not in ((message := await self._came.get()).text or ""):
                pass
        return message


@asynccontextmanager
async def phone(told: dict[str, Any], transport: str, **sign_in: str) -> AsyncIterator[Phone]:
    """Sign in, until the end of the block."""
    client = make_client(told, getattr(transports, transport), **sign_in)
    phone = Phone(client, told["bot"]["username"])
    async with client:
        yield phone


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_first_steps_over_every_transport(served: Served, transport: str) -> None:
    """Sign in with a number of one's own, talk to the bot, press its buttons."""
    number = f"+4477009001{TRANSPORTS.index(transport):02}"
    async with phone(served.invitation, transport, phone_number=number) as app:
        card = await app.say("/start", "SAPP")
        labels = [key.text for row in card.reply_markup.inline_keyboard for key in row]
        await card.click("Register")
        await app.sees("e-mail")
        await app.say("/cancel", "Cancelled")
        me = await app.client.get_me()

    assert me.phone_number == number.removeprefix("+")
    assert "Register" in labels


async def test_password_opens_an_account(served: Served) -> None:
    """The operator's account asks for a password, and only the right one opens it."""
    told = served.invitation
    person = next(p for p in told["people"] if p["name"] == "operator")
    transport = "TCPAbridged"
    client = make_client(told, getattr(transports, transport), phone_number=person["phone"])
    await client.connect()
    sent = await client.send_phone_number_code(person["phone"])
    with pytest.raises(pyrogram.errors.SessionPasswordNeeded):
        await client.sign_in(person["phone"], sent.phone_code_hash, told["telegram"]["login_code"])
    with pytest.raises(pyrogram.errors.PasswordHashInvalid):
        await client.check_password("not it")
    me = await client.check_password(person["password"])
    await client.disconnect()

    assert me.id == person["id"]


async def test_devices_of_one_account_see_each_other(served: Served) -> None:
    """What one device puts into Saved Messages reaches the other, files and what follows them."""
    told, number = served.invitation, "+447700900199"
    seen: asyncio.Queue[Any] = asyncio.Queue()

    async def note(_: Any, message: Any) -> None:
        await seen.put(message)

    async with (
        asyncio.timeout(ANSWER_S),
        phone(told, "TCPAbridged", phone_number=number) as first,
        phone(told, "TCPIntermediateO", phone_number=number) as second,
    ):
        second.client.add_handler(pyrogram.handlers.MessageHandler(note), group=1)
        file = io.BytesIO(FILE)
        file.name = "numbers.bin"
        await first.client.send_document("me", file)
        # Files travel on connections of their own, under the same key.
        got = await second.client.download_media(await seen.get(), in_memory=True)
        await first.client.send_message("me", "to myself")
        text = (await seen.get()).text

    assert bytes(got.getbuffer()) == FILE
    assert text == "to myself"
