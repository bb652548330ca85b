"""Loads, reloads, quarantines and unloads the plugins of one folder.

A change has six steps: import the file as a new generation, in a thread; validate it, alone and
with the others; build the new routing table; open the new lifespan; publish the table, by one
assignment; retire the old generation. A failure before the fifth step leaves the old one running.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from sapp_bot.domain.ports import PluginSwitches
from sapp_bot.errors import NotReady, PluginError
from sapp_bot.host.built_in import built_in_plugins
from sapp_bot.host.routing.building import build_routing_table
from sapp_bot.host.routing.registry import LoadedPlugin, PluginRegistry, RoutingTable
from sapp_bot.host.runtime.background import BackgroundTasks
from sapp_bot.host.runtime.names import name_of
from sapp_bot.values import dataclass

from .dependencies import MissingDependency, PluginConflict, files_in_order, table_beside, unmet
from .generation import Generation
from .loader import LOCALES, ImportThread, find_plugins, load_to_run
from .operator_alerts import OperatorAlerts
from .periodic import GenerationDeps
from .record import QUARANTINE_S, PluginRecord, PluginState, as_refusal, is_failure
from .retirement import Retirement
from .signatures import Services
from .translations import Catalogues, read_locales

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ManagerDeps:
    """Dependencies of the plugin manager.

    Attributes:
        folder: The plugin folder.
        services: Services that handlers can ask for.
        switches: Stores which plugins are switched off.
        operator_alerts: Tells operators about failures.
        generation_deps: Dependencies of each generation.
        for_people: Returns a text without its secrets.
        only: Names of the plugins to read; None reads all.

    """

    folder: Path
    services: Services
    switches: PluginSwitches
    operator_alerts: OperatorAlerts
    generation_deps: GenerationDeps
    for_people: Callable[[str], str]
    only: frozenset[str] | None = None


class PluginManager:
    """Manager of the plugins of one folder; makes one change at a time."""

    def __init__(self, deps: ManagerDeps) -> None:
        self._deps = deps
        self._clock = deps.generation_deps.clock
        self._journal = deps.generation_deps.journal
        self._registry: PluginRegistry = deps.generation_deps.registry
        self._records: dict[Path, PluginRecord] = {}
        self._off: frozenset[str] = frozenset()
        self._shared_catalogues: Catalogues = {}
        self._lock = asyncio.Lock()
        self._thread = ImportThread(self._clock)
        self._background, self._requested = BackgroundTasks(), BackgroundTasks()
        self._retirement = Retirement(self._background, self._clock)

    @property
    def table(self) -> RoutingTable:
        """The current routing table."""
        return self._registry.table

    @property
    def records(self) -> list[PluginRecord]:
        """Records of all plugin files, sorted by name."""
        return sorted(self._records.values(), key=lambda record: record.name)

    def files(self) -> list[Path]:
        """Return the plugin files that are in the folder now, as far as `only` names them.

        Raises:
            PluginError: the folder cannot be read.

        """
        only = self._deps.only
        found = find_plugins(self._deps.folder)
        return [path for path in found if only is None or name_of(path) in only]

    async def open(self, tasks: asyncio.TaskGroup) -> None:
        """Load all plugins of the folder for the first time.

        Args:
            tasks: Group in which timers and later changes run.

        Raises:
            PluginError: the folder cannot be read.
            StoreAway: the store does not answer, so what is switched off is unknown.

        """
        self._background.group = tasks
        self._journal.open()
        async with self._lock:
            self._off = await self._deps.switches.off()
            self._read_shared_catalogues()
            self._records = {path: PluginRecord(path) for path in self.files()}
            # Read all before any starts: only then is known which plugin needs which.
            read: dict[Path, LoadedPlugin] = {}
            for record in self._records.values():
                loaded = await self._read(record)
                if loaded is not None:
                    read[record.path] = loaded
            for path in files_in_order(read):
                await self._activate(self._records[path], read[path])

    async def close(self) -> None:
        """Close all generations with their lifespans; the routing table stays."""
        for record in self.records:
            record.quit_retry()
        working = [record.generation for record in self.records if record.generation is not None]
        await asyncio.gather(*(generation.close() for generation in working))

    async def stop_timers(self) -> None:
        """Stop the timers of all plugins; runs under way may end."""
        working = [record.generation for record in self.records if record.generation is not None]
        await asyncio.gather(*(generation.stop() for generation in working))

    async def settled(self) -> None:
        """Wait until no change, retirement or alert to an operator is under way."""
        while self._background.any or self._lock.locked():
            async with self._lock:
                pass
            await self._background.done()

    def leaks(self) -> list[str]:
        """Return the names of classes, functions and modules of retired generations still held."""
        return self._retirement.leaks()

    # Changes

    async def apply(self, changed: Iterable[Path], gone: Iterable[Path] = ()) -> None:
        """Load changed files, and unload those that are gone.

        Args:
            changed: New and changed plugin files; the folder of shared translations stands for a
                change of every plugin.
            gone: Plugin files that are no longer in the folder.

        """
        async with self._lock:
            # First: a file that was renamed has its commands free by then.
            for path in gone:
                if (record := self._records.pop(path, None)) is not None:
                    if all(other.name != record.name for other in self.records):
                        log.info("plugin.gone", plugin=record.name)
                    self._unload(record, PluginState.DISCOVERED, "its file is gone")
            paths = list(changed)
            if any(path.name == LOCALES for path in paths):
                self._read_shared_catalogues()
                paths = list(self._records)
            for path in paths:
                await self._change(self._records.setdefault(path, PluginRecord(path)))

    async def reload(self, record: PluginRecord) -> None:
        """Load a plugin again from its file; on failure the running generation stays."""
        self._journal.forgive(record.name)
        async with self._lock:
            await self._change(record)

    async def set_enabled(self, record: PluginRecord, *, on: bool) -> None:
        """Switch a plugin on or off, for this and all later starts.

        Raises:
            StoreAway: the store does not answer; nothing was changed.

        """
        async with self._lock:
            await self._deps.switches.set_enabled(record.name, on=on)
            self._off = self._off - {record.name} if on else self._off | {record.name}
            if not on:
                self._unload(record, PluginState.DISABLED, "")
            elif record.generation is None:
                await self._change(record)

    async def retry(self, but: Iterable[Path] = ()) -> None:
        """Load all plugins with a failure again, except the files in `but`."""
        done = frozenset(but)
        async with self._lock:
            for record in self.records:
                if record.reason and record.path not in done:
                    await self._change(record)

    async def finish(self, work: Coroutine[Any, Any, None]) -> None:
        """Run work to its end: the handler that asks may reach its time limit half-way."""
        await asyncio.shield(self._requested.start(work))

    def failed(self, plugin: str, error: BaseException) -> None:
        """Count an error of a plugin's code; quarantine the plugin when there were too many."""
        record = self._answering(plugin)
        if record is None or not is_failure(error):
            return
        self._deps.generation_deps.metrics.count("plugin_errors", plugin=plugin)
        if record.failed(self._clock.now()):
            self._quarantine(record, record.why(error))

    def ended_process(self, plugin: str) -> None:
        """Quarantine the plugin that ended the process again and again, and alert operators."""
        reason = "a message that it handled ended the bot's process each time"
        record = self._answering(plugin)
        if record is not None:
            self._quarantine(record, reason)
        else:
            self._background.do(self._deps.operator_alerts.left_out(self._now_s()))

    def blocked(self, plugin: str, where: str) -> None:
        """Note where a plugin blocked the event loop (`where`: code location and seconds)."""
        record = self._answering(plugin)
        if record is not None:
            record.blocked = where

    # One plugin

    async def _change(self, record: PluginRecord) -> None:
        loaded = await self._read(record)
        if loaded is not None:
            await self._activate(record, loaded)

    async def _read(self, record: PluginRecord) -> LoadedPlugin | None:
        """Import a file in a thread; return None when it is switched off or cannot be used."""
        if record.name in self._off:
            record.refused(PluginState.DISABLED, "")
            return None
        record.begin()
        began = time.perf_counter()
        imports, shared = self._deps.generation_deps.imports, self._shared_catalogues
        load = partial(load_to_run, record.path, self._deps.services, shared, imports)
        try:
            self._journal.check(record.name, record.path)
            ours = built_in_plugins().has(record.path)
            with self._journal.during(record.name, "import", trusted=ours):
                loaded = await self._thread.load(record.path, load)
        except (NotReady, PluginError) as error:
            self._refuse(record, error)
            return None
        record.needs = loaded.needs
        record.load_s = time.perf_counter() - began
        return loaded

    async def _activate(self, record: PluginRecord, loaded: LoadedPlugin) -> None:
        """Open a new generation, publish a table with it, and retire the old one."""
        generation = Generation(
            loaded,
            self._deps.generation_deps,
            failed=self.failed,
            on_exit=partial(self._on_exit, record, loaded),
        )
        try:
            # A conflict shows before the lifespan opens anything.
            before, table = self._registry.table, self._table_with(record, loaded)
            await generation.open()
        except Exception as error:  # noqa: BLE001  # a border: one plugin's mistake ends no bot
            self._refuse(record, as_refusal(record.path, error))
            self._retirement.begin(generation)
            return
        try:
            # Again, if another plugin's lifespan ended while this one opened.
            if self._registry.table is not before:
                table = self._table_with(record, loaded)
        except Exception as error:  # noqa: BLE001  # as above
            self._refuse(record, as_refusal(record.path, error))
            self._retirement.begin(generation)
            return
        former = record.generation
        record.answers(generation)
        self._switch(table)
        generation.announce()
        if former is not None:  # old timers end first: none may run in two generations at once
            self._retirement.begin(former, then=partial(self._start, generation))
        else:
            self._start(generation)

    def _start(self, generation: Generation) -> None:
        if self._background.group is not None:
            generation.start(self._background.group)

    def _table_with(self, record: PluginRecord, loaded: LoadedPlugin) -> RoutingTable:
        others = [other.loaded for x, other in self._working() if x is not record]
        needs = {record.name: record.needs for record in self.records}
        return table_beside(loaded, others, needs=needs, resting=self._quarantined_commands(record))

    def _refuse(self, record: PluginRecord, error: NotReady | PluginError) -> None:
        """Record why a file cannot be used, alert operators, and schedule a retry if useful."""
        reason = self._deps.for_people(str(error))
        told = record.reason == reason  # one alert for each reason, however often it is retried
        answering = record.generation is not None
        broken = not isinstance(error, NotReady | MissingDependency)
        state = PluginState.FAILED if broken else PluginState.NOT_READY
        record.refused(state, reason, waits=isinstance(error, PluginConflict))
        event, name = (log.error, "failed") if broken else (log.warning, "not_ready")
        event(f"plugin.{name}", path=str(record.path), reason=reason, answering=answering)
        if isinstance(error, NotReady):
            wait_s = record.next_try_s()
            record.retry = self._clock.call_later(wait_s, partial(self._try_again, record))
        if not told and (broken or answering):
            about, alerts = f"failed:{record.name}:{self._now_s()}", self._deps.operator_alerts
            self._background.do(alerts.broken(about, record.name, reason, answering=answering))

    def _unload(self, record: PluginRecord, state: PluginState, reason: str) -> None:
        """Unload a plugin, and those that need it."""
        leaving = [record.ended(state, reason)]
        without = unmet({x.name: generation.loaded for x, generation in self._working()})
        leaving += [
            x.ended(PluginState.NOT_READY, without[x.name], waits=True)
            for x, _ in list(self._working())
            if x.name in without
        ]
        working = [generation.loaded for _, generation in self._working()]
        self._switch(build_routing_table(working, resting=self._quarantined_commands(None)))
        for generation in leaving:
            if generation is not None:
                self._retirement.begin(generation)

    def _quarantine(self, record: PluginRecord, reason: str) -> None:
        """Unload a plugin for `QUARANTINE_S`, then load it again."""
        reason = self._deps.for_people(reason)
        log.error("plugin.quarantined", plugin=record.name, reason=reason)
        about, minutes = f"rests:{record.name}:{self._now_s()}", int(QUARANTINE_S // 60)
        self._background.do(self._deps.operator_alerts.rests(about, record.name, reason, minutes))
        self._unload(record, PluginState.QUARANTINED, reason)
        record.retry = self._clock.call_later(QUARANTINE_S, partial(self._try_again, record))

    def _on_exit(self, record: PluginRecord, loaded: LoadedPlugin, error: BaseException) -> None:
        """Quarantine a plugin whose lifespan ended by itself: what it opened is closed."""
        if record.generation is not None and record.generation.loaded is loaded:
            self._quarantine(record, f"its lifespan ended: {type(error).__name__}: {error}")

    def _try_again(self, record: PluginRecord) -> None:
        async def change() -> None:
            async with self._lock:
                if self._records.get(record.path) is record and record.reason:
                    await self._change(record)

        self._background.do(change())

    # The table

    def _working(self) -> Iterator[tuple[PluginRecord, Generation]]:
        for record in self.records:
            if record.generation is not None:
                yield record, record.generation

    def _answering(self, plugin: str) -> PluginRecord | None:
        return next((record for record, _ in self._working() if record.name == plugin), None)

    def _quarantined_commands(self, but: PluginRecord | None) -> Iterator[str]:
        for record in self.records:
            if record.state is PluginState.QUARANTINED and record is not but:
                yield from record.commands

    def _switch(self, table: RoutingTable) -> None:
        """Publish a routing table; turns under way keep the one that they began with."""
        self._retirement.replaced(self._registry.table)
        self._registry.publish(table)
        if any(record.waits for record in self.records):
            self._background.do(self._try_waiting())

    async def _try_waiting(self) -> None:
        async with self._lock:
            for record in self.records:
                if record.waits:
                    await self._change(record)

    def _read_shared_catalogues(self) -> None:
        """Read the shared translations; if they are broken, the last good ones stay."""
        try:
            cache = self._deps.generation_deps.imports.cache
            self._shared_catalogues = read_locales(self._deps.folder / LOCALES, cache)
        except PluginError as error:
            log.error("plugin.words_failed", reason=str(error))  # noqa: TRY400  # no trace
            about, alerts = f"words:{self._now_s()}", self._deps.operator_alerts
            answering = bool(self._shared_catalogues)
            self._background.do(alerts.broken(about, LOCALES, str(error), answering=answering))

    def _now_s(self) -> str:
        return f"{self._clock.now().timestamp():.0f}"
