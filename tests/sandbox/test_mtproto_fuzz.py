"""Garbage: whatever is sent, the server lives on and answers others."""

from __future__ import annotations

import asyncio
import random
import struct
import time
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telethon.tl import functions, types
from telethon.tl.core import GzipPacked

from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.telegram.mtproto import containers
from sapp_bot.sandbox.telegram.mtproto.envelope import (
    BadEnvelope,
    DecryptedMessage,
    key_id,
    seal,
    unseal,
)
from sapp_bot.sandbox.telegram.mtproto.framing import (
    Abridged,
    BadFrame,
    Codec,
    FramedStream,
    Full,
    Intermediate,
    Padded,
)
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account
from tests.sandbox.letters import malformed_letter
from tests.sandbox.wire import wire

CONNECTIONS = 1_500


def noise(dice: random.Random, key: bytes, salt: int) -> bytes:
    """Make something to send: random, or valid up to some layer."""
    body = dice.randbytes(dice.choice((0, 4, 40, 400)))
    plain = struct.pack("<qqi", 0, 1, len(body)) + body
    request = bytes(functions.ReqPqMultiRequest(1))
    msg_id = int(time.time()) << 32
    packed = bytes(GzipPacked(body))
    container = struct.pack("<Ii", 0x73F1F8DC, dice.randrange(-5, 2000)) + body
    sealed = [
        seal(
            key,
            DecryptedMessage(salt, 7, msg_id + dice.randrange(0, 4000, 4), 1, content),
            "client",
        )
        for content in (body, packed, container)
    ]
    payload = dice.choice(
        [body, plain, struct.pack("<qqi", 0, 1, 20) + request, key_id(key) + body, *sealed]
    )
    framed = struct.pack("<ii", len(payload) + 12, 0) + payload
    full = framed + struct.pack("<I", crc32(framed))
    return dice.choice(
        [
            full,
            full,
            b"\xef" + payload,
            b"\xee" * 4 + struct.pack("<i", len(payload)) + payload,
            b"\xdd" * 4 + struct.pack("<i", dice.randrange(-(2**31), 2**31)) + payload,
            dice.randbytes(dice.randrange(200)),
            full[: dice.randrange(len(full))],
        ]
    )


async def test_garbage_does_not_end_the_server(
    telegram: TelegramServer, bot_account: Account, ann: SimulatedUser
) -> None:
    """1,500 malformed connections, sealed garbage among them, leave the others undisturbed."""
    dice = random.Random(1)  # noqa: S311  # repeatable garbage is what is wanted
    key = telegram.ready_key(bot_account)
    found = telegram.world.sessions.find_key(key_id(key))
    assert found

    async def disturb() -> None:
        reader, writer = await asyncio.open_connection(telegram.host, telegram.port)
        writer.write(noise(dice, key, found.salts.current(time.time())))
        if dice.random() < 0.5:
            writer.write_eof()
            await reader.read(64)
        writer.close()

    for _ in range(CONNECTIONS // 50):
        await asyncio.gather(*(disturb() for _ in range(50)), return_exceptions=True)
    await ann.say("still here")

    assert telegram.network.accepted >= CONNECTIONS
    assert telegram.texts(bot_account, ann.account) == ["still here"]


@given(st.binary(max_size=300), st.lists(st.integers(1, 60), max_size=20))
def test_wire_takes_any_bytes_in_any_pieces(data: bytes, sizes: list[int]) -> None:
    """Random bytes give payloads or a BadFrame, never anything else."""
    wire = FramedStream()
    try:
        for size in [*sizes, len(data) + 1]:
            wire.feed(data[:size])
            data = data[size:]
    except BadFrame:
        pass


@given(st.lists(st.binary(min_size=4, max_size=600), max_size=5), st.integers(1, 50))
def test_packets_survive_being_cut(payloads: list[bytes], size: int) -> None:
    """Each way of packing gives back its payloads, however the bytes arrive."""
    payloads = [payload[: len(payload) // 4 * 4] for payload in payloads]
    ways: list[tuple[bytes, Codec]] = [
        (b"", Full()),
        (b"\xef", Abridged()),
        (b"\xee" * 4, Intermediate()),
        (b"\xdd" * 4, Padded()),
    ]
    for head, codec in ways:
        stream = head + b"".join(codec.pack(payload) for payload in payloads)
        wire = FramedStream()
        got = [p for at in range(0, len(stream), size) for p in wire.feed(stream[at : at + size])]
        if isinstance(codec, Padded):
            got = [packet[: len(packet) // 4 * 4] for packet in got]

        assert got == payloads


@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 255))
@settings(deadline=None)
def test_changed_envelope_is_refused(body: bytes, place: int, mask: int) -> None:
    """An envelope opens to what was sealed, and one changed bit makes it no envelope at all."""
    key = bytes(range(256))
    letter = DecryptedMessage(1, 2, 4, 1, body[: len(body) // 4 * 4])
    sealed = bytearray(seal(key, letter, "client"))
    assert unseal(key, bytes(sealed)) == letter
    if mask and 8 <= place < len(sealed):
        sealed[place] ^= mask
        try:
            unseal(key, bytes(sealed))
        except BadEnvelope:
            return
        raise AssertionError("a changed envelope was opened")


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_object_is_read_or_refused(data: bytes) -> None:
    """Random TL gives an object or Unreadable, inside containers and gzip too."""
    for head in (b"", bytes(types.MsgsAck([1]))[:4], b"\xdc\xf8\xf1\x73", b"\xa1\xcf\x72\x30"):
        try:
            for item in containers.items(0, 0, head + data):
                containers.read(item.body)
        except containers.UnreadableContainer:
            pass


def test_gzip_bomb_is_refused() -> None:
    """What unpacks to more than the cap is not unpacked."""
    bomb = bytes(GzipPacked(bytes(containers.MAX_UNPACKED_BYTES + 1)))
    (item,) = containers.items(0, 0, bomb)
    assert item.body == bomb
    with pytest.raises(containers.UnreadableContainer):
        containers.read(item.body)


async def test_malformed_letters_hurt_nobody(
    telegram: TelegramServer, bot_account: Account, ann: SimulatedUser
) -> None:
    """Calls with something wrong, from who is signed in, are refused; `tests.fuzz` sends 20,000."""
    dice = random.Random(3)  # noqa: S311  # repeatable garbage is what is wanted
    async with wire(telegram, telegram.add_person("Loud")) as line:
        line.begin()
        for _ in range(300):
            line.send(malformed_letter(dice))
        await line.drained()
        await ann.say("still here")
        assert await line.ends() in {True, False}

    assert telegram.texts(bot_account, ann.account) == ["still here"]
    assert telegram.crashes == []
