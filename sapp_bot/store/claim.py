"""The claim of one process on its account: renewed while it lives, gone some time after.

Who comes second is refused as long as the claim stands. A process that was killed leaves it behind;
its successor in the same place (the same lock file on the same running machine, which only one can
hold) knows that it is dead and takes over at once, anybody else waits until it has run out.
"""

from __future__ import annotations

import hashlib
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from sapp_bot.domain.ports import Clock
from sapp_bot.errors import AlreadyRunning, StoreAway

from .command_pipeline import CommandPipeline, PipelinedCall
from .fenced import FencedScripts

LASTS_S = 30
"""How long a claim stands that nobody renews, in seconds."""

RENEW_S = 10
"""How often it is renewed, in seconds: two renewals may be lost."""

RELEASE_S = 1.0
"""How long a process that ends waits for Redis to take its claim off, in seconds."""

_BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Another one after each start of the machine; containers share it. Source: random(4)."""


class Claim:
    """The claim of this process.

    Args:
        scripts: Has the token of the process.
        pipeline: Takes the claim and takes it off: those calls are not fenced.
        clock: Times the renewals.
        lasts_s: How long the claim stands that nobody renews, in seconds.
        renew_s: How often it is renewed, in seconds.

    """

    def __init__(
        self,
        scripts: FencedScripts,
        pipeline: CommandPipeline,
        clock: Clock,
        *,
        lasts_s: int = LASTS_S,
        renew_s: float = RENEW_S,
    ) -> None:
        self._lasts_s, self._renew_s = lasts_s, renew_s
        self._scripts = scripts
        self._pipeline = pipeline
        self._clock = clock
        self._text = ""

    async def take(self, place: str) -> None:
        """Make this process the one that works for the account.

        Args:
            place: What no two living processes share; see `place_of`.

        Raises:
            StoreAway: no answer in time.
            AlreadyRunning: another process has it; the text says which.

        """
        who = f"{socket.gethostname().replace(' ', '_')} {os.getpid()}"
        text = f"{self._scripts.token} {place} {who}"
        keys = (self._scripts.keys.owner, self._scripts.keys.alive)
        args = (self._scripts.token, text, self._lasts_s, place)
        word, before = await self._pipeline.ask(PipelinedCall("hold", keys, args))
        if word == b"held":
            raise AlreadyRunning(self._describe(before))
        self._text = text

    async def renew(self) -> NoReturn:
        """Renew the claim until cancelled.

        Raises:
            AlreadyRunning: another process has taken the account over.

        """
        while True:
            await self._clock.sleep(self._renew_s)
            with suppress(StoreAway):  # the log says so, and the next time may be in time
                keys = (self._scripts.keys.alive,)
                await self._scripts.run(
                    self._scripts.call("renew_claim", keys, self._text, self._lasts_s)
                )

    async def release(self) -> None:
        """Take the claim off, if there is one: the next process need not wait. Never fails."""
        if not self._text:
            return
        with suppress(StoreAway, AlreadyRunning):
            call = self._scripts.call("release_claim", (self._scripts.keys.alive,))
            await self._pipeline.ask(call, timeout_s=RELEASE_S)

    def _describe(self, claim: bytes) -> str:
        _, _, host, process = claim.decode("utf-8", "replace").split(" ", 3)
        return (
            f"another process works for this account: {process} on {host}. Stop it first;"
            f" if it is gone without a word, its claim ends {self._lasts_s} s after it"
        )


def place_of(lock: Path) -> str:
    """Return the names of a lock file on this machine, as long as the machine runs.

    Whoever holds the lock knows that nobody else of the same name lives. A copy of the file, and
    the same path on another machine, has another name.
    """
    try:
        machine = _BOOT.read_text("ascii")
    except OSError:  # not Linux
        machine = socket.gethostname()
    about = lock.stat()
    name = f"{machine} {about.st_dev} {about.st_ino}"
    return hashlib.sha256(name.encode()).hexdigest()[:16]
