"""`Store[Note]`: a plugin's persistent values, pydantic models by key, encrypted at rest.

In the handler of an update or a timer, changes are written together with the replies, so that
after a crash both are there or neither. In a lifespan, a renderer, the handler of an inline query,
or a task that outlives its handler, each change is written at once.
Must not be used as a ledger: a value whose model changed without `migrate` is dropped.
"""

from __future__ import annotations

import json
import types
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Generic, TypeVar, get_args

import structlog
from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from sapp_bot.domain.ports import Clock, PluginStorage, StorageWrite, StoredValue
from sapp_bot.errors import PluginError, SappBotError
from sapp_bot.values import dataclass

from .providers import Factory
from .turn import PendingWrites, Turn

log = structlog.get_logger(__name__)

VALUE_BYTES = 64 * 1024
"""Largest value: bytes of its JSON in UTF-8 and of its key."""

DRAWER_VALUES = 10_000
"""Most values of one model in one plugin. Not exact: values count once they are committed, so that
concurrent handlers, or one that sets many, can exceed it."""

M = TypeVar("M", bound=BaseModel)


class StoreFull(SappBotError):
    """A plugin has stored as many values of one model as it may."""

    reply = "I have no room left to remember that. Please tell whoever runs this bot."


@dataclass(frozen=True, slots=True)
class StoreBinding:
    """Where a `Store` reads and writes its values.

    Attributes:
        collections: The storage of all plugins.
        clock: Dates the end of values with a `ttl_s`.
        collection: "<plugin>:<model>".
        version: Schema version of the model.
        changes: The turn's uncommitted writes; None if each change is written at once.

    """

    collections: PluginStorage
    clock: Clock
    collection: str
    version: int
    changes: PendingWrites | None = None


class Store(Generic[M]):
    """The stored values of one model of one plugin, by key: a text or a number (7 is not "7").

    `schema_version: ClassVar[int]` on the model is the number of its schema, 1 if left out. A value
    of an older version is passed to the model's class method `migrate(cls, old, version)`, with
    the old fields as a dict, which returns the new fields; without `migrate` the value is dropped,
    with a line in the log.
    """

    # Not typing's own: it would keep `Store[Note]`, and so the plugin's class and module, in a
    # cache for ever, and each reload would leak a generation.
    def __class_getitem__(cls, model: Any) -> Any:
        """Return the type of the store of one model."""
        return types.GenericAlias(cls, model)

    def __init__(self, model: type[M], binding: StoreBinding) -> None:
        self._model = model
        self._binding = binding

    async def get(self, key: str | int) -> M | None:
        """Return a value; None if there is none.

        Raises:
            PluginError: the key is neither a text nor a number.
            StoreAway: Redis does not answer.

        """
        write = self._uncommitted(key)
        if write is not None:
            return None if write.kept is None else self._parse(write.kept)
        binding = self._binding
        kept = await binding.collections.get(binding.collection, _checked(key))
        return None if kept is None else self._parse(kept)

    async def set(self, key: str | int, value: M, *, ttl_s: float | None = None) -> None:
        """Store a value under a key, in place of an older one.

        Args:
            key: The key; 7 and "7" are two keys.
            value: The value; its JSON may have 64 KiB.
            ttl_s: Seconds after which the value is deleted; None for never.

        Raises:
            PluginError: the value is too large or cannot be read back from JSON, or the key is
                neither a text nor a number.
            StoreFull: 10,000 other values of the model are stored already.
            StoreAway: Redis does not answer.

        """
        binding = self._binding
        ends_at = None if ttl_s is None else binding.clock.now() + timedelta(seconds=ttl_s)
        kept = StoredValue(_checked(key), binding.version, self._text(value), ends_at)
        if len(kept.text.encode()) + len(str(key).encode("utf-8", "surrogatepass")) > VALUE_BYTES:
            hint = "spread it over several keys"
            raise PluginError(f"{self._name}: a value for the store is larger than 64 KiB: {hint}")
        await self._check_room(key)
        await self._write(StorageWrite(binding.collection, key, kept))

    async def delete(self, key: str | int) -> None:
        """Delete a value; a missing one is no error.

        Raises:
            PluginError: the key is neither a text nor a number.
            StoreAway: Redis does not answer.

        """
        await self._write(StorageWrite(self._binding.collection, _checked(key), None))

    async def all(self) -> AsyncIterator[tuple[str | int, M]]:
        """Iterate over all keys and values, in no order.

        Concurrent changes by other handlers may be seen or missed.

        Raises:
            StoreAway: Redis does not answer.

        """
        binding = self._binding
        own = self._pending()  # Redis does not know the turn's uncommitted changes yet
        for write in own.values():
            if write.kept is not None and (value := self._parse(write.kept)) is not None:
                yield write.key, value
        async for kept in binding.collections.all(binding.collection):
            if kept.key not in own and (value := self._parse(kept)) is not None:
                yield kept.key, value

    @property
    def _name(self) -> str:
        return self._model.__name__

    async def _check_room(self, key: str | int) -> None:
        binding = self._binding
        if self._uncommitted(key) is not None:
            return  # counted when it was first set in this turn
        if await binding.collections.others(binding.collection, key) >= DRAWER_VALUES:
            raise StoreFull(f"{binding.collection}: {DRAWER_VALUES:,} values are kept already")

    def _uncommitted(self, key: str | int) -> StorageWrite | None:
        return self._pending().get(key)

    def _pending(self) -> dict[str | int, StorageWrite]:
        """Return the uncommitted writes of this turn, by key."""
        changes, collection = self._binding.changes, self._binding.collection
        if changes is None or changes.is_over:
            return {}
        return {w.key: w for w in changes.writes.values() if w.collection == collection}

    async def _write(self, write: StorageWrite) -> None:
        changes = self._binding.changes
        # The writes of a turn that is over are committed or dropped: a task that outlives its
        # handler would add to them in vain.
        if changes is None or changes.is_over:
            await self._binding.collections.write([write])
        else:
            changes.writes[write.collection, write.key] = write

    def _text(self, value: M) -> str:
        """Return a value as JSON, after a test that the JSON can be read back."""
        if not isinstance(value, self._model):
            hint = f"ask for a Store[{type(value).__name__}] beside it"
            raise PluginError(f"Store[{self._name}] keeps no {type(value).__name__}: {hint}")
        try:
            text = to_json(_reveal(value.model_dump(round_trip=True))).decode()
            self._validate(text)
        except (ValidationError, PydanticSerializationError, ValueError) as error:
            reason = f"does not come back from JSON ({type(error).__name__})"
            raise PluginError(f"{self._name}: a value for the store {reason}") from None
        return text

    def _parse(self, kept: StoredValue) -> M | None:
        """Return the model; None if the stored value cannot be used, as after a schema change."""
        text, version = kept.text, self._binding.version
        migrate = getattr(self._model, "migrate", None)
        if kept.version < version and migrate is not None:
            text = to_json(_reveal(migrate(json.loads(text), kept.version))).decode()
        elif kept.version != version:
            self._log_dropped(kept, "another version")
            return None
        try:
            return self._validate(text)
        except ValidationError as error:
            places = sorted({".".join(map(str, e["loc"])) for e in error.errors()})
            self._log_dropped(kept, f"another shape: {', '.join(places)}")
            return None

    def _validate(self, text: str) -> M:
        return self._model.model_validate_json(text, by_alias=False, by_name=True)

    def _log_dropped(self, kept: StoredValue, reason: str) -> None:
        collection, version = self._binding.collection, self._binding.version
        about = {"stored": kept.version, "wanted": version, "reason": reason}
        log.warning("plugin.value_dropped", collection=collection, **about)


