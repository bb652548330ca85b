"""All plugins and their lives: what is read, what answers, what is taken off.

A change goes in six steps: read the file as a new generation, in a thread; check it, alone and
beside the others; build the new table; open the new lifespan; switch, by one assignment; retire
the old generation. Whatever fails before the switch leaves the old one answering.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog

from sapp_bot.errors import NotReady, PluginError
from sapp_bot.ports import Switches

from .chores import Chores
from .generation import Generation, Ground
from .life import REST_S, Life, State, is_failure
from .load import LOCALES, find_plugins, load_plugin
from .modules import Remains, alive, name_of
from .needs import InTheWay, Unmet, files_in_order, table_beside, unmet
from .operators import Herald
from .patience import OutOfTime, within
from .table import Loaded, Table, build_table
from .threads import in_thread
from .words import Catalogues, read_locales

log = structlog.get_logger(__name__)

IMPORT_S = 30.0
"""How long the import of one file may take."""

LOOK_S = 1.0
"""How long after the end of a generation one looks what is left of it."""


@dataclass(frozen=True, slots=True)
class House:
    """What the shelf stands in.

    `services` are those that handlers can ask for; `only` names the plugins that are read at all,
    if not every one; `publish` puts a table to work; `for_people` takes secrets out of an error.
    """

    folder: Path
    services: Mapping[type, object]
    switches: Switches
    herald: Herald
    publish: Callable[[Table], None]
    for_people: Callable[[str], str]
    only: frozenset[str] | None = None


class Shelf:
    """Holds the plugins of one folder; one change at a time."""

    def __init__(self, house: House, ground: Ground) -> None:
        self._house = house
        self._ground = ground
        self._lives: dict[Path, Life] = {}
        self._off: frozenset[str] = frozenset()
        self._words: Catalogues = {}
        self._table = Table()
        self._past: list[Table] = []
        self._remains: Remains = {}
        self._lock = asyncio.Lock()
        self._chores = Chores()

    @property
    def table(self) -> Table:
        """What answers now."""
        return self._table

    @property
    def lives(self) -> list[Life]:
        """All plugin files, by name."""
        return sorted(self._lives.values(), key=lambda life: life.name)

    def files(self) -> list[Path]:
        """List the files that are read, as they are in the folder now.

        Raises:
            PluginError: the folder cannot be read.

        """
        only = self._house.only
        found = find_plugins(self._house.folder)
        return [path for path in found if only is None or name_of(path) in only]

    async def open(self, tasks: asyncio.TaskGroup) -> None:
        """Read the whole folder for the first time; what goes on by itself goes on in `tasks`.

        Raises:
            PluginError: the folder cannot be read.
            StoreAway: nobody can tell what is switched off.

        """
        self._chores.group = tasks
        async with self._lock:
            self._off = await self._house.switches.off()
            self._read_words()
            self._lives = {path: Life(path) for path in self.files()}
            read: dict[Path, Loaded] = {}
            for life in self._lives.values():
                loaded = await self._read(life)
                if loaded is not None:
                    read[life.path] = loaded
            for path in files_in_order(read):
                await self._admit(self._lives[path], read[path])

    async def close(self) -> None:
        """End all plugins, with their lifespans; they stay on the table."""
        for life in self.lives:
            life.quit_retry()
        working = [life.generation for life in self.lives if life.generation is not None]
        await asyncio.gather(*(generation.close() for generation in working))

    async def stop_timers(self) -> None:
        """Begin no more timers."""
        working = [life.generation for life in self.lives if life.generation is not None]
        await asyncio.gather(*(generation.stop() for generation in working))

    async def settled(self) -> None:
        """Wait until nothing is under way: no change, no retirement, no word to an operator."""
        while self._chores.any or self._lock.locked():
            async with self._lock:
                pass
            await self._chores.done()

    def leaks(self) -> list[str]:
        """Name the classes, functions and modules of retired generations that are still held."""
        gc.collect()
        found = alive(self._remains)
        self._remains = {name: r for name, r in self._remains.items() if r() is not None}
        return found

    # Changes

    async def apply(self, changed: Iterable[Path], gone: Iterable[Path] = ()) -> None:
        """Take in what changed in the folder: new and changed files, and those that are gone.

        The folder of shared translations counts as a change of every plugin.
        """
        async with self._lock:
            for path in gone:
                life = self._lives.pop(path, None)
                if life is not None:
                    log.info("plugin.gone", plugin=life.name)
                    self._take_off(life, State.DISCOVERED, "its file is gone")
            paths = list(changed)
            if any(path.name == LOCALES for path in paths):
                self._read_words()
                paths = list(self._lives)
            for path in paths:
                await self._change(self._lives.setdefault(path, Life(path)))

    async def reload(self, life: Life) -> None:
        """Read a plugin anew."""
        async with self._lock:
            await self._change(life)

    async def turn(self, life: Life, *, on: bool) -> None:
        """Switch a plugin on or off, for this and all later starts.

        Raises:
            StoreAway: that cannot be noted, so nothing is done.

        """
        async with self._lock:
            await self._house.switches.turn(life.name, on=on)
            self._off = self._off - {life.name} if on else self._off | {life.name}
            if not on:
                self._take_off(life, State.DISABLED, "")
            elif life.generation is None:
                await self._change(life)

    async def retry(self, but: Iterable[Path] = ()) -> None:
        """Try all again that should answer and do not; `but` are those that were read just now."""
        done = frozenset(but)
        async with self._lock:
            for life in self.lives:
                if life.reason and life.path not in done:
                    await self._change(life)

    def failed(self, plugin: str, error: BaseException) -> None:
        """Count a failure of a plugin's code; one too many, and it is taken off for a while."""
        life = self._answering(plugin)
        if life is None or not is_failure(error):
            return
        if life.failed(self._ground.clock.now()):
            self._rest(life, f"{type(error).__name__}: {error}")

    def blocked(self, plugin: str, where: str) -> None:
        """Note that a plugin held up everybody else."""
        life = self._answering(plugin)
        if life is not None:
            life.blocked = where

    # One plugin

    async def _change(self, life: Life) -> None:
        loaded = await self._read(life)
        if loaded is not None:
            await self._admit(life, loaded)

    async def _read(self, life: Life) -> Loaded | None:
        """Read a file in a thread, unless it is switched off; None when it cannot be used."""
        if life.name in self._off:
            life.refused(State.DISABLED, "")
            return None
        life.begin()
        began = time.perf_counter()
        load = partial(load_plugin, life.path, self._house.services, self._words)
        try:
            work = in_thread(load, name=f"import {life.name}")
            loaded = await within(self._ground.clock, IMPORT_S, work)
        except OutOfTime:
            why = f"{life.path}: its import did not end within {IMPORT_S:.0f} s"
            self._refuse(life, PluginError(why))
        except (NotReady, PluginError) as error:
            self._refuse(life, error)
        except Exception as error:  # noqa: BLE001  # a border: what runs there may raise anything
            self._refuse(life, PluginError(f"{life.path}: {error}"))
        else:
            life.needs = loaded.needs
            life.load_s = time.perf_counter() - began
            return loaded
        return None

    async def _admit(self, life: Life, loaded: Loaded) -> None:
        """Put a new generation beside the others, if it fits; the old one makes way."""
        generation = Generation(loaded, self._ground, partial(self._fell, life, loaded))
        try:
            self._table_with(life, loaded)
            await generation.open()
        except (NotReady, PluginError) as error:
            self._refuse(life, error)
            self._leave(generation)
            return
        try:
            table = self._table_with(life, loaded)  # the others may have changed meanwhile
        except PluginError as error:
            self._refuse(life, error)
            self._leave(generation)
            return
        former = life.generation
        life.answers(generation)
        self._switch(table)
        log.info("plugin.loaded", plugin=loaded.name, version=loaded.version)
        if former is not None:
            self._leave(former, then=generation)
        elif self._chores.group is not None:
            generation.start(self._chores.group)

    def _table_with(self, life: Life, loaded: Loaded) -> Table:
        others = [other.loaded for x, other in self._working() if x is not life]
        needs = {life.name: life.needs for life in self.lives}
        return table_beside(loaded, others, needs=needs, resting=self._resting(life))

    def _refuse(self, life: Life, error: NotReady | PluginError) -> None:
        """Note why a file cannot be used, say so, and try again where that can help."""
        reason = self._house.for_people(str(error))
        told = life.reason == reason
        answering = life.generation is not None
        broken = not isinstance(error, NotReady | Unmet)
        state = State.FAILED if broken else State.NOT_READY
        life.refused(state, reason, waits=isinstance(error, InTheWay))
        event, name = (log.error, "failed") if broken else (log.warning, "not_ready")
        event(f"plugin.{name}", path=str(life.path), reason=reason, answering=answering)
        if isinstance(error, NotReady):
            wait_s = life.next_try_s()
            life.retry = self._ground.clock.call_later(wait_s, partial(self._try_again, life))
        if not told and (broken or answering):
            about = f"failed:{life.name}:{self._stamp()}"
            herald = self._house.herald
            self._chores.do(herald.refused(about, life.name, reason, answering=answering))

    def _take_off(self, life: Life, state: State, reason: str) -> None:
        """Let a plugin answer no more, nor those that need it."""
        leaving = [life.ended(state, reason)]
        without = unmet({x.name: generation.loaded for x, generation in self._working()})
        leaving += [
            x.ended(State.NOT_READY, without[x.name], waits=True)
            for x, _ in list(self._working())
            if x.name in without
        ]
        working = [generation.loaded for _, generation in self._working()]
        self._switch(build_table(working, resting=self._resting(None)))
        for generation in leaving:
            if generation is not None:
                self._leave(generation)

    def _rest(self, life: Life, reason: str) -> None:
        """Take a plugin off for a while."""
        reason = self._house.for_people(reason)
        log.error("plugin.quarantined", plugin=life.name, reason=reason)
        about, minutes = f"rests:{life.name}:{self._stamp()}", int(REST_S // 60)
        self._chores.do(self._house.herald.rests(about, life.name, reason, minutes))
        self._take_off(life, State.QUARANTINED, reason)
        life.retry = self._ground.clock.call_later(REST_S, partial(self._try_again, life))

    def _fell(self, life: Life, loaded: Loaded, error: BaseException) -> None:
        """Take a plugin off whose lifespan ended by itself: what it opened is gone."""
        if life.generation is not None and life.generation.loaded is loaded:
            self._rest(life, f"its lifespan ended: {type(error).__name__}: {error}")

    def _try_again(self, life: Life) -> None:
        async def change() -> None:
            async with self._lock:
                if self._lives.get(life.path) is life and life.reason:
                    await self._change(life)

        self._chores.do(change())

    # The table

    def _working(self) -> Iterator[tuple[Life, Generation]]:
        for life in self.lives:
            if life.generation is not None:
                yield life, life.generation

    def _answering(self, plugin: str) -> Life | None:
        return next((life for life, _ in self._working() if life.name == plugin), None)

    def _resting(self, but: Life | None) -> Iterator[str]:
        for life in self.lives:
            if life.state is State.QUARANTINED and life is not but:
                yield from life.commands

    def _switch(self, table: Table) -> None:
        """Replace the table by one assignment; updates under way keep the one they began with."""
        self._past = [past for past in (*self._past, self._table) if past.readers.any]
        self._table = table
        self._house.publish(table)
        if any(life.waits for life in self.lives):
            self._chores.do(self._try_waiting())

    async def _try_waiting(self) -> None:
        async with self._lock:
            for life in self.lives:
                if life.waits:
                    await self._change(life)

    def _leave(self, former: Generation, then: Generation | None = None) -> None:
        """Retire a generation in the background; the next one's timers begin when it is gone."""
        tables = [t for t in self._past if any(p is former.loaded for p in t.plugins)]

        async def leave() -> None:
            self._remains |= await former.close(tables)
            self._past = [past for past in self._past if past.readers.any]
            if then is not None and self._chores.group is not None:
                then.start(self._chores.group)
            self._ground.clock.call_later(LOOK_S, self._look)

        self._chores.do(leave())

    def _look(self) -> None:
        found = self.leaks()
        if found:
            log.warning("plugin.remains", names=found)

    def _read_words(self) -> None:
        """Read the shared translations; with broken ones the last good ones stay."""
        try:
            self._words = read_locales(self._house.folder / LOCALES)
        except PluginError as error:
            log.error("plugin.words_failed", reason=str(error))  # noqa: TRY400  # no trace
            about = f"words:{self._stamp()}"
            herald = self._house.herald
            self._chores.do(herald.refused(about, LOCALES, str(error), answering=bool(self._words)))

    def _stamp(self) -> str:
        return f"{self._ground.clock.now().timestamp():.0f}"
