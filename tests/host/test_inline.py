"""Inline queries: what people type behind the bot's name is answered at once, and never stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from telethon.tl import functions

from sapp_bot.domain.text import rich
from sapp_bot.errors import PluginError
from sapp_bot.sandbox.client.inline_menu import InlineMenu
from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.testing import SandboxStage, Stage

from .live import life_of, write

SOURCE = '''"""Answers inline queries."""
import asyncio

from pydantic import BaseModel

from sapp_bot import Button, Ctx, InlineQuery, InlineResult, Plugin, Store, Url, UserError, bold
from sapp_bot.services import Preferences, Session

plugin = Plugin(version="1.0", locales={"ru": {"Rates": "Курсы", "Hello {name}": "Привет, {name}",
    "Wave": "Помахать", "From afar": "Издалека"}})
gates: list[asyncio.Event] = []


class Wave(Button):
    pass


@plugin.inline(r"(?P<n>\\d+) (?P<word>\\w+)", cache_s=30, switch="Rates", start="rate")
async def convert(ctx: Ctx, query: InlineQuery, n: int, word: str = "") -> list[InlineResult]:
    text = bold(n) + f" {word} in {query.chat}"
    rows = [[Url("Docs", "https://example.org")]]
    return [InlineResult(str(i), f"{i} {word}", f"of {n}", text, rows) for i in range(n)]


@plugin.inline("hello")
async def hello(ctx: Ctx, query: InlineQuery, preferences: Preferences) -> list[InlineResult]:
    title = ctx.t("Hello {name}", name=query.sender.name)
    return [InlineResult("a", title.plain, preferences.language, title)]


@plugin.inline("wave")
async def wave(ctx: Ctx) -> list[InlineResult]:
    return [InlineResult("a", title="Wave", description="From afar", text="Wave")]


@plugin.inline("mine")
async def mine(session: Session) -> list[InlineResult]:
    return [InlineResult("a", session.email, "", session.email)]


@plugin.inline("fault (?P<kind>.+)")
async def fault(ctx: Ctx, kind: str) -> list[InlineResult]:
    if kind == "raise":
        raise RuntimeError("no rates")
    if kind == "refuse":
        raise UserError("Not today.")
    if kind == "say":
        await ctx.say("hello?")
    if kind == "hang":
        await asyncio.sleep(3600)
    if kind == "button":
        return [InlineResult("a", "a", "", "a", [[Wave().key("Wave")]])]
    if kind == "twice":
        return [InlineResult("a", "a", "", "a"), InlineResult("a", "b", "", "b")]
    return "nothing"


@plugin.button
async def waved(ctx: Ctx, pressed: Wave) -> None:
    await ctx.toast("hi")


@plugin.command
async def slow(ctx: Ctx) -> None:
    """Wait for the gate."""
    gate = asyncio.Event()
    gates.append(gate)
    await gate.wait()
    await ctx.say("done")
'''


@asynccontextmanager
async def asked(kind: type[Stage], folder: Path) -> AsyncIterator[Stage]:
    """Run the bot with the plugin that answers."""
    write(folder, "sample", SOURCE)
    async with kind(folder) as stage:
        yield stage


@pytest.mark.parametrize("kind", [Stage, SandboxStage])
async def test_a_query_is_answered_with_results(tmp_path: Path, kind: type[Stage]) -> None:
    """The pattern's groups are the handler's arguments; the button leads to the bot."""
    async with asked(kind, tmp_path) as stage:
        ann = stage.person("Ann")
        results = await ann.asks("2 usd", chat="sender")

        assert [(r.id, r.title, r.description) for r in results] == [
            ("0", "0 usd", "of 2"),
            ("1", "1 usd", "of 2"),
        ]
        assert str(results[0].text) == "2 usd in sender"
        assert ann.switched is not None
        assert (ann.switched.text, ann.switched.start) == ("Rates", "rate")


@pytest.mark.parametrize("kind", [Stage, SandboxStage])
async def test_what_nobody_listens_for_leads_to_the_bot(tmp_path: Path, kind: type[Stage]) -> None:
    """No results, and the button, in the language of the person's Telegram."""
    async with asked(kind, tmp_path) as stage:
        boris = stage.person("Boris", language="ru")

        assert await boris.asks("something else", chat="sender") == []
        assert boris.switched is not None
        assert (boris.switched.text, boris.switched.start) == ("Открыть чат со мной", "help")


