"""Which messages a bot's account heeds."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr
from telethon.tl import types

from sapp_bot.telegram.account import BotAccount

BOT, ANN, OTHER_BOT = 7, 1, 9


@pytest.mark.parametrize(
    ("about", "heeded"),
    [
        ({}, True),
        ({"out": True}, False),
        ({"via_bot_id": OTHER_BOT}, True),
        ({"via_bot_id": BOT}, False),
    ],
)
def test_what_the_bot_made_itself_is_not_for_it(about: dict[str, Any], heeded: bool) -> None:  # noqa: FBT001  # a parameter of the test
    """Neither its messages, nor its inline results that somebody sends in its chat."""
    account = BotAccount(SecretStr(f"{BOT}:secret"))
    account.is_(BOT)
    message = types.Message(3, types.PeerUser(ANN), None, "hello", **about)

    assert account.heeds(message) is heeded
