"""Clients of other layers: each is sent what its own layer has, and too old ones are told."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from telethon import Button
from telethon.tl import functions, types

from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.telegram.mtproto.layers import NEWEST, OLDEST, LayerReader, in_layer
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account
from tests.sandbox.wire import wire

# Numbers from https://core.telegram.org/schema?layer=N, by layer; what stands there is in force
# until the next.
NUMBERS: dict[str, dict[int, int]] = {
    "message": {
        220: 0xB92F76CF,
        221: 0x9CB490E9,
        223: 0x3AE56482,
        225: 0x95EF6F2B,
        226: 0x7600B9D3,
    },
    "user": {220: 0x31774388, 228: 0xB1B8CC83},
    "markup": {220: 0x48A30254, 229: 0xB2B15770},
    "callback": {220: 0x35BBDB6B, 222: 0xE62BC960, 229: 0x11C1A322},
}


def number(name: str, layer: int) -> bytes:
    """Give the first bytes of a constructor, as of a layer."""
    history = NUMBERS[name]
    return struct.pack("<I", history[max(since for since in history if since <= layer)])


@pytest.mark.parametrize("layer", [*range(OLDEST, NEWEST + 1), NEWEST + 1])
async def test_each_layer_is_sent_its_own_forms(
    telegram: TelegramServer, bot: Any, bot_account: Account, layer: int
) -> None:
    """A message with a button reaches a client of each layer in that layer's constructors."""
    account = telegram.add_person("Old")
    peer = telegram.world.accounts.access_hash(account, bot_account)
    async with wire(telegram, account) as line:
        await line.until(answers=line.begin(layer))
        start = functions.messages.StartBotRequest(
            types.InputUser(bot_account.id, peer),
            types.InputPeerUser(bot_account.id, peer),
            "now",
            random_id=5,
        )
        await line.ask(start)
        await bot.send_message(account.id, "hi", buttons=[Button.inline("Press", b"x")])
        came = await line.until(types.Updates)

    message = came.value.updates[0].message
    assert message.message == "hi"
    assert message.reply_markup.rows[0].buttons[0].type.data == b"x"
    assert all(number(name, layer) in came.body for name in NUMBERS)


async def test_two_layers_beside_each_other(
    telegram: TelegramServer, bot: Any, bot_account: Account, ann: SimulatedUser
) -> None:
    """A press from an older client reaches the bot, while another has the newest layer."""
    old = telegram.add_person("Old")
    peer = telegram.world.accounts.access_hash(old, bot_account)
    user = types.InputPeerUser(bot_account.id, peer)
    async with wire(telegram, old) as line:
        line.begin(227)
        await line.ask(functions.messages.SendMessageRequest(user, "hello", random_id=7))
        sent = await bot.send_message(old.id, "choose", buttons=[Button.inline("A", b"a")])
        await line.until(types.Updates)
        await ann.say("I am of today")

    assert telegram.texts(old, bot_account) == ["hello", "choose"]
    assert sent.id
    assert telegram.texts(ann.account, bot_account) == ["I am of today"]


@pytest.mark.parametrize("layer", [1, 181, OLDEST - 1])
async def test_client_that_is_too_old_is_told(
    telegram: TelegramServer, caplog: pytest.LogCaptureFixture, layer: int
) -> None:
    """A client below the least layer is refused by name, even if nothing else can be read."""
    async with wire(telegram, telegram.add_person("Older")) as line:
        head = bytes(functions.InvokeWithLayerRequest(layer, functions.help.GetConfigRequest()))
        refused = await line.until(answers=line.send(head[:8] + b"\x01\x02\x03\x04"))

    assert refused.value.error_message == "CONNECTION_LAYER_INVALID"
    assert f"layer={layer}" in caplog.text


async def test_client_has_to_name_itself_first(telegram: TelegramServer) -> None:
    """A call before initConnection is refused, and taken after it."""
    async with wire(telegram, telegram.add_person("Shy")) as line:
        refused = await line.ask(functions.help.GetConfigRequest())
        answer = await line.until(answers=line.begin())
        taken = await line.ask(functions.help.GetConfigRequest())

    assert refused.error_message == "CONNECTION_NOT_INITED"
    assert isinstance(answer.value, types.Config)
    assert isinstance(taken, types.Config)


OLDER_CALL = bytes.fromhex(
    "5ad15c54"  # messages.sendMessage of layers 220 to 225
    "00000000"  # flags
    "c97ea07d"  # inputPeerSelf
    "02686900"  # "hi"
    "0700000000000000"
)


def test_older_call_is_read_as_the_newest() -> None:
    """A call whose constructor changed since is the same call."""
    read = LayerReader(OLDER_CALL).tgread_object()

    assert isinstance(read, functions.messages.SendMessageRequest)
    assert (read.message, read.random_id, read.schedule_date) == ("hi", 7, None)


def test_what_a_layer_lacks_is_left_out() -> None:
    """An entity that an older layer has no name for goes, the others stay."""
    date = types.MessageEntityFormattedDate(0, 1, date=None)
    entities = [types.MessageEntityBold(0, 1), date]

    assert in_layer(entities, 222) == [types.MessageEntityBold(0, 1)]
    assert in_layer(entities, 223) == entities
    assert in_layer(entities, NEWEST) is entities


async def test_layer_is_remembered_by_its_key(telegram: TelegramServer) -> None:
    """A new session of a key that named its layer need not name it again."""
    account = telegram.add_person("Back")
    async with wire(telegram, account) as line:
        await line.until(answers=line.begin(227))
    async with wire(telegram, account) as again:
        users = functions.users.GetUsersRequest([types.InputUserSelf()])
        body = (await again.until(answers=again.send(users))).body

    assert number("user", 227) in body
