"""The inbox keeps its promises on every kind of Redis: once, in order, all or nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from sapp_bot.domain.replies import QueuedReply
from sapp_bot.domain.state import PersonState, Profile
from sapp_bot.errors import AlreadyRunning, SappBotError
from sapp_bot.store import RedisStore
from tests.service.store_kit import Place, commit, due, message, queued, signed_in


async def test_the_first_update_comes_with_the_standing(store: RedisStore) -> None:
    """Who waits alone is handled at once; those behind get the person state from the commit."""
    first = await store.inbox.accept(message(1))
    second = await store.inbox.accept(message(2))
    other = await store.inbox.accept(message(3, person=8))

    assert (first.fresh, first.person_state) == (True, PersonState())
    assert (second.fresh, second.person_state) == (True, None)
    assert (other.fresh, other.person_state) == (True, PersonState())


async def test_an_update_is_taken_once(store: RedisStore) -> None:
    """The same key is a duplicate while it waits, and after its end."""
    await store.inbox.accept(message(1))
    while_waiting = await store.inbox.accept(message(1))
    await store.inbox.commit(commit(message(1)))
    afterwards = await store.inbox.accept(message(1, text="edited by a replay"))

    assert (while_waiting.fresh, afterwards.fresh) == (False, False)
    assert not await store.inbox.waiting()


async def test_two_offers_at_once_are_one(store: RedisStore) -> None:
    """A push and a difference that bring the same update together run it once."""
    both = await asyncio.gather(*(store.inbox.accept(message(1)) for _ in range(2)))

    assert [accepted.fresh for accepted in both] == [True, False]


async def test_a_commit_keeps_what_the_turn_changed(store_place: Place, store: RedisStore) -> None:
    """Session, profile, account and forms come back as they were, also in a new process."""
    update, after = message(1, text="lone \ud800 surrogate"), signed_in()
    await store.inbox.accept(update)

    assert await store.inbox.commit(commit(update, after=after)) == after
    assert (await store.inbox.accept(message(2))).person_state == after
    again = await store_place.open()
    assert await again.inbox.person_state(7) == after
    assert await again.inbox.person_state(8) == PersonState()
    token = (await again.inbox.person_state(7)).session
    assert token is not None
    assert token.token.get_secret_value() == "a.b.c"


async def test_a_commit_takes_away_what_is_gone(store: RedisStore) -> None:
    """A logout leaves the language; no session, no account, no form."""
    before = signed_in()
    after = PersonState(None, Profile("ru", 1), ())
    await store.inbox.accept(message(1))
    await store.inbox.commit(commit(message(1), after=before))
    await store.inbox.accept(message(2))

    assert await store.inbox.commit(commit(message(2), before=before, after=after)) == after
    assert await store.inbox.person_state(7) == after


async def test_a_commit_leaves_what_did_not_change(store: RedisStore) -> None:
    """Only the difference between before and after is written."""
    whole = signed_in()
    await store.inbox.accept(message(1))
    await store.inbox.commit(commit(message(1), after=whole))
    await store.inbox.accept(message(2))

    empty = PersonState()
    found = await store.inbox.commit(commit(message(2), before=empty, after=empty))

    assert found == whole


async def test_a_repeated_commit_changes_nothing(store: RedisStore) -> None:
    """The same end again: same answer, one reply, the next update still waits."""
    await store.inbox.accept(message(1))
    await store.inbox.accept(message(2))
    end = commit(message(1), queued("m:7:1:0"), after=signed_in(), later=(due("a"),))

    first = await store.inbox.commit(end)
    second = await store.inbox.commit(end)

    assert first == second == signed_in()
    assert [left.update.key for left in await store.inbox.waiting()] == ["m:7:2"]
    assert len(await store.outbox.unsent()) == len(await store.inbox.timers()) == 1


async def test_only_the_oldest_can_be_ended(store: RedisStore) -> None:
    """An end out of order is refused loudly and changes nothing."""
    await store.inbox.accept(message(1))
    await store.inbox.accept(message(2))

    with pytest.raises(SappBotError, match="out of order"):
        await store.inbox.commit(commit(message(2), queued("x"), after=signed_in()))

    assert await store.inbox.person_state(7) == PersonState()
    assert len(await store.inbox.waiting()) == 2
    assert not await store.outbox.unsent()


async def test_what_waits_is_found_by_the_next_process(
    store_place: Place, store: RedisStore
) -> None:
    """Oldest first per person, each with the person's person state; replies per chat."""
    await store.inbox.accept(message(1))
    replies = (queued("a"), queued("c", chat=9), queued("b"))
    await store.inbox.commit(commit(message(1), *replies, after=signed_in()))
    for update in (message(2), message(1, person=8), message(3), message(4)):
        await store.inbox.accept(update)

    fresh = await store_place.open()
    waiting = await fresh.inbox.waiting()

    assert [left.update for left in waiting if left.update.sender.id == 7] == [
        *(message(2), message(3), message(4))
    ]
    standings = {left.update.sender.id: left.person_state for left in waiting}
    assert standings == {7: signed_in(), 8: PersonState()}
    assert list(await fresh.outbox.unsent()) == [replies[0], replies[2], replies[1]]


