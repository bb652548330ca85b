"""A plugin that misbehaves harms nobody else, and is named."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sapp_bot.host.lifecycle.record import QUARANTINE_AFTER, QUARANTINE_S
from sapp_bot.host.runtime.watchdog import place_of, watchdog
from sapp_bot.testing import Actor, Stage
from tests.host.live import GREET, HEAD, life_of, look, states, told, write
from tests.host.wild import WILD


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Run a wild plugin beside a good one; person 7 is the operator."""
    write(tmp_path, "greet", GREET)
    write(tmp_path, "wild", WILD)
    async with Stage(tmp_path, admins=frozenset({7})) as stage:
        stage.may_fail = True
        yield stage


@pytest.fixture
def ann(stage: Stage) -> Actor:
    """Give a person."""
    return stage.person("Ann")


@pytest.mark.parametrize(
    "command", ["crash", "leave", "give_up", "panic", "plain_empty", "plain_exit", "odd", "offer"]
)
async def test_whatever_a_handler_raises_is_its_own(ann: Actor, command: str) -> None:
    """The person hears that it went wrong, and the next message is answered."""
    await ann.says(f"/{command}")
    assert ann.sees("omething went wrong")
    await ann.says("/greet")

    assert ann.last == "one"


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("/city {x}", "I know no {x}."),
        ("/city {", "I know no {."),
        ("/city {0.a!r:>9}{}", "I know no {0.a!r:>9}{}."),
        ("/mumble", "Something went wrong"),
    ],
)
async def test_an_error_whose_words_cannot_be_said(ann: Actor, said: str, seen: str) -> None:
    """Braces that a person typed are text; words that fail are confessed, and the bot goes on."""
    await ann.says(said)
    assert ann.sees(seen)
    await ann.says("/greet")

    assert ann.last == "one"


async def test_places_may_have_any_name(ann: Actor) -> None:
    """What a plugin fills in has names of its own choice."""
    await ann.says("/places")

    assert ann.last == "a b c"


async def test_a_handler_that_does_not_end_holds_up_nobody(stage: Stage, ann: Actor) -> None:
    """When it is cancelled in vain it is given up: the person hears so, and can go on."""
    talking = asyncio.create_task(ann.says("/stubborn"))
    while not talking.done():
        await stage.clock.advance(1)
    assert ann.sees("took too long")
    await ann.says("/greet")

    assert ann.last == "one"


async def test_threads_that_never_end_take_their_plugin_off(stage: Stage, ann: Actor) -> None:
    """Three of them, however slowly they come; the operators hear that only a restart helps."""
    for number in range(3):
        assert states(stage)["wild"] == "ready", number
        talking = asyncio.create_task(ann.says("/hang"))
        while not talking.done():
            await stage.clock.advance(1)
        await stage.passes(120)
    await stage.bot.plugins.settled()

    assert "I took the plugin wild off" in told(stage)
    assert "3 threads of hang do not end; only a restart ends them" in told(stage)
    await ann.says("/greet")
    assert ann.last == "one"


async def test_a_task_that_exits_ends_nothing(ann: Actor) -> None:
    """sys.exit in a task that a plugin began does not end the bot."""
    logging.getLogger("asyncio").disabled = True  # it says that nobody asked for the result
    await ann.says("/later")
    await ann.says("/greet")
    logging.getLogger("asyncio").disabled = False

    assert ann.last == "one"


async def test_five_failures_are_too_many(stage: Stage, ann: Actor) -> None:
    """The plugin is taken off, its commands are out of order, the operator hears why."""
    bob = stage.person("Bob")
    for _ in range(QUARANTINE_AFTER):
        await ann.says("/crash")
        await bob.says("/greet")
        assert bob.last == "one"
    assert states(stage) == {"greet": "ready", "wild": "quarantined"}
    await ann.says("/crash")
    assert ann.last == "/crash is out of order just now. Please try again later."
    await bob.says("/greet")

    assert bob.last == "one"
    assert "I took the plugin wild off" in told(stage)
    assert "RuntimeError: broken inside" in told(stage)
    assert "crash" not in stage.room.menus["", 0]
    stage.log.clear()  # its errors hold their frames
    assert stage.leaks() == []


async def test_operators_hear_no_secret(stage: Stage, ann: Actor) -> None:
    """What a plugin's error holds is hidden from the chat as it is from the log."""
    boss = stage.person("Boss", id=7)
    await boss.says("/greet")
    for _ in range(QUARANTINE_AFTER):
        await ann.says("/leak")

    assert boss.can_read("apikey=[hidden] failed")
    assert not boss.can_read("canary-1")
    assert "canary-1" not in life_of(stage, "wild").reason


async def test_quarantine_ends_by_itself(stage: Stage, ann: Actor) -> None:
    """After its rest the plugin is read anew, and its failures are forgotten."""
    for _ in range(QUARANTINE_AFTER):
        await ann.says("/crash")
    await stage.passes(QUARANTINE_S)
    assert states(stage)["wild"] == "ready"
    await ann.says("/crash")

    assert states(stage)["wild"] == "ready"


