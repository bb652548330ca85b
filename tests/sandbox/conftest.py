"""Fixtures for the tests of the stand-ins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.sapp_api import SappApi
from sapp_bot.sandbox.telegram.connect import make_client
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account
from tests.sandbox.caller import Caller


@pytest.fixture
async def call(sapp_api: SappApi) -> AsyncIterator[Caller]:
    """Give a caller of the SAPP API's stand-in."""
    async with aiohttp.ClientSession() as session:
        yield Caller(sapp_api, session)


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    """Give a server; it must not have crashed inside by the end of the test."""
    async with TelegramServer() as server:
        yield server
        assert not server.crashes


@pytest.fixture
def bot_account(telegram: TelegramServer) -> Account:
    """Give a bot that nobody runs yet."""
    return telegram.add_bot("sapp_bot")


@pytest.fixture
async def bot(telegram: TelegramServer, bot_account: Account) -> AsyncIterator[Any]:
    """Give a bot's client, signed in."""
    client = make_client(telegram, telegram.ready_key(bot_account))
    await client.connect()
    yield client
    await client.disconnect()


@pytest.fixture
async def ann(telegram: TelegramServer, bot_account: Account) -> AsyncIterator[SimulatedUser]:
    """Give a person in a chat with the bot."""
    account = telegram.add_person("Ann", "ru")
    async with await SimulatedUser.join(telegram, account, bot_account) as person:
        yield person


@pytest.fixture
def impatient(telegram: TelegramServer) -> None:
    """Let the server send again at once what is not acknowledged."""
    telegram.world.sessions.resend_after_s = 0.05
