"""Whatever is typed, sent or pressed: a clear answer that Telegram takes, and nothing breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from telethon import types

from sapp_bot.domain.replies import Callback, Send
from sapp_bot.domain.typed_text import tidy
from sapp_bot.domain.updates import Press
from sapp_bot.sandbox.telegram.state import checks
from sapp_bot.telegram import outgoing
from sapp_bot.testing import Actor, Shown, Stage
from tests.plugins.people import PASSWORD, register, with_client

PEER = types.InputPeerUser(1, 1)

NAMES = {
    "markup": "Tom <b>& Jerry</b> &amp; *bold* _it_ `code` [l](tg://user?id=1) ||s||",
    "braces": "{name} {0} {} %s %(x)s ${x} {{",
    "long": "x" * 300,
    "long emoji": "😀" * 300,
    "right to left": "שלום עולם",
    "override": "\u202egnp.exe\u202c \u2066x\u2069 \u200f",
    "zero width": "a\u200bb\u200dc\ufeff",
    "only zero width": "\u200b\u2060\ufeff",
    "nul": "a\x00b",
    "controls": "\x1b[31mred\x07\r\nline\x85",
    "surrogates": "\ud800 x \udfff \udc00\ud800",
    "quotes": '"unclosed \'quote" \\',
    "combining": "Z̸̢̛" + "\u0301" * 200,
    "injection": "'; DROP TABLE clients; --\n*1\r\n$4\r\nPING",
}
REFUSED = ("long", "long emoji", "only zero width", "controls", "injection")
"""Of these names: too long, nothing to see, more than one line."""

TEXTS = {
    "all of these": " ".join(NAMES.values()),
    "only zero width": NAMES["only zero width"],
    "surrogates": NAMES["surrogates"],
    "5,000 characters": "y" * 5000,
    "5,000 words": "z " * 2500,
    "64 KB": "😀" * 16384,
    "64 KB of lines": "l\n" * 32768,
    "empty": "",
    "slash": "/",
    "no command": "/" + "c" * 5000,
    "other bot": "/start@other_bot x",
}

PLACES = {
    "nothing": (),
    "/register": ("/register",),
    "/register, password": ("/register {mail}",),
    "/login": ("/login",),
    "/login, password": ("/login {mail}",),
    "/add_client": ("/add_client",),
    "/add_client, domains": ("/add_client shop",),
    "/password": ("/password",),
    "/password, new": ("/password", PASSWORD),
    "/password, again": ("/password", PASSWORD, "a brand new one"),
    "/deactivate": ("/deactivate",),
}
"""What is open when the text comes."""


def unfit(shown: Iterable[Shown]) -> list[str]:
    """List the bot's messages that Telegram would refuse, or change."""
    refused = []
    for message in shown:
        if not message.by_bot:
            continue
        for request in outgoing.send_requests(PEER, Send(1, message.text, message.rows), 1):
            try:
                assert bytes(request)
                checks.message_text(request.message, request.entities)
                checks.markup(request.reply_markup, by_bot=True)
            except Exception as error:  # noqa: BLE001  # all that can be wrong with a message
                refused.append(f"{error!r}: {message.text.plain[:80]!r}")
    return refused


async def nothing_is_lost(stage: Stage) -> None:
    """See that nothing failed, waits or would be refused."""
    assert [e for e in stage.log if e["event"] in {"update.failed", "reply.dropped"}] == []
    assert (await stage.store.inbox.waiting(), await stage.store.outbox.unsent()) == ([], [])
    assert unfit(shown for chat in stage.room.chats.values() for shown in chat.values()) == []


@pytest.mark.parametrize("place", PLACES)
async def test_any_text_has_an_answer_anywhere(place: str) -> None:
    """Each hostile text, at each question of each form and at none, is answered; secrets go."""
    async with Stage() as stage:
        for number, text in enumerate(TEXTS.values()):
            ann = await register(stage, f"Ann{number}")
            for opening in PLACES[place]:
                await ann.says(opening.format(mail=f"bob{number}@example.com"))
            is_secret = "password" in place
            await ann.says(text)
            assert ann.news, text[:40]
            assert not (is_secret and text and own_text(ann, text)), text[:40]
        await nothing_is_lost(stage)


