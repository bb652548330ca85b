"""`python -m sapp_bot ledger backup|restore|reseal`: keeps what was paid, and brings it back."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sapp_bot.clock import SystemClock
from sapp_bot.errors import ConfigError
from sapp_bot.settings.settings import Settings
from sapp_bot.store import KeyRing, open_store
from sapp_bot.store.ledger.backup import BadBackup, restore, write_backup
from sapp_bot.store.ledger.redis_ledger import RedisLedger


async def backup_ledger(settings: Settings, file: Path) -> str:
    """Write all facts of the ledger into a file; return what was done, in words.

    The file is there when it is whole, and nobody else may read it: what names a person is sealed,
    what was paid is not.

    Raises:
        BadBackup: there is no ledger, or the file cannot be written.
        StoreAway: Redis does not answer.

    """
    part = file.with_name(f"{file.name}.part")
    lines = 0
    try:
        opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(opened, "w", encoding="utf-8") as out:
            async with _ledger(settings) as (store, account):
                async for line in write_backup(store, account, SystemClock().now()):
                    out.write(f"{line}\n")
                    lines += 1
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except OSError as error:
        raise BadBackup(f"{file} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
    return f"{file}: {lines - 2} facts"


async def restore_ledger(settings: Settings, file: Path) -> str:
    """Merge a backup into the ledger; return what was done, in words.

    Raises:
        BadBackup: the file is none of this bot's, or damaged, or cannot be read.
        StoreAway: Redis does not answer.

    """
    lines = _lines(file)
    async with _ledger(settings) as (store, account):
        done = await restore(store, account, lines)
    return (
        f"{done.facts} facts, {done.new} of them were missing; the bot reads what was paid since"
        " from Telegram, at its start or within half a minute"
    )


async def reseal_ledger(settings: Settings) -> str:
    """Seal all that names a person with the newest key; return what was done, in words.

    Raises:
        StoreAway: Redis does not answer.

    """
    async with _ledger(settings) as (store, _):
        done, lost = await store.reseal("payments")
    left = f"; {lost} cannot be read with these keys" if lost else ""
    return f"{done} payments are sealed with the newest key{left}"


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise BadBackup(f"{file} cannot be read") from None


@asynccontextmanager
async def _ledger(settings: Settings) -> AsyncIterator[tuple[RedisLedger, int]]:
    """Open the ledger's store of the bot whose token is set."""
    token = settings.telegram_bot_token.get_secret_value()
    if not token:
        raise ConfigError("TELEGRAM_BOT_TOKEN is not set: it tells whose ledger is meant")
    # Source: https://core.telegram.org/bots/api#authorizing-your-bot: the bot's id stands first.
    account = int(token.partition(":")[0])
    url = settings.sapp_redis_url.get_secret_value()
    ring = KeyRing([key.get_secret_value() for key in settings.sapp_secret_keys])
    async with open_store(url, ring, account=account, clock=SystemClock()) as store:
        yield store.ledger, account
