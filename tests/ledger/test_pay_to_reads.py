"""The benchmark of the whole bot, in small. In full: tests.ledger.pay_to_reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ledger.pay_to_reads import pay_to_reads
from tests.redis_server import find_binary


@pytest.mark.long
@pytest.mark.skipif(find_binary() is None, reason="needs a redis-server")
async def test_both_sellers_deliver(tmp_path: Path) -> None:
    """Each payment becomes reads and words, by the whole bot and by the bare one."""
    result = await pay_to_reads(tmp_path, times=2)

    assert 0 < result.reads_p50 < result.words_p50
    assert result.times_bare > 0