def own_text(actor: Actor, text: str) -> bool:
    """Tell whether what the person typed is still in the chat."""
    return any(shown.text.plain == text for shown in actor.chat if not shown.by_bot)


async def test_any_argument_has_an_answer() -> None:
    """Each hostile text behind each command is answered."""
    async with Stage() as stage:
        ann = await register(stage)
        for kind, text in TEXTS.items():
            for command in {c.name: c for c in stage.bot.plugins.table.commands.values()}:
                await ann.says(f"/{command} {text}")
                assert ann.news, (command, kind)
        await nothing_is_lost(stage)


MEDIA: list[dict[str, Any]] = [
    {"media": "photo"},
    {"media": "sticker"},
    {"media": "voice"},
    {"media": "document"},
    {"forwarded": True},
    {"via_bot": True},
]


@pytest.mark.parametrize("place", PLACES)
async def test_what_is_no_text_is_no_answer(place: str) -> None:
    """A photo, a sticker, a forwarded text is told to be none; the form asks the same again."""
    async with Stage() as stage:
        ann = await register(stage, "Ann")
        for opening in PLACES[place]:
            await ann.says(opening.format(mail="bob@example.com"))
        asked = ann.last.splitlines()[-1]
        calls = stage.api.counts.total()
        for about in MEDIA:
            await ann.says("a caption", **about)
            assert ann.news, about
            assert place == "nothing" or ann.last.endswith(asked), about
        assert stage.api.counts.total() == calls
        await nothing_is_lost(stage)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
async def test_a_name_is_shown_literally_everywhere_or_asked_again(name: str) -> None:
    """A name that is taken stands on card and home as the API has it, without a new entity."""
    async with Stage() as stage:
        ann = await register(stage)
        await ann.says("/newclient")
        plain = len(ann.chat[-1].text.entities)
        await ann.says(name)
        await ann.says("*")
        await ann.says("yes")
        kept = [row.name for row in stage.api.database.clients.all()]
        assert bool(kept) is (name not in {NAMES[kind] for kind in REFUSED})
        assert not kept or kept == [tidy(name)]
        await ann.says("/cancel")
        for command in ("/client", "/start"):
            await ann.says(command)
            assert not kept or ann.sees(kept[0])
            kinds = {e.kind for e in ann.news[-1].text.entities}
            assert kinds <= {"bold", "code"}
        assert plain == 0
        await nothing_is_lost(stage)


async def test_a_persons_own_name_is_no_markup() -> None:
    """The first name of a Telegram account can be anything."""
    async with Stage() as stage:
        for name in NAMES.values():
            person = stage.person(name)
            for text in ("/start", "/nosuch"):
                await person.says(text)
                assert person.news
        await nothing_is_lost(stage)


FORGED = [
    b"",
    b"\x00",
    b"\xff" * 64,
    b"x" * 4096,
    b'{"a": 1}',
    "Показать".encode(),
    b"\x00" * 15 + b'"show"',
]


async def test_forged_buttons_do_nothing() -> None:
    """Bytes that are no button, cut, lengthened or changed ones: out of date, and nothing else."""
    async with Stage() as stage:
        ann = await with_client(stage)
        await ann.presses("‹ Home")
        shown = next(s for s in reversed(ann.chat) if s.rows)
        keys = [k for row in shown.rows for k in row if isinstance(k, Callback)]
        changed = [flipped(key.data, at) for key in keys for at in range(len(key.data))]
        longer = [piece for key in keys for piece in (key.data[:-1], key.data + b"0", key.data * 2)]
        calls = stage.api.counts.total()
        for data in (*FORGED, *changed, *longer):
            assert "out of date" in await ann.presses_data(data, message_id=shown.id), data
        assert stage.api.counts.total() == calls
        await nothing_is_lost(stage)


