"""Rows of Telegram's list that are no payments: passed by, unless they may still become one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from sapp_bot.billing.stars_rows import row_of
from sapp_bot.domain.stars import StarsTransaction
from sapp_bot.ledger.values import StarsRecord
from tests.ledger.kit import Shop, in_shop

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)


def row(*, is_final: bool, is_pending: bool) -> StarsRecord:
    """Return a row as the ledger is given it."""
    found = StarsTransaction(
        "x1", 50, AT, person_id=7, payload=b"x", is_final=is_final, is_pending=is_pending
    )
    return row_of(found)


def test_what_came_to_nothing_is_not_read_again() -> None:
    """A failed row, or one in TON, holds up no cursor; a pending one is read until it is final."""

    async def play(shop: Shop) -> None:
        await shop.start()
        shop.stars.rows.append(row(is_final=False, is_pending=False))
        await shop.paid()
        await asyncio.sleep(120)
        assert shop.memory.maps["meta"]["cursor"] == "2 ch1"
        shop.stars.rows.append(row(is_final=False, is_pending=True))
        await shop.paid()
        await asyncio.sleep(120)
        assert shop.memory.maps["meta"]["cursor"] == "2 ch1"
        assert shop.has() == 10 + 2 * 1024
        shop.stars.rows[2] = row(is_final=True, is_pending=False)
        await asyncio.sleep(120)
        assert shop.memory.maps["meta"]["cursor"] == "4 ch2"
        assert shop.book(0).charge("x1") is not None

    in_shop(play)
