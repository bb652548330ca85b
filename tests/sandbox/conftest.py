"""Fixtures for the tests of the stand-ins."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from sapp_bot.sandbox.sapp_api import SappApi
from tests.sandbox.caller import Caller


@pytest.fixture
async def call(sapp_api: SappApi) -> AsyncIterator[Caller]:
    """Give a caller of the SAPP API's stand-in."""
    async with aiohttp.ClientSession() as session:
        yield Caller(sapp_api, session)
