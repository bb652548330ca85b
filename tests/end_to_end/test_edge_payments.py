"""Payments at the edge: a bot that was away gets them when it is back, in any case."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from sapp_bot.domain.answers import AcceptPayment
from sapp_bot.domain.replies import Invoice
from sapp_bot.domain.updates import PaymentReceived, PaymentRefunded, PreCheckoutQuery
from sapp_bot.errors import StarsUnavailable
from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.faults import Hang
from sapp_bot.telegram.account import UserAccount
from sapp_bot.telegram.edge import TelegramEdge
from tests.end_to_end.stage import Shelf, Stage, stage, until


async def billed(s: Stage, edge: TelegramEdge, shelf: Shelf, ann: SimulatedUser) -> None:
    """Have Ann write, and send her an invoice."""
    await ann.say("/buy")
    await until(lambda: len(shelf.taken) == 1)
    s.server.give_stars(ann.account, 100)
    await edge.deliver(Invoice(ann.account.id, "Tea", "A cup", b"v1", 5), 1)
    await ann.sees("A cup")


async def test_a_payment_that_was_missed_arrives_after_a_restart(tmp_path: Path) -> None:
    """Paid, and the process was gone before the news came: the next one catches up on it."""
    async with stage(tmp_path) as s, s.talker() as ann:
        person, shelf = await joined(s, ann), Shelf()
        async with s.running(shelf) as edge:
            await billed(s, edge, shelf, person)
            paying = asyncio.create_task(person.pay())
            await until(lambda: len(shelf.taken) == 2)
            query = shelf.taken[1]
            assert isinstance(query, PreCheckoutQuery)
            s.server.faults.add(f"push.updateNewMessage@{s.bot.id}", Hang())
            await edge.answer(query.query_id, AcceptPayment())
            assert await paying == ""
        after = Shelf()
        async with s.running(after):
            (payment,) = await after.first(1)
        await person.leave()

    assert len(shelf.taken) == 2
    assert isinstance(payment, PaymentReceived)
    assert (payment.sender.id, payment.payload, payment.stars) == (ann.account.id, b"v1", 5)


async def test_the_state_waits_for_the_payment_to_be_stored(tmp_path: Path) -> None:
    """A crash between the arrival and the store brings the payment again, and so for a refund."""
    async with stage(tmp_path) as s, s.talker() as ann:
        person, shelf = await joined(s, ann), Shelf()
        async with s.running(shelf) as edge:
            await billed(s, edge, shelf, person)
        holding = Shelf()
        holding.holding = True
        async with s.running(holding) as edge:
            await paid(holding, edge, person)
            (payment,) = [u for u in holding.taken if isinstance(u, PaymentReceived)]
            result = await edge.stars.refund(payment.sender.id, payment.charge_id)
        after = Shelf()
        async with s.running(after):
            again = await after.first(2)
        await person.leave()

    assert result.outcome == "refunded"
    assert [type(update) for update in again] == [PaymentReceived, PaymentRefunded]
    assert again[0] == payment
    assert [u.key for u in holding.taken if isinstance(u, PaymentRefunded)] == [again[1].key]


async def test_a_persons_account_has_no_stars(tmp_path: Path) -> None:
    """The port says so, without asking Telegram."""
    async with stage(tmp_path) as s:
        edge = TelegramEdge(s.config(), account=UserAccount())
        with pytest.raises(StarsUnavailable):
            await edge.stars.balance()
        with pytest.raises(StarsUnavailable):
            await edge.stars.refund(7, "stx")


async def joined(s: Stage, ann: Any) -> SimulatedUser:
    """Give Ann an app of her own that can pay."""
    return await SimulatedUser.join(s.server, ann.account, s.bot, device=1)


async def paid(shelf: Shelf, edge: TelegramEdge, person: SimulatedUser) -> None:
    """Have a person pay, and the bot agree."""
    paying = asyncio.create_task(person.pay())
    await until(lambda: [u for u in shelf.taken if isinstance(u, PreCheckoutQuery)])
    (query,) = [u for u in shelf.taken if isinstance(u, PreCheckoutQuery)]
    await edge.answer(query.query_id, AcceptPayment())
    assert await paying == ""
    await until(lambda: [u for u in shelf.taken if isinstance(u, PaymentReceived)])
