"""Dispatches received messages: service messages, calls, faults, and the log of calls."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from telethon.tl import functions, types

from sapp_bot.sandbox.faults import Delay, Drop, Fail, Fault, Faults, Hang, Hold, When

from .methods import TABLE, name_of
from .mtproto import containers
from .mtproto.envelope import DecryptedMessage
from .mtproto.sessions import MtprotoSession, new_session
from .refusal import RpcError
from .state.world import RpcCaller, World

log = logging.getLogger(__name__)

CALLS_KEPT = 10_000
_BAD_SALT = 48
_TOO_OLD, _TOO_NEW, _NOT_MULTIPLE_OF_4 = 16, 17, 18
_OLDEST_S, _NEWEST_S = 300, 30
# Sources: https://core.telegram.org/mtproto/service_messages_about_messages (codes),
# https://core.telegram.org/mtproto/description#message-identifier-msg-id (times)


@dataclass(frozen=True, slots=True)
class RpcCall:
    """A received call. `at` is monotonic seconds; `account` is 0 before the sign-in.

    `device` is the number of the account's ready key, 0 for all other keys. `in_flight` counts the
    calls being worked on, including this one.
    """

    name: str
    account: int
    device: int
    at: float
    in_flight: int


class _NoAnswer(Exception):
    """A fault demands that this call ends without an answer."""


class RpcDispatcher:
    """Handles the messages of all sessions.

    Args:
        world: The state that calls read and change.
        faults: Planned faults, looked up for each call and push.

    """

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults
        self._tasks: set[asyncio.Task[None]] = set()
        self.calls: deque[RpcCall] = deque(maxlen=CALLS_KEPT)
        self.crashes: list[Exception] = []
        self.in_flight = 0
        self.last_activity = time.monotonic()
        world.push_to = self.push

    def receive(self, session: MtprotoSession, letter: DecryptedMessage) -> None:
        """Handle a message.

        Raises:
            containers.UnreadableContainer: its body is no TL object.

        """
        if letter.salt != session.key.salt:
            notice = types.BadServerSalt(letter.msg_id, letter.seq_no, _BAD_SALT, session.key.salt)
            session.send(notice, content=False)
            return
        if code := _fault_of(letter.msg_id):
            notice = types.BadMsgNotification(letter.msg_id, letter.seq_no, code)
            session.send(notice, content=False)
            return
        if not session.announced:
            session.announced = True
            session.send(new_session(session, letter.msg_id))
            if self._world.tells_of_gaps and len(session.key.sessions) > 1:
                session.send(types.UpdatesTooLong())
        for item in containers.items(letter.msg_id, letter.seq_no, letter.body):
            self._item(session, item)

    def _item(self, session: MtprotoSession, item: containers.ContainerItem) -> None:
        if item.msg_id in session.seen:
            # A repeat of a call whose answer was or will be sent: only acknowledge it.
            session.send(types.MsgsAck([item.msg_id]), content=False)
            return
        session.seen.append(item.msg_id)
        try:
            read = containers.unwrap(containers.read(item.body))
        except containers.UnreadableContainer:
            _answer(session, item.msg_id, types.RpcError(400, "INPUT_CONSTRUCTOR_INVALID"))
            return
        if self._service(session, item, read.request):
            return
        session.wants_updates = session.wants_updates and read.wants_updates
        self._start(self._call(session, item.msg_id, read.request))

    def _service(
        self, session: MtprotoSession, item: containers.ContainerItem, request: Any
    ) -> bool:
        """Answer a service message; return False if it is none."""
        match request:
            case functions.PingRequest() | functions.PingDelayDisconnectRequest():
                session.send(types.Pong(item.msg_id, request.ping_id), answer=True, content=False)
            case functions.GetFutureSaltsRequest():
                session.send(_salts(session, item.msg_id), answer=True, content=False)
            case functions.DestroySessionRequest():
                known = session.key.sessions.pop(request.session_id, None)
                kind = types.DestroySessionOk if known else types.DestroySessionNone
                session.send(kind(request.session_id), answer=True)
            case functions.RpcDropAnswerRequest():
                _answer(session, item.msg_id, types.RpcAnswerUnknown())
            case types.MsgsStateReq():
                info = bytes([4] * len(request.msg_ids))
                session.send(types.MsgsStateInfo(item.msg_id, info), content=False)
            case types.MsgsAck() | types.MsgsStateInfo() | types.MsgResendReq():
                pass
            case types.MsgsAllInfo() | types.HttpWait():
                pass
            case _:
                return False
        return True

    async def _call(self, session: MtprotoSession, msg_id: int, request: Any) -> None:
        name = name_of(request)
        account, device = session.key.account_id or 0, session.key.device
        self.in_flight += 1
        self.last_activity = time.monotonic()
        self.calls.append(RpcCall(name, account, device, self.last_activity, self.in_flight))
        struck = self._faults.take(name, f"{name}@{account}", f"{name}@{account}/{device}")
        try:
            await self._strike(struck, "before", session)
            value = _planned_failure(struck) or await self._work(session, request)
            await self._strike(struck, "after", session)
            _answer(session, msg_id, value)
        except _NoAnswer:
            pass
        finally:
            self.in_flight -= 1
            self.last_activity = time.monotonic()

    async def _work(self, session: MtprotoSession, request: Any) -> Any:
        """Return the result of a call. No await before the answer, unless the call itself waits."""
        method = TABLE.get(getattr(request, "CONSTRUCTOR_ID", 0))
        try:
            if method is None:
                return types.RpcError(400, "METHOD_INVALID")
            value = method.call(RpcCaller(self._world, session), request)
            return await value if inspect.isawaitable(value) else value
        except RpcError as refused:
            return types.RpcError(refused.code, refused.name)
        except Exception as error:  # the border: a fault of ours must not end the server
            log.exception("telegram.call_crashed %s", name_of(request))
            self.crashes.append(error)
            return types.RpcError(500, "INTERNAL")

    async def _strike(self, struck: list[Fault], when: When, session: MtprotoSession) -> None:
        """Carry out the faults before or after the work; a `Fail` answers instead of the work."""
        for fault in struck:
            match fault.do:
                case Delay(seconds=seconds) if when == "before":
                    await asyncio.sleep(seconds)
                case Hold(when=at) if at == when:
                    await fault.hold()
                case Drop(when=at) if at == when:
                    session.cut()
                    raise _NoAnswer
                case Hang(when=at) if at == when:
                    raise _NoAnswer
                case _:
                    pass

    def push(self, session: MtprotoSession, updates: Any, owner: int) -> None:
        """Send updates to a session.

        To faults it is the call `push.<name of the update>`: a `Drop` or `Hang` loses the updates.
        """
        first = next(iter(getattr(updates, "updates", ())), updates)  # a short form is its own
        name = f"push.{_lower(type(first).__name__)}"
        struck = self._faults.take(name, f"{name}@{owner}")
        self.last_activity = time.monotonic()
        if struck:
            self._start(self._late(session, updates, struck))
        else:
            session.send(updates)

    async def _late(self, session: MtprotoSession, updates: Any, struck: list[Fault]) -> None:
        self.in_flight += 1
        try:
            for fault in struck:
                match fault.do:
                    case Delay(seconds=seconds):
                        await asyncio.sleep(seconds)
                    case Hold():
                        await fault.hold()
                    case _:
                        return
            session.send(updates)
        finally:
            self.in_flight -= 1
            self.last_activity = time.monotonic()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Cancel all running calls."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _planned_failure(struck: list[Fault]) -> Any:
    for fault in struck:
        if isinstance(fault.do, Fail):
            return types.RpcError(fault.do.code, fault.do.text)
    return None


def _answer(session: MtprotoSession, msg_id: int, value: Any) -> None:
    session.send(containers.result(msg_id, value), answer=True)


def _fault_of(msg_id: int) -> int:
    """Check a client's message id; 0 is good."""
    if msg_id % 4:
        return _NOT_MULTIPLE_OF_4
    ahead = (msg_id >> 32) - time.time()
    if ahead < -_OLDEST_S:
        return _TOO_OLD
    return _TOO_NEW if ahead > _NEWEST_S else 0


def _salts(session: MtprotoSession, msg_id: int) -> Any:
    now = datetime.now(UTC)
    salt = types.FutureSalt(now, now + timedelta(hours=1), session.key.salt)
    return types.FutureSalts(msg_id, int(now.timestamp()), [salt])


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
