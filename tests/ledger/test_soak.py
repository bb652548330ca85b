"""The soak in small: payments with faults everywhere are exact. In full: tests.ledger.soak."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ledger.soak import soak
from tests.redis_server import find_binary


@pytest.mark.skipif(find_binary() is None, reason="needs a redis-server")
async def test_a_few_payments_are_exact(tmp_path: Path) -> None:
    """Cut connections, failing calls, undone writes, lost updates: nothing short, nothing over."""
    result = await soak(tmp_path, payments=20, timed=3)

    assert result.is_exact
    assert result.faults
