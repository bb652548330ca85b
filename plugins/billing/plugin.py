"""The plugin object, and what it keeps beside the ledger: nothing that money depends on."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel

from sapp_bot import CommandButton, Ctx, Plugin, Rich, Store
from sapp_bot.services import Billing, PaymentView

plugin = Plugin(version="1.0", sapp=">=1", title="Payments")

HOME = CommandButton(command="start").key("‹ Home")


class Buyer(BaseModel):
    """For which clients a person has bought, to find their receipts by: the ledger is by client.

    It may be deleted with all else that is known of a person: the ledger itself stays.
    """

    schema_version: ClassVar[int] = 1

    clients: list[int]


class RefundWish(BaseModel):
    """A refund that an operator decides, by charge: they are asked once."""

    schema_version: ClassVar[int] = 1


class PlannedAct(BaseModel):
    """What an operator was shown and may confirm, by a short token: a charge fits no button."""

    schema_version: ClassVar[int] = 1

    kind: Literal["refund", "grant", "fix", "adopt", "pause"]
    charge: str = ""
    client: int = 0
    reads: int = 0
    is_kept: bool = False
    """Of a fix: what the API has stays."""

    is_on: bool = False
    """Of a pause: whether sales stop."""


PLANNED_S = 24 * 3600
"""How long an act can be confirmed, in seconds."""


@plugin.forget
async def forget(ctx: Ctx, buyers: Store[Buyer]) -> Rich:
    """Forget for which clients a person has bought; the ledger itself names no person in clear."""
    await buyers.delete(ctx.person.id)
    return ctx.t("your payments, encrypted, so that you can still have your Stars back.")


async def note_client(buyers: Store[Buyer], person: int, client: int) -> None:
    """Remember that a person buys, or has bought, for a client."""
    known = await buyers.get(person) or Buyer(clients=[])
    if client not in known.clients:
        await buyers.set(person, Buyer(clients=[*known.clients, client]))


async def payments_of(
    billing: Billing, buyers: Store[Buyer], person: int, *, client: int = 0
) -> list[PaymentView]:
    """List a person's payments, the oldest first, so that each keeps its number.

    Args:
        billing: Has the ledger.
        buyers: Which clients they have bought for.
        person: Telegram id.
        client: One more client to look at, 0 for none.

    """
    known = await buyers.get(person) or Buyer(clients=[])
    found: list[PaymentView] = []
    for each in sorted({*known.clients, *([client] if client else [])}):
        found += await billing.ledger.payments(each, user=person)
    return sorted(found, key=lambda view: (view.payment.at, view.payment.charge))
