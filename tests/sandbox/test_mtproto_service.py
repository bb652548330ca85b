"""Service messages: salts, states, repetitions, pings, numbers; and what a connection may take."""

from __future__ import annotations

import asyncio
import time
import zlib
from typing import Any

import pytest
from telethon.tl import functions, types
from telethon.tl.core import GzipPacked

from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.faults import Hold
from sapp_bot.sandbox.telegram.mtproto.salts import Salts
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account
from tests.sandbox.wire import Wire, wire

CONFIG = functions.help.GetConfigRequest()
CONTAINER = bytes.fromhex("dcf8f173 00000000")


async def begun(line: Wire) -> None:
    """Let a client name itself, and acknowledge nothing."""
    await line.until(answers=line.begin())


def state_of(came: Any) -> int:
    """Give the state of the one message that was asked for."""
    return ord(came.value.info)  # Telethon reads bytes as text here


async def test_as_many_salts_as_asked_for(telegram: TelegramServer) -> None:
    """1 to 64 salts come, one every half hour, and the first is the one in use."""
    async with wire(telegram, telegram.add_person("A")) as line:
        line.send(functions.GetFutureSaltsRequest(1000))
        salts = (await line.until(types.FutureSalts)).value.salts

    assert len({salt.salt for salt in salts}) == 64
    assert salts[0].salt == line.salt
    assert (salts[1].valid_since - salts[0].valid_since).total_seconds() == 1800
    assert (salts[0].valid_until - salts[0].valid_since).total_seconds() == 3600


def test_salts_overlap_by_half_an_hour() -> None:
    """A salt is taken for an hour from its beginning, and never after a change."""
    salts = Salts.make()
    first = salts.current(0)

    assert salts.accepts(first, 3599)
    assert not salts.accepts(first, 3600)
    assert salts.future(2, 0)[1].salt == salts.current(1800)
    salts.change()
    assert not salts.accepts(first, 0)


async def test_states_tell_what_became_of_a_message(telegram: TelegramServer) -> None:
    """Known, unknown and future ids are told apart, and whether a call was answered."""
    async with wire(telegram, telegram.add_person("A")) as line:
        await begun(line)
        skipped, answered = line.next_id(), line.send(CONFIG)
        await line.until(answers=answered)
        held = telegram.faults.add("help.getConfig", Hold())
        working = line.send(CONFIG)
        await held.held.wait()
        states = []
        for number in (skipped, answered, working, line.next_id() + (20 << 32)):
            line.send(types.MsgsStateReq([number]), content=False)
            states.append(state_of(await line.until(types.MsgsStateInfo)))
        held.release()

    assert [state & 7 for state in states] == [2, 4, 4, 3]
    assert [bool(state & 64) for state in states] == [False, True, False, False]
    assert states[2] & 32


async def test_answer_is_sent_again_until_it_is_acknowledged(telegram: TelegramServer) -> None:
    """A repeated call and a request to resend bring the same answer, under the same id."""
    async with wire(telegram, telegram.add_person("A")) as line:
        await begun(line)
        asked = line.send(CONFIG)
        first = await line.until(answers=asked)
        line.send(CONFIG, msg_id=asked)
        again = await line.until(answers=asked)
        line.send(types.MsgResendReq([first.msg_id]), content=False)
        third = await line.until(answers=asked)
        line.send(types.MsgsAck([first.msg_id]), content=False)
        line.send(types.MsgResendReq([first.msg_id]), content=False)
        told = await line.until(types.MsgsStateInfo)
        line.send(CONFIG, msg_id=asked)
        known = await line.until(types.MsgsAck)

    assert first == again == third
    assert len(told.value.info) == 1
    assert known.value.msg_ids == [asked]
    assert telegram.count("help.getConfig") == 2


async def test_pushes_come_again_in_the_continued_session(
    telegram: TelegramServer, bot: Any, bot_account: Account
) -> None:
    """What was pushed into a dead connection arrives when its session goes on."""
    account = telegram.add_person("A")
    peer = telegram.world.accounts.access_hash(account, bot_account)
    async with wire(telegram, account) as line:
        await begun(line)
        to = types.InputPeerUser(bot_account.id, peer)
        await line.ask(functions.messages.SendMessageRequest(to, "hi", random_id=1))
        line.close()
        while any(c.account_id == account.id for c in telegram.network.connections):
            await asyncio.sleep(0)
        await bot.send_message(account.id, "while you were away")
        await line.connect()
        line.send(functions.PingRequest(1))
        came = await line.until(types.Updates)

    assert came.value.updates[0].message.message == "while you were away"


