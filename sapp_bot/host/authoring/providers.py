"""The services that handlers can ask for by type: what is offered, by whom, and to whom.

Each is offered in one place, with `ServiceRegistry.provide`. The loader, the handlers' calls,
`check`, the test kit and the table in docs/plugins.md all read the registry. Source of the idea:
https://svcs.hynek.me (a registry of factories by type).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, get_origin, overload

from .turn import Turn

S = TypeVar("S")
T = TypeVar("T")

Factory = Callable[[Turn | None], object]
"""Gives a parameter's value. None stands for no update: a timer or a lifespan."""


class TypeProvider(Protocol):
    """Explains the types below one base class: `Settings` below `Config`, `Store[Note]`."""

    def bind(self, plugin: str, kind: Any) -> Factory:
        """Return the factory of a plugin's parameter of this type.

        Raises:
            PluginError: it cannot have one; the text says what is wrong, and not where.

        """


@dataclass(frozen=True, slots=True)
class Service(Generic[S]):
    """One service: its type, who makes it, and for whom.

    `personal`: it is about the person who wrote and made anew for each call, so that a timer or a
    lifespan cannot have it. `operators`: only handlers with `role="admin"` can ask for it.
    """

    kind: type
    make: Callable[[S], object]
    personal: bool
    operators: bool


class ServiceRegistry(Generic[S]):
    """All services and type providers. `S` is what a personal service is made of: one call."""

    def __init__(self) -> None:
        self._services: dict[type, Service[S]] = {}
        self._providers: dict[type, TypeProvider] = {}

    @overload
    def provide(self, kind: type[T], factory: Callable[[], T]) -> None: ...

    @overload
    def provide(
        self, kind: type[T], factory: Callable[[S], T], *, personal: bool, operators: bool = False
    ) -> None: ...

    def provide(
        self,
        kind: type,
        factory: Callable[..., object],
        *,
        personal: bool = False,
        operators: bool = False,
    ) -> None:
        """Offer a service.

        Args:
            kind: The type that a handler's parameter asks for.
            factory: Makes it: of one call for a personal service; else without arguments, once,
                when it is first asked for.
            personal: Whether it is about the person who wrote.
            operators: Whether only operators' handlers may have it.

        """
        make = factory if personal else _once(factory)
        self._services[kind] = Service(kind, make, personal, operators)

    def provide_below(self, base: type, provider: TypeProvider) -> None:
        """Offer all types below a base class, which a plugin makes for itself."""
        self._providers[base] = provider

    def __contains__(self, kind: object) -> bool:
        """Return whether a type is offered as a service."""
        return kind in self._services

    def __iter__(self) -> Iterator[Service[S]]:
        """List the services in the order in which they were offered."""
        return iter(self._services.values())

    def __getitem__(self, kind: type) -> Service[S]:
        """Return a service that is offered."""
        return self._services[kind]

    def make(self, kind: type, call: S) -> object:
        """Return a service for one call of a handler."""
        return self._services[kind].make(call)

    def provider_for(self, kind: object) -> TypeProvider | None:
        """Return who explains a type, or a generic alias such as `Store[Note]`; None if nobody."""
        base = get_origin(kind) or kind
        if not isinstance(base, type):
            return None
        return next((self._providers[c] for c in base.__mro__ if c in self._providers), None)

    def names(self) -> list[str]:
        """List the names of all services and base classes, sorted."""
        return sorted(kind.__name__ for kind in (*self._services, *self._providers))


def _once(factory: Callable[[], object]) -> Callable[[object], object]:
    """Return a factory that ignores the call and keeps what it made."""
    made: list[object] = []

    def make(_: object) -> object:
        if not made:
            made.append(factory())
        return made[0]

    return make
