"""People's accounts on the local Telegram: passwords, codes, several devices, each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from telethon import events
from telethon.errors import (
    FloodWaitError,
    PasswordHashInvalidError,
    PhoneCodeExpiredError,
    SessionPasswordNeededError,
)
from telethon.password import compute_check
from telethon.tl import functions, types

from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.faults import Fail
from sapp_bot.sandbox.telegram.connect import make_client
from sapp_bot.sandbox.telegram.mtproto.primes import PRIME, to_bytes
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import SERVICE_ID, Account
from tests.sandbox.refusals import refused

PHONE = "+447700900123"
PASSWORD = "correct horse battery ключ"


@pytest.fixture
async def stranger(telegram: TelegramServer) -> AsyncIterator[Any]:
    """Give a client that is connected and not signed in."""
    client = make_client(telegram)
    await client.connect()
    yield client
    await client.disconnect()


async def give_code(client: Any, telegram: TelegramServer) -> None:
    """Sign in as far as the password."""
    await client.send_code_request(PHONE)
    with pytest.raises(SessionPasswordNeededError):
        await client.sign_in(PHONE, telegram.login_code)


async def test_password_is_asked_for_after_the_code(
    telegram: TelegramServer, stranger: Any
) -> None:
    """A code alone opens no account that has a password; a wrong one opens nothing either."""
    account = telegram.add_person("Ann", phone=PHONE, password=PASSWORD)
    await give_code(stranger, telegram)
    with refused("SESSION_PASSWORD_NEEDED"):
        await stranger(functions.updates.GetStateRequest())
    with pytest.raises(PasswordHashInvalidError):
        await stranger.sign_in(PHONE, password=PASSWORD.upper())
    assert await stranger.get_me() is None

    me = await stranger.sign_in(PHONE, password=PASSWORD)

    assert me.id == account.id


async def test_answer_to_a_password_question_holds_once(
    telegram: TelegramServer, stranger: Any
) -> None:
    """A proof is for the last question only, and a question is used up by an answer."""
    telegram.add_person("Ann", phone=PHONE, password=PASSWORD)
    await give_code(stranger, telegram)
    first = await stranger(functions.account.GetPasswordRequest())
    proof = compute_check(first, PASSWORD)
    wrong = types.InputCheckPasswordSRP(proof.srp_id, proof.A, bytes(32))
    with refused("PASSWORD_HASH_INVALID"):
        await stranger(functions.auth.CheckPasswordRequest(wrong))
    with refused("SRP_ID_INVALID"):
        await stranger(functions.auth.CheckPasswordRequest(proof))

    assert first.has_password
    assert PASSWORD not in repr(telegram.world.accounts.by_phone(PHONE))


async def test_number_that_proves_everything_is_refused(
    telegram: TelegramServer, stranger: Any
) -> None:
    """With A = 0 or p the shared secret would be known without the password."""
    telegram.add_person("Ann", phone=PHONE, password=PASSWORD)
    await give_code(stranger, telegram)
    for srp_a in (b"", b"\1", to_bytes(PRIME - 1), to_bytes(PRIME), b"\1" + bytes(300)):
        asked = await stranger(functions.account.GetPasswordRequest())
        forged = types.InputCheckPasswordSRP(asked.srp_id, srp_a, bytes(32))

        with refused("SRP_A_INVALID"):
            await stranger(functions.auth.CheckPasswordRequest(forged))


async def test_account_without_a_password_says_so(ann: SimulatedUser, stranger: Any) -> None:
    """Whoever is signed in can ask; who gave no code cannot."""
    asked = await ann.client(functions.account.GetPasswordRequest())
    assert not asked.has_password
    assert asked.current_algo is None

    with refused("AUTH_KEY_UNREGISTERED"):
        await stranger(functions.account.GetPasswordRequest())


async def test_code_belongs_to_one_device_and_runs_out(
    telegram: TelegramServer, stranger: Any
) -> None:
    """A hash of another device is expired, as is every code after a while."""
    telegram.add_person("Ann", phone=PHONE)
    other = make_client(telegram)
    await other.connect()
    sent = await stranger.send_code_request(PHONE)
    with pytest.raises(PhoneCodeExpiredError):
        await other.sign_in(PHONE, telegram.login_code, phone_code_hash=sent.phone_code_hash)
    await other.disconnect()
    telegram.expire_codes()

    with pytest.raises(PhoneCodeExpiredError):
        await stranger.sign_in(PHONE, telegram.login_code)


async def test_code_is_sent_again_once(telegram: TelegramServer, stranger: Any) -> None:
    """The first code comes as a text message, the second by a call, a third does not come."""
    telegram.add_person("Ann", phone=PHONE)
    first = await stranger.send_code_request(PHONE)
    again = await stranger.send_code_request(PHONE)
    with refused("SEND_CODE_UNAVAILABLE"):
        await stranger.send_code_request(PHONE)

    assert isinstance(first.type, types.auth.SentCodeTypeSms)
    assert isinstance(again.type, types.auth.SentCodeTypeCall)
    assert (await stranger.sign_in(PHONE, telegram.login_code)).first_name == "Ann"


async def test_code_is_told_to_the_other_devices(telegram: TelegramServer, stranger: Any) -> None:
    """Where an account has a device, Telegram itself writes the code to it."""
    account = telegram.add_person("Ann", phone=PHONE)
    async with await SimulatedUser.join(telegram, account, account) as person:
        sent = await stranger.send_code_request(PHONE)
        chats = [dialog async for dialog in person.client.iter_dialogs()]

    assert isinstance(sent.type, types.auth.SentCodeTypeApp)
    assert [chat.id for chat in chats] == [SERVICE_ID]
    assert telegram.login_code in chats[0].message.text


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"phone_number": "12"}, "PHONE_NUMBER_INVALID"),
        ({"phone_number": "+15550100123"}, "PHONE_CODE_EXPIRED"),
        ({"phone_code": ""}, "PHONE_CODE_EMPTY"),
        ({"phone_code": "22223"}, "PHONE_CODE_INVALID"),
        ({"phone_code_hash": ""}, "PHONE_CODE_HASH_EMPTY"),
        ({"phone_code_hash": "beef"}, "PHONE_CODE_EXPIRED"),
    ],
)
async def test_wrong_sign_in_is_refused_by_name(
    telegram: TelegramServer, stranger: Any, change: dict[str, str], error: str
) -> None:
    """Each way to be wrong has Telegram's own name, and leaves nobody signed in."""
    telegram.add_person("Ann", phone=PHONE)
    sent = await stranger.send_code_request(PHONE)
    right = functions.auth.SignInRequest(PHONE, sent.phone_code_hash, telegram.login_code)
    for name, value in change.items():
        setattr(right, name, value)
    with refused(error):
        await stranger(right)

    assert await stranger.get_me() is None


