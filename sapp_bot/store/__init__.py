"""Redis adapter: inbox, outbox, plugin storage and counters; the only package with redis-py."""

from .claim import place_of
from .connect import RedisStore, open_store
from .key_ring import KeyRing, make_key
from .server.inspection import RedisFacts
from .server.lookout import wait_for_redis

__all__ = [
    "KeyRing",
    "RedisFacts",
    "RedisStore",
    "make_key",
    "open_store",
    "place_of",
    "wait_for_redis",
]