def flipped(data: bytes, at: int) -> bytes:
    """Change one bit."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


async def test_foreign_and_expired_buttons_do_nothing() -> None:
    """A button works for its person, under its login, for seven days."""
    async with Stage() as stage:
        ann, bob = await with_client(stage, "Ann"), await with_client(stage, "Bob")
        shown = next(s for s in reversed(ann.chat) if s.rows)
        (show, *_) = (k for row in shown.rows for k in row if isinstance(k, Callback))
        calls = stage.api.counts.total()
        assert "out of date" in await bob.presses_data(show.data, message_id=shown.id)
        assert stage.api.counts.total() == calls
        stage.clock.skip(7 * 24 * 3600 + 3600)
        calls = stage.api.counts.total()
        assert "out of date" in await ann.presses_data(show.data, message_id=shown.id)
        assert stage.api.counts.total() == calls
        await ann.says("/login ann@example.com")
        await ann.says(PASSWORD)
        calls = stage.api.counts.total()
        assert "out of date" in await ann.presses_data(show.data, message_id=shown.id)
        assert stage.api.counts.total() == calls
        await nothing_is_lost(stage)


async def test_a_button_on_a_message_that_never_was_shows_a_new_one() -> None:
    """A right button with a wrong message number cannot reach another message."""
    async with Stage() as stage:
        ann = await with_client(stage)
        shown = next(s for s in reversed(ann.chat) if s.rows)
        key = shown.rows[0][1]
        assert isinstance(key, Callback)
        await ann.presses_data(key.data, message_id=2**31 - 1)
        assert ann.sees("Client “shop”")
        await nothing_is_lost(stage)


async def test_a_double_tap_does_it_once() -> None:
    """Two taps before the first answer: the form's last button makes one client, shown once."""
    async with Stage() as stage:
        ann = await register(stage)
        await ann.says("/newclient shop")
        await ann.says("*")
        shown = ann.chat[-1]
        skip = next(k for row in shown.rows for k in row if isinstance(k, Callback))
        taps = [Press(ann.person, ann.chat_id, shown.id, 9000 + n, skip.data) for n in range(3)]
        for tap in (*taps, taps[0]):  # and one that Telegram brings twice
            stage.bot.receive(tap)
        await stage.bot.idle()
        assert stage.api.counts["POST /account/register"] == 1
        assert [s.text.plain.startswith("Your client") for s in ann.news].count(True) == 1
        assert [stage.room.popups[9000 + n].text for n in range(3)] == ["", *[OUT_OF_DATE] * 2]
        await nothing_is_lost(stage)


OUT_OF_DATE = "This button is out of date. Send /start for a fresh screen."


async def test_an_answer_sent_twice_is_no_second_answer() -> None:
    """Two messages at once in a form's last step: one client, the second text is explained."""
    async with Stage() as stage:
        ann = await register(stage)
        await ann.says("/newclient shop")
        await ann.says("*")
        await asyncio.gather(ann.says("yes"), ann.says("yes"))
        assert stage.api.counts["POST /account/register"] == 1
        assert ann.sees("I am asking nothing just now.")
        await nothing_is_lost(stage)


TEMPLATES = (
    *("/register p{n}@example.com", "password of {n}", "password of {n}", "yes"),
    *("/newclient n{n}", "*", "yes"),
)


async def test_two_persons_in_the_same_form_at_the_same_time() -> None:
    """Ten persons answer the same questions at once; each gets what is theirs."""
    async with Stage() as stage:
        people = [stage.person(f"P{n}", language=("en", "ru")[n % 2]) for n in range(10)]
        for template in TEMPLATES:
            lines = [template.format(n=n) for n in range(10)]
            await asyncio.gather(*(p.says(x) for p, x in zip(people, lines, strict=True)))
        for n, person in enumerate(people):
            assert person.can_read(f"n{n}")
            assert not any(person.can_read(f"n{other}") for other in range(10) if other != n)
        names = {row.name: row.user_id for row in stage.api.database.clients.all()}
        mails = {row.id: row.email for row in stage.api.database.users.all()}
        assert {name: mails[user] for name, user in names.items()} == {
            f"n{n}": f"p{n}@example.com" for n in range(10)
        }
        await nothing_is_lost(stage)
