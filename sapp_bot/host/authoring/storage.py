"""`Store[Note]`: what a plugin keeps, as pydantic models under keys, sealed where they lie.

In a handler of an update nothing is written before the handler ends: its changes are part of the
turn, with its replies, so that after a crash both are there or neither. In a timer or a lifespan
each change is made at once, and so it is in a task that outlives its handler.
"""

from __future__ import annotations

import json
import types
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar, get_args

import structlog
from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from sapp_bot.domain.ports import Clock, PluginStorage, StorageWrite, StoredValue
from sapp_bot.errors import PluginError, SappBotError

from .providers import Factory
from .turn import PendingWrites, Turn

log = structlog.get_logger(__name__)

VALUE_BYTES = 64 * 1024
"""Largest value, as JSON in UTF-8, its key included."""

DRAWER_VALUES = 10_000
"""Most values of one model in one plugin. What is set counts when it is kept, so handlers that run
side by side, or set many at once, may go over it."""

M = TypeVar("M", bound=BaseModel)


class StoreFull(SappBotError):
    """A plugin keeps as many values of a kind as it may."""

    reply = "I have no room left to remember that. Please tell whoever runs this bot."


@dataclass(frozen=True, slots=True)
class StoreBinding:
    """Where a `Store` keeps its values: the store below, and the name of the collection."""

    collections: PluginStorage
    clock: Clock
    collection: str
    version: int
    changes: PendingWrites | None = None
    """Those of the turn; None where each is made at once."""


class Store(Generic[M]):
    """The values of one model, of one plugin. Keys are texts or numbers; 7 and "7" are two.

    `schema_version: ClassVar[int]` on the model counts its shapes, from 1 on. A value of an older
    one is given to the model's `migrate(cls, old, version)`, a class method that returns the
    fields of today; without one the value is dropped, with a line in the log.
    """

    # typing would keep `Store[Note]`, and with it the plugin's class, in a cache for ever.
    def __class_getitem__(cls, model: Any) -> Any:
        """Name the values of one model."""
        return types.GenericAlias(cls, model)

    def __init__(self, model: type[M], manager: StoreBinding) -> None:
        self._model = model
        self._manager = manager

    async def get(self, key: str | int) -> M | None:
        """Read a value; None when there is none.

        Raises:
            StoreAway: Redis does not answer.

        """
        write = self._written(key)
        if write is not None:
            return None if write.kept is None else self._read(write.kept)
        manager = self._manager
        kept = await manager.collections.get(manager.collection, _checked(key))
        return None if kept is None else self._read(kept)

    async def set(self, key: str | int, value: M, *, ttl_s: float | None = None) -> None:
        """Keep a value under a key, in place of what was there; for ever, or for `ttl_s` seconds.

        Raises:
            PluginError: it is larger than 64 KiB, or would not come back as it is.
            StoreFull: there are 10,000 others.
            StoreAway: Redis does not answer.

        """
        manager = self._manager
        ends_at = None if ttl_s is None else manager.clock.now() + timedelta(seconds=ttl_s)
        kept = StoredValue(_checked(key), manager.version, self._text(value), ends_at)
        if len(kept.text.encode()) + len(str(key).encode("utf-8", "surrogatepass")) > VALUE_BYTES:
            raise PluginError(f"{self._name}: a value for the store is larger than 64 KiB")
        await self._find_room(key)
        await self._write(StorageWrite(manager.collection, key, kept))

    async def delete(self, key: str | int) -> None:
        """Take a value away; none there is no error.

        Raises:
            StoreAway: Redis does not answer.

        """
        await self._write(StorageWrite(self._manager.collection, _checked(key), None))

    async def all(self) -> AsyncIterator[tuple[str | int, M]]:
        """Go through all keys and values, in no order.

        What is set or deleted by others meanwhile may be met or missed.

        Raises:
            StoreAway: Redis does not answer.

        """
        manager = self._manager
        own = self._own()
        for write in own.values():
            if write.kept is not None and (value := self._read(write.kept)) is not None:
                yield write.key, value
        async for kept in manager.collections.all(manager.collection):
            if kept.key not in own and (value := self._read(kept)) is not None:
                yield kept.key, value

    @property
    def _name(self) -> str:
        return self._model.__name__

    async def _find_room(self, key: str | int) -> None:
        manager = self._manager
        if self._written(key) is not None:
            return
        if await manager.collections.others(manager.collection, key) >= DRAWER_VALUES:
            raise StoreFull(f"{manager.collection}: {DRAWER_VALUES:,} values are kept already")

    def _written(self, key: str | int) -> StorageWrite | None:
        """Find what the running handler, or one before it in the turn, did with a key."""
        return self._own().get(key)

    def _own(self) -> dict[str | int, StorageWrite]:
        """Find what this turn did so far, by key; what is committed is in Redis."""
        changes, collection = self._manager.changes, self._manager.collection
        if changes is None or changes.is_over:
            return {}
        return {w.key: w for w in changes.writes.values() if w.collection == collection}

    async def _write(self, write: StorageWrite) -> None:
        changes = self._manager.changes
        if changes is None or changes.is_over:  # a task that outlives its handler comes late
            await self._manager.collections.write([write])
        else:
            changes.writes[write.collection, write.key] = write

    def _text(self, value: M) -> str:
        """Write a value as JSON, and see that it can be read again."""
        if not isinstance(value, self._model):
            raise PluginError(f"Store[{self._name}] keeps no {type(value).__name__}")
        try:
            text = to_json(_open(value.model_dump(round_trip=True))).decode()
            self._validate(text)
        except (ValidationError, PydanticSerializationError, ValueError) as error:
            reason = f"does not come back from JSON ({type(error).__name__})"
            raise PluginError(f"{self._name}: a value for the store {reason}") from None
        return text

    def _read(self, kept: StoredValue) -> M | None:
        """Make the model; a value of a shape that cannot be used counts as absent."""
        text, version = kept.text, self._manager.version
        migrate = getattr(self._model, "migrate", None)
        if kept.version < version and migrate is not None:
            text = to_json(_open(migrate(json.loads(text), kept.version))).decode()
        elif kept.version != version:
            self._dropped(kept, "another version")
            return None
        try:
            return self._validate(text)
        except ValidationError as error:
            places = sorted({".".join(map(str, e["loc"])) for e in error.errors()})
            self._dropped(kept, f"another shape: {', '.join(places)}")
            return None

    def _validate(self, text: str) -> M:
        return self._model.model_validate_json(text, by_alias=False, by_name=True)

    def _dropped(self, kept: StoredValue, reason: str) -> None:
        collection, version = self._manager.collection, self._manager.version
        about = {"stored": kept.version, "wanted": version, "reason": reason}
        log.warning("plugin.value_dropped", collection=collection, **about)


