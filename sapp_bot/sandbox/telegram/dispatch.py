"""Dispatches received messages: service messages, calls, faults, and the log of calls."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections import deque
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

from telethon.tl import TLRequest, functions, types

from sapp_bot.sandbox.faults import Delay, Drop, Fail, Fault, Faults, Hang, Hold, Lose, When

from . import service
from .methods import TABLE, name_of
from .mtproto import containers
from .mtproto.envelope import DecryptedMessage
from .mtproto.layers import NEWEST, OLDEST
from .mtproto.sessions import MtprotoSession, new_session
from .mtproto.typed import is_well_typed
from .refusal import RpcError
from .state.world import RpcCaller, World

log = logging.getLogger(__name__)

CALLS_KEPT = 10_000
_BAD_SALT = 48
_TOO_OLD, _TOO_NEW, _NOT_MULTIPLE_OF_4, _EVEN_DUE = 16, 17, 18, 34
_OLDEST_S, _NEWEST_S = 300, 30
_BEFORE_ALL = (
    *(functions.PingRequest, functions.PingDelayDisconnectRequest),
    *(functions.GetFutureSaltsRequest, functions.DestroySessionRequest),
    *(functions.RpcDropAnswerRequest, functions.auth.BindTempAuthKeyRequest),
)
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

    def receive(self, session: MtprotoSession, letter: DecryptedMessage) -> Iterator[None]:
        """Handle a message, a container's one by one: yields after each.

        Raises:
            containers.UnreadableContainer: a container that breaks off.

        """
        if not session.cipher.salts.accepts(letter.salt, time.time()):
            salt = session.cipher.salts.current(time.time())
            notice = types.BadServerSalt(letter.msg_id, letter.seq_no, _BAD_SALT, salt)
            session.send(notice, content=False)
            return
        if code := _fault_of(letter):
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
            yield

    def _item(self, session: MtprotoSession, item: containers.ContainerItem) -> None:
        if item.msg_id in session.received:
            service.repeat(session, item.msg_id)
            return
        read, refusal = _read(session, item.body)
        content = None if read is None else service.needs_acknowledgement(read.request)
        if code := session.received.fault_of(item.msg_id, item.seq_no, content=content):
            notice = types.BadMsgNotification(item.msg_id, item.seq_no, code)
            session.send(notice, content=False)
            return
        session.received.add(item.msg_id, item.seq_no)
        if read is None or refusal is not None:
            _answer(session, item.msg_id, refusal)
        elif isinstance(read.request, functions.RpcDropAnswerRequest):
            _answer(session, item.msg_id, service.drop_answer(session, read.request))
        elif not service.serve(session, item.msg_id, read.request):
            session.wants_updates = session.wants_updates and read.wants_updates
            session.received.begin(item.msg_id)
            work = self._start(self._call(session, item.msg_id, read.request))
            session.running[item.msg_id] = work

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
            _answer(session, msg_id, value, lost=any(isinstance(f.do, Lose) for f in struck))
        except _NoAnswer:
            pass
        finally:
            session.running.pop(msg_id, None)
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

        To faults it is the call `push.<name of the update>`: a `Drop` or `Hang` loses the updates,
        a `Lose` the packet alone, which is sent again.
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
                    case Lose():
                        pass
                    case _:
                        return
            session.send(updates, lost=any(isinstance(fault.do, Lose) for fault in struck))
        finally:
            self.in_flight -= 1
            self.last_activity = time.monotonic()

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

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


def _answer(session: MtprotoSession, msg_id: int, value: Any, *, lost: bool = False) -> None:
    session.received.end(msg_id)
    result = containers.result(msg_id, value, session.layer or session.key.layer or NEWEST)
    session.send(result, answer=True, answers=msg_id, lost=lost)


def _read(
    session: MtprotoSession, body: bytes
) -> tuple[containers.UnwrappedCall | None, Any | None]:
    """Return a message of a client as far as it can be read, and with what it is refused.

    A call is refused as long as its client has not named itself and its layer by `initConnection`.
    Source: https://core.telegram.org/api/invoking
    """
    layer = containers.layer_of(body)
    if layer is not None and layer < OLDEST:
        log.warning("telegram.old_client layer=%d; %d to %d are spoken", layer, OLDEST, NEWEST)
        return None, types.RpcError(400, "CONNECTION_LAYER_INVALID")
    try:
        read = containers.unwrap(containers.read(body))
    except containers.UnreadableContainer:
        return None, types.RpcError(400, "INPUT_CONSTRUCTOR_INVALID")
    if isinstance(read.request, TLRequest) and not is_well_typed(read.request):
        return read, types.RpcError(400, "INPUT_CONSTRUCTOR_INVALID")
    key = session.key
    if read.begins and layer is not None:
        session.layer = key.layer = layer
    is_call = isinstance(read.request, TLRequest) and not isinstance(read.request, _BEFORE_ALL)
    if is_call and key.layer is None:
        return read, types.RpcError(400, "CONNECTION_NOT_INITED")
    if is_call and key.expires_at is not None:
        return read, types.RpcError(401, "AUTH_KEY_PERM_EMPTY")
    return read, None


def _fault_of(letter: DecryptedMessage) -> int:
    """Check a client's message id, and the number of a container; 0 is good."""
    if letter.msg_id % 4:
        return _NOT_MULTIPLE_OF_4
    if letter.seq_no & 1 and containers.is_container(letter.body):
        return _EVEN_DUE
    ahead = (letter.msg_id >> 32) - time.time()
    if ahead < -_OLDEST_S:
        return _TOO_OLD
    return _TOO_NEW if ahead > _NEWEST_S else 0


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
