"""The plugin object, and what it keeps beside the ledger: nothing that money depends on."""

from __future__ import annotations

from hashlib import blake2b
from typing import ClassVar, Literal

from pydantic import BaseModel

from sapp_bot import CommandButton, Ctx, Plugin
from sapp_bot.services import Billing

plugin = Plugin(version="1.0", sapp=">=1", title="Payments")

HOME = CommandButton(command="start").key("‹ Home")


class PlannedAct(BaseModel):
    """What an operator was shown and may confirm, once, by a short token."""

    schema_version: ClassVar[int] = 2

    kind: Literal["grant", "fix", "adopt", "pause"]
    client: int = 0
    reads: int = 0
    is_kept: bool = False
    """Of a fix: what the API has stays."""

    adds_returned: bool = False
    """Of such a fix: payments that came back from Telegram's list come on top, too."""

    seen: int | None = None
    """Of a fix: the number at the API that was shown; another one is not touched."""

    is_on: bool = False
    """Of a pause: whether sales stop."""


PLANNED_S = 24 * 3600
"""How long an act can be confirmed, in seconds."""


@plugin.keeps(stays=True)
async def keeps_payments(ctx: Ctx, billing: Billing) -> str | None:
    """Say what stays of a person who has paid."""
    if not billing.has_ledger or not await billing.ledger.receipts.of_person(ctx.person.id):
        return None
    return "your payments, encrypted, so that you can still have your Stars back"


@plugin.forget
async def forget() -> None:
    """Delete nothing: payments stay, and what is kept beside the ledger is nobody's."""


def mark_of(charge: str) -> str:
    """Return what names a charge on a button, which has no room for the whole: 12 hex digits."""
    return blake2b(charge.encode(), digest_size=6).hexdigest()
