"""Binds temporary keys to permanent ones, for clients with perfect forward secrecy.

Source: https://core.telegram.org/method/auth.bindTempAuthKey
"""

from __future__ import annotations

import time
from typing import Any

from telethon.tl import functions

from sapp_bot.sandbox.telegram.mtproto.binding import BadBinding, read_binding
from sapp_bot.sandbox.telegram.refusal import RpcError
from sapp_bot.sandbox.telegram.state.world import RpcCaller

from .registry import Methods

methods = Methods()


@methods.on(functions.auth.BindTempAuthKeyRequest, "all")
def bind_temp_auth_key(caller: RpcCaller, request: Any) -> bool:
    """Let the temporary key of this session work for a permanent one."""
    session, sessions = caller.session, caller.world.sessions
    temporary = session.cipher
    if temporary.expires_at is None:
        raise RpcError("TEMP_AUTH_KEY_EMPTY")
    permanent = sessions.find_key(request.perm_auth_key_id.to_bytes(8, "little", signed=True))
    if permanent is None or permanent.expires_at is not None:
        raise RpcError("ENCRYPTED_MESSAGE_INVALID")
    if temporary.bound_to not in {None, permanent}:
        raise RpcError("TEMP_AUTH_KEY_ALREADY_BOUND")
    expires_at = request.expires_at.timestamp()
    if expires_at <= time.time():
        raise RpcError("EXPIRES_AT_INVALID")
    try:
        inner = read_binding(permanent.data, request.encrypted_message)
    except BadBinding:
        raise RpcError("ENCRYPTED_MESSAGE_INVALID") from None
    names = (inner.temp_auth_key_id, inner.perm_auth_key_id, inner.temp_session_id)
    own = int.from_bytes(temporary.id, "little", signed=True)
    if names != (own, request.perm_auth_key_id, session.id) or inner.nonce != request.nonce:
        raise RpcError("ENCRYPTED_MESSAGE_INVALID")
    if inner.expires_at != request.expires_at:
        raise RpcError("ENCRYPTED_MESSAGE_INVALID")
    sessions.bind(session, permanent, expires_at)
    return True
