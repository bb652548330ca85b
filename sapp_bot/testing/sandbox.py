"""The stage over MTProto: a local Telegram server between the bot and the persons' apps.

    async with SandboxStage(folder) as stage:    # everything else as with `Stage`

A test runs unchanged on both. Here each text passes through Telethon twice, encrypted, which proves
that Telegram's own types can carry what a plugin shows; it takes about ten times longer.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from sapp_bot.domain.answers import InlineResult, SwitchToBot
from sapp_bot.domain.ports import TelegramPort
from sapp_bot.domain.replies import Callback, Copy, Rows, Url
from sapp_bot.domain.stars import Stars
from sapp_bot.domain.text import Rich
from sapp_bot.domain.updates import Arrival, ChatKind, Person
from sapp_bot.sandbox.client import seen
from sapp_bot.sandbox.client.inline_menu import InlineMenu
from sapp_bot.sandbox.client.parts import parts_of
from sapp_bot.sandbox.client.person import SimulatedUser as App
from sapp_bot.sandbox.sapp_api.database import utc_now
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account
from sapp_bot.telegram.edge import EdgeConfig, TelegramEdge

from .actor import Actor, PayResult, Said
from .chatroom import PopUp, Shown, ShownFile, ShownInvoice, ShownPicture
from .stage import Stage

ARRIVES_S = 10.0
"""Time limit for a message to reach the bot, in real seconds."""

QUIET_S = 0.05
"""Real seconds without traffic at the local Telegram after which the bot counts as finished."""

RICH = 100_000
"""Stars that a person is given before each payment: what is tested is the bot."""

_POLL_S = 0.01


class SandboxStage(Stage):
    """A `Stage` whose persons have Telegram apps; `telegram` is the local server.

    Takes the arguments of `Stage`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.telegram = TelegramServer()
        self.account = self.telegram.add_bot(self._settings.bot_name)
        self._arrived = 0
        self._stirred = asyncio.Event()

    def person(self, name: str = "Ann", *, language: str = "en", id: int = 0) -> Actor:  # noqa: A002  # the field's word
        """Return a new person with an app.

        Raises:
            ValueError: an `id` is given: the local Telegram assigns ids.

        """
        if id:
            raise ValueError("over MTProto a person's id is Telegram's to give")
        return SandboxActor(self, self.telegram.add_person(name, language))

    def operator(self, name: str = "Boss", *, language: str = "en") -> Actor:
        """Return a new person who is an operator; call it before the stage is entered."""
        account = self.telegram.add_person(name, language)
        admins = self._settings.admins | {account.id}
        self._settings = replace(self._settings, admins=admins)
        return SandboxActor(self, account)

    async def heard(self, count: int) -> None:
        """Wait until the bot has received `count` updates since its start and answered them.

        Raises:
            TimeoutError: they did not arrive within `ARRIVES_S`.

        """
        async with asyncio.timeout(ARRIVES_S):
            while self._arrived < count:
                self._stirred.clear()
                await self._stirred.wait()
        await self._settled()

    def app_of(self, actor: Actor) -> App:
        """Return the app of a person who has done something."""
        assert isinstance(actor, SandboxActor)  # noqa: S101  # a test kit
        assert actor.app is not None, "the app is opened by the first thing done"  # noqa: S101  # as above
        return actor.app

    @property
    def arrived(self) -> int:
        """Number of updates that the bot has received since its start."""
        return self._arrived

    async def charge_back(self, charge_id: str) -> None:
        """Return a payment from outside, and wait until the bot has heard of it."""
        heard = self._arrived
        self.telegram.charge_back(self.account, charge_id)
        await self.heard(heard + 1)

    async def keep_open(self, app: App) -> None:
        """Register an app to be closed at the end of the test."""
        self._stack.push_async_callback(app.leave)

    def _begins(self) -> datetime:
        return utc_now()  # the local Telegram's messages have the real time

    async def _connect(self) -> tuple[TelegramPort, Stars]:
        await self._stack.enter_async_context(self.telegram)
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="sapp-"))
        edge = TelegramEdge(
            EdgeConfig(
                api_id=1,
                api_hash=SecretStr("0" * 32),
                bot_token=SecretStr(self.account.token),
                folder=Path(folder),
                server=f"{self.telegram.host}:{self.telegram.port}",
                server_key=self.telegram.public_key_pem,
            )
        )
        me = await edge.connect()
        self._stack.push_async_callback(edge.stop)
        self._settings = replace(self._settings, account=me.id, bot_name=me.username)
        edge.listen(self._receive, pending=lambda: self.bot.is_pending)
        self._edge = edge
        return edge, edge.stars

    async def _start(self) -> None:
        await super()._start()
        running = asyncio.create_task(self._edge.run())
        self._stack.push_async_callback(asyncio.wait, [running])
        self._stack.push_async_callback(self._edge.stop)

    def _receive(self, update: Arrival) -> None:
        self._arrived += 1
        self._stirred.set()
        self.bot.receive(update)

    async def _settled(self) -> None:
        await super()._settled()
        async with asyncio.timeout(ARRIVES_S):
            while self.telegram.quiet_s < QUIET_S:  # noqa: ASYNC110  # no event says "nothing"
                await asyncio.sleep(_POLL_S)