class StoreProvider:
    """Type provider of `Store[Model]`.

    Args:
        collections: The storage of all plugins; None in `check`, which only looks at the types.
        clock: Dates the end of values; None in `check`.

    """

    def __init__(self, collections: PluginStorage | None, clock: Clock | None) -> None:
        self._collections = collections
        self._clock = clock

    def bind(self, plugin: str, kind: Any) -> Factory:
        """Return the factory of a plugin's store of one model.

        Raises:
            PluginError: the type in the brackets is not a pydantic model, or its
                `schema_version` is not a number from 1 on.

        """
        model = next(iter(get_args(kind)), None)
        if not isinstance(model, type) or not issubclass(model, BaseModel):
            hint = "with `class YourModel(BaseModel):`"
            raise PluginError(f"a Store keeps pydantic models: write Store[YourModel], {hint}")
        version = getattr(model, "schema_version", 1)
        if not isinstance(version, int) or version < 1:
            hint = "write `schema_version: ClassVar[int] = 1`"
            raise PluginError(f"{model.__name__}.schema_version counts from 1: {hint}")
        collection, collections, clock = (
            collection_of(plugin, model),
            self._collections,
            self._clock,
        )

        def make(turn: Turn | None) -> Store[Any]:
            if collections is None or clock is None:
                raise PluginError("there is no store in a check")
            changes = None if turn is None else turn.changes
            return Store(model, StoreBinding(collections, clock, collection, version, changes))

        return make


def collection_of(plugin: str, model: type[BaseModel]) -> str:
    """Return the name of a plugin's collection of one model."""
    return f"{plugin}:{model.__name__}"


def _checked(key: str | int) -> str | int:
    if isinstance(key, bool) or not isinstance(key, str | int):
        hint = "write `str(key)`"
        raise PluginError(
            f"a key of a Store is a text or a number, not {type(key).__name__}: {hint}"
        )
    return key


def _reveal(value: Any) -> Any:
    # pydantic writes secrets as "**********". The JSON is encrypted as a whole before it is stored.
    match value:
        case SecretStr() | SecretBytes():
            return value.get_secret_value()
        case dict():
            return {key: _reveal(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_reveal(inner) for inner in value]
        case _:
            return value
