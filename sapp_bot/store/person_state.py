"""Reads and writes a person's state: four encrypted values in Redis, each with its own lifetime."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from sapp_bot.domain.state import LastLogin, OpenForm, PersonState, Profile, Session
from sapp_bot.values import replace

from .keys import FORMS_LINGER_S, LAST_LOGIN_S, PROFILE_S
from .sealing import Sealer

log = structlog.get_logger(__name__)

_NO_PROFILE = Profile()
_KEEP = 0
_DELETE = -1


# KEYS: owner timers told screens   ARGV: token timer...
FORGET = """
for i = 2, #ARGV do redis.call('HDEL', KEYS[2], ARGV[i]) end
redis.call('DEL', KEYS[3], KEYS[4])
return {'done'}
"""
"""Script that deletes what else is kept of a person; see `scripts`."""


def read_person_state(
    blobs: Sequence[bytes | None], places: Sequence[str], sealer: Sealer, now: datetime
) -> PersonState:
    """Return a person's state without values that have expired.

    Args:
        blobs: Encrypted session, account, profile and forms, None for a missing one.
        places: Their Redis keys, as of `Keys.person_state`.
        sealer: Decrypts them.
        now: The time, aware UTC.

    Returns:
        The state. A session of another generation than the profile's is none. It holds forms for
        `FORMS_LINGER_S` after they expired: a late answer may be the password that the form had
        asked for.

    """
    session = sealer.recall(blobs[0], places[0], Session)
    if session is not None and session.expires_at <= now:
        session = None
    account = sealer.recall(blobs[1], places[1], LastLogin)
    profile = sealer.recall(blobs[2], places[2], Profile) or _NO_PROFILE
    # Stored apart from the profile, as the two have different lifetimes.
    if account is not None:
        profile = replace(profile, account=account)
    forms: tuple[OpenForm, ...] = sealer.recall(blobs[3], places[3], tuple) or ()
    gone = now - timedelta(seconds=FORMS_LINGER_S)
    if session is not None and session.generation != profile.generation:
        # A session that was put back after its logout, as a restored backup of one key does.
        log.warning("session.outdated", person=session.telegram_id)
        session = None
    return PersonState(session, profile, tuple([form for form in forms if form.expires_at > gone]))


def person_state_writes(
    before: PersonState, after: PersonState, places: Sequence[str], sealer: Sealer, now: datetime
) -> list[int | bytes]:
    """Return the arguments of the script `commit` that change a person's state.

    Args:
        before: The state that Redis holds.
        after: The state to store.
        places: Redis keys of the four values, as of `Keys.person_state`.
        sealer: Encrypts them.
        now: The time, aware UTC.

    Returns:
        A lifetime in seconds and a blob for each of the four values. Lifetime 0 leaves a value as
        it is, -1 deletes it. A profile without anything in it is deleted. Lifetimes instead of
        times, so that the clock of the Redis machine does not matter.

    """
    old, new = before.profile.account, after.profile.account
    same_profile = before.profile == after.profile
    plain = _NO_PROFILE if same_profile else replace(after.profile, account=None)
    ends = max((form.expires_at for form in after.forms), default=now)
    values: tuple[tuple[bool, object, int], ...] = (
        (before.session == after.session, after.session, _left(after.session, now)),
        (old == new, new, _left(new, now) + LAST_LOGIN_S if new else _DELETE),
        (same_profile, plain, PROFILE_S if plain != _NO_PROFILE else _DELETE),
        (before.forms == after.forms, after.forms, _kept_s(ends, now)),
    )
    out: list[int | bytes] = []
    for place, (same, value, lifetime) in zip(places, values, strict=True):
        if same:
            out += [_KEEP, b""]
        elif lifetime <= 0:
            out += [_DELETE, b""]
        else:
            out += [lifetime, sealer.put_and_keep(value, place)]
    return out


def _kept_s(ends: datetime, now: datetime) -> int:
    left_s = math.ceil((ends - now).total_seconds())
    return left_s + FORMS_LINGER_S if left_s > 0 else _DELETE


def _left(login: Session | LastLogin | None, now: datetime) -> int:
    if login is None:
        return _DELETE
    return math.ceil((login.expires_at - now).total_seconds())