async def test_cancelled_code_is_void(telegram: TelegramServer, stranger: Any) -> None:
    """A code that is not wanted any more signs nobody in."""
    telegram.add_person("Ann", phone=PHONE)
    sent = await stranger.send_code_request(PHONE)
    await stranger(functions.auth.CancelCodeRequest(PHONE, sent.phone_code_hash))

    with pytest.raises(PhoneCodeExpiredError):
        await stranger.sign_in(PHONE, telegram.login_code)


async def test_codes_can_be_made_to_wait(telegram: TelegramServer, stranger: Any) -> None:
    """A flood wait is a fault to be planned, as on every call."""
    telegram.faults.add("auth.sendCode", Fail(420, "FLOOD_WAIT_7200"))

    with pytest.raises(FloodWaitError) as caught:
        await stranger.send_code_request(PHONE)
    assert caught.value.seconds == 7200


async def test_strangers_get_an_account_where_the_door_is_open(
    telegram: TelegramServer, stranger: Any
) -> None:
    """An unknown number makes a person at its first sign-in, and is that person from then on."""
    telegram.world.takes_strangers_in = True
    await stranger.send_code_request(PHONE)
    me = await stranger.sign_in(PHONE, telegram.login_code)
    other = make_client(telegram)
    await other.connect()
    await other.send_code_request(PHONE)
    again = await other.sign_in(PHONE, telegram.login_code)
    await other.disconnect()

    assert (me.id, me.phone) == (again.id, PHONE.removeprefix("+"))


