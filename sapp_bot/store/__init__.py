"""The only package of the bot that knows Redis."""

from .connect import RedisStore, open_store
from .key_ring import KeyRing, make_key

__all__ = ["KeyRing", "RedisStore", "make_key", "open_store"]
