"""Redis adapter: inbox, outbox, plugin storage and counters; the only package with redis-py."""

from .connect import RedisStore, open_store
from .key_ring import KeyRing, make_key

__all__ = ["KeyRing", "RedisStore", "make_key", "open_store"]
