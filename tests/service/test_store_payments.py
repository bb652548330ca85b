"""Payments wait beside the messages, on every kind of Redis: past their limits, in an order."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sapp_bot.domain.updates import PaymentReceived, PaymentRefunded, Person
from sapp_bot.errors import SappBotError
from sapp_bot.store import RedisStore
from sapp_bot.store.keys import WAITING_LIMIT
from tests.service.store_kit import Place, commit, message, queued

AT = datetime(2026, 1, 1, tzinfo=UTC)


def payment(number: int, *, person: int = 7) -> PaymentReceived:
    """Make a payment."""
    return PaymentReceived(Person(person), f"stx{number}", b"\x00\xffv1", 50, AT)


async def test_a_payment_does_not_wait_behind_messages(store: RedisStore) -> None:
    """Each list has an oldest of its own, and ends by itself."""
    await store.inbox.accept(message(1))
    accepted = await store.payments.accept(payment(1))
    await store.payments.commit(commit(payment(1), queued("a")))

    assert accepted.person_state is not None
    assert [left.update for left in await store.inbox.waiting()] == [message(1)]
    assert await store.payments.waiting() == []
    assert [reply.id for reply in await store.outbox.unsent()] == ["a"]


async def test_payments_of_a_person_keep_their_order(store: RedisStore) -> None:
    """A refund is not handled before its payment; others are not waited for."""
    refund = PaymentRefunded(Person(7), "stx1", b"", 50, AT)
    for update in (payment(1), refund, payment(2, person=8)):
        await store.payments.accept(update)

    with pytest.raises(SappBotError):
        await store.payments.commit(commit(refund))
    await store.payments.commit(commit(payment(2, person=8)))
    assert [left.update for left in await store.payments.waiting()] == [payment(1), refund]


async def test_a_charge_is_taken_once(store: RedisStore) -> None:
    """While it waits and afterwards, however it arrives."""
    await store.payments.accept(payment(1))
    while_waiting = await store.payments.accept(payment(1))
    await store.payments.commit(commit(payment(1)))
    afterwards = await store.payments.accept(payment(1))

    assert (while_waiting.fresh, afterwards.fresh) == (False, False)


async def test_a_full_inbox_takes_payments(store: RedisStore) -> None:
    """Neither a person's messages nor their payments turn a payment away."""
    for number in range(WAITING_LIMIT + 1):
        last = await store.inbox.accept(message(number))
    found = [await store.payments.accept(payment(n)) for n in range(WAITING_LIMIT + 10)]

    assert last.full
    assert all(accepted.fresh and not accepted.full for accepted in found)


async def test_a_payment_outlives_the_process(store_place: Place, store: RedisStore) -> None:
    """The next process finds it, and knows that it was in work."""
    await store.payments.accept(payment(1))
    again = await store_place.open()
    (left,) = await again.payments.waiting()

    assert (left.update, left.begun) == (payment(1), True)
    assert await again.payments.begin(payment(1)) == 2
