"""The bridge of the sandbox's page, without a browser: what a page may do, and who may not."""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from sapp_bot.sandbox.console.record import ChatRecord
from sapp_bot.sandbox.console.stage import SandboxProcesses
from sapp_bot.sandbox.web.hub import Hub
from sapp_bot.sandbox.web.panel import AuthorPanel
from sapp_bot.sandbox.web.serve import doorstep
from sapp_bot.sandbox.web.site import PAGE, PageSite
from tests.forked import ForkedBot, ready_to_fork
from tests.images import png
from tests.sandbox.page_client import ANNA, PageClient

ECHO = (sys.executable, str(Path(__file__).with_name("echo_bot.py")))
BOB = {"person": "bob", "group": ""}


@pytest.fixture
async def stage() -> AsyncIterator[SandboxProcesses]:
    """Run an echo bot with all that is around it."""
    await ready_to_fork()
    async with SandboxProcesses(ChatRecord(), {}, command=ECHO, process=ForkedBot) as stage:
        yield stage


@pytest.fixture
def hub(stage: SandboxProcesses) -> Hub:
    """Give what pages share."""
    hub = Hub(stage)
    hub.begin(stage.bot_name, user_mode=False)
    return hub


@pytest.fixture
async def site(hub: Hub) -> AsyncIterator[PageSite]:
    """Serve the page."""
    async with PageSite(hub) as site:
        yield site


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Give an HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def page(site: PageSite, session: aiohttp.ClientSession) -> PageClient:
    """Connect a page that has the chat of anna open."""
    page = await PageClient.connect(session, site.address)
    await page.ask("open")
    return page


async def test_a_chat_in_a_page(
    page: PageClient, site: PageSite, session: aiohttp.ClientSession
) -> None:
    """A person types, taps, edits and deletes; edits, pop-ups, deletions and entities are seen."""
    await page.ask("say", text="hi")
    echoed = await page.message("echo: hi")
    said = (await page.until(lambda e: e["type"] == "message" and e["message"]["own"]))["message"]
    assert (said["text"], said["who"]) == ("hi", "anna")
    assert (echoed["own"], echoed["who"]) == (False, "bot")

    assert (await page.ask("edit", id=said["id"], text="ho"))["type"] == "done"
    await page.message("echo: ho")
    assert (await page.ask("edit", id=echoed["id"], text="x"))["type"] == "refused"

    await page.ask("say", text="buttons")
    shown = await page.message("Press one.")
    assert [key["label"] for key in shown["rows"][0]] == ["Hello", "World"]
    await page.ask("press", id=shown["id"], key=1)
    assert (await page.until(lambda e: e["type"] == "popup"))["text"] == "you pressed world"
    assert (await page.message("pressed world"))["id"] == shown["id"]
    assert (await page.ask("press", id=shown["id"], key=2))["type"] == "refused"

    await page.ask("say", text="hidden abc")
    (spoiler,) = (await page.message("🔑"))["entities"]
    assert spoiler == {"kind": "spoiler", "offset": 3, "length": 3}

    await page.ask("say", text="secret hunter2")
    await page.message("I keep it.")
    await page.ask("delete", id=said["id"])
    await page.until(lambda e: e["type"] == "gone" and e["ids"] == [said["id"]])

    # Another page sees the chat as it is now, without what was deleted.
    other = await PageClient.connect(session, site.address)
    await other.until(lambda e: e["type"] == "whole")
    texts = [e["message"]["text"] for e in other.events if e["type"] == "message"]
    assert "pressed world" in texts
    assert not any("hunter2" in text or text == "ho" for text in texts)


async def test_what_is_said_while_the_bot_starts_is_answered(
    session: aiohttp.ClientSession,
) -> None:
    """A chat opens before the bot is ready, and its first message waits until the bot listens."""
    await ready_to_fork()
    stage = SandboxProcesses(ChatRecord(), {}, command=ECHO, process=ForkedBot)
    async with PageSite(Hub(stage)) as site:
        page = await PageClient.connect(session, site.address)

        async def speak() -> None:
            await page.ask("open")
            await page.ask("say", text="early")

        speaking = asyncio.create_task(speak())
        async with stage:
            await speaking
            await page.message("echo: early")


async def test_pictures_menu_and_stars(
    page: PageClient, site: PageSite, session: aiohttp.ClientSession
) -> None:
    """A picture is read, the menu is the bot's, and an invoice is paid and taken back."""
    await page.ask("say", text="hi")
    echoed = await page.message("echo: hi")
    await page.ask("attach", what="photo")
    photo = next(
        e["message"] for e in page.events if e["type"] == "message" and e["message"]["photo"]
    )
    async with session.get(f"{site.address}media?person=anna&group=&id={photo['id']}") as got:
        assert got.content_type == "image/png"
        assert (await got.read()).startswith(b"\x89PNG")

    assert (await page.ask("menu"))["menu"] == {"start": "Begin"}
    assert (await page.ask("stars", more=7))["stars"] == 1007
    assert (await page.ask("pay", id=echoed["id"]))["type"] == "refused"
    assert (await page.ask("chargeback"))["type"] == "refused"
    await page.ask("say", text="sell")
    bill = await page.message("A cup")
    assert bill["invoice"] == {"title": "Tea", "stars": 5}
    assert (await page.ask("pay", id=bill["id"]))["stars"] == 1002
    assert (await page.until(lambda e: e["type"] == "stars"))["stars"] == 5
    await page.ask("chargeback")
    await page.until(lambda e: e["type"] == "stars" and e["is_refund"])


