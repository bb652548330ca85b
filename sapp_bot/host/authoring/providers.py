"""Registry of the services that handlers can ask for by type.

A service is registered once, with `ServiceRegistry.provide`. The loader, the handlers' calls,
`check`, the test kit and the table in docs/plugins.md all read the registry.
Must not know any service. Source of the idea: https://svcs.hynek.me (factories by type).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, Protocol, TypeVar, get_origin, overload

from sapp_bot.values import dataclass

from .turn import Turn

S = TypeVar("S")
T = TypeVar("T")

Factory = Callable[[Turn | None], object]
"""Returns a parameter's value. The turn is None if the call has no commit, as a lifespan's."""


class TypeProvider(Protocol):
    """Makes values for a family of types: subclasses of `Config`, or `Store[Note]`."""

    def bind(self, plugin: str, kind: Any) -> Factory:
        """Return the factory of a plugin's parameter of this type.

        Raises:
            PluginError: the type cannot be provided; the text says why. The caller adds file and
                line, which are unknown here.

        """


@dataclass(frozen=True, slots=True)
class Service(Generic[S]):
    """One service.

    Attributes:
        kind: Type that a handler's parameter asks for.
        make: Returns the service for one call of a handler.
        personal: Whether it is made for the person who wrote, so that timers and lifespans cannot
            ask for it.
        operators: Whether only handlers with `role="admin"` can ask for it.

    """

    kind: type
    make: Callable[[S], object]
    personal: bool
    operators: bool


class ServiceRegistry(Generic[S]):
    """All services and type providers. Personal services are made of an `S`: one handler call."""

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
        """Register a service.

        Args:
            kind: Type that a handler's parameter asks for.
            factory: Makes the service. A personal one is made for each call of a handler, with
                the call as argument; any other once, without arguments, when first asked for.
            personal: Whether it is made for the person who wrote.
            operators: Whether only handlers with `role="admin"` can ask for it.

        """
        make = factory if personal else _once(factory)
        self._services[kind] = Service(kind, make, personal, operators)

    def provide_below(self, base: type, provider: TypeProvider) -> None:
        """Register the provider of all subclasses (or aliases) of a type."""
        self._providers[base] = provider

    def __contains__(self, kind: object) -> bool:
        """Return whether a type is registered as a service."""
        return kind in self._services

    def __iter__(self) -> Iterator[Service[S]]:
        """Iterate over the services in the order of their registration."""
        return iter(self._services.values())

    def __getitem__(self, kind: type) -> Service[S]:
        """Return a registered service.

        Raises:
            KeyError: no such service is registered.

        """
        return self._services[kind]

    def make(self, kind: type, call: S) -> object:
        """Return the service of a type for one call of a handler.

        Raises:
            KeyError: no such service is registered.

        """
        return self._services[kind].make(call)

    def provider_for(self, kind: object) -> TypeProvider | None:
        """Return the provider of a type, or of an alias such as `Store[Note]`; None for none."""
        base = get_origin(kind) or kind
        if not isinstance(base, type):
            return None
        return next((self._providers[c] for c in base.__mro__ if c in self._providers), None)

    def names(self) -> list[str]:
        """Return the names of all services and of the providers' types, sorted."""
        return sorted(kind.__name__ for kind in (*self._services, *self._providers))


def _once(factory: Callable[[], object]) -> Callable[[object], object]:
    made: list[object] = []

    def make(_: object) -> object:
        if not made:
            made.append(factory())
        return made[0]

    return make
