"""Persons who are logged in already: what /login would have written, straight into Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr
from redis.asyncio import Redis

from sapp_bot.domain.state import LastLogin, PersonState, Profile, Session
from sapp_bot.store import KeyRing
from sapp_bot.store.keys import Keys
from sapp_bot.store.person_state import person_state_writes
from sapp_bot.store.sealing import Sealer

GENERATION = 1


def write_sessions(url: str, key: str, account: int, logins: Mapping[int, Any]) -> None:
    """Store a session for each Telegram id, as the API process has made its login."""
    asyncio.run(_write(url, Sealer(KeyRing([key])), Keys(account), logins))


def bare_login(person: int) -> str:
    """Name the place where the bare bot finds the token of a person."""
    return f"bare:login:{person}"


async def _write(url: str, sealer: Sealer, keys: Keys, logins: Mapping[int, Any]) -> None:
    now = datetime.now(UTC)
    async with Redis.from_url(url) as redis, redis.pipeline(transaction=False) as pipe:
        for person, login in logins.items():
            places = keys.person_state(person)
            written = person_state_writes(
                PersonState(), _person_state(person, login), places, sealer, now
            )
            pipe.set(bare_login(person), login["token"])
            for place, lifetime, blob in zip(places, written[::2], written[1::2], strict=True):
                if isinstance(lifetime, int) and lifetime > 0:
                    pipe.set(place, blob, ex=lifetime)
        await pipe.execute()


def _person_state(person: int, login: Mapping[str, Any]) -> PersonState:
    user_id, email = int(login["user_id"]), str(login["email"])
    expires_at = datetime.fromisoformat(login["expires_at"])
    session = Session(
        telegram_id=person,
        user_id=user_id,
        email=email,
        role=str(login["role"]),
        token=SecretStr(login["token"]),
        expires_at=expires_at,
        generation=GENERATION,
    )
    account = LastLogin(user_id, email, expires_at)
    return PersonState(session, Profile(generation=GENERATION, account=account))