async def test_persons_groups_and_languages(page: PageClient) -> None:
    """Persons have chats and a language of their own; a group shows what others say."""
    await page.ask("open", BOB, language="ru")
    await page.ask("say", BOB, text="salut")
    await page.message("echo: salut", BOB)
    opened = await page.until(lambda e: e["type"] == "chat" and e["chat"] == BOB)
    assert opened["language"] == "ru"

    await page.ask("open", language="ru")
    await page.until(lambda e: e["type"] == "chat" and e["chat"] == ANNA and e["language"] == "ru")

    trip, bobs = {"person": "anna", "group": "Trip"}, {"person": "bob", "group": "Trip"}
    await page.ask("open", trip)
    await page.ask("open", bobs)
    await page.ask("say", trip, text="/hello")
    assert (await page.message("/hello", bobs))["who"] == "anna"


async def test_an_author_sees_and_disturbs(
    page: PageClient, stage: SandboxProcesses, hub: Hub
) -> None:
    """Faults are switched, the bot is started again, and the panel tells of it."""
    assert (await page.ask("switch", None, name="api-down", on=True))["type"] == "done"
    states = {s["name"]: s["on"] for s in AuthorPanel(stage, hub).read()["switches"]}
    assert states["api-down"]
    assert not states["redis-down"]
    assert (await page.ask("switch", None, name="api-down", on=False))["type"] == "done"
    refused = await page.ask("switch", None, name="no-such", on=True)
    assert "api-slow" in refused["text"]

    assert (await page.ask("restart", None))["type"] == "done"
    await page.ask("say", text="again")
    await page.message("echo: again")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"token": "x"}, 404),
        ({"token": "é"}, 404),
        ({"Host": "evil.test"}, 403),
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": None}, 403),
        ({}, 101),
    ],
)
async def test_only_the_page_may_connect(
    session: aiohttp.ClientSession, change: dict[str, str | None], status: int
) -> None:
    """A wrong token, a wrong Host, and a wrong or missing Origin are turned away."""
    async with PageSite(Hub(SandboxProcesses(ChatRecord(), {}))) as site:
        place = urlsplit(site.address)
        token = change.get("token") or place.path.strip("/")
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
        headers = {**upgrade, "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
        headers |= {"Origin": f"http://{place.netloc}"} | {
            name: value for name, value in change.items() if name != "token" and value is not None
        }
        if change.get("Origin", "") is None:
            del headers["Origin"]
        async with session.get(f"http://{place.netloc}/{token}/socket", headers=headers) as got:
            assert got.status == status
            if status != 101:
                assert "default-src 'none'" in got.headers["Content-Security-Policy"]


async def test_the_page_is_this_machines(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    """It listens on loopback, serves its own files alone, and logs no token."""
    caplog.set_level(0)
    async with PageSite(Hub(SandboxProcesses(ChatRecord(), {}))) as site:
        assert urlsplit(site.address).hostname == "127.0.0.1"
        async with session.get(site.address) as got:
            text, policy = await got.text(), got.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "http" not in text.replace("http-equiv", "")
        for name in ("page.css", "page.js", "icon.svg"):
            async with session.get(site.address + name) as got:
                assert got.status == 200
        for name in ("..%2fsite.py", "site.py", "media?person=anna&id=1", "media?id=x"):
            async with session.get(site.address + name) as got:
                assert got.status == 404
        assert urlsplit(site.address).path.strip("/") not in caplog.text


_BAD: dict[str, list[object]] = {
    "do": ["", "shout", None, 7, []],
    "n": [-1, 1e9, "1", None, True, 2**40],
    "text": [None, "", 3, ["x"], "x" * 40_000],
    "chat": [{}, None, {"person": "a b"}, "anna", {**ANNA, "group": "\n"}],
    "extra": [1],
}


def malformed(chance: random.Random) -> str:
    """Make a message that no page sends: no JSON, or a good one with one thing wrong."""
    if chance.random() < 0.2:
        return "".join(chr(chance.randrange(1, 0xD7FF)) for _ in range(chance.randrange(60)))
    if chance.random() < 0.1:
        return "[" * chance.randrange(1, 3_000)
    field = chance.choice(list(_BAD))
    good = {"do": "say", "n": 1, "chat": ANNA, "text": "x"}
    return json.dumps({**good, field: chance.choice(_BAD[field])})


async def test_nonsense_hurts_nobody(page: PageClient) -> None:
    """500 malformed messages are each refused, repeat nothing, and the chat goes on."""
    chance = random.Random(12)  # noqa: S311  # repeatable nonsense
    for _ in range(500):
        await page.socket.send_str(malformed(chance))
    await page.socket.send_bytes(b"\x00")
    await page.ask("say", text="still there")
    await page.message("echo: still there")

    refused = [event for event in page.events if event["type"] == "refused"]
    assert len(refused) == 501
    assert all(len(event["text"]) < 100 for event in refused)


def test_the_page_speaks_both_languages() -> None:
    """Each word of the page is there in both languages, and each that is used is there."""
    text = (PAGE / "words.js").read_text()
    english, russian = text.partition("\n};")[0].split("  ru: {")
    keys = [
        set(re.findall(r'(?:[{,]|\n)\s*"?([\w;-][\w; -]*)"?: "', half))
        for half in (english, russian)
    ]
    assert keys[0] == keys[1]
    used = {
        key
        for file in PAGE.iterdir()
        for key in re.findall(r'\bt\("(\w+)"|data-(?:word|label)="(\w+)"', file.read_text())
    }
    assert {one or other for one, other in used} <= keys[0]


def test_the_page_makes_no_markup_of_texts() -> None:
    """Nothing is set as HTML, nothing is inline, and nothing comes from elsewhere."""
    for file in PAGE.iterdir():
        text = file.read_text()
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert word not in text
        assert not re.search(r"\son\w+=|\sstyle=|<style|@import|url\(http", text), file


async def test_files_of_ones_own(
    page: PageClient, site: PageSite, session: aiohttp.ClientSession
) -> None:
    """A picture becomes a photo, all else a file; nothing comes in from another origin."""
    origin = {"Origin": site.address.rpartition("/")[0].rpartition("/")[0]}

    async def upload(
        name: str, content: bytes, person: str = "anna", *, more: int = 0, **headers: str
    ) -> Any:
        query = {"person": person, "group": "", "name": name, "more": str(more)}
        address = f"{site.address}upload"
        async with session.post(
            address, params=query, data=content, headers={**origin, **headers}
        ) as answer:
            return answer.status, await answer.text()

    assert (await upload("photo.png", png(9, 4)))[0] == 204
    assert (await upload("../../notes.txt", b"hello"))[0] == 204
    photo = await page.until(lambda e: e["type"] == "message" and e["message"]["photo"])
    file = await page.until(lambda e: e["type"] == "message" and e["message"]["file"])
    assert photo["message"]["photo"] == {"w": 9, "h": 4}
    assert file["message"]["file"]["name"] == "notes.txt"

    for more in (2, 1, 0):
        assert (await upload(f"{more}.png", png(8, 8), more=more))[0] == 204
    parts: dict[int, str] = {}
    while len(parts) < 3:
        shown = await page.until(
            lambda e: (
                e["type"] == "message" and e["message"]["album"] and e["message"]["id"] not in parts
            )
        )
        parts[shown["message"]["id"]] = shown["message"]["album"]
    assert len(set(parts.values())) == 1

    assert (await upload("photo.png", b"no picture"))[0] == 400
    assert (await upload("empty.txt", b"")) == (400, "this file is empty")
    assert (await upload("a.txt", b"a", person="nobody"))[0] == 400
    assert (await upload("a.txt", b"a", Origin="http://evil.example"))[0] == 403


async def test_timers_run_now(page: PageClient, stage: SandboxProcesses) -> None:
    """The panel knows the timers; [Now] lets the operator ask for one, in a chat of their own."""
    with stage.bot.log.open("a") as log:
        loaded = {"event": "plugin.loaded", "plugin": "tea", "timers": ["tea.boil"]}
        log.write(f"{json.dumps(loaded)}\n")
    stage.bot_log.read()
    (tea,) = (plugin for plugin in stage.bot_log.plugins if plugin.name == "tea")
    assert tea.timers == ("tea.boil",)

    assert (await page.ask("timer", chat=None, name="tea.boil"))["type"] == "done"
    operator = {"person": stage.operator, "group": ""}
    await page.message("/plugin run tea.boil", operator)
    await page.socket.send_json({"do": "timer", "n": 99, "name": "; rm"})
    await page.until(lambda e: e["type"] == "refused" and e["n"] is None)
    assert (await page.ask("admin", chat=None, email="no@body.example"))["type"] == "refused"


def test_the_token_stands_in_no_command_line() -> None:
    """A browser is given a file that only its user can read, and that is gone in the end."""
    secret = "http://127.0.0.1:1/s3cret/?a&b"
    with doorstep(secret) as address:
        file = Path(urlsplit(address).path)
        assert "s3cret" not in address
        assert "s3cret" in file.read_text()
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert not file.exists()
