"""Backup, wipe, restore, with payments in between: all comes back, exact."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import cast

import pytest

from sapp_bot.cli.main import main
from sapp_bot.clock import SystemClock
from sapp_bot.ledger.ledger import Ledger
from sapp_bot.ledger.values import LedgerMode, PaymentState
from sapp_bot.store import KeyRing, RedisStore, open_store
from sapp_bot.store.ledger.backup import BadBackup, restore, write_backup
from sapp_bot.store.ledger.redis_ledger import RedisLedger
from tests.ledger.kit import Ear, payload_of
from tests.ledger.memory_store import MemoryStore
from tests.ledger.outside import RacyApi, StarsList, Weather
from tests.ledger.subjects import KEY, SIGNER, SMALLEST_PACK
from tests.redis_server import RedisServer

ACCOUNT = 123456789
TOKEN = f"{ACCOUNT}:{'A' * 35}"


class RealShop:
    """A ledger on a real Redis, by the machine's own clock."""

    def __init__(self, store: RedisStore) -> None:
        weather = Weather(Random(1))  # noqa: S311  # the same each time
        self.store = store.ledger
        self.api, self.stars, self.ear = RacyApi(weather), StarsList(weather), Ear()
        self.api.make(1, 10)
        self.api.make(2, 10)
        self._task: asyncio.Task[object] | None = None

    async def start(self) -> None:
        """Start a process, and wait until it has opened or given up."""
        self.ledger = Ledger(
            store=self.store,
            api=self.api,
            stars=self.stars,
            signer=SIGNER,
            clock=SystemClock(),
            listener=self.ear,
            smallest_pack=SMALLEST_PACK,
        )
        self._task = asyncio.create_task(self.ledger.run())
        async with asyncio.timeout(30):
            while self.ledger.mode is LedgerMode.STARTING:
                await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """End the process."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def paid(self, client: int, reads: int, number: int, *, heard: bool = True) -> None:
        """Have a person pay; the bot hears of it by an update, or not."""
        data = payload_of(client, reads, f"o{number}")
        row = self.stars.pay(f"ch{number}", 50, data, 7, SystemClock().now())
        if heard:
            assert await self.ledger.receive(row)

    async def reaches(self, client: int, reads: int) -> None:
        """Wait until a client has so many reads."""
        async with asyncio.timeout(10):
            while self.api.rows[client].available != reads:
                await asyncio.sleep(0.005)


@pytest.fixture
async def shop(redis_server: RedisServer) -> AsyncIterator[RealShop]:
    """Give a shop on the real redis-server."""
    async with AsyncExitStack() as stack:
        opening = open_store(redis_server.url, KeyRing([KEY]), account=ACCOUNT, clock=SystemClock())
        shop = RealShop(await stack.enter_async_context(opening))
        yield shop
        await shop.stop()


def settings(
    monkeypatch: pytest.MonkeyPatch, url: str, tmp_path: Path, *, token: str = TOKEN
) -> None:
    """Set the environment as an operator does."""
    for name, value in {
        "SAPP_REDIS_URL": url,
        "SAPP_SECRET_KEYS": KEY,
        "TELEGRAM_BOT_TOKEN": token,
        "SAPP_API_URL": "http://127.0.0.1:9",
        "SAPP_DATA": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)


async def lines_of(shop: RealShop) -> list[str]:
    """Take a backup."""
    return [line async for line in write_backup(shop.store, ACCOUNT, SystemClock().now())]


async def test_wiped_and_restored_it_is_exact(
    shop: RealShop,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Payments before the backup, after it, and while nothing ran: each counts once.

    Backup and restore are the operator's commands. One of the clients was paid for the first time
    after the backup.
    """
    settings(monkeypatch, redis_server.url, tmp_path)
    file = tmp_path / "ledger.jsonl"
    await shop.start()
    await shop.paid(1, 1000, 1)
    await shop.reaches(1, 1010)
    assert await asyncio.to_thread(main, ["ledger", "backup", str(file)]) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    await shop.paid(1, 2000, 2)
    await shop.paid(2, 4000, 3)
    await shop.reaches(1, 3010)
    await shop.reaches(2, 4010)
    assert shop.stars.take_back("ch1") is not None
    await shop.stop()
    await shop.paid(2, 8000, 4, heard=False)
    redis_server.flush()

    await shop.start()
    assert shop.ledger.mode is LedgerMode.LOST
    await shop.stop()
    for expected_new in (True, False):
        capsys.readouterr()
        assert await asyncio.to_thread(main, ["ledger", "restore", str(file)]) == 0
        assert (" 0 of them were missing" in capsys.readouterr().out) is not expected_new
    await shop.start()
    await shop.reaches(1, 2010)
    await shop.reaches(2, 12010)
    found = await shop.ledger.receipts.of_charge("ch1")
    assert found is not None
    assert found.state is PaymentState.REVERSED
    assert found.payment.user == 7
    assert (await shop.ledger.operator.audit()).is_clean


