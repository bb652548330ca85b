"""Fixtures for the ledger: each kind of Redis, as the store's own tests have them."""

from __future__ import annotations

from tests.service.conftest import store_place

__all__ = ["store_place"]
