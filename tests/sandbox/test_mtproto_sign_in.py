"""Signing in to the local Telegram, over every transport, and keys that last."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import Any

import pytest
from telethon.crypto import AES
from telethon.errors import (
    AccessTokenInvalidError,
    PhoneCodeInvalidError,
    PhoneNumberInvalidError,
    PhoneNumberUnoccupiedError,
)
from telethon.errors.common import AuthKeyNotFound
from telethon.network import (
    ConnectionTcpAbridged,
    ConnectionTcpFull,
    ConnectionTcpIntermediate,
    ConnectionTcpObfuscated,
)
from telethon.network.connection import tcpintermediate
from telethon.network.connection.connection import ObfuscatedConnection
from telethon.network.connection.tcpobfuscated import ObfuscatedIO
from telethon.sessions import MemorySession

from sapp_bot.sandbox.telegram.connect import NotLoopback, make_client
from sapp_bot.sandbox.telegram.mtproto.keyring import BadCipher, ServerKey, machine_key
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account


class PaddedObfuscated(ObfuscatedConnection):  # type: ignore[misc]  # Telethon has no types
    """The padded way inside the obfuscated one, as proxies use it."""

    obfuscated_io = ObfuscatedIO
    packet_codec = tcpintermediate.RandomizedIntermediatePacketCodec


class IntermediateObfuscated(ObfuscatedConnection):  # type: ignore[misc]  # Telethon has no types
    """The intermediate way inside the obfuscated one."""

    obfuscated_io = ObfuscatedIO
    packet_codec = tcpintermediate.IntermediatePacketCodec


TRANSPORTS = [
    ConnectionTcpFull,
    ConnectionTcpAbridged,
    ConnectionTcpIntermediate,
    ConnectionTcpObfuscated,
    IntermediateObfuscated,
    PaddedObfuscated,
]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_bot_signs_in_over_every_transport(
    telegram: TelegramServer, bot_account: Account, transport: Any
) -> None:
    """A handshake and a token make a signed-in bot, however its packets are told apart."""
    client = make_client(telegram, connection=transport)
    await client.start(bot_token=bot_account.token)

    me = await client.get_me()
    await client.disconnect()

    assert (me.id, me.bot, me.username) == (bot_account.id, True, "sapp_bot")


async def test_person_signs_in_by_phone(telegram: TelegramServer) -> None:
    """A phone number and the one code sign a person in; a wrong code does not."""
    ann = telegram.add_person("Ann", phone="+44 7700 900123")
    client = make_client(telegram)
    await client.connect()
    await client.send_code_request("+447700900123")
    with pytest.raises(PhoneCodeInvalidError):
        await client.sign_in("+447700900123", "11111")

    me = await client.sign_in("+447700900123", telegram.login_code)
    await client.disconnect()

    assert (me.id, me.phone) == (ann.id, "447700900123")


async def test_who_is_not_known_is_refused(telegram: TelegramServer) -> None:
    """Unknown tokens, numbers that are none and numbers without an account are refused."""
    client = make_client(telegram)
    await client.connect()
    with pytest.raises(AccessTokenInvalidError):
        await client.sign_in(bot_token="123:abc")
    with pytest.raises(PhoneNumberInvalidError):
        await client.send_code_request("12")
    await client.send_code_request("+447700900999")
    with pytest.raises(PhoneNumberUnoccupiedError):
        await client.sign_in("+447700900999", telegram.login_code)

    assert await client.get_me() is None
    await client.disconnect()


async def test_ready_key_outlives_the_server() -> None:
    """The same seed gives the same accounts, tokens and keys, so sessions survive a restart."""
    seed = b"tests"
    async with TelegramServer(seed=seed) as first:
        ann = first.add_person("Ann")
        token = first.add_bot("sapp_bot").token
        key = first.ready_key(ann)
    async with TelegramServer(seed=seed) as second:
        again = second.add_person("Ann")
        second.ready_key(again)
        client = make_client(second, key)
        await client.connect()
        me = await client.get_me()
        await client.disconnect()

        assert me.id == ann.id
        assert second.add_bot("sapp_bot").token == token


async def test_unknown_key_is_told_so(telegram: TelegramServer) -> None:
    """A key the server never saw is answered with -404, not with silence."""
    client = make_client(telegram, secrets.token_bytes(256))

    with pytest.raises(AuthKeyNotFound):
        await client.connect()
    with pytest.raises(AuthKeyNotFound):
        await client.disconnected


async def test_log_out_makes_the_key_nobodys(
    telegram: TelegramServer, bot_account: Account
) -> None:
    """After logging out the same key is not signed in any more."""
    key = telegram.ready_key(bot_account)
    client = make_client(telegram, key)
    await client.connect()
    await client.log_out()

    again = make_client(telegram, key)
    await again.connect()
    assert await again.get_me() is None
    await again.disconnect()


async def test_salt_that_ran_out_is_replaced(ann: Any, telegram: TelegramServer) -> None:
    """A call under an old salt is refused and made again under the new one."""
    await ann.say("one")
    telegram.change_salts()
    await ann.say("two")

    assert telegram.count("messages.sendMessage") == 2


async def test_client_without_address_dials_nobody(telegram: TelegramServer) -> None:
    """A session that lost its address must not lead to Telegram itself."""
    client = make_client(telegram, session=MemorySession())
    client.session.set_dc(2, "149.154.167.51", 443)

    with pytest.raises(NotLoopback):
        await client.connect()


def test_other_hosts_are_refused() -> None:
    """The server is for this machine only."""
    with pytest.raises(ValueError, match="loopback"):
        TelegramServer(host="0.0.0.0")  # noqa: S104  # refused is what is tested


def test_both_paddings_are_read() -> None:
    """RSA_PAD, which newer clients send, is opened like the older padding; garbage is not."""
    key = machine_key()
    data = b"inner data!!"

    assert key.decrypt(_encrypt(key, _rsa_pad(data)))[: len(data)] == data
    old = (
        hashlib.sha1(data, usedforsecurity=False).digest()
        + data
        + secrets.token_bytes(235 - len(data))
    )
    assert key.decrypt(_encrypt(key, b"\0" + old)) == data
    with pytest.raises(BadCipher):
        key.decrypt(_encrypt(key, b"\0" + secrets.token_bytes(255)))


def _rsa_pad(data: bytes) -> bytes:
    """Pad as https://core.telegram.org/mtproto/auth_key, 4.1, says."""
    data += secrets.token_bytes(192 - len(data))
    key = b"\0" + secrets.token_bytes(31)
    inner = data[::-1] + hashlib.sha256(key + data).digest()
    sealed = AES.encrypt_ige(inner, key, bytes(32))
    mask = hashlib.sha256(sealed).digest()
    # The real thing tries again while the number is too big; a first byte of 0 cannot be.
    mixed = bytes(a ^ b for a, b in zip(key, mask, strict=True)) + sealed
    return mixed if mixed[0] < 0x80 else _rsa_pad(data[: len(data)])


def _encrypt(key: ServerKey, block: bytes) -> bytes:
    public = key._numbers.public_numbers
    return pow(int.from_bytes(block, "big"), public.e, public.n).to_bytes(256, "big")


def test_key_file_is_private_and_kept(tmp_path: Path) -> None:
    """The machine's key is made once, and its file is ours alone."""
    first = machine_key(tmp_path)
    (file,) = tmp_path.iterdir()

    assert file.stat().st_mode & 0o777 == 0o600
    assert machine_key(tmp_path).fingerprint == first.fingerprint
    assert "PRIVATE" not in repr(first)


def test_key_file_others_can_read_is_not_used(tmp_path: Path) -> None:
    """A key that others could have read or written is thrown away."""
    first = machine_key(tmp_path)
    (file,) = tmp_path.iterdir()
    file.chmod(0o644)

    assert machine_key(tmp_path).fingerprint != first.fingerprint