class StoreProvider:
    """Explains `Store[Model]`. Without `collections`, as in a check, it only looks at the types."""

    def __init__(self, collections: PluginStorage | None, clock: Clock | None) -> None:
        self._collections = collections
        self._clock = clock

    def bind(self, plugin: str, kind: Any) -> Factory:
        """Give a plugin its store for one model.

        Raises:
            PluginError: what stands in the brackets cannot be kept.

        """
        model = next(iter(get_args(kind)), None)
        if not isinstance(model, type) or not issubclass(model, BaseModel):
            raise PluginError("a Store keeps pydantic models: write Store[YourModel]")
        version = getattr(model, "schema_version", 1)
        if not isinstance(version, int) or version < 1:
            raise PluginError(f"{model.__name__}.schema_version counts from 1")
        collection, collections, clock = (
            f"{plugin}:{model.__name__}",
            self._collections,
            self._clock,
        )

        def make(turn: Turn | None) -> Store[Any]:
            if collections is None or clock is None:
                raise PluginError("there is no store in a check")
            changes = None if turn is None else turn.changes
            return Store(model, StoreBinding(collections, clock, collection, version, changes))

        return make


def _checked(key: str | int) -> str | int:
    if isinstance(key, bool) or not isinstance(key, str | int):
        raise PluginError(f"a key of a Store is a text or a number, not {type(key).__name__}")
    return key


def _open(value: Any) -> Any:
    """Put what secret fields hold into plain view: it is sealed where it is kept."""
    match value:
        case SecretStr() | SecretBytes():
            return value.get_secret_value()
        case dict():
            return {key: _open(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_open(inner) for inner in value]
        case _:
            return value
