"""One process works for an account: its claim, and what becomes of it when the process is gone."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sapp_bot.errors import AlreadyRunning
from sapp_bot.store import RedisStore, place_of
from sapp_bot.store.claim import LASTS_S, RENEW_S
from tests.redis_server import RedisServer
from tests.service.store_kit import Place, message


@pytest.fixture
async def real_place(redis_url: str) -> AsyncIterator[Place]:
    """Give a real server, which can be asked about its keys."""
    async with AsyncExitStack() as stack:
        yield Place(redis_url, stack)


async def renewed(store: RedisStore, place: Place) -> None:
    """Let the claim be renewed once; the clock's sleep takes no time."""
    before = place.clock.slept.count(RENEW_S)
    task = asyncio.create_task(store.claim.renew())
    while place.clock.slept.count(RENEW_S) < before + 2 and not task.done():
        await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_second_process_is_refused(store_place: Place) -> None:
    """The first goes on, and the second learns which one it is."""
    first, second = [await store_place.open(claim=False) for _ in range(2)]
    await first.claim.take("here")
    with pytest.raises(AlreadyRunning, match=r"\d+ on \S+\. Stop it first"):
        await second.claim.take("there")

    assert (await first.inbox.accept(message(1))).fresh


async def test_a_successor_in_the_same_place_takes_over(store_place: Place) -> None:
    """Who holds the same lock knows that the former holder is dead; that one can do nothing."""
    first, second = [await store_place.open(claim=False) for _ in range(2)]
    await first.claim.take("here")
    await second.claim.take("here")

    assert (await second.inbox.accept(message(1))).fresh
    with pytest.raises(AlreadyRunning):
        await renewed(first, store_place)
    await first.claim.release()
    third = await store_place.open(claim=False)
    with pytest.raises(AlreadyRunning):
        await third.claim.take("there")


async def test_a_claim_is_given_back(store_place: Place) -> None:
    """After an orderly end anybody can begin at once."""
    first, second = [await store_place.open(claim=False) for _ in range(2)]
    await first.claim.take("here")
    await first.claim.release()

    await second.claim.take("there")
    assert (await second.inbox.accept(message(1))).fresh


async def test_a_claim_runs_out_and_is_renewed(
    redis_server: RedisServer, real_place: Place
) -> None:
    """It stands half a minute, and each renewal begins that anew."""
    store = await real_place.open(claim=False)
    await store.claim.take("here")
    redis_server.call("EXPIRE", store.keys.alive, "1")
    await renewed(store, real_place)

    left = int(redis_server.call("TTL", store.keys.alive).strip(b":\r\n"))
    assert LASTS_S - 2 <= left <= LASTS_S
    assert 2 * RENEW_S < LASTS_S


async def test_an_emptied_redis_is_claimed_anew(
    redis_server: RedisServer, real_place: Place
) -> None:
    """After FLUSHALL the renewal brings owner and claim back."""
    first, second = [await real_place.open(claim=False) for _ in range(2)]
    await first.claim.take("here")
    redis_server.flush()
    with capture_logs() as logs:
        await renewed(first, real_place)

    assert "store.emptied" in [line["event"] for line in logs]
    with pytest.raises(AlreadyRunning):
        await second.claim.take("there")


def test_a_place_is_one_file_of_one_machine(tmp_path: Path) -> None:
    """The same file by another path is the same place, a copy is another."""
    lock, link, copy = (tmp_path / name for name in ("a.lock", "link.lock", "copy.lock"))
    lock.touch()
    link.symlink_to(lock)
    shutil.copy(lock, copy)

    assert place_of(lock) == place_of(link)
    assert place_of(lock) != place_of(copy)
