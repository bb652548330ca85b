"""Values become bytes and come back the same, or not at all."""

from __future__ import annotations

import hashlib
import re
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from sapp_bot.domain import replies, state, updates
from sapp_bot.domain.replies import Callback, Copy, Edit, Invoice, QueuedReply, Remove, Send, Url
from sapp_bot.domain.state import LastLogin, OpenForm, Profile, Session
from sapp_bot.domain.text import Entity, Rich, bold, link
from sapp_bot.domain.updates import Due, Message, PaymentReceived, PaymentRefunded, Person, Press
from sapp_bot.store.codec import _STORED, UndecodableValue, decode, encode, stored_fields, tag_of

FIGURE = (b"1", "4456acbc")
"""Version and hash of the stored shapes."""

texts = st.text(st.characters(exclude_categories=()))
numbers = st.integers(-(2**63), 2**63)
times = st.datetimes(datetime(2000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # the strategy adds UTC
people = st.builds(Person, numbers, texts, texts)
entities = st.builds(Entity, st.just("bold"), numbers, numbers, texts)
riches = st.builds(Rich, texts, st.lists(entities, max_size=3).map(tuple))
keys = st.one_of(
    st.builds(Callback, texts, st.binary(), texts),
    st.builds(Copy, texts, texts),
    st.builds(Url, texts, texts),
)
rows = st.lists(st.lists(keys, max_size=2).map(tuple), max_size=2).map(tuple)
values = st.one_of(
    st.builds(Message, people, numbers, numbers, texts, times, edited_at=st.none() | times),
    st.builds(Press, people, numbers, numbers, numbers, st.binary()),
    st.builds(Due, people, numbers, st.none() | numbers, texts, st.binary(), times, texts),
    st.builds(PaymentReceived, people, texts, st.binary(), numbers, times),
    st.builds(PaymentRefunded, people, texts, st.binary(), numbers, times),
    st.builds(Session, numbers, numbers, texts, texts, st.builds(SecretStr, texts), times, numbers),
    st.builds(LastLogin, numbers, texts, times),
    st.builds(Profile, texts, numbers),
    st.builds(QueuedReply, texts, st.builds(Send, numbers, riches, rows, texts)),
    st.builds(QueuedReply, texts, st.builds(Invoice, numbers, texts, texts, st.binary(), numbers)),
    st.builds(QueuedReply, texts, st.builds(Edit, numbers, numbers, riches, rows)),
    st.builds(QueuedReply, texts, st.builds(Remove, numbers, st.lists(numbers).map(tuple))),
    st.lists(
        st.builds(
            OpenForm,
            *(texts, st.dictionaries(texts.filter(lambda t: t != "$"), texts)),
            *(st.just({"a": "b"}), texts, st.none() | numbers, times),
        )
    ).map(tuple),
)


@given(value=values)
def test_what_is_stored_comes_back(value: object) -> None:
    """Any text, lone surrogates and NUL too, any bytes, any aware time."""
    data = encode(value)

    assert decode(data) == value
    assert type(decode(data)) is type(value)


def test_every_dataclass_that_travels_is_known() -> None:
    """A new kind of update, reply, key or state cannot be forgotten here."""
    modules = (updates, replies, state)
    found = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and is_dataclass(value)
    }

    at_once = {updates.InlineQuery, updates.PreCheckoutQuery}
    assert found - set(_STORED) == {state.Login, state.PersonState, *at_once}


def test_the_shapes_are_those_of_this_version() -> None:
    """A shape has changed: raise VERSION if old values no longer fit, then note the new figure."""
    tags = {kind.__name__: tag_of(kind) for kind in _STORED}
    shapes = "\n".join(
        f"{tag_of(kind)}.{stored_fields(kind)[field.name]}: "
        + re.sub(r"\w+", lambda word: tags.get(word[0], word[0]), str(field.type))
        for kind in sorted(_STORED, key=tag_of)
        for field in fields(kind)
    )

    assert (encode(1)[:1], hashlib.sha256(shapes.encode()).hexdigest()[:8]) == FIGURE, shapes


def test_a_field_that_came_later_takes_its_default() -> None:
    """A new field with a default does not log everybody out."""
    assert decode(b'1{"$":"Profile","language":"ru"}') == Profile("ru", 0, None)


def test_a_form_that_is_open_over_an_upgrade_goes_on() -> None:
    """One from before forms could be left aside is asked on, as it was in view."""
    until = datetime(2026, 12, 1, tzinfo=UTC)
    data = (
        b'1{"$":"OpenForm","command":"pets.adopt","answers":{},"shapes":{},"asking":"name",'
        b'"sapp_user":null,"expires_at":{"$":"datetime","is":"2026-12-01T00:00:00+00:00"}}'
    )

    assert decode(data) == OpenForm("pets.adopt", {}, {}, "name", None, until, is_aside=False)


def test_a_field_that_is_gone_is_passed_over() -> None:
    """A reply that an earlier version left in the outbox is still sent."""
    data = b'1{"$":"Send","chat_id":7,"text":{"$":"Rich","plain":"Hi"},"force_reply":""}'

    assert decode(data) == Send(7, Rich("Hi"))


@pytest.mark.parametrize(
    "data",
    [
        *(
            b"",
            b"1",
            b"0null",
            b"2{}",
            b"1{",
            b"1\xff",
            b'1{"$":"Gone"}',
            b'1{"$":"Profile","x":1}',
        ),
        *(b'1{"$":"Person"}', b'1{"$":"bytes","is":"?"}', b'1{"$":"datetime"}', b'1{"$":[]}'),
        b'1{"$":"datetime","is":"yesterday"}',
    ],
)
def test_another_shape_is_unreadable(data: bytes) -> None:
    """An older version, a field that is gone, rubbish: one error for all."""
    with pytest.raises(UndecodableValue):
        decode(data)


def test_what_is_not_meant_to_be_stored_is_refused() -> None:
    """A value of another kind is a fault of ours, found at once."""
    with pytest.raises(TypeError, match="cannot be stored"):
        encode(object())


def test_rich_text_keeps_its_entities() -> None:
    """A card comes back with its formatting."""
    card = bold("Client") + " " + link("docs", "https://example.org")

    assert decode(encode(QueuedReply("a", Send(1, card)))).reply.text == card
