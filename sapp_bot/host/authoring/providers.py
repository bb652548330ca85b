"""Families of injected types: a base class, and whoever explains all types below it.

A plugin asks for its own class (`Settings`, `Store[Note]`), which nobody could list beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, get_origin, runtime_checkable

from .turn import Turn

Factory = Callable[[Turn | None], object]
"""Gives a parameter's value. None stands for no update: a timer or a lifespan."""


@runtime_checkable
class TypeProvider(Protocol):
    """Explains the types below one base class."""

    def bind(self, plugin: str, kind: Any) -> Factory:
        """Say how a plugin's parameter of this type gets its value.

        Raises:
            PluginError: it cannot have one; the text says what is wrong, and not where.

        """


def provider_for(kind: object, services: Mapping[type, object]) -> TypeProvider | None:
    """Find who explains a type, or a generic alias such as `Store[Note]`."""
    base = get_origin(kind) or kind
    if not isinstance(base, type):
        return None
    found = (services.get(cls) for cls in base.__mro__)
    return next((provider for provider in found if isinstance(provider, TypeProvider)), None)
