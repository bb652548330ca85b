"""Carries calls and answers between the processes of a bot, by streams of Redis, sealed.

Nothing is kept here for long: a call that nobody has answered in its time counts as failed, and one
that is found later is left out.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog

from sapp_bot.domain.role_calls import AccountFacts, Letter
from sapp_bot.store.codec import UndecodableValue, ValueCodec
from sapp_bot.store.fenced import FencedScripts
from sapp_bot.store.key_ring import CannotDecrypt, KeyRing
from sapp_bot.store.keys import MAIL_S

from .streams import Entry

log = structlog.get_logger(__name__)

GATEWAY = "gateway"
"""Name of the process that has the account, whichever it is."""

MOST_WAITING = 10_000
"""About how many letters wait for one process; the oldest are dropped first."""

SWEEP_S = 1.0
"""How often what was read is deleted, in seconds: each time would cost a call for each letter."""

LATE_S = 5.0
"""How much older than its time a letter may seem: clocks of two machines differ."""

_CODEC = ValueCodec(Letter, AccountFacts)


class Mail:
    """Sends letters, and opens those that were read.

    Args:
        scripts: Runs the Lua scripts.
        key_ring: Seals the letters, each for its stream.

    """

    def __init__(self, scripts: FencedScripts, key_ring: KeyRing) -> None:
        self._scripts = scripts
        self._key_ring = key_ring
        self._swept_at = scripts.now()

    async def post(self, process: str, letter: Letter) -> None:
        """Send a letter to one process.

        Raises:
            StoreAway: Redis did not answer in time.
            AlreadyRunning: another process has claimed the account.

        """
        await self._send(self._scripts.keys.mail(process), letter, ends_s=MAIL_S)

    async def ask_any(self, letter: Letter) -> None:
        """Send a letter to whichever worker takes it first; raises as `post`."""
        await self._send(self._scripts.keys.calls, letter, ends_s=0)

    async def taken(self, entry: bytes) -> None:
        """Take a letter out of those for any worker: each is given to one only."""
        scripts = self._scripts
        await scripts.run(scripts.call("call_taken", (scripts.keys.calls,), entry))

    async def seen(self, last: dict[str, bytes]) -> None:
        """Delete what streams hold up to an entry each, and forget the entries; not each time.

        Args:
            last: The newest entry that was read, by stream.

        """
        now = self._scripts.now()
        if not last or now - self._swept_at < timedelta(seconds=SWEEP_S):
            return
        self._swept_at = now
        for stream, entry in last.items():
            await self._scripts.run(self._scripts.call("seen", (stream,), entry))
        last.clear()

    def open(self, stream: str, entry: Entry) -> Letter | None:
        """Return the letter of an entry; None if it cannot be read, or comes too late."""
        name, fields = entry
        try:
            found = _CODEC.decode(self._key_ring.open(fields[1], stream))
        except (CannotDecrypt, UndecodableValue) as error:
            log.warning("mail.unreadable", reason=str(error))
            return None
        if not isinstance(found, Letter):
            return None
        # Source: https://redis.io/docs/latest/develop/data-types/streams/, "Entry IDs".
        sent_ms = int(name.partition(b"-")[0])
        age_s = self._scripts.now().timestamp() - sent_ms / 1000
        return found if age_s <= found.within_s + LATE_S else None

    async def introduce(self, account: AccountFacts) -> None:
        """Tell the workers, these and later ones, whose account it is."""
        scripts, place = self._scripts, self._scripts.keys.me
        sealed = self._key_ring.seal(_CODEC.encode(account), place)
        await scripts.run(scripts.call("introduce", (place,), sealed))

    async def account(self) -> AccountFacts | None:
        """Return whose account it is; None if no gateway has said so yet."""
        place = self._scripts.keys.me
        _, sealed, _ = await self._know()
        if sealed is None:
            return None
        try:
            found = _CODEC.decode(self._key_ring.open(sealed, place))
        except (CannotDecrypt, UndecodableValue) as error:
            log.warning("mail.unreadable", reason=str(error))
            return None
        return found if isinstance(found, AccountFacts) else None

    async def has_gateway(self) -> bool:
        """Return whether a gateway has the account at present."""
        _, _, is_there = await self._know()
        return bool(is_there)

    async def _know(self) -> list[Any]:
        scripts, keys = self._scripts, self._scripts.keys
        return await scripts.run(scripts.call("know", (keys.me, keys.alive)))

    async def _send(self, stream: str, letter: Letter, *, ends_s: int) -> None:
        sealed = self._key_ring.seal(_CODEC.encode(letter), stream)
        call = self._scripts.call("post", (stream,), ends_s, MOST_WAITING, "letter", sealed)
        await self._scripts.run(call)
