"""A person's state in Redis: four encrypted values, each with a lifetime of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sapp_bot.domain.state import OpenForm, PastLogin, PersonState, Profile, Session

from .keys import ACCOUNT_S, FORMS_LINGER_S, PROFILE_S
from .sealing import Sealer

_KEEP = 0
_DELETE = -1


def read_person_state(
    blobs: Sequence[bytes | None], places: Sequence[str], sealer: Sealer, now: datetime
) -> PersonState:
    """Open session, account, profile and forms, in this order; what has run out is left out.

    Forms stay a while longer, so that a late answer is known for what it is.
    """
    session = sealer.recall(blobs[0], places[0], Session)
    if session is not None and session.expires_at <= now:
        session = None
    account = sealer.recall(blobs[1], places[1], PastLogin)
    profile = sealer.recall(blobs[2], places[2], Profile) or Profile()
    if account is not None:
        profile = replace(profile, account=account)
    forms: tuple[OpenForm, ...] = sealer.recall(blobs[3], places[3], tuple) or ()
    gone = now - timedelta(seconds=FORMS_LINGER_S)
    return PersonState(session, profile, tuple([form for form in forms if form.expires_at > gone]))


def person_state_writes(
    before: PersonState, after: PersonState, places: Sequence[str], sealer: Sealer, now: datetime
) -> list[int | bytes]:
    """Give a lifetime in seconds and a blob for each of the four: 0 keeps, -1 deletes.

    Lifetimes, not points in time: the clock of the Redis machine does not matter then.
    """
    old, new = before.profile.account, after.profile.account
    plain = replace(after.profile, account=None)
    ends = max((form.expires_at for form in after.forms), default=now)
    values: tuple[tuple[bool, object, int], ...] = (
        (before.session == after.session, after.session, _left(after.session, now)),
        (old == new, new, _left(new, now) + ACCOUNT_S if new else _DELETE),
        (before.profile == after.profile, plain, PROFILE_S),
        (before.forms == after.forms, after.forms, _kept_s(ends, now)),
    )
    out: list[int | bytes] = []
    for place, (same, value, lifetime) in zip(places, values, strict=True):
        if same:
            out += [_KEEP, b""]
        elif lifetime <= 0:
            out += [_DELETE, b""]
        else:
            out += [lifetime, sealer.put(value, place)]
    return out


def _kept_s(ends: datetime, now: datetime) -> int:
    left_s = math.ceil((ends - now).total_seconds())
    return left_s + FORMS_LINGER_S if left_s > 0 else _DELETE


def _left(login: Session | PastLogin | None, now: datetime) -> int:
    if login is None:
        return _DELETE
    return math.ceil((login.expires_at - now).total_seconds())
