"""The only package of the bot that knows Redis."""

from .connect import Store, open_store
from .vault import Vault, make_key, read_keys

__all__ = ["Store", "Vault", "make_key", "open_store", "read_keys"]
