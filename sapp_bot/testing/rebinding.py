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


def rebound(
    loaded: LoadedPlugin, services: Services, catalogues: Mapping[str, Catalogue]
) -> LoadedPlugin:
    """Return a plugin as another bot would have read it from the same modules.

    Args:
        loaded: What a bot before has read.
        services: Services that handlers can ask for, of the same types as before.
        catalogues: The plugin's translations, by language.

    Raises:
        PluginError: a setting or a store cannot be provided; the text says why, not where.

    """
    yielded = LifespanValue(loaded.yielded.kind) if loaded.yielded else None
    found = _Binding(loaded.name, services, yielded).of(loaded)
    assert isinstance(found, LoadedPlugin)  # noqa: S101  # what goes in comes out
    return replace(found, owner=TaskOwner(loaded.name), yielded=yielded, catalogues=catalogues)


@dataclass(frozen=True, slots=True)
class _Binding:
    """Replaces the factories in everything that has signatures, and keeps what has none."""

    plugin: str
    services: Services
    yielded: LifespanValue | None

    def of(self, value: Any) -> Any:
        """Return a value of a `LoadedPlugin` for these services; the same if it has no factory."""
        if isinstance(value, HandlerSignature):
            if all(p.factory is None for p in value.parameters):
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
        if p.source == "lifespan" and self.yielded is not None:
            return replace(p, factory=self.yielded.get)
        if p.source != "own":
            return p
        provider = self.services.provider_for(p.kind)
        if provider is None:
            raise PluginError(f"nothing provides {p.kind}")
        return replace(p, factory=provider.bind(self.plugin, p.kind))
