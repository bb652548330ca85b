"""What a plugin begins is its own: timers, lifespans, tasks, and it ends with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sapp_bot.host.runtime.task_owner import TaskOwner, set_task_owner, tracked_tasks
from sapp_bot.testing import Stage
from tests.host.live import GREET, HEAD, life_of, look, states, told, write

MINUTE = (
    HEAD
    + """
runs = []


@plugin.every(60)
async def tick(ctx: Ctx) -> None:
    runs.append(ctx.now)
    ann = await ctx.to(501)
    await ann.say("tick {n}", n=len(runs))
"""
)

OPEN = (
    HEAD
    + '''
from pathlib import Path

LOG = Path(__file__).parent / "log"


def note(text: str) -> None:
    with LOG.open("a") as file:
        file.write(text + " ")


@plugin.lifespan
async def life():
    note("open")
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(asyncio.Event().wait())
        yield
        working.cancel()
    note("closed")


@plugin.command
async def fall(ctx: Ctx) -> None:
    """Nothing."""
'''
)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Run one small plugin; person 7 is the operator."""
    write(tmp_path, "greet", GREET)
    async with Stage(tmp_path, admins=frozenset({7})) as stage:
        yield stage


def names() -> set[str]:
    """Name the tasks that are at work."""
    return {task.get_name() for task in asyncio.all_tasks()}


async def test_a_timer_runs_once_in_its_span(stage: Stage) -> None:
    """At once for the span that began, then once in each; a restart repeats none."""
    ann = stage.person("Ann")
    write(stage, "timer", MINUTE)
    await look(stage)
    assert [s.text.plain for s in ann.news] == ["tick 1"]
    await stage.restart()
    assert [s.text.plain for s in ann.news] == ["tick 1"]
    for _ in range(3):
        await stage.passes(60)

    assert [s.text.plain for s in ann.news] == ["tick 1", "tick 1", "tick 2", "tick 3"]