async def test_unacknowledged_pushes_come_again(
    telegram: TelegramServer, bot: Any, bot_account: Account
) -> None:
    """Over the same connection too, after a while; not once they are acknowledged."""
    telegram.world.sessions.resend_after_s = 0.05
    account = telegram.add_person("A")
    peer = telegram.world.accounts.access_hash(account, bot_account)
    async with wire(telegram, account) as line:
        await begun(line)
        to = types.InputPeerUser(bot_account.id, peer)
        await line.ask(functions.messages.SendMessageRequest(to, "hi", random_id=1))
        await bot.send_message(account.id, "once")
        first = await line.until(types.Updates)
        second = await line.until(types.Updates)

    assert first == second


async def test_answer_nobody_wants_is_dropped(telegram: TelegramServer) -> None:
    """rpc_drop_answer: a running call ends, an answer is forgotten, an unknown one is unknown."""
    async with wire(telegram, telegram.add_person("A")) as line:
        await begun(line)
        held = telegram.faults.add("help.getConfig", Hold())
        running = line.send(CONFIG)
        await held.held.wait()
        ended = await line.ask(functions.RpcDropAnswerRequest(running))
        answered = line.send(CONFIG)
        await line.until(answers=answered)
        dropped = await line.ask(functions.RpcDropAnswerRequest(answered))
        unknown = await line.ask(functions.RpcDropAnswerRequest(answered))

    assert isinstance(ended, types.RpcAnswerDroppedRunning)
    assert isinstance(dropped, types.RpcAnswerDropped)
    assert isinstance(unknown, types.RpcAnswerUnknown)


@pytest.mark.parametrize(
    ("content", "numbers", "code"),
    [(CONFIG, (9, 7), 32), (CONFIG, (9, 8), 35), (CONTAINER, (9, 11), 34)],
)
async def test_wrong_numbers_are_told(
    telegram: TelegramServer, content: Any, numbers: tuple[int, int], code: int
) -> None:
    """Numbers that fall, even ones of calls, and odd ones of containers are refused."""
    async with wire(telegram, telegram.add_person("A")) as line:
        line.send(CONFIG, seq_no=numbers[0])
        wrong = line.send(content, seq_no=numbers[1])
        notice = (await line.until(types.BadMsgNotification)).value

    assert (notice.bad_msg_id, notice.error_code) == (wrong, code)


async def test_number_too_high_for_its_id_is_told(telegram: TelegramServer) -> None:
    """An older id with a higher number than a newer one's is refused."""
    async with wire(telegram, telegram.add_person("A")) as line:
        older = line.next_id()
        line.send(CONFIG, seq_no=3)
        line.send(CONFIG, msg_id=older, seq_no=5)
        notice = (await line.until(types.BadMsgNotification)).value

    assert (notice.bad_msg_id, notice.error_code) == (older, 33)


async def test_ping_ends_a_connection_that_stays_silent(telegram: TelegramServer) -> None:
    """ping_delay_disconnect closes after its delay, unless another comes."""
    async with wire(telegram, telegram.add_person("A")) as line:
        line.send(functions.PingDelayDisconnectRequest(1, 60))
        line.send(functions.PingDelayDisconnectRequest(2, 0))

        assert await line.ends()


async def test_both_ways_of_packing_are_read(telegram: TelegramServer) -> None:
    """gzip_packed with a zlib stream is read; with garbage it costs that call alone."""
    account = telegram.add_person("A")
    body = bytes(CONFIG)
    async with wire(telegram, account) as line:
        await begun(line)
        packed = GzipPacked(body)
        head = bytes(packed)[:4]
        stream = types.MsgsStateInfo(0, zlib.compress(body))
        zipped = head + bytes(stream)[12:]  # the same field: bytes with their length
        answer = await line.until(answers=line.send(zipped))
        garbage = head + bytes(types.MsgsStateInfo(0, b"no stream"))[12:]
        refused = await line.until(answers=line.send(garbage))
        alive = await line.ask(CONFIG)

    assert isinstance(answer.value, types.Config)
    assert refused.value.error_message == "INPUT_CONSTRUCTOR_INVALID"
    assert isinstance(alive, types.Config)


async def test_one_client_does_not_hold_up_others(
    telegram: TelegramServer, ann: SimulatedUser
) -> None:
    """While one sends thousands of pings at once, another is answered as ever."""
    async with wire(telegram, telegram.add_person("Loud")) as line:
        for number in range(6_000):
            line.send(functions.PingRequest(number))
        slowest = 0.0
        for _ in range(5):
            began = time.perf_counter()
            await ann.client(functions.help.GetNearestDcRequest())
            slowest = max(slowest, time.perf_counter() - began)
        served = sum(connection.waiting > 0 for connection in telegram.network.connections)

    assert slowest < 1.0
    assert served == 1  # the loud one has to wait
