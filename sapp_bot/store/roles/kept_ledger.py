"""The ledger in a bot of several processes: one worker keeps it, and one that was replaced nothing.

The key `bill:keeper` holds "TERM MODE" for as long as the keeper shows every second that it lives:
TERM names one time of keeping, MODE what the ledger does then. Each write of the keeper asks in its
own script whether its term stands still, so a worker that stood still (a zombie) and goes on when
another keeps the ledger writes nothing more; not when it has become the keeper again, either: that
is another term.

What other workers write is the same whoever writes it, and needs no term: orders, the lock of a
checkout, payments by their charge (`LedgerStore.add_all`), the mark that there is work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sapp_bot.errors import KeeperReplaced
from sapp_bot.store.command_pipeline import CommandPipeline, PipelinedCall
from sapp_bot.store.key_ring import KeyRing
from sapp_bot.store.keys import Keys
from sapp_bot.store.ledger.redis_ledger import RedisLedger
from sapp_bot.store.server.connection import RedisConnection
from sapp_bot.values import dataclass

from .fences import WorkerScripts
from .kept_scripts import KEPT_SCRIPTS

KEEPER = "keeper"
"""Place of the ledger that names its keeper."""

LASTS_S = 5
"""How long after its last sign of life a keeper counts as there, in seconds."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """One time of keeping the ledger.

    Attributes:
        term: Its name, "WORKER/NUMBER"; no other ever has the same.
        mode: What the ledger does, in the words of `ledger.values.LedgerMode`.

    """

    term: str
    mode: str

    @property
    def worker(self) -> str:
        """Name of the worker that keeps it."""
        return self.term.rpartition("/")[0]


class Terms:
    """Who keeps the ledger, and until when.

    Each call raises `StoreAway` and `AlreadyRunning` as `FencedScripts.run` does.

    Args:
        scripts: Runs the Lua scripts.
        worker: Name of this worker.
        kept: Returns the ledger's store for a term.

    """

    def __init__(
        self, scripts: WorkerScripts, worker: str, kept: Callable[[str], KeptLedger]
    ) -> None:
        self.worker = worker
        self.kept = kept
        self._scripts = scripts

    async def begin(self, keeping: Keeping) -> bool:
        """Begin a term; False while another one stands."""
        return bool((await self._run("begin_term", keeping.term, keeping.mode, LASTS_S))[1])

    async def renew(self, keeping: Keeping) -> bool:
        """Show that the keeper lives; False when its term is over, whoever keeps it now."""
        return bool((await self._run("renew_term", keeping.term, keeping.mode, LASTS_S))[1])

    async def end(self, term: str) -> None:
        """End a term, if it stands still: another worker may begin one at once."""
        await self._run("end_term", term)

    async def stands(self) -> Keeping | None:
        """Return who keeps the ledger now; None if nobody does."""
        found = (await self._run("keeper"))[1]
        if found is None:
            return None
        term, _, mode = found.decode().partition(" ")
        return Keeping(term, mode)

    async def _run(self, script: str, *args: str | int) -> list[Any]:
        scripts = self._scripts
        return await scripts.run(scripts.call(script, (scripts.keys.ledger(KEEPER),), *args))


class KeptLedger(RedisLedger):
    """`RedisLedger` of the keeper: a write has no effect once its term is over.

    Args:
        term: The term.
        args: As of `RedisLedger`, and the other arguments, too.

    """

    def __init__(
        self,
        term: str,
        pipeline: CommandPipeline,
        keys: Keys,
        key_ring: KeyRing,
        connect: Callable[[], RedisConnection],
        *,
        is_vouched: bool,
    ) -> None:
        super().__init__(pipeline, keys, key_ring, connect, is_vouched=is_vouched)
        self._term = term

    async def check(self) -> None:
        """See that this is the keeper still: right before something outside of Redis is done.

        Raises:
            KeeperReplaced: it is not.
            StoreAway: nobody knows.

        """
        await self._run("stands", ())

    async def _run(self, script: str, places: Sequence[str], *args: str | bytes | int) -> list[Any]:
        if f"kept_{script}" not in KEPT_SCRIPTS:
            return await super()._run(script, places, *args)
        return self._checked(await self._pipeline.ask(self._kept_call(script, places, args)))

    def _kept_call(
        self, script: str, places: Sequence[str], args: Sequence[str | bytes | int]
    ) -> PipelinedCall:
        keys = [self._keys.ledger(place) for place in places]
        keys += (self._keys.workers, self._keys.ledger(KEEPER))
        return PipelinedCall(f"kept_{script}", tuple(keys), (*args, self._term))

    def _checked(self, answer: list[Any]) -> list[Any]:
        if answer[0] == b"replaced":
            raise KeeperReplaced("another worker keeps the ledger")
        return super()._checked(answer)
