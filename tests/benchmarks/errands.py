"""The errands: a bare Telethon bot that makes the calls a command of ours makes, and nothing else.

Redis takes the message and gives the login, keeps the answer, and forgets it: three scripts. The
API is asked once, and a card with buttons goes out. No order, no repeats, nothing sealed, signed
or translated, no log: what the libraries alone cost.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

import aiohttp
from redis.asyncio import Redis
from telethon import Button

from tests.benchmarks.floor import main, open_session
from tests.benchmarks.seeding import bare_login

TAKE = """
redis.call('RPUSH', KEYS[1], ARGV[1])
return redis.call('GET', KEYS[2])
"""
KEEP = """
redis.call('LPOP', KEYS[1])
return redis.call('RPUSH', KEYS[2], ARGV[1])
"""
FORGET = "return redis.call('LPOP', KEYS[1])"

CARD = """Client “{name}”: {left} reads left of {available}
{bar} {left}%
Key: {key}…
Domains: {domains}
Made: {created}"""


class Errands:
    """Answers each message with the client of whoever wrote."""

    def __init__(self, redis: Redis, api: aiohttp.ClientSession) -> None:
        self._api = api
        self._take, self._keep, self._forget = map(redis.register_script, (TAKE, KEEP, FORGET))

    async def answer(self, event: Any) -> None:
        """Answer one message."""
        person = event.chat_id
        box, out = f"bare:box:{person}", f"bare:out:{person}"
        token = await self._take(keys=[box, bare_login(person)], args=[event.raw_text])
        text = card(await self._client(token.decode()))
        await self._keep(keys=[box, out], args=[text])
        buttons = [[Button.inline("Show key"), Button.inline("Refresh")], [Button.inline("‹ Home")]]
        await event.respond(text, buttons=buttons)
        await self._forget(keys=[out])

    async def _client(self, token: str) -> Any:
        path = "/api/v1/account/client/using-token"
        async with self._api.get(path, headers={"Authorization": f"Bearer {token}"}) as answer:
            return await answer.json()


def card(client: Any) -> str:
    """Write what a client's card shows."""
    left = client["reads_available"] - client["reads_used"]
    return CARD.format(
        name=client["name"],
        left=left,
        available=client["reads_available"],
        bar="▓" * (left // 5),
        key=client["api_key"][:4],
        domains=client["domains"],
        created=client["CreatedAt"],
    )


async def run() -> None:
    """Run until SIGTERM."""
    async with (
        Redis.from_url(os.environ["SAPP_REDIS_URL"]) as redis,
        aiohttp.ClientSession(os.environ["SAPP_API_URL"]) as api,
    ):
        await main(open_session(), Errands(redis, api).answer)


if __name__ == "__main__":
    asyncio.run(run())
