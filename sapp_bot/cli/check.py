"""`python -m sapp_bot check`: whether plugins are in order, and their examples hold.

They are read as `run` reads them, with the settings they would get. Commands that show examples
then run in the test kit's stage, in memory: without Telegram, Redis or the real API.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from structlog.testing import capture_logs

from sapp_bot.errors import ConfigError, PluginError
from sapp_bot.host.lifecycle.importer import line_in
from sapp_bot.host.lifecycle.loader import find_plugins
from sapp_bot.host.lifecycle.record import PluginState
from sapp_bot.host.routing.arguments import read_groups
from sapp_bot.host.routing.registry import Command, LoadedPlugin
from sapp_bot.host.routing.signature import where
from sapp_bot.host.runtime.names import folder_of, name_of
from sapp_bot.host_wiring import billing_config
from sapp_bot.service_wiring import check
from sapp_bot.settings.advice import misspelt
from sapp_bot.settings.settings import known_names, load_settings, read_environment
from sapp_bot.testing import Actor, Stage

from .lint import lint

EXAMPLE_S = 15.0
"""Longest time for one example, in real seconds."""

SERVICE_READS = 10_000
"""Of the account that pays for rates while the examples of plugins are tried."""

_OPERATOR = 1
"""Telegram id of the person who runs the examples of operators' commands."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was looked at.

    Attributes:
        plugins: Names of the plugins.
        examples: How many examples were run.
        faults: What is wrong: one line each, file and line first.
        advice: What looks like a mistake in the settings, in sentences.

    """

    plugins: tuple[str, ...]
    examples: int
    faults: tuple[str, ...]
    advice: tuple[str, ...] = ()


async def inspect_plugins(place: Path) -> CheckReport:
    """Look at a folder of plugins, or at one plugin.

    Raises:
        PluginError: there is no such folder or plugin.

    """
    folder, only = _chosen(place)
    with capture_logs():
        report = check(folder)
    faults = [f.reason for f in report.failures if only is None or name_of(f.path) in only]
    chosen = [p for p in report.table.plugins if only is None or p.name in only]
    # Of one that the others stand in the way of, all else is told at once.
    alone = [p for p in report.alone if only is None or p.name in only]
    faults += [fault for plugin in (*chosen, *alone) for fault in lint(plugin)]
    examples = sum(len(command.examples) for _, command in _shown(chosen))
    if examples or any(plugin.timers or plugin.inline_routes for plugin in chosen):
        needed = {name for p in chosen for name in (p.name, *_needs(p, report.table.plugins))}
        faults += await _run_examples(folder, needed, chosen)
    advice = misspelt(read_environment(), known_names(), map(name_of, find_plugins(folder)))
    told = (*advice, *(sentence for plugin in chosen for sentence in plugin.advice))
    return CheckReport(tuple(p.name for p in chosen), examples, tuple(faults), told)


def payments_missing() -> list[str]:
    """List what the settings lack for payments in Stars, in sentences; none if nothing is sold."""
    settings = load_settings()
    missing = billing_config(settings).missing(is_bot=settings.sapp_mode == "bot")
    return [part.value for part in missing]


def _chosen(place: Path) -> tuple[Path, frozenset[str] | None]:
    """Return whether a path is a folder of plugins, or a single one: a file or a package."""
    path = place / "__init__.py" if (place / "__init__.py").is_file() else place
    if not path.is_file():
        return place, None
    path = path.absolute()
    folder = folder_of(path)
    if path not in find_plugins(folder):
        raise PluginError(f"{place} is no plugin: a .py file whose name begins with a letter")
    return folder, frozenset({name_of(path)})


def _needs(plugin: LoadedPlugin, plugins: tuple[LoadedPlugin, ...]) -> Iterator[str]:
    """Return the names of what a plugin needs, directly and over others."""
    for other in plugins:
        if other.name in plugin.needs:
            yield other.name
            yield from _needs(other, plugins)


def _shown(plugins: list[LoadedPlugin]) -> Iterator[tuple[LoadedPlugin, Command]]:
    for plugin in plugins:
        yield from ((plugin, command) for command in plugin.commands if command.examples)


async def _run_examples(folder: Path, needed: set[str], chosen: list[LoadedPlugin]) -> list[str]:
    stage = Stage(
        folder,
        only=needed,
        environment=read_environment(),
        admins=frozenset({_OPERATOR}),
        service_reads=SERVICE_READS,
    )
    stage.may_fail = True
    try:
        async with stage:
            faults = [record.reason for record in stage.bot.plugins.records if record.reason]
            for plugin, command in _shown(chosen):
                for text, words in command.examples.items():
                    faults.append(await _run_example(stage, plugin, command, text, words))
            for plugin in chosen:
                faults += [fault async for fault in _run_unasked(stage, plugin)]
    except ConfigError as error:  # none of them could begin
        return [str(error)]
    return [fault for fault in faults if fault]


async def _run_example(
    stage: Stage, plugin: LoadedPlugin, command: Command, text: str, words: str
) -> str:
    """Try an example as a new person; return what is wrong with the answer."""
    await _wake(stage, plugin)
    actor = await _person(stage, command)
    before = len(stage.log)
    try:
        async with asyncio.timeout(EXAMPLE_S):
            await actor.says(text)
    except TimeoutError:
        return f"{where(command.handler)}: {text} did not end within {EXAMPLE_S:.0f} s"
    if fault := _failure(stage, plugin, before, text, where(command.handler)):
        return fault
    if actor.sees(words):
        return ""
    said = " / ".join(shown.text.plain for shown in actor.news) or "nothing"
    return f"{where(command.handler)}: {text} answers {said!r}, and should hold {words!r}"


async def _run_unasked(stage: Stage, plugin: LoadedPlugin) -> AsyncIterator[str]:
    """Run each timer once, and the inline handlers with what their patterns can be shown."""
    typed = ["", *(text.lstrip("/") for _, c in _shown([plugin]) for text in c.examples)]
    actor = stage.person("reader")
    for route in plugin.inline_routes:
        for text in (text for text in typed if read_groups(route.text, text) is not None):
            await _wake(stage, plugin)
            before = len(stage.log)
            await actor.asks(text)
            name = f"the inline query {text!r}"
            yield _failure(stage, plugin, before, name, where(route.text.handler))
    for timer in plugin.timers:
        await _wake(stage, plugin)
        before = len(stage.log)
        try:
            async with asyncio.timeout(EXAMPLE_S):
                await stage.tick(timer.name)
        except TimeoutError:
            yield f"{where(timer.handler)}: its run did not end within {EXAMPLE_S:.0f} s"
        yield _failure(stage, plugin, before, f"the timer {timer.name}", where(timer.handler))


_FAILED = frozenset(f"{kind}.failed" for kind in ("update", "picture", "file", "inline", "timer"))
_REFUSED = frozenset(f"{kind}.refused" for kind in ("update", "inline", "timer"))


def _failure(stage: Stage, plugin: LoadedPlugin, before: int, tried: str, place: str) -> str:
    """Return what failed since an entry of the log, with the plugin's line; "" for nothing."""
    for entry in stage.log[before:]:
        error = entry.get("exc_info")
        is_own = entry.get("error", PluginError.__name__) == PluginError.__name__
        if entry["event"] in _FAILED and isinstance(error, PluginError):
            return f"{place}: {tried} fails: {error}"
        if entry["event"] in _FAILED and isinstance(error, BaseException):
            kind = type(error).__name__
            return f"{line_in(error, plugin.path)}: {tried} fails: {kind}: {error}"
        if entry["event"] in _FAILED or (entry["event"] in _REFUSED and is_own):
            return f"{place}: {tried} fails: {entry.get('reason', '')}"
    return ""


async def _wake(stage: Stage, plugin: LoadedPlugin) -> None:
    """Load a plugin again that rests because earlier examples of it failed."""
    for record in stage.bot.plugins.records:
        if record.name == plugin.name and record.state is PluginState.QUARANTINED:
            await stage.bot.plugins.reload(record)


async def _person(stage: Stage, command: Command) -> Actor:
    if command.role == "admin":
        return stage.person("operator", id=_OPERATOR)
    name = f"person{len(stage.log)}"
    return await stage.signed_in(name) if command.role == "user" else stage.person(name)
