"""The whole bot killed while people pay, in small. In full: tests.ledger.sigkill."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ledger.sigkill import sigkill
from tests.redis_server import find_binary


@pytest.mark.skipif(find_binary() is None, reason="needs a redis-server")
async def test_a_kill_after_a_payment_costs_nobody_anything(tmp_path: Path) -> None:
    """Two pay, the process is killed, and each has all reads and hears of each payment."""
    killed = await sigkill(tmp_path, rounds=1, payers=2)

    assert killed.payments
    assert killed.is_exact
