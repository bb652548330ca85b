"""Answers service messages: pings, salts, and the state of messages.

Source: https://core.telegram.org/mtproto/service_messages and
https://core.telegram.org/mtproto/service_messages_about_messages
"""

from __future__ import annotations

import time
from typing import Any

from telethon.tl import functions, types

from .mtproto.sessions import MtprotoSession

_SILENT = (types.MsgsStateInfo, types.MsgsAllInfo, types.HttpWait)
_EITHER = (
    *_SILENT,
    types.MsgsAck,
    types.MsgsStateReq,
    types.MsgResendReq,
    functions.PingRequest,
    functions.PingDelayDisconnectRequest,
)
_ASKED_AT_ONCE = 8192
# Source: the pages above: "up to 8192 message identifiers" in one message.


def needs_acknowledgement(request: Any) -> bool | None:
    """Return whether a message has to have an odd number; None where clients do not agree.

    They do not about service messages: some send odd acknowledgements, which Telegram takes.
    """
    return None if isinstance(request, _EITHER) else True


def serve(session: MtprotoSession, msg_id: int, request: Any) -> bool:
    """Answer a service message; return False if it is none."""
    match request:
        case functions.PingRequest() | functions.PingDelayDisconnectRequest():
            session.send(types.Pong(msg_id, request.ping_id), answer=True, content=False)
            if session.link and isinstance(request, functions.PingDelayDisconnectRequest):
                session.link.close_in(request.disconnect_delay)
        case functions.GetFutureSaltsRequest():
            now = time.time()
            salts = session.cipher.salts.future(request.num, now)
            session.send(types.FutureSalts(msg_id, int(now), salts), answer=True, content=False)
        case functions.DestroySessionRequest():
            known = session.key.sessions.pop(request.session_id, None)
            kind = types.DestroySessionOk if known else types.DestroySessionNone
            session.send(kind(request.session_id), answer=True)
        case types.MsgsAck():
            session.unacknowledged.acknowledge(request.msg_ids)
        case types.MsgsStateReq():
            _tell_states(session, msg_id, request.msg_ids)
        case types.MsgResendReq():
            _resend(session, msg_id, request.msg_ids)
        case _:
            return isinstance(request, _SILENT)
    return True


def _tell_states(session: MtprotoSession, msg_id: int, ids: list[int]) -> None:
    info = session.received.states(ids[:_ASKED_AT_ONCE])
    session.send(types.MsgsStateInfo(msg_id, info), content=False)


def _resend(session: MtprotoSession, msg_id: int, ids: list[int]) -> None:
    """Send messages again; for those that are gone or were acknowledged, tell the state."""
    found = [session.unacknowledged.find(number) for number in ids[:_ASKED_AT_ONCE]]
    if not all(found):
        _tell_states(session, msg_id, ids)
    session.send_again(*(message for message in found if message is not None))


def repeat(session: MtprotoSession, msg_id: int) -> None:
    """Answer a call that came again: with its answer if that is not acknowledged yet."""
    answer = session.unacknowledged.answer_to(msg_id)
    if answer is not None:
        session.send_again(answer)
    else:
        session.send(types.MsgsAck([msg_id]), content=False)


def drop_answer(session: MtprotoSession, request: Any) -> Any:
    """Return what became of the answer to a call that its client no longer wants."""
    number = request.req_msg_id
    if (task := session.running.pop(number, None)) is not None:
        task.cancel()
        return types.RpcAnswerDroppedRunning()
    answer = session.unacknowledged.answer_to(number)
    if answer is None:
        return types.RpcAnswerUnknown()
    session.unacknowledged.acknowledge([answer.msg_id])
    return types.RpcAnswerDropped(answer.msg_id, answer.seq_no, len(answer.body))