async def test_a_changed_file_ends_the_quarantine(stage: Stage, ann: Actor) -> None:
    """A mended plugin answers at once."""
    for _ in range(QUARANTINE_AFTER):
        await ann.says("/crash")
    write(stage, "wild", WILD.replace('raise RuntimeError("broken inside")', "pass"))
    await look(stage)

    assert states(stage)["wild"] == "ready"


async def test_refusals_are_no_failures(stage: Stage, ann: Actor) -> None:
    """A plugin may say no as often as it likes."""
    for _ in range(3 * QUARANTINE_AFTER):
        await ann.says("/refuse")

    assert states(stage)["wild"] == "ready"
    assert life_of(stage, "wild").errors == 0


async def test_slow_failures_are_borne(stage: Stage, ann: Actor) -> None:
    """One failure in a while is counted, and no reason to take a plugin off."""
    for _ in range(3 * QUARANTINE_AFTER):
        await ann.says("/crash")
        await stage.passes(60)

    assert states(stage)["wild"] == "ready"
    assert life_of(stage, "wild").errors == 3 * QUARANTINE_AFTER


async def test_who_blocks_the_loop_is_named(stage: Stage, ann: Actor) -> None:
    """Plugin, function and line: in the log at once, then on the operators' list."""
    await ann.says("/freeze")
    assert ann.last == "back"
    while not life_of(stage, "wild").blocked:
        await asyncio.sleep(0)
    (entry,) = [e for e in stage.log if e["event"] == "loop.blocked"]
    line = WILD.splitlines().index("    time.sleep(1)") + 1

    assert (entry["plugin"], entry["function"], entry["line"]) == ("wild", "freeze", line)
    assert life_of(stage, "wild").blocked.startswith(f"freeze (wild.py:{line}), ")


def test_an_idle_loop_blocks_nobody() -> None:
    """A loop that waits for something to come is not blocked, however long it waits."""
    turning, over = threading.Event(), threading.Event()
    loop = asyncio.new_event_loop()

    def turn() -> None:
        loop.call_soon(turning.set)
        loop.run_forever()
        over.set()

    thread = threading.Thread(target=turn, daemon=True)
    thread.start()
    turning.wait()
    found = []
    for _ in range(1000):
        frame = sys._current_frames()[thread.ident or 0]
        found.append(place_of(frame))
    loop.call_soon_threadsafe(loop.stop)
    over.wait()
    loop.close()

    assert None in found


async def test_a_loop_that_stands_ends_the_process() -> None:
    """After the limit, with one line that names the place; the loop's thread is not asked."""
    ended = threading.Event()
    with capture_logs() as logs, watchdog(lambda *_: None, end_s=1, end=ended.set):
        ended.wait(10)

    assert ended.is_set()
    (stood,) = [entry for entry in logs if entry["event"] == "loop.stood"]
    assert stood["log_level"] == "critical"
    assert (stood["plugin"], stood["function"]) == ("", "wait")


async def test_the_watchdog_ends_with_the_bot() -> None:
    """Its thread is gone when nobody needs it any more."""
    with watchdog(lambda *_: None):
        dogs = [t for t in threading.enumerate() if t.name == "watchdog"]
        assert dogs
    await asyncio.get_running_loop().run_in_executor(None, dogs[-1].join)

    assert not dogs[-1].is_alive()


async def test_a_plain_function_works_in_a_thread(ann: Actor) -> None:
    """What it returns is said; one that returns nothing says nothing."""
    await ann.says("/plain Bob")
    assert ann.last == "Bob in plugin wild"
    await ann.says("/silent")

    assert ann.news == []


async def test_a_plain_function_cannot_say(stage: Stage, ann: Actor) -> None:
    """What would never be sent is an error that tells how it is done."""
    await ann.says("/plain_say")
    (refused,) = [e for e in stage.log if e["event"] == "update.refused"]

    assert "a plain function returns its text" in refused["reason"]


SERVICE = """
from sapp_bot.services import Rates


@plugin.command
def wrong(rates: Rates) -> None:
    "Wrong."
"""
GENERATOR = """
@plugin.command
async def wrong(ctx: Ctx):
    "Wrong."
    yield
"""
DECORATED = """
import functools


def same(handler):
    @functools.wraps(handler)
    def inner(*values, **named):
        return handler(*values, **named)
    return inner


@plugin.command
@same
async def wrong(ctx: Ctx) -> None:
    "Wrong."
"""
RULING = """
from sapp_bot.services import Plugins


@plugin.command
async def wrong(plugins: Plugins) -> None:
    "Wrong."
"""


TWIN = """
class Tap(Button):
    one: str


@plugin.button(typed_as="/tap {one} {too}")
async def wrong(ctx: Ctx, pressed: Tap) -> None:
    "Wrong."
"""


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (SERVICE, "services are asynchronous"),
        (GENERATOR, "yields nothing"),
        (DECORATED, "hides that it is asynchronous"),
        (RULING, "needs role='admin'"),
        (TWIN, "typed_as names too, which Tap has not"),
    ],
)
async def test_what_cannot_work_is_refused(stage: Stage, source: str, why: str) -> None:
    """A handler that could never work is told at load, not when somebody calls it."""
    write(stage, "wrong", HEAD + source)
    await look(stage)

    assert why in life_of(stage, "wrong").reason
