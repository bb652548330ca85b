"""Which messages of a person's own account are for us, and where we may go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from telethon import types

from sapp_bot.domain.replies import Edit, Send
from sapp_bot.domain.text import MESSAGE_UNITS, bold, rich, units
from sapp_bot.telegram.account import OWN_WORDS, UserAccount
from sapp_bot.telegram.outgoing import edit_request, send_requests

OWNER, ANN, BOB = 5, 7, 8
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def account() -> UserAccount:
    """Give the owner's account, on which Ann is allowed."""
    account = UserAccount(frozenset({ANN}))
    account.is_(OWNER)
    return account


def message(peer: int, text: str = "/start", **more: Any) -> Any:
    """Make a message in a private chat."""
    return types.Message(id=1, peer_id=types.PeerUser(peer), date=NOW, message=text, **more)


@pytest.mark.parametrize(
    ("peer", "more", "heard"),
    [
        (OWNER, {}, True),
        (OWNER, {"out": True}, True),
        (OWNER, {"fwd_from": types.MessageFwdHeader(date=NOW)}, False),
        (OWNER, {"media": types.MessageMediaPhoto()}, False),
        (OWNER, {"media": types.MessageMediaWebPage(types.WebPageEmpty(1))}, True),
        (OWNER, {"via_bot_id": 9}, False),
        (ANN, {}, True),
        (ANN, {"out": True}, False),
        (BOB, {}, False),
        (BOB, {"out": True}, False),
    ],
)
def test_who_is_heard(
    account: UserAccount, peer: int, more: dict[str, Any], *, heard: bool
) -> None:
    """The owner's own texts in Saved Messages, and what allowed persons write to the owner."""
    assert account.heeds(message(peer, **more)) is heard


def test_groups_are_not_heard(account: UserAccount) -> None:
    """Not even the owner or an allowed person is heard in a group."""
    for peer in (types.PeerChat(ANN), types.PeerChannel(OWNER)):
        said = types.Message(
            id=1, peer_id=peer, from_id=types.PeerUser(ANN), date=NOW, message="/start"
        )
        assert not account.heeds(said)


def test_own_words_are_not_heard(account: UserAccount) -> None:
    """Whatever we send into Saved Messages is known again, each part of it, edited or not."""
    mark = account.mark(OWNER)
    long = Send(OWNER, rich("/start " * 2000))
    requests = send_requests(types.InputPeerSelf(), long, 1, mark)
    assert len(requests) > 1
    texts = [request.message for request in requests]
    texts.append(
        edit_request(types.InputPeerSelf(), Edit(OWNER, 1, rich("x" * 9000)), mark).message
    )
    assert not [text for text in texts if account.heeds(message(OWNER, text))]
    assert all(units(text) <= MESSAGE_UNITS for text in texts)


def test_the_mark_moves_the_formatting_along(account: UserAccount) -> None:
    """What was bold stays so behind the mark."""
    (request,) = send_requests(
        types.InputPeerSelf(), Send(OWNER, bold("hi")), 1, account.mark(OWNER)
    )
    (entity,) = request.entities
    assert (entity.offset, entity.length) == (units(OWN_WORDS), 2)


def test_only_two_kinds_of_chats_are_entered(account: UserAccount) -> None:
    """The owner's other chats are closed; no mark is left outside of Saved Messages."""
    assert [account.may_enter(chat) for chat in (OWNER, ANN, BOB, -100, 0)] == [
        *(True, True, False, False, False)
    ]
    assert account.mark(ANN) == ""