async def test_a_login_runs_out_by_itself(store_place: Place, store: RedisStore) -> None:
    """After its time the session is gone, and the account says that there was one.

    A form stays for an hour after its end, to know a late answer.
    """
    await store.inbox.accept(message(1))
    await store.inbox.commit(commit(message(1), after=signed_in(hours=2)))

    store_place.clock.pass_by(3600)
    assert (await store.inbox.person_state(7)).session is not None
    assert (await store.inbox.person_state(7)).forms == signed_in(hours=2).forms
    store_place.clock.pass_by(3600)
    later = await store.inbox.person_state(7)

    assert later == replace(signed_in(hours=2), session=None, forms=())


async def test_a_login_that_is_over_already_is_not_kept(
    store_place: Place, store: RedisStore
) -> None:
    """A value whose time has passed at the commit is not written."""
    await store.inbox.accept(message(1))
    store_place.clock.pass_by(61 * 3600)

    after = await store.inbox.commit(commit(message(1), after=signed_in()))

    assert after.session is None
    assert after.profile == signed_in().profile


async def test_a_timer_is_kept_until_it_comes_up(store: RedisStore) -> None:
    """Set by a commit, listed in the order of their times, gone once accepted, run once."""
    await store.inbox.accept(message(1))
    timers = (due("late", in_s=90), due("soon", in_s=30))
    await store.inbox.commit(commit(message(1), later=timers))

    assert list(await store.inbox.timers()) == [due("soon", in_s=30), due("late", in_s=90)]
    assert (await store.inbox.accept(due("soon", in_s=30))).fresh
    assert list(await store.inbox.timers()) == [due("late", in_s=90)]
    await store.inbox.commit(commit(due("soon", in_s=30)))
    assert not (await store.inbox.accept(due("soon", in_s=30))).fresh


async def test_a_full_box_turns_away_with_one_notice(store: RedisStore) -> None:
    """Fifty wait; the next are turned away for good, and the person is told once."""
    for number in range(50):
        assert not (await store.inbox.accept(message(number))).full

    first = await store.inbox.accept(message(50))
    second = await store.inbox.accept(message(51))
    timer = await store.inbox.accept(due("mask the key"))

    assert (first.fresh, first.full, first.told) == (True, True, False)
    assert (second.full, second.told) == (True, True)
    assert (timer.fresh, timer.full) == (True, False)
    assert len(await store.inbox.waiting()) == 51


async def test_who_was_turned_away_is_not_run_by_a_replay(store: RedisStore) -> None:
    """Its "slow down" may come again, as it could have been lost; the update never does."""
    for number in range(52):
        await store.inbox.accept(message(number))
    first, second = [await store.inbox.accept(message(number)) for number in (50, 51)]
    for number in range(50):
        await store.inbox.commit(commit(message(number)))
    later = [await store.inbox.accept(message(number)) for number in (50, 51)]

    assert (first.full, first.told) == (True, False)
    assert (second.fresh, second.full) == (False, False)
    assert [accepted.fresh for accepted in later] == [False, False]


