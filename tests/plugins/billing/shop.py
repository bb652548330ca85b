"""The shop of the dialogues: packs, an operator, and somebody with a client of 10 reads."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from sapp_bot.billing.config import BillingConfig
from sapp_bot.sandbox.sapp_api.rows import ClientRow
from sapp_bot.store.server.connection import packed
from sapp_bot.store.server.connector import connector
from sapp_bot.testing import Actor, Stage

OPERATOR = 77
PACKS = {1000: 50, 5000: 200}
PLUGINS = ("billing", "start", "auth", "forget", "clients", "notices")

TERMS = BillingConfig(terms="No refunds for used reads.", terms_url="https://example.com/terms")


def shop(**more: Any) -> Stage:
    """Make a stage where reads are sold."""
    settings: dict[str, Any] = {
        "only": PLUGINS,
        "packs": PACKS,
        "admins": frozenset({OPERATOR}),
        "support": "@help",
    }
    return Stage(**{**settings, **more})


async def buyer(stage: Stage, name: str = "Ann", *, language: str = "en") -> Actor:
    """Bring somebody in who is logged in and has a client of 10 reads."""
    actor = await stage.signed_in(name, language=language)
    user = stage.api.database.users.find_by("email", f"{name.lower()}@example.com")
    assert user is not None
    stage.api.database.add_client(user, name="desk", available=10)
    return actor


def client_of(stage: Stage, name: str = "Ann") -> ClientRow:
    """Read somebody's client at the API."""
    user = stage.api.database.users.find_by("email", f"{name.lower()}@example.com")
    assert user is not None
    return stage.api.database.client_of(user)


def use(stage: Stage, reads: int, name: str = "Ann") -> None:
    """Let somebody's programs use some reads."""
    row = client_of(stage, name)
    stage.api.database.clients.update(row.id, {"reads_used": row.reads_used + reads})


async def operator(stage: Stage, *, language: str = "en") -> Actor:
    """Bring the operator in, logged in as an administrator of the API."""
    admin = stage.api.database.admin
    actor = stage.person("Olga", id=OPERATOR, language=language)
    await actor.says(f"/login {admin.email}")
    await actor.says(SecretStr(admin.password).get_secret_value())
    return actor


async def lose_ledger(stage: Stage) -> None:
    """Have Redis lose the ledger, and nothing else."""
    prefix = stage.store.ledger._keys.ledger("")  # where a test breaks things
    wire = connector(stage._redis_url)[0]()
    await wire.open()
    try:
        await wire.write([packed("KEYS", f"{prefix}*")])
        keys = await wire.read()
        await wire.write([packed("DEL", *keys)])
        await wire.read()
    finally:
        await wire.close()


async def buys(actor: Actor, label: str = "1,000 reads · 50 ⭐") -> str:
    """Have somebody buy a pack; return the charge."""
    await actor.says("/buy")
    await actor.presses(label)
    result = await actor.pays()
    assert result.is_paid, result.reason
    return result.charge_id
