"""Binds what was read of a plugin's declarations to one bot after the other.

Nearly all of a `LoadedPlugin` follows from the plugin's file alone, and is shared by the bots. What
does not: the factories of settings and stores, the object of its lifespan, its tasks, and its
translations.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.providers import Factory
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.lifecycle.signatures import Services
from sapp_bot.host.routing.hooks import Hook
from sapp_bot.host.routing.lifespan_value import LifespanValue
from sapp_bot.host.routing.registry import (
    BoundHandler,
    ButtonRoute,
    Command,
    FileRenderer,
    InlineRoute,
    LoadedPlugin,
    PaymentRoutes,
    PeriodicTask,
    Renderer,
    TextRoute,
)
from sapp_bot.host.routing.signature import HandlerSignature, Parameter, Source
from sapp_bot.host.routing.typed_words import read_words
from sapp_bot.host.runtime.task_owner import TaskOwner
from sapp_bot.i18n import Catalogue

_FIELDS = {
    kind: tuple(field.name for field in fields(kind))
    for kind in (
        *(BoundHandler, ButtonRoute, Command, FileRenderer, Hook, InlineRoute),
        *(LoadedPlugin, PaymentRoutes, PeriodicTask, Renderer, TextRoute),
    )
}
"""What has signatures somewhere below it, with the names of its fields."""

_BOUND: frozenset[Source] = frozenset({"own", "lifespan"})
"""Sources of parameters whose factory belongs to one bot."""


class RebindablePlugin:
    """A plugin that was read once, for one bot at a time.

    Args:
        loaded: What the first bot has read; that bot is not kept.

    """

    def __init__(self, loaded: LoadedPlugin) -> None:
        self._slots: dict[tuple[Source, object], _Slot] = {}
        found = self._of(loaded)
        assert isinstance(found, LoadedPlugin)  # noqa: S101  # what goes in comes out
        yielded = LifespanValue(loaded.yielded.kind) if loaded.yielded else None
        self._plugin = replace(found, owner=TaskOwner(loaded.name), yielded=yielded)

    def bind(self, services: Services, catalogues: Mapping[str, Catalogue]) -> LoadedPlugin:
        """Return the plugin as a bot would have read it from the same modules.

        Args:
            services: Services that handlers can ask for, of the same types as before.
            catalogues: The plugin's translations, by language.

        Raises:
            PluginError: a setting or a store cannot be provided; the text says why, not where.

        """
        kept = self._plugin
        yielded = LifespanValue(kept.yielded.kind) if kept.yielded else None
        for (source, kind), slot in self._slots.items():
            slot.factory = (
                _provided(services, kept.name, kind) if source == "own" else _getter(yielded)
            )
        if dict(kept.catalogues) != dict(catalogues):  # else it means the same words as before
            kept = replace(kept, catalogues=catalogues)
            self._plugin = kept = replace(kept, words=read_words(kept))
        return replace(kept, owner=TaskOwner(kept.name), yielded=yielded)

    def release(self) -> None:
        """Forget the bot that the plugin is bound to."""
        for slot in self._slots.values():
            slot.factory = _bound_to_nothing

    def _of(self, value: Any) -> Any:
        """Return a value of a `LoadedPlugin` with slots for factories; the same if it has none."""
        if isinstance(value, HandlerSignature):
            if all(p.source not in _BOUND for p in value.parameters):
                return value
            return replace(value, parameters=tuple(map(self._parameter, value.parameters)))
        if isinstance(value, tuple):
            found = tuple(map(self._of, value))
            return value if all(map(operator.is_, found, value)) else found
        names = _FIELDS.get(type(value), ())
        changed = {
            name: found
            for name in names
            if (found := self._of(before := getattr(value, name))) is not before
        }
        return replace(value, **changed) if changed else value

    def _parameter(self, p: Parameter) -> Parameter:
        if p.source not in _BOUND:
            return p
        return replace(p, factory=self._slots.setdefault((p.source, p.kind), _Slot()))


def _bound_to_nothing(_: Turn | None) -> object:
    raise PluginError("the bot that this plugin belonged to has ended")


@dataclass(slots=True, eq=False)
class _Slot:
    """Factory of a parameter: that of the bot which has the plugin now."""

    factory: Factory = field(default=_bound_to_nothing)

    def __call__(self, turn: Turn | None) -> object:
        """Return the parameter's value."""
        return self.factory(turn)


def _provided(services: Services, plugin: str, kind: object) -> Factory:
    provider = services.provider_for(kind)
    if provider is None:
        raise PluginError(f"nothing provides {kind}")
    return provider.bind(plugin, kind)


def _getter(yielded: LifespanValue | None) -> Factory:
    return _bound_to_nothing if yielded is None else yielded.get