async def test_results_are_cached_for_the_person_alone(tmp_path: Path) -> None:
    """What a handler allows to be repeated is allowed for one person only."""
    async with asked(Stage, tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.asks("1 eur")
        (answer,) = stage.room.inline.values()

        assert answer.cache_s == 30


async def test_a_chosen_result_is_sent_by_telegram(tmp_path: Path) -> None:
    """Over MTProto: one person asks, chooses, and another one reads it, with its buttons."""
    async with asked(SandboxStage, tmp_path) as stage:
        assert isinstance(stage, SandboxStage)
        telegram = stage.telegram
        people = [telegram.add_person(n, username=f"{n.lower()}_test") for n in ("Ann", "Boris")]
        async with (
            await SimulatedUser.join(telegram, people[0], stage.account) as ann,
            await SimulatedUser.join(telegram, people[1], people[0]) as boris,
        ):
            found = await InlineMenu(ann).ask("1 usd")
            peer = await ann.client.get_input_entity(people[1].username)
            await ann.client(
                functions.messages.SendInlineBotResultRequest(
                    peer, found.query_id, found.results[0].id, random_id=7
                )
            )
            message = await boris.sees("1 usd in sender")

        assert [[key.label for key in row] for row in message.rows] == [["Docs"]]


async def test_the_persons_stored_state_is_seen(tmp_path: Path) -> None:
    """A login counts; without one the button says what to do."""
    async with asked(Stage, tmp_path) as stage:
        ann, boris = await stage.signed_in("Ann"), stage.person("Boris")

        assert [r.title for r in await ann.asks("mine")] == ["ann@example.com"]
        assert await boris.asks("mine") == []
        assert boris.switched is not None
        assert boris.switched.text.startswith("Please /login first")
        assert boris.switched.start == "login"


async def test_a_handler_speaks_the_persons_language(tmp_path: Path) -> None:
    """Translations are the plugin's own, services are injected."""
    async with asked(Stage, tmp_path) as stage:
        boris = stage.person("Борис", language="ru")

        assert [r.title for r in await boris.asks("hello")] == ["Привет, Борис"]


async def test_a_query_does_not_wait_for_the_queue(tmp_path: Path) -> None:
    """A person's message may take long; what they type elsewhere is answered meanwhile."""
    async with asked(Stage, tmp_path) as stage:
        ann = stage.person("Ann")
        saying = asyncio.create_task(ann.says("/slow"))
        async with asyncio.timeout(30):
            while not (gates := _gates()):
                await asyncio.sleep(0.01)
        asking = asyncio.create_task(ann.asks("1 usd"))
        async with asyncio.timeout(30):
            while not stage.room.inline:
                await asyncio.sleep(0.01)
        assert not saying.done()
        gates[0].set()
        await asyncio.gather(saying, asking)

        assert ann.last == "done"


def _gates() -> list[asyncio.Event]:
    """Find what the plugin's slow command waits for."""
    import sys  # noqa: PLC0415  # the plugin's module has a name of its generation

    found = [m for name, m in sys.modules.items() if name.startswith("_sapp_plugin_sample")]
    return [gate for module in found for gate in module.gates]


@pytest.mark.parametrize("kind", ["raise", "hang", "text", "say", "button", "twice"])
async def test_a_failing_handler_still_answers(tmp_path: Path, kind: str) -> None:
    """An error, a time that runs out, a wrong result: the button, and a failure of the plugin."""
    async with asked(Stage, tmp_path) as stage:
        stage.may_fail = True
        ann = stage.person("Ann")
        asking = asyncio.create_task(ann.asks(f"fault {kind}"))
        async with asyncio.timeout(10):
            while not asking.done():
                await stage.clock.advance(0.1)
                await asyncio.sleep(0.01)

        assert await asking == []
        assert ann.switched is not None
        assert life_of(stage, "sample").errors == 1


async def test_a_refusal_stands_on_the_button(tmp_path: Path) -> None:
    """There is no other place for words."""
    async with asked(Stage, tmp_path) as stage:
        ann = stage.person("Ann")

        assert await ann.asks("fault refuse") == []
        assert ann.switched is not None
        assert (ann.switched.text, ann.switched.start) == ("Not today.", "help")


@pytest.mark.parametrize(
    ("handler", "fault"),
    [
        ('@plugin.inline("x")\ndef x() -> list[InlineResult]:', "async def"),
        ('@plugin.inline("x", start="a b")\nasync def x() -> list[InlineResult]:', "no parameter"),
        ('@plugin.message("x")\nasync def x(query: InlineQuery) -> None:', "comes to"),
        ('@plugin.inline("x")\nasync def x(n: int) -> list[InlineResult]:', "nothing fills n"),
    ],
)
async def test_a_handler_without_a_meaning_is_refused(
    tmp_path: Path, handler: str, fault: str
) -> None:
    """A plugin that cannot be called is refused with the place and the way out."""
    async with asked(Stage, tmp_path) as stage:
        stage.may_fail = True
        write(stage, "sample", f"{SOURCE}\n\n{handler}\n    return []\n")
        with pytest.raises(PluginError, match=fault):
            await stage.reload("sample")


async def test_the_texts_of_a_result_are_message_ids(tmp_path: Path) -> None:
    """Title, description and text are translated as everything is that a plugin says."""
    write(tmp_path, "sample", SOURCE)
    async with Stage(tmp_path) as stage:
        (found,) = await stage.person("Boris", language="ru").asks("wave")

    assert (found.title, found.description) == ("Помахать", "Издалека")
    assert found.text == rich("Помахать")
