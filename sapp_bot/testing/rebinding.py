"""Binds what was read of a plugin's declarations to the services of another bot.

Nearly all of a `LoadedPlugin` follows from the plugin's file alone. What does not: the factories of
settings and stores, the object of its lifespan, its tasks, and its translations.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from sapp_bot.errors import PluginError
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
from sapp_bot.host.routing.signature import HandlerSignature, Parameter
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


def unbound(loaded: LoadedPlugin) -> LoadedPlugin:
    """Return a plugin without what its bot had bound to it, so that it can outlive that bot."""
    yielded = LifespanValue(loaded.yielded.kind) if loaded.yielded else None
    found = _Binding(loaded.name, None, None).of(loaded)
    assert isinstance(found, LoadedPlugin)  # noqa: S101  # what goes in comes out
    return replace(found, owner=TaskOwner(loaded.name), yielded=yielded, catalogues={}, words={})


def rebound(
    kept: LoadedPlugin, services: Services, catalogues: Mapping[str, Catalogue]
) -> LoadedPlugin:
    """Return a plugin as another bot would have read it from the same modules.

    Args:
        kept: What a bot before has read, `unbound`.
        services: Services that handlers can ask for, of the same types as before.
        catalogues: The plugin's translations, by language.

    Raises:
        PluginError: a setting or a store cannot be provided; the text says why, not where.

    """
    yielded = LifespanValue(kept.yielded.kind) if kept.yielded else None
    found = _Binding(kept.name, services, yielded).of(kept)
    assert isinstance(found, LoadedPlugin)  # noqa: S101  # what goes in comes out
    own = TaskOwner(kept.name)
    bound = replace(found, owner=own, yielded=yielded, catalogues=catalogues)
    return replace(bound, words=read_words(bound))


@dataclass(frozen=True, slots=True)
class _Binding:
    """Replaces the factories in everything that has signatures, and keeps what has none.

    Without services there are no factories afterwards.
    """

    plugin: str
    services: Services | None
    yielded: LifespanValue | None

    def of(self, value: Any) -> Any:
        """Return a value of a `LoadedPlugin` for these services; the same if it has no factory."""
        if isinstance(value, HandlerSignature):
            if not any(p.source in {"own", "lifespan"} for p in value.parameters):
                return value
            return replace(value, parameters=tuple(map(self._parameter, value.parameters)))
        if isinstance(value, tuple):
            found = tuple(map(self.of, value))
            return value if all(map(operator.is_, found, value)) else found
        names = _FIELDS.get(type(value), ())
        changed = {
            name: found
            for name in names
            if (found := self.of(before := getattr(value, name))) is not before
        }
        return replace(value, **changed) if changed else value

    def _parameter(self, p: Parameter) -> Parameter:
        if p.source == "lifespan":
            return replace(p, factory=self.yielded.get if self.yielded else None)
        if p.source != "own":
            return p
        if self.services is None:
            return replace(p, factory=None)
        provider = self.services.provider_for(p.kind)
        if provider is None:
            raise PluginError(f"nothing provides {p.kind}")
        return replace(p, factory=provider.bind(self.plugin, p.kind))