async def test_the_notice_comes_again_once_the_box_was_half_empty(store: RedisStore) -> None:
    """One "slow down" per flood: taking one message out does not begin a new one."""
    for number in range(51):
        await store.inbox.accept(message(number))
    await store.inbox.commit(commit(message(0)))
    refilled = [await store.inbox.accept(message(number)) for number in (60, 61)]
    for number in range(1, 26):
        await store.inbox.commit(commit(message(number)))
    again = [await store.inbox.accept(message(number)) for number in range(70, 96)]

    assert [(a.full, a.told) for a in refilled] == [(False, False), (True, True)]
    assert [a.full for a in again] == [False] * 25 + [True]
    assert not again[-1].told


async def test_the_last_to_claim_is_the_only_one(store_place: Place, store: RedisStore) -> None:
    """A process that was overtaken can do nothing any more, not even read."""
    await store.inbox.accept(message(1))
    await store_place.open()

    for call in (
        store.inbox.accept(message(2)),
        store.inbox.commit(commit(message(1))),
        store.inbox.waiting(),
        store.inbox.person_state(7),
        store.outbox.push(queued("x")),
        store.outbox.sent(queued("x"), 5),
        store.attempts.clear("a"),
    ):
        with pytest.raises(AlreadyRunning):
            await call


async def test_a_look_from_outside_disturbs_nobody(store_place: Place, store: RedisStore) -> None:
    """A health check opens, writes its mark and leaves; the owner stays the owner."""
    guest = await store_place.open(claim=False)
    await guest.ping()

    assert (await store.inbox.accept(message(1))).fresh


async def test_accounts_do_not_meet(store_place: Place, store: RedisStore) -> None:
    """Two bots on one Redis see nothing of each other."""
    await store.inbox.accept(message(1))
    await store.inbox.commit(commit(message(1), queued("a"), after=signed_in()))
    other = await store_place.open(account=2)

    accepted = await other.inbox.accept(message(1))

    assert (accepted.fresh, accepted.person_state) == (True, PersonState())
    assert not await other.outbox.unsent()
    assert (await store.inbox.accept(message(2))).fresh


async def test_all_replies_of_a_turn_are_kept(store: RedisStore) -> None:
    """A commit with many replies to several chats keeps each, in order."""
    replies: list[QueuedReply] = [queued(f"p{n}", chat=n % 3, text=f"ж{n}") for n in range(30)]
    await store.inbox.accept(message(1))
    await store.inbox.commit(commit(message(1), *replies))

    expected = sorted(replies, key=lambda each: each.reply.chat_id)
    assert list(await store.outbox.unsent()) == expected


async def test_the_starts_of_an_update_are_counted(store_place: Place, store: RedisStore) -> None:
    """Once in each process that has it in work, however often it says so; the end forgets them."""
    await store.inbox.accept(message(1))
    await store.inbox.accept(message(2))
    second = await store_place.open()
    counts = [await second.inbox.begin(message(1)) for _ in range(2)]
    third = await store_place.open()
    begun = [left.begun for left in await third.inbox.waiting()]
    counts.append(await third.inbox.begin(message(1)))
    await third.inbox.commit(commit(message(1)))
    fourth = await store_place.open()

    assert counts == [2, 2, 3]
    assert begun == [True, False]
    assert [left.begun for left in await fourth.inbox.waiting()] == [True]
    assert await fourth.inbox.begin(message(2)) == 2


async def test_an_update_is_known_for_48_hours(store_place: Place, store: RedisStore) -> None:
    """Handled or turned away: once per key, also across the days; then it is forgotten."""
    for number in range(52):
        await store.inbox.accept(message(number))
    await store.inbox.commit(commit(message(0)))
    found = []
    for _ in range(2):
        store_place.clock.pass_by(24 * 3600)
        found += [(await store.inbox.accept(message(number))).fresh for number in (0, 51)]
    store_place.clock.pass_by(24 * 3600)

    assert not any(found)
    assert (await store.inbox.accept(message(0))).fresh


async def test_a_person_without_updates_leaves_the_index(store: RedisStore) -> None:
    """A start reads the lists of those who wait, not of everybody who ever wrote."""
    for person in (7, 8):
        await store.inbox.accept(message(person, person=person))
    await store.inbox.commit(commit(message(7, person=7)))

    left = await store.pipeline.ask(store.inbox._scripts.call("members", (store.keys.people,)))
    assert left[1] == [b"8"]
