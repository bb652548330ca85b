"""Replies and failed attempts are kept on every kind of Redis; what cannot be opened is dropped."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from sapp_bot.domain.replies import Edit, Remove
from sapp_bot.domain.replies import QueuedReply as Envelope
from sapp_bot.domain.state import PersonState
from sapp_bot.domain.text import Rich
from sapp_bot.store import RedisStore
from tests.service.store_kit import (
    KEY,
    NOON,
    OTHER_KEY,
    Place,
    commit,
    due,
    message,
    note,
    plain,
    queued,
    signed_in,
)


async def test_a_reply_waits_until_it_is_sent(store: RedisStore) -> None:
    """Replies leave one by one, whichever of the chat's arrived first."""
    for name in ("a", "b", "c"):
        await store.outbox.push(plain(name))
    await store.outbox.sent(plain("b"), 10)

    assert list(await store.outbox.unsent()) == [plain("a"), plain("c")]
    await store.outbox.sent(plain("a"), 11)
    await store.outbox.sent(plain("c"), None)
    assert not await store.outbox.unsent()


async def test_a_reply_is_pushed_once(store: RedisStore) -> None:
    """The same push again has no effect, also when the reply has left meanwhile."""
    await store.outbox.push(plain("a"))
    await store.outbox.push(plain("a"))
    assert list(await store.outbox.unsent()) == [plain("a")]

    await store.outbox.sent(plain("a"), 10)
    await store.outbox.push(plain("a"))
    assert not await store.outbox.unsent()


async def test_what_a_timer_says_and_keeps_is_one_step(store: RedisStore) -> None:
    """Replies to several chats and changes are there together, and once under their name."""
    said = [plain("t/0"), plain("t/1", chat=8), plain("t/2")]
    await store.plugin_storage.write([note("old", "gone")])
    for _ in range(2):
        await store.outbox.tell("every:t:1", said, [note("new", "kept"), note("old", None)])
    assert list(await store.outbox.unsent()) == [said[0], said[2], said[1]]
    for parcel_ in said:
        await store.outbox.sent(parcel_, None)
    await store.outbox.tell("every:t:1", said, [note("new", "again")])

    assert not await store.outbox.unsent()
    assert [kept.key async for kept in store.plugin_storage.all("pets:Note")] == ["new"]
    found = await store.plugin_storage.get("pets:Note", "new")
    assert found is not None
    assert found.text == "kept"


async def test_a_name_that_begins_another_is_not_mistaken_for_it(store: RedisStore) -> None:
    """The reply "x:1" is not the reply "x:10"."""
    await store.outbox.push(plain("x:10"))
    await store.outbox.sent(plain("x:1"), 5)

    assert list(await store.outbox.unsent()) == [plain("x:10")]


async def test_the_newest_message_of_a_screen_is_known(store: RedisStore) -> None:
    """Sending or editing a named screen notes its message; a repeat and a failure do not."""
    sends = [queued(name, screen="client") for name in ("a", "b", "c")]
    edit = Envelope("d", Edit(7, 12, Rich("new"), screen="home"))
    for each in (*sends, edit, plain("e"), Envelope("f", Remove(7, (1, 2)))):
        await store.outbox.push(each)

    await store.outbox.sent(sends[0], 10)
    await store.outbox.sent(sends[1], 11)
    await store.outbox.sent(sends[0], 10)
    await store.outbox.sent(sends[2], None)
    await store.outbox.sent(edit, 12)

    assert await store.outbox.screen(7, "client") == 11
    assert await store.outbox.screen(7, "home") == 12
    assert await store.outbox.screen(7, "other") is None
    assert await store.outbox.screen(8, "client") is None


async def test_failures_are_counted_in_a_window(store_place: Place, store: RedisStore) -> None:
    """The same attempt counts once; old ones fall out; a success clears."""
    attempts, clock = store.attempts, store_place.clock
    await attempts.note("ann@example.org", "m:7:1", window_s=900)
    clock.pass_by(300)
    await attempts.note("ann@example.org", "m:7:1", window_s=900)
    await attempts.note("ann@example.org", "m:7:2", window_s=900)

    both = list(await attempts.recent("ann@example.org", window_s=900))
    clock.pass_by(700)
    one = list(await attempts.recent("ann@example.org", window_s=900))
    await attempts.clear("ann@example.org")

    assert both == [NOON, NOON + timedelta(seconds=300)]
    assert one == both[1:]
    assert not await attempts.recent("ann@example.org", window_s=900)
    assert not await attempts.recent("bob@example.org", window_s=900)


async def test_an_old_key_still_opens_what_is_stored(store_place: Place, store: RedisStore) -> None:
    """After a change of keys, logins, queues, replies and timers are all still there."""
    await store.inbox.accept(message(1))
    await store.inbox.accept(message(2))
    end = commit(message(1), queued("a"), after=signed_in(), later=(due("t"),))
    await store.inbox.commit(end)

    fresh = await store_place.open(keys=(OTHER_KEY, KEY))

    assert [(w.update, w.person_state) for w in await fresh.inbox.waiting()] == [
        (message(2), signed_in())
    ]
    assert list(await fresh.outbox.unsent()) == [queued("a")]
    assert list(await fresh.inbox.timers()) == [due("t")]


async def test_what_no_key_opens_blocks_nothing(store_place: Place, store: RedisStore) -> None:
    """Without the key: nobody is logged in, what waited is dropped, and the log says so.

    It names kinds of values, and people only in a field that is hashed.
    """
    await store.inbox.accept(message(1))
    await store.inbox.accept(message(2))
    await store.inbox.commit(commit(message(1), queued("a"), after=signed_in(), later=(due("t"),)))
    fresh = await store_place.open(keys=(OTHER_KEY,))

    with capture_logs() as logs:
        assert not await fresh.inbox.waiting()
        assert not await fresh.outbox.unsent()
        assert not await fresh.inbox.timers()
        assert (await fresh.inbox.accept(message(3))).person_state == PersonState()
        assert await fresh.inbox.person_state(7) == PersonState()

    dropped = [line for line in logs if line["event"] == "store.dropped"]
    unread = [line["kind"] for line in logs if line["event"] == "store.unreadable"]
    assert [(line["kind"], line["person"], line["log_level"]) for line in dropped] == [
        *(("box", 7, "error"), ("out", 7, "error"))
    ]
    assert sorted(unread) == [
        *("account", "box", "forms", "out", "profile", "session", "timers t"),
    ]
    assert not await fresh.inbox.timers()


@pytest.mark.parametrize("name", ["a\nb", "\n"])
async def test_a_name_with_a_line_end_is_refused(store: RedisStore, name: str) -> None:
    """Entries are told apart by their first line, so a name has one line."""
    with pytest.raises(ValueError, match="line end"):
        await store.outbox.push(plain(name))
