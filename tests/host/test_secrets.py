"""Secret questions: nothing typed into one stays in the chat or takes another way."""

from __future__ import annotations

from typing import Any

import pytest

from sapp_bot.domain.replies import Url
from sapp_bot.testing import Actor, Stage


async def test_a_secret_is_deleted_and_taken(ann: Actor) -> None:
    """The message with the secret leaves the chat; its content reaches the handler."""
    await ann.says("/lock jewels")
    await ann.says("hunter2")

    assert not ann.can_read("hunter2")
    assert ann.last == "Locked jewels with 7 digits"


async def test_only_cancel_and_back_are_commands_in_a_secret(ann: Actor) -> None:
    """A secret may look like a command: it is taken as it is."""
    await ann.says("/lock jewels")
    await ann.says("/times 2")
    assert ann.last == "Locked jewels with 8 digits"
    await ann.says("/lock jewels")
    await ann.says("/back")
    assert ann.last == "What is in it?"
    await ann.says("/cancel")

    assert ann.sees("Cancelled")


async def test_a_secret_behind_a_command_is_deleted_and_asked_again(ann: Actor) -> None:
    """A secret in the command line is never used, and never left in the chat."""
    await ann.says("/lock jewels hunter2")

    assert not ann.can_read("hunter2")
    assert ann.sees("removed your message")
    assert ann.last == "Which code?"


async def test_a_refused_argument_may_be_a_secret_too(ann: Actor) -> None:
    """An argument that is no fitting answer is deleted where the form has secrets."""
    await ann.says("/lock correct-horse-battery")

    assert not ann.can_read("correct-horse")
    assert ann.last.endswith("What is in it?")


@pytest.mark.parametrize("about", [{"media": "photo"}, {"forwarded": True}, {"via_bot": True}])
async def test_a_secret_in_another_shape_is_deleted_too(ann: Actor, about: dict[str, Any]) -> None:
    """A photo or a forwarded text in place of a secret is deleted and asked for as text."""
    await ann.says("/lock jewels")
    await ann.says("hunter2", **about)

    assert not ann.can_read("hunter2")
    assert ann.last.endswith("Which code?")


async def test_an_edited_message_at_a_secret_is_deleted(ann: Actor) -> None:
    """An edit while a secret is asked may be the secret: away with it."""
    said = await ann.says("/lock jewels")
    await ann.edits(said, "hunter2")

    assert not ann.can_read("hunter2")
    assert ann.last.endswith("Which code?")


async def test_a_secret_that_cannot_be_deleted_is_told(stage: Stage, ann: Actor) -> None:
    """When Telegram refuses to delete, the person is asked to."""
    stage.room.can_remove = False
    await ann.says("/lock jewels")
    await ann.says("hunter2")

    assert ann.sees("Please delete it yourself")
    assert ann.sees("Locked jewels")


async def test_a_short_secret_is_explained_without_it(ann: Actor) -> None:
    """The rule is named; what was typed is not repeated."""
    await ann.says("/lock jewels")
    await ann.says("abc")

    assert ann.last == "That is too short: 4 characters at least.\nWhich code?"


async def test_secrets_are_for_private_chats(stage: Stage, ann: Actor) -> None:
    """In a group a command with secrets answers with a link to the private chat."""
    await ann.says("/lock jewels hunter2", private=False)

    assert ann.sees("our private chat")
    shown = stage.room.chats[ann.chat_id][max(stage.room.chats[ann.chat_id])]
    assert shown.rows[0][0] == Url("Open the chat with me", "https://t.me/sapp_test_bot?start=lock")
