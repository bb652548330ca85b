"""Methods to sign in and out: people with phone, code and password, bots with a token."""

from __future__ import annotations

import secrets
from typing import Any

from telethon.tl import functions, types

from sapp_bot.sandbox.telegram.mtproto.primes import GENERATOR, PRIME, to_bytes
from sapp_bot.sandbox.telegram.mtproto.srp import BadProof
from sapp_bot.sandbox.telegram.refusal import RpcError
from sapp_bot.sandbox.telegram.state.accounts import Account, digits
from sapp_bot.sandbox.telegram.state.codes import LOGIN_CODE
from sapp_bot.sandbox.telegram.state.mailbox import Draft
from sapp_bot.sandbox.telegram.state.world import RpcCaller

from .registry import Methods

methods = Methods()

_PHONE_DIGITS = range(7, 16)
# Source: ITU-T E.164: at most 15 digits.
_AGAIN_AFTER_S = 60


@methods.on(functions.auth.SendCodeRequest, "all")
def send_code(caller: RpcCaller, request: Any) -> Any:
    """Send a login code to the account's other devices; without any, claim to send an SMS.

    The code is the same for every number.
    """
    world, phone = caller.world, _phone(request)
    code_hash = world.codes.send(caller.session.key.id, phone)
    account = world.accounts.by_phone(phone)
    if account is None or not world.sessions.keys_of(account.id):
        kind, other = types.auth.SentCodeTypeSms, types.auth.CodeTypeCall
    else:
        kind, other = types.auth.SentCodeTypeApp, types.auth.CodeTypeSms
        told = Draft(f"Login code: {LOGIN_CODE}. Do not give this code to anyone.")
        world.publish(world.mail.post(world.accounts.service, account, told))
    return types.auth.SentCode(
        kind(len(LOGIN_CODE)), code_hash, next_type=other(), timeout=_AGAIN_AFTER_S
    )


@methods.on(functions.auth.ResendCodeRequest, "all")
def resend_code(caller: RpcCaller, request: Any) -> Any:
    """Claim to tell the code in a phone call."""
    phone = _phone(request)
    caller.world.codes.send_again(caller.session.key.id, phone, request.phone_code_hash)
    return types.auth.SentCode(
        types.auth.SentCodeTypeCall(len(LOGIN_CODE)), request.phone_code_hash
    )


@methods.on(functions.auth.CancelCodeRequest, "all")
def cancel_code(caller: RpcCaller, request: Any) -> bool:
    """Make a code invalid."""
    caller.world.codes.forget(caller.session.key.id, _phone(request))
    return True


def _phone(request: Any) -> str:
    phone = digits(request.phone_number)
    if len(phone) not in _PHONE_DIGITS:
        raise RpcError("PHONE_NUMBER_INVALID")
    return phone


@methods.on(functions.auth.SignInRequest, "all")
def sign_in(caller: RpcCaller, request: Any) -> Any:
    """Sign a person in with a code; refuse with the request for the password if there is one."""
    world, key = caller.world, caller.session.key
    phone = _phone(request)
    world.codes.check(key.id, phone, request.phone_code_hash, request.phone_code or "")
    account = world.accounts.by_phone(phone)
    if account is None:
        if not world.takes_strangers_in:
            return types.auth.AuthorizationSignUpRequired()
        account = world.accounts.add_person(f"Person {phone[-4:]}", "en", phone, None)
    world.codes.forget(key.id, phone)
    if account.password is not None:
        world.sessions.sign_out(key)
        key.awaits_password_of = account.id
        raise RpcError("SESSION_PASSWORD_NEEDED", 401)
    return _authorize(caller, account)


@methods.on(functions.account.GetPasswordRequest, "all")
def get_password(caller: RpcCaller, _: Any) -> Any:
    """Return whether there is a password, and an SRP challenge for it."""
    kept = _who(caller).password
    fresh = types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow
    challenge = caller.session.key.challenge = kept.challenge() if kept else None
    return types.account.Password(
        new_algo=fresh(secrets.token_bytes(8), secrets.token_bytes(16), GENERATOR, to_bytes(PRIME)),
        new_secure_algo=types.SecurePasswordKdfAlgoPBKDF2HMACSHA512iter100000(
            secrets.token_bytes(8)
        ),
        secure_random=secrets.token_bytes(256),
        has_password=True if kept else None,
        hint=(kept.hint or None) if kept else None,
        current_algo=fresh(kept.salt1, kept.salt2, GENERATOR, to_bytes(PRIME)) if kept else None,
        srp_B=challenge.srp_b if challenge else None,
        srp_id=challenge.id if challenge else None,
    )


@methods.on(functions.auth.CheckPasswordRequest, "all")
def check_password(caller: RpcCaller, request: Any) -> Any:
    """Sign in a client that answers the challenge; each challenge may be answered once."""
    key, account, given = caller.session.key, _who(caller), request.password
    if not isinstance(given, types.InputCheckPasswordSRP):
        raise RpcError("PASSWORD_HASH_INVALID")
    challenge, key.challenge = key.challenge, None
    if challenge is None or challenge.id != given.srp_id:
        raise RpcError("SRP_ID_INVALID")
    if challenge.password is not account.password:
        raise RpcError("SRP_PASSWORD_CHANGED")
    try:
        is_met = challenge.is_met(given.A, given.M1)
    except BadProof:
        raise RpcError("SRP_A_INVALID") from None
    if not is_met:
        raise RpcError("PASSWORD_HASH_INVALID")
    return _authorize(caller, account)


def _who(caller: RpcCaller) -> Account:
    """Return the account whose password is meant: that of the last code, or the signed-in one."""
    waiting = caller.session.key.awaits_password_of
    account = None if waiting is None else caller.world.accounts.get(waiting)
    return account or caller.account


@methods.on(functions.auth.ImportBotAuthorizationRequest, "all")
def import_bot(caller: RpcCaller, request: Any) -> Any:
    """Sign a bot in with its token."""
    account = caller.world.accounts.by_token(request.bot_auth_token)
    if account is None:
        raise RpcError("ACCESS_TOKEN_INVALID")
    return _authorize(caller, account)


@methods.on(functions.auth.LogOutRequest)
def log_out(caller: RpcCaller, _: Any) -> Any:
    """Sign the key out; the answer is still sent under it."""
    caller.world.sessions.sign_out(caller.session.key)
    return types.auth.LoggedOut()


@methods.on(functions.auth.ResetAuthorizationsRequest, "people")
def reset_authorizations(caller: RpcCaller, _: Any) -> bool:
    """Sign out all other devices of the account."""
    for key in list(caller.world.sessions.keys_of(caller.account.id)):
        if key is not caller.session.key:
            caller.world.sessions.sign_out(key)
    return True


def _authorize(caller: RpcCaller, account: Account) -> Any:
    caller.world.sessions.sign_in(caller.session.key, account.id)
    return types.auth.Authorization(caller.world.accounts.show(account, account))