async def test_two_processes_share_the_spans(stage: Stage) -> None:
    """A span that another process has taken is not served again."""
    span = int(stage.clock.now().timestamp() // 60)
    assert await stage.store.leases.take("timer.tick", span, keep_s=100)
    ann = stage.person("Ann")
    write(stage, "timer", MINUTE)
    await look(stage)
    assert ann.news == []
    await stage.passes(60)

    assert ann.last == "tick 1"


async def test_a_timer_ends_with_its_plugin(stage: Stage) -> None:
    """After a reload only the new one's timers run; after the plugin none."""
    ann = stage.person("Ann")
    write(stage, "timer", MINUTE)
    await look(stage)
    write(stage, "timer", MINUTE.replace("tick {n}", "tock {n}"))
    await look(stage)
    await stage.passes(60)
    assert [s.text.plain for s in ann.news] == ["tick 1", "tock 1"]
    (stage.plugins / "timer.py").unlink()
    await look(stage)
    await stage.passes(600)

    assert [s.text.plain for s in ann.news] == ["tick 1", "tock 1"]
    assert stage.leaks() == []


async def test_a_timer_speaks_the_language_of_each_person(stage: Stage) -> None:
    """The person's own choice of language counts, as nobody's message tells one."""
    write(stage, "timer", MINUTE.replace('"1.0"', '"1.0", locales={"ru": {"tick {n}": "тик {n}"}}'))
    chooser = (
        HEAD
        + '''
from sapp_bot.services import Preferences


@plugin.command
async def russian(preferences: Preferences) -> None:
    """Choose."""
    preferences.set_language("ru")
'''
    )
    write(stage, "chooser", chooser)
    ann = stage.person("Ann")
    await look(stage)
    await ann.says("/russian")
    await stage.passes(60)

    assert ann.last == "тик 2"


async def test_a_timer_speaks_as_the_persons_telegram_did(stage: Stage) -> None:
    """Who chose no language hears that of their app when they last wrote."""
    write(stage, "timer", MINUTE.replace('"1.0"', '"1.0", locales={"ru": {"tick {n}": "тик {n}"}}'))
    write(
        stage, "echo", HEAD + '@plugin.command\nasync def hello(ctx: Ctx) -> None:\n    """Hi."""\n'
    )
    ann = stage.person("Ann", language="ru-RU")
    await look(stage)
    await ann.says("/hello")
    await stage.passes(60)

    assert ann.last == "тик 2"


async def test_a_timer_has_nobody_before_it(stage: Stage) -> None:
    """What it says to nobody is a failure that says how it is done."""
    stage.may_fail = True
    write(stage, "timer", MINUTE.replace("await ann.say", "await ctx.say"))
    await look(stage)
    refused = [e for e in stage.log if e["event"] == "timer.refused"]

    assert "await ctx.to(person)" in refused[0]["reason"]
    assert life_of(stage, "timer").errors == 1


@pytest.mark.parametrize(
    ("asked", "decorator"),
    [("me: Session", "every(60)"), ("s: Sessions", "every(60)"), ("ctx: Ctx", "lifespan")],
)
async def test_what_needs_a_person_is_refused(stage: Stage, asked: str, decorator: str) -> None:
    """A timer and a lifespan cannot ask for what belongs to a person."""
    stage.may_fail = True
    source = (
        HEAD
        + f"""
from sapp_bot.services import Session, Sessions


@plugin.{decorator}
async def tick({asked}):
    yield
"""
    )
    write(stage, "timer", source if decorator == "lifespan" else source.replace("yield", "pass"))
    await look(stage)

    assert "no person" in life_of(stage, "timer").reason


async def test_a_lifespan_is_open_while_its_plugin_is(stage: Stage) -> None:
    """The new one's begins before the old one's ends; at the end of the bot it ends too."""
    write(stage, "open", OPEN)
    await look(stage)
    log = stage.plugins / "log"
    assert log.read_text() == "open "
    await stage.reload("open")
    assert log.read_text() == "open open closed "
    await stage.restart()

    assert log.read_text() == "open open closed closed open "


async def test_a_lifespan_that_ends_takes_its_plugin_off(stage: Stage) -> None:
    """What it opened is gone, so the plugin rests, and is read anew after a while."""
    stage.may_fail = True
    source = OPEN.replace("asyncio.Event().wait()", "fail()", 1)
    source = source.replace(
        "@plugin.lifespan",
        "async def fail():\n    await GATE.wait()\n    1 / 0\n\n\n@plugin.lifespan",
    )
    source = source.replace("LOG =", "GATE = asyncio.Event()\nLOG =")
    source += "    GATE.set()\n"
    write(stage, "open", source)
    await look(stage)
    ann = stage.person("Ann")
    await ann.says("/fall")
    while states(stage)["open"] == "ready":
        await asyncio.sleep(0)
    await stage.bot.plugins.settled()
    await stage.bot.idle()
    await ann.says("/fall")
    assert ann.last == "/fall is out of order just now. Please try again later."
    assert "its lifespan ended" in told(stage)
    await stage.passes(600)

    assert states(stage)["open"] == "ready"


async def test_a_lifespan_that_hangs_is_given_up(stage: Stage) -> None:
    """Ten seconds without a yield, and the file is refused; the task is gone."""
    stage.may_fail = True
    hanging = 'note("hangs")\n    await asyncio.Event().wait()'
    write(stage, "open", OPEN.replace('note("open")', hanging))
    looking = asyncio.create_task(look(stage))
    while not (stage.plugins / "log").exists():
        await asyncio.sleep(0)
    while not looking.done():
        await stage.clock.advance(1)
    await looking

    assert "no yield within 10 s" in life_of(stage, "open").reason


BARE = (
    HEAD
    + '''

@plugin.command
async def begin(ctx: Ctx) -> None:
    """Begin."""
    asyncio.create_task(asyncio.Event().wait(), name="bare")
    asyncio.get_running_loop().create_task(deeper(), name="deep")
    await ctx.say("begun")


async def deeper() -> None:
    await asyncio.gather(asyncio.create_task(asyncio.Event().wait(), name="deeper"))
'''
)


async def test_bare_tasks_are_taken_back(stage: Stage) -> None:
    """What a handler began, and what that began, ends with the plugin."""
    write(stage, "bare", BARE)
    await look(stage)
    ann = stage.person("Ann")
    await ann.says("/begin")
    assert {"bare", "deep", "deeper"} <= names()
    (stage.plugins / "bare.py").unlink()
    await look(stage)

    assert not {"bare", "deep", "deeper"} & names()
    assert stage.leaks() == []


async def test_a_task_that_refuses_to_end_is_named(stage: Stage) -> None:
    """The log names it, and the bot goes on without it."""
    stubborn = """

async def stay() -> None:
    while not DONE.is_set():
        try:
            await DONE.wait()
        except asyncio.CancelledError:
            pass
"""
    source = BARE.replace("asyncio.Event().wait(), name", "stay(), name", 1) + stubborn
    write(stage, "bare", source.replace("plugin =", "DONE = asyncio.Event()\nplugin =", 1))
    await look(stage)
    await stage.person("Ann").says("/begin")
    done = next(t for t in asyncio.all_tasks() if t.get_name() == "bare").get_coro()
    (stage.plugins / "bare.py").unlink()
    looking = asyncio.create_task(look(stage))
    while not looking.done():
        await stage.clock.advance(1)
    await looking
    left = next(e for e in stage.log if e["event"] == "plugin.tasks_left")
    done.cr_frame.f_locals["work"].cr_frame.f_globals["DONE"].set()  # type: ignore[union-attr]  # a coroutine

    assert left["tasks"] == ["bare"]


async def test_what_a_service_begins_stays() -> None:
    """A task of the bot's own, begun on a plugin's behalf, does not end with the plugin."""
    owner = TaskOwner("one")
    with tracked_tasks():
        begun: list[asyncio.Task[bool]] = []

        async def handler() -> None:
            set_task_owner(owner)
            # This test is no plugin and no module of the bot: a library that a plugin calls.
            begun.append(asyncio.create_task(asyncio.Event().wait()))
            service: dict[str, object] = {"__name__": "sapp_bot.sapp.client", "asyncio": asyncio}
            exec("task = asyncio.create_task(asyncio.Event().wait())", service)  # noqa: S102  # made here
            task = service["task"]
            assert isinstance(task, asyncio.Task)
            begun.append(task)

        await asyncio.create_task(handler())
        owned, served = begun
        assert owner.tasks == [owned]
        assert served not in owner.tasks
        for task in begun:
            task.cancel()
        await asyncio.wait(begun)


LISTENING = (
    HEAD
    + '''
from decimal import Decimal


@plugin.message(r"(?P<amount>[0-9.]+) (?P<base>[a-z]{3})(?: in (?P<quote>[a-z]{3}))?")
async def convert(ctx: Ctx, amount: Decimal, base: str, quote: str = "usd") -> str:
    return f"{amount * 2} {base} {quote}"


@plugin.message("stop .*", role="admin")
async def stop(ctx: Ctx) -> None:
    await ctx.say("stopped")


class Name(Form):
    name: str = ask("Which name?")


@plugin.command
async def name(ctx: Ctx, form: Name) -> None:
    """Name."""
    await ctx.say("named {name}", name=form.name)
'''
)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("2.5 EUR", "5.0 EUR usd"),
        (" 2 eur in gbp ", "4 eur gbp"),
        ("1.2.3 eur", "I did not understand that. There is this:"),
        ("I have 2 eur", "I did not understand that. There is this:"),
        ("stop it", "I did not understand that. There is this:"),
    ],
)
async def test_free_text_finds_its_plugin(stage: Stage, said: str, answer: str) -> None:
    """The whole text must fit, and its groups the types; the rest is not understood."""
    write(stage, "listen", LISTENING)
    await look(stage)
    ann = stage.person("Ann")
    await ann.says(said)

    assert ann.last == answer


async def test_free_text_comes_after_commands_and_forms(stage: Stage) -> None:
    """An open form takes its answer first; an operator's pattern is heard from operators."""
    write(stage, "listen", LISTENING)
    await look(stage)
    ann, boss = stage.person("Ann"), stage.person("Boss", id=7)
    await ann.says("/name")
    await ann.says("2 eur")
    await boss.says("stop it")

    assert (ann.last, boss.last) == ("named 2 eur", "stopped")


async def test_a_group_without_a_parameter_is_refused_the_other_way_round(stage: Stage) -> None:
    """A parameter that no group fills is named."""
    stage.may_fail = True
    write(stage, "listen", LISTENING.replace("?P<base>", "?P<bass>"))
    await look(stage)

    assert "the pattern has no group (?P<base>…)" in life_of(stage, "listen").reason