class SandboxActor(Actor):
    """A person with an app, which is opened when the person first does something."""

    def __init__(self, stage: SandboxStage, account: Account) -> None:
        person = Person(account.id, account.first_name, account.language)
        super().__init__(person, stage.room, stage.stars, stage.clock, stage.take)
        self._stage = stage
        self._account = account
        self.app: App | None = None
        self._since = 0

    async def says(self, text: str, **about: Any) -> Said:
        """Write a message, which the app splits if it is too long; see `Actor.says`.

        Raises:
            ValueError: a field is given that an app cannot choose.

        """
        if about:
            raise ValueError(f"an app cannot choose {sorted(about)}")
        app, heard = await self._opened(), self._stage.arrived
        message_id = await app.say(text)
        await self._stage.heard(heard + len(parts_of(text)))
        return Said(message_id, text)

    async def edits(self, said: Said, text: str) -> None:
        """Edit a message that was written before, and wait until the bot has answered."""
        app, heard = await self._opened(), self._stage.arrived
        await app.edit(text, said.id)
        await self._stage.heard(heard + 1)

    async def asks(self, text: str, *, chat: ChatKind = "sender") -> list[InlineResult]:
        """Make an inline query in the chat with the bot; see `Actor.asks`.

        Raises:
            ValueError: another chat is given.

        """
        if chat != "sender":
            raise ValueError("an app asks in its own chat with the bot")
        app, heard = await self._opened(), self._stage.arrived
        found = await InlineMenu(app).ask(text)
        await self._stage.heard(heard + 1)
        switch = found.switch_pm
        self.switched = SwitchToBot(switch.text, switch.start_param) if switch else None
        return [
            InlineResult(r.id, r.title, r.description or "", Rich(r.send_message.message))
            for r in found.results
        ]

    async def pays(self, invoice: Shown | None = None) -> PayResult:
        """Pay an invoice, with Stars that the person is given for it; see `Actor.pays`.

        Raises:
            AssertionError: there is no invoice.

        """
        app, stage = await self._opened(), self._stage
        bill = (invoice or self._newest_invoice()).id
        stage.telegram.give_stars(self._account, RICH)
        before = len(stage.telegram.world.stars.rows(stage.account.id))
        heard = stage.arrived
        refusal = await app.pay(bill)
        await stage.heard(heard + 1 if refusal else heard + 2)
        rows = stage.telegram.world.stars.rows(stage.account.id)[before:]
        return PayResult(rows[0].charge_id if rows and not refusal else "", refusal)

    async def reads(self, shown: Shown) -> ShownFile:
        """Download the file of a message."""
        app = await self._opened()
        file = app.messages[shown.id].file
        assert file is not None, "this message has no file"  # noqa: S101  # a test kit
        return ShownFile(file.name, await app.purse.download(file))

    async def presses_data(self, data: bytes, *, message_id: int) -> str:
        """Press a button with any data, as a forger could; see `Actor.presses_data`."""
        app, heard = await self._opened(), self._stage.arrived
        text = await app.press_key(message_id, seen.ShownKey("", "callback", data)) or ""
        await self._stage.heard(heard + 1)
        self.last_popup = PopUp(text, alert=False)
        return text

    @property
    def news(self) -> list[Shown]:
        """New and edited messages since the person last did something."""
        events = self.app.events[self._since :] if self.app else []
        return [
            Shown(
                event.message_id,
                Rich(event.text),
                _rows(event.rows),
                picture=_picture(event.media),
                invoice=_invoice(event.invoice) if isinstance(event, seen.Saw) else None,
            )
            for event in events
            if isinstance(event, seen.Saw | seen.SawEdit)
        ]

    @property
    def chat(self) -> list[Shown]:
        """All messages of the chat as it is now, oldest first."""
        messages = self.app.messages if self.app else {}
        return [
            Shown(
                number,
                Rich(shown.text),
                _rows(shown.rows),
                by_bot=not shown.own,
                picture=_picture(shown.media),
                invoice=_invoice(shown.invoice),
            )
            for number, shown in sorted(messages.items())
        ]

    async def _opened(self) -> App:
        if self.app is None:
            stage = self._stage
            self.app = await App.join(stage.telegram, self._account, stage.account)
            await stage.keep_open(self.app)
        self._since = len(self.app.events)
        self.last_popup = PopUp("", alert=False)
        return self.app


def _picture(media: str) -> ShownPicture | None:
    """Return the picture that the app describes as "photo 60x40", None for another media kind."""
    kind, _, size = media.partition(" ")
    if kind != "photo" or not size:
        return None
    width, height = size.split("x")
    return ShownPicture((int(width), int(height)))


def _invoice(invoice: seen.SeenInvoice | None) -> ShownInvoice | None:
    """Return an invoice as the app shows it: without its payload, which no app is given."""
    if invoice is None:
        return None
    return ShownInvoice(invoice.title, invoice.description, invoice.stars)


def _rows(rows: seen.Rows) -> Rows:
    return tuple(tuple(_key(key) for key in row) for row in rows)


def _key(key: seen.ShownKey) -> Callback | Copy | Url:
    if isinstance(key.value, bytes):
        return Callback(key.label, key.value)
    return Copy(key.label, key.value) if key.kind == "copy" else Url(key.label, key.value)