async def test_other_device_sees_what_this_one_does(
    telegram: TelegramServer, bot_account: Account, ann: SimulatedUser
) -> None:
    """What one device writes, edits and deletes, the other is told, as its account's own doing."""
    other = make_client(telegram, telegram.ready_key(ann.account, device=1))
    seen: asyncio.Queue[Any] = asyncio.Queue()
    async with other:
        other.add_event_handler(seen.put, events.Raw())
        number = await ann.say("one")
        await ann.edit("two")
        await ann.delete(number)
        news, edit, deletion = [await seen.get() for _ in range(3)]

    assert (news.message.out, news.message.from_id.user_id) == (True, ann.account.id)
    assert (news.message.peer_id.user_id, news.message.message) == (bot_account.id, "one")
    assert (edit.message.id, edit.message.message) == (number, "two")
    assert deletion.messages == [number]


async def test_saved_messages_are_never_unread(telegram: TelegramServer) -> None:
    """The chat with oneself has one copy of each message, from oneself, and nothing to read."""
    me = telegram.add_person("Me")
    async with await SimulatedUser.join(telegram, me, me) as person:
        number = await person.say("note")
        raw = telegram.world.mail.box(me.id).messages[number]
        (dialog,) = [dialog async for dialog in person.client.iter_dialogs()]
        state = await person.client(functions.updates.GetStateRequest())

    assert raw.from_id == raw.peer_id == types.PeerUser(me.id)
    assert not raw.out
    assert (dialog.unread_count, state.unread_count) == (0, 0)


async def test_people_find_and_write_to_each_other(telegram: TelegramServer) -> None:
    """By user name or phone number; a number is shown to those who have it in their book."""
    bob = telegram.add_person("Bob", username="bob_here", phone=PHONE)
    eve = telegram.add_person("Eve")
    async with (
        await SimulatedUser.join(telegram, eve, bob) as writer,
        await SimulatedUser.join(telegram, bob, bob) as reader,
    ):
        await writer.say("hi Bob")
        contact = types.InputPhoneContact(1, PHONE, "Bob", "")
        before = await writer.client(functions.contacts.ResolvePhoneRequest(PHONE))
        added = await writer.client(functions.contacts.ImportContactsRequest([contact]))
        with refused("PHONE_NOT_OCCUPIED"):
            await writer.client(functions.contacts.ResolvePhoneRequest("+15550100"))
        (message,) = await reader.client.get_messages(eve.id, limit=5)

    assert message.text == "hi Bob"
    assert (before.users[0].id, before.users[0].phone) == (bob.id, None)
    assert (added.users[0].phone, added.users[0].contact) == (bob.phone, True)


async def test_owner_can_end_other_devices(telegram: TelegramServer) -> None:
    """Devices that were ended are nobody's, and are told nothing any more."""
    me = telegram.add_person("Me")
    lost = make_client(telegram, telegram.ready_key(me, device=1))
    async with await SimulatedUser.join(telegram, me, me) as person, lost:
        await person.client(functions.auth.ResetAuthorizationsRequest())
        pushed = telegram.faults.add("push.updateNewMessage", None, times=None)
        await person.say("to myself")

        with refused("AUTH_KEY_UNREGISTERED"):
            await lost(functions.updates.GetStateRequest())
    assert pushed.seen == 0


async def test_choices_in_words_are_pressed_by_their_word(telegram: TelegramServer) -> None:
    """Who chats with a person's account says the number or command of the newest choice."""
    olga = telegram.add_person("Olga", username="olga_herself")
    ann = telegram.add_person("Ann", username="ann_herself")
    async with (
        await SimulatedUser.join(telegram, ann, olga) as visitor,
        await SimulatedUser.join(telegram, olga, ann) as host,
    ):
        for text in ("1 Old · 2 Older", "1 Show key · 2 Usage\n/help – Help", "no choices"):
            await host.say(text)
            await visitor.sees(text)
        await visitor.press("Usage")
        await visitor.press("Help")
        with pytest.raises(LookupError, match="no choice 'Old'"):
            await visitor.press("Old")

    assert telegram.texts(ann, olga)[-2:] == ["2", "/help"]
