"""Operators: accounts and clients, reads and keys, report, news, maintenance, audit."""

from . import audit, broadcast, clients, maintenance, new_key, report, topup, users
from .plugin import plugin

__all__ = [
    "audit",
    "broadcast",
    "clients",
    "maintenance",
    "new_key",
    "plugin",
    "report",
    "topup",
    "users",
]
