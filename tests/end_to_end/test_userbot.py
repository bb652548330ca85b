"""The bot on a person's own account: whom it answers, and what never leaves Saved Messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.telegram.state.accounts import Account
from tests.end_to_end.modes import IN_USER_MODE
from tests.end_to_end.world import World

pytestmark = IN_USER_MODE

PASSWORD = "correct horse battery"
KEY = re.compile(r"Key: ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def ever(world: World, account: Account) -> Iterator[Any]:
    """Go through all messages that ever were in a box, as they were at each change."""
    for change in world.telegram.world.mail.box(account.id).log:
        if (message := getattr(change.update, "message", None)) is not None:
            yield message


async def first_day(person: SimulatedUser, email: str) -> str:
    """Register, make a client, see its key; gives the key."""
    for said, seen in [
        ("/start", "1 Register · 2 Log in"),
        ("1", "Which e-mail address"),
        (email, "Choose a password"),
        (PASSWORD, "once more"),
        (PASSWORD, "cannot be changed later"),
        ("yes", "1 Create a client"),
        ("1", "What shall the client be called?"),
        ("shop", "From which websites"),
        ("*", "Name of the client: shop"),
        ("yes", "1 Show key · 2 Refresh"),
        ("1", "I hide it again"),
    ]:
        await person.say(said)
        await person.sees(seen)
    saw = await person.sees("Key: ")
    found = KEY.search(saw.text)
    assert found is not None
    return found[1]


async def test_an_allowed_person_does_the_whole_first_day(world: World) -> None:
    """Whoever is allowed has all of the bot in the private chat, and the secrets go from there."""
    ann = await world.person("Ann")
    key = await first_day(ann, "ann@example.org")
    await ann.say("1")
    await ann.sees("Client “shop”")
    await world.calm()
    texts = [shown.text for shown in ann.messages.values()]
    assert not [text for text in texts if key in text or PASSWORD in text]
    await ann.say("/logout")
    await ann.sees("You are logged out.")


async def test_a_friend_gets_no_answer(world: World) -> None:
    """Nobody else is answered, the owner's own words to others are none of ours, and stay."""
    bob, olga = await world.stranger("Bob"), await world.owner()
    await bob.say("/start")
    await bob.say("hello?")
    peer = await olga.client.get_input_entity(bob.account.id)
    await olga.client.send_message(peer, "/start")
    await olga.say("/start")
    await olga.sees("1 Register")
    await world.calm()
    said = [m.message for m in world.telegram.world.mail.box(bob.account.id).messages.values()]
    assert said == ["/start", "hello?", "/start"]


async def test_the_owners_key_stays_in_saved_messages(world: World) -> None:
    """A whole day of the owner's leaves key and password nowhere else, not for a moment."""
    ann, bob, olga = await world.person("Ann"), await world.stranger("Bob"), await world.owner()
    await bob.say("hello Olga")
    await ann.say("hello Olga")
    key = await first_day(olga, "olga@example.org")
    await ann.say("/client")
    await ann.sees("Please /login first")
    await world.calm()
    owner = world.account
    places = [m.peer_id.user_id for m in ever(world, owner) if key in (m.message or "")]
    assert set(places) == {owner.id}
    for friend in (ann.account, bob.account):
        texts = [m.message or "" for m in ever(world, friend)]
        assert not [text for text in texts if key in text or PASSWORD in text]


async def test_a_notebook_is_left_alone(world: World) -> None:
    """Notes, pictures and forwards in Saved Messages are neither answered nor taken out."""
    olga = await world.owner()
    await olga.say("/login olga@example.org")
    await olga.sees("And the password?")
    await olga.send_photo(caption="a receipt")
    await olga.say("/cancel")
    await olga.sees("Cancelled")
    await olga.say("buy milk")
    await olga.forward()
    await world.calm()
    texts = [shown.text for shown in olga.messages.values()]
    assert "a receipt" in texts
    assert texts.count("buy milk") == 1
    assert len([text for text in texts if "Cancelled" in text]) == 2  # one is the forward