async def test_a_backup_beside_a_working_bot(shop: RealShop) -> None:
    """Taken while payments come in, restored into the same ledger: nothing changes."""
    await shop.start()
    backups = []
    for number in range(10):
        await shop.paid(1, 1000, number)
        backups.append(await lines_of(shop))
    await shop.reaches(1, 10010)
    for lines in backups:
        assert (await restore(shop.store, ACCOUNT, lines)).new == 0
    await shop.stop()
    await shop.start()
    assert (await shop.ledger.operator.audit()).is_clean
    assert shop.api.rows[1].available == 10010


async def test_what_is_no_backup_of_ours_is_refused(shop: RealShop) -> None:
    """Another bot's, half of one, rubbish, or one of before an adoption: refused, in words."""
    await shop.start()
    await shop.paid(1, 1000, 1)
    await shop.reaches(1, 1010)
    lines = await lines_of(shop)
    for wrong, account, words in (
        (lines, 42, "is of account 123456789"),
        (lines[:-1], ACCOUNT, "damaged"),
        (lines[:1] + lines[2:], ACCOUNT, "damaged"),
        (["rubbish"], ACCOUNT, "not a backup"),
        ([], ACCOUNT, "not a backup"),
        (['{"format": "other 1"}'], ACCOUNT, "not a backup"),
    ):
        with pytest.raises(BadBackup, match=words):
            await restore(shop.store, account, wrong)
    stands = await shop.store.epoch()
    await shop.store.change_epoch(stands, "another whole")
    with pytest.raises(BadBackup, match="another ledger"):
        await restore(shop.store, ACCOUNT, lines)


async def test_commands_say_what_is_wrong(
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No ledger, no file, no place to write, no token: one line each, and exit code 1 or 78."""
    settings(monkeypatch, redis_server.url, tmp_path)
    file = tmp_path / "ledger.jsonl"
    for words, told in (
        (["backup", str(file)], "nothing to keep"),
        (["restore", str(file)], "cannot be read"),
        (["backup", str(tmp_path / "none" / "x")], "cannot be written"),
    ):
        assert await asyncio.to_thread(main, ["ledger", *words]) == 1
        assert told in capsys.readouterr().err
    assert not await asyncio.to_thread(lambda: list(tmp_path.glob("ledger*")))
    settings(monkeypatch, redis_server.url, tmp_path, token="")
    assert await asyncio.to_thread(main, ["ledger", "reseal"]) == 78
    assert "TELEGRAM_BOT_TOKEN" in capsys.readouterr().err


async def test_reseal_is_a_command(
    shop: RealShop,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Before an old key is taken out, the payments are sealed with the newest."""
    settings(monkeypatch, redis_server.url, tmp_path)
    await shop.start()
    await shop.paid(1, 1000, 1)
    assert await asyncio.to_thread(main, ["ledger", "reseal"]) == 0
    assert "1 payments are sealed with the newest key\n" in capsys.readouterr().out


async def test_a_restore_that_came_too_late_is_refused() -> None:
    """Another ledger is begun while the backup is merged: said, and that one is left alone."""
    store = OvertakenStore(Weather(Random(1)))  # noqa: S311  # the same each time
    store.stands = "e1 whole"
    await store.add("e1", "clients", "7", "")
    await store.add("e1", "client:7", "base", "10")
    await store.put("e1", "meta", "cursor", "7 ch7")
    as_redis = cast("RedisLedger", store)
    lines = [line async for line in write_backup(as_redis, ACCOUNT, SystemClock().now())]
    with pytest.raises(BadBackup, match="changed while the backup was merged; restore it again"):
        await restore(as_redis, ACCOUNT, lines)
    assert store.stands == "e2 whole"
    assert store.maps["meta"]["cursor"] == "7 ch7"


class OvertakenStore(MemoryStore):
    """A store in which another ledger is begun meanwhile."""

    async def merge(self, place: str, fields: Mapping[str, str]) -> int:
        """Merge, while somebody adopts."""
        self.stands = "e2 whole"
        return await super().merge(place, fields)


async def test_stopped_sales_stay_stopped(shop: RealShop, redis_server: RedisServer) -> None:
    """An operator's pause is in the backup, and in force after the restore."""
    await shop.start()
    await shop.paid(1, 1000, 1)
    await shop.reaches(1, 1010)
    await shop.ledger.operator.pause(on=True)
    lines = await lines_of(shop)
    await shop.stop()
    redis_server.flush()
    await restore(shop.store, ACCOUNT, lines)
    await shop.start()
    assert not await shop.ledger.is_selling()
