"""Signing in and out: people by phone and code, bots by token."""

from __future__ import annotations

import secrets
from typing import Any

from telethon.tl import functions, types

from ..accounts import LOGIN_CODE, digits
from ..refusal import Refused
from ..world import Caller
from .registry import Methods

methods = Methods()

_PHONE_DIGITS = range(7, 16)
# Source: ITU-T E.164: at most 15 digits.


@methods.on(functions.auth.SendCodeRequest, "all")
def send_code(caller: Caller, request: Any) -> Any:
    """Pretend to send a code; it is the same for every number."""
    if len(digits(request.phone_number)) not in _PHONE_DIGITS:
        raise Refused("PHONE_NUMBER_INVALID")
    code_hash = secrets.token_hex(8)
    caller.world.login_hashes[digits(request.phone_number)] = code_hash
    return types.auth.SentCode(types.auth.SentCodeTypeApp(len(LOGIN_CODE)), code_hash)


@methods.on(functions.auth.SignInRequest, "all")
def sign_in(caller: Caller, request: Any) -> Any:
    """Sign a person in."""
    number = digits(request.phone_number)
    if caller.world.login_hashes.get(number) != request.phone_code_hash:
        raise Refused("PHONE_CODE_EXPIRED")
    if request.phone_code != LOGIN_CODE:
        raise Refused("PHONE_CODE_INVALID" if request.phone_code else "PHONE_CODE_EMPTY")
    account = caller.world.accounts.by_phone(number)
    if account is None:
        return types.auth.AuthorizationSignUpRequired()
    del caller.world.login_hashes[number]
    return _authorize(caller, account.id)


@methods.on(functions.auth.ImportBotAuthorizationRequest, "all")
def import_bot(caller: Caller, request: Any) -> Any:
    """Sign a bot in."""
    account = caller.world.accounts.by_token(request.bot_auth_token)
    if account is None:
        raise Refused("ACCESS_TOKEN_INVALID")
    return _authorize(caller, account.id)


@methods.on(functions.auth.LogOutRequest)
def log_out(caller: Caller, _: Any) -> Any:
    """Make the key nobody's; the answer still goes out on it."""
    caller.world.sessions.sign_out(caller.session.key)
    return types.auth.LoggedOut()


def _authorize(caller: Caller, account_id: int) -> Any:
    caller.world.sessions.sign_in(caller.session.key, account_id)
    return types.auth.Authorization(caller.world.accounts.show(caller.account, caller.account))
