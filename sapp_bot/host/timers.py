"""The repeated tasks of one plugin: each once in its span of time, however many processes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog

from sapp_bot.errors import SappBotError, StoreAway
from sapp_bot.ports import Clock, Leases, Write
from sapp_bot.replies import Parcel
from sapp_bot.state import Standing

from .choices import put_in_words
from .handling import Caller
from .ownership import Crew
from .patience import OutOfTime, within
from .run import in_its_thread
from .table import Repeated
from .visit import HostSettings, Impulse, Visit

log = structlog.get_logger(__name__)

SHORTEST_LIMIT_S = 60.0
RETRY_S = 5.0

Tell = Callable[[str, Sequence[Parcel], Sequence[Write]], Awaitable[None]]
"""Stores replies and changes in one step, once under a name, and sends the replies."""

Speak = Callable[[Visit], Caller]


class Timers:
    """Runs them. `failed` is told of what goes wrong."""

    def __init__(
        self,
        repeated: Iterable[Repeated],
        crew: Crew,
        *,
        clock: Clock,
        leases: Leases,
        settings: HostSettings,
        speak: Speak,
        tell: Tell,
        failed: Callable[[str, BaseException], None],
    ) -> None:
        self._repeated = tuple(repeated)
        self._crew = crew
        self._clock = clock
        self._leases = leases
        self._settings = settings
        self._speak = speak
        self._tell = tell
        self._failed = failed
        self._tasks: set[asyncio.Task[None]] = set()
        self._asleep: set[asyncio.Task[None] | None] = set()
        self._stirred = asyncio.Event()
        self._is_over = False

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Begin, unless it is over already."""
        if self._is_over:
            return
        for repeated in self._repeated:
            task = tasks.create_task(self._repeat(repeated))
            self._tasks.add(task)
            task.add_done_callback(self._left)

    async def idle(self) -> None:
        """Wait until no run is under way."""
        while self._tasks - self._asleep:
            self._stirred.clear()
            await self._stirred.wait()

    async def stop(self, grace_s: float) -> None:
        """Begin no more runs; one under way may end within `grace_s`."""
        self._is_over = True
        for task in self._tasks & self._asleep:
            task.cancel()
        working = self._tasks - self._asleep
        if not working:
            return
        try:
            await within(self._clock, grace_s, _ended(working))
        except OutOfTime:
            for task in working:
                task.cancel()

    async def run_now(self, name: str) -> None:
        """Run a task once, whatever the time: for tests and operators."""
        for repeated in self._repeated:
            if repeated.name == name:
                await self._run(repeated, f"{self._clock.now().isoformat()}")

    async def _repeat(self, repeated: Repeated) -> None:
        span_s = repeated.seconds
        while not self._is_over:
            span = int(self._clock.now().timestamp() // span_s)
            try:
                mine = await self._leases.take(repeated.name, span, keep_s=int(2 * span_s) + 60)
            except StoreAway as error:
                log.warning("store.away", reason=str(error))
                await self._sleep(RETRY_S)
                continue
            if mine:
                await self._run(repeated, str(span))
            now_s = self._clock.now().timestamp()
            if not self._is_over and now_s // span_s == span:
                await self._sleep((span + 1) * span_s - now_s)

    def _left(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._stirred.set()

    async def _sleep(self, seconds: float) -> None:
        task = asyncio.current_task()
        self._asleep.add(task)
        self._stirred.set()
        try:
            await self._clock.sleep(seconds)
        finally:
            self._asleep.discard(task)

    async def _run(self, repeated: Repeated, turn: str) -> None:
        """Run one; what it says and keeps is committed when it has ended well."""
        impulse = Impulse(f"every:{repeated.name}:{turn}", commits=True)
        visit = Visit(impulse, Standing(), self._settings, self._clock.now())
        limit_s = max(SHORTEST_LIMIT_S, repeated.seconds)
        try:
            caller = self._speak(visit)
            values = caller.values(repeated.plugin, repeated.recipe)
            handler = repeated.handler
            plain = repeated.recipe.plain
            work = in_its_thread(handler, values, self._crew) if plain else handler(**values)
            await within(self._clock, limit_s, work, crew=self._crew)
            if self._settings.mode == "user":
                put_in_words(visit, caller.speech())
            visit.changes.is_over = True
            writes = tuple(visit.changes.writes.values())
            if visit.parcels or writes:
                await self._tell(impulse.key, visit.parcels, writes)
        except SappBotError as error:
            log.warning("timer.refused", timer=repeated.name, reason=str(error))
            self._failed(repeated.plugin, error)
        except Exception as error:  # a border: a plugin may raise anything
            log.error("timer.failed", timer=repeated.name, exc_info=error)  # noqa: TRY400  # given
            self._failed(repeated.plugin, error)


async def _ended(tasks: set[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)
