"""An API that fails in every way: nothing is lost, nothing is done twice, people are told."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from sapp_bot.sandbox.faults import Delay, Drop, Fail, Hang
from sapp_bot.sandbox.sapp_api import Body, Cut, Drip, garbage, huge, web_page, wrong_types
from sapp_bot.sapp.client import CALL_LIMITS
from sapp_bot.testing import Actor, Stage
from tests.faults.steps import STEPS, LastStep
from tests.sapp_calls import HastyLimits

PLUGINS = ("auth", "clients", "start")
FIRST_ANSWER_S = 8.0
KEPT = "Your answers are kept for 10 minutes"
PLAIN = (
    "The SAPP service is not answering just now.",
    "The SAPP service has a problem just now.",
    "The SAPP service gave an answer I cannot read.",
)

UNDONE: dict[str, Any] = {
    "500": Fail(500),
    "database away": Fail(400, "failed to connect to `host=db`: dial error"),
    "web page": web_page(),
    "garbage": garbage(),
    "wrong types": wrong_types(),
    "13 MB": huge(),
    "13 MB of an error": Body(b" " * 13 * 2**20, 400),
    "half an answer": Cut(b'{"ID": 1}' * 9, 20),
    "redirect": Body(b"", 302, headers={"Location": "/elsewhere"}),
    "firewall": Body(b"<html>denied</html>", 403, "text/html"),
    "cut": Drop(),
}
"""Nothing was done."""

LOST: dict[str, Any] = {
    "web page": web_page(when="after"),
    "garbage": garbage(when="after"),
    "wrong types": wrong_types(when="after"),
    "13 MB": huge(when="after"),
    "half an answer": Cut(b'{"ID": 1}' * 9, 20, when="after"),
    "cut": Drop("after"),
}
"""The work was done, its answer got lost."""

SLOW_UNDONE: dict[str, Any] = {
    "no answer": Hang(),
    "slow start": Delay(60),
    "slow bytes": Drip(b'{"ID": 1}', every_s=1),
}
SLOW_LOST: dict[str, Any] = {
    "no answer": Hang("after"),
    "slow bytes": Drip(b'{"ID": 1}', every_s=1, when="after"),
}


def hasty_stage() -> Stage:
    """Make a stage that waits long only for what will be answered."""
    stage = Stage(limits=HastyLimits(api=lambda: stage.api), only=PLUGINS)
    return stage


async def fails_then_succeeds(stage: Stage, actor: Actor, step: LastStep) -> None:
    """See the person told in plain words, press Retry, and see it done."""
    before = stage.api.counts[step.route]
    assert [words for words in PLAIN if actor.sees(words)], actor.last
    assert actor.sees(KEPT)
    assert actor.labels() == ["Retry", "Cancel"]
    await actor.presses("Retry")
    assert actor.can_read(step.done), actor.last
    assert stage.api.counts[step.route] == before + 1


async def ends_well(stage: Stage, actor: Actor, step: LastStep, *, is_done: bool) -> None:
    """See work that was done shown as done, and all else kept for a Retry."""
    if is_done and step.reads_back:
        assert actor.can_read(step.done), actor.last
    else:
        await fails_then_succeeds(stage, actor, step)


@pytest.mark.parametrize("fault", UNDONE)
async def test_what_failed_can_be_tried_again(fault: str) -> None:
    """The person is told, the answers stay, the bot repeats nothing by itself; Retry does it."""
    async with hasty_stage() as stage:
        for form, step in STEPS.items():
            actor = await step.open(stage, form)
            before, rows = stage.api.counts[step.route], step.rows(stage)
            stage.api.faults.add(step.route, UNDONE[fault])
            await actor.says(step.last_answer)
            assert stage.api.counts[step.route] == before + 1
            await fails_then_succeeds(stage, actor, step)
            assert step.rows(stage) == rows + step.adds


@pytest.mark.parametrize("fault", LOST)
async def test_work_whose_answer_got_lost_is_found(fault: str) -> None:
    """What was done is read back and shown as done; it is asked for once. A login is repeated."""
    async with hasty_stage() as stage:
        for form, step in STEPS.items():
            actor = await step.open(stage, form)
            before, rows = stage.api.counts[step.route], step.rows(stage)
            stage.api.faults.add(step.route, LOST[fault])
            await actor.says(step.last_answer)
            assert stage.api.counts[step.route] == before + 1
            await ends_well(stage, actor, step, is_done=True)
            assert step.rows(stage) == rows + step.adds


async def test_an_api_that_is_gone_comes_back() -> None:
    """Callers refused: the person is told as often as they try, and nothing is lost until then."""
    async with hasty_stage() as stage:
        for form, step in STEPS.items():
            actor = await step.open(stage, form)
            before, rows = stage.api.counts[step.route], step.rows(stage)
            await stage.api.refuse()
            await actor.says(step.last_answer)
            await actor.says("/retry")
            assert actor.sees(PLAIN[0])
            assert actor.sees(KEPT)
            await stage.api.accept()
            await actor.says("/retry")
            assert actor.can_read(step.done), actor.last
            assert stage.api.counts[step.route] == before + 1
            assert step.rows(stage) == rows + step.adds


async def test_an_outage_of_its_database_ends_no_login() -> None:
    """The API then says that each login is wrong or over: the answers are kept, Retry does it."""
    async with hasty_stage() as stage:
        for form, step in STEPS.items():
            actor = await step.open(stage, form)
            rows = step.rows(stage)
            stage.api.database_away = True
            await actor.says(step.last_answer)
            stage.api.database_away = False
            await fails_then_succeeds(stage, actor, step)
            assert step.rows(stage) == rows + step.adds


async def test_an_outage_of_its_database_locks_nobody_out() -> None:
    """A right password that was called wrong ten times is taken when the database is back."""
    async with hasty_stage() as stage:
        step = STEPS["login"]
        actor = await step.open(stage, "ann")
        stage.api.database_away = True
        await actor.says(step.last_answer)
        for _ in range(10):
            await actor.says("/retry")
            assert actor.sees(PLAIN[1])
        stage.api.database_away = False
        await actor.says("/retry")

        assert actor.can_read(step.done)


async def test_lost_work_is_found_by_a_retry_too() -> None:
    """Where the reading back failed as well, Retry finds what was done.

    An account and a client can be made once, and an old password works no more: the second try
    is refused by the API, and that is not what the person hears.
    """
    async with hasty_stage() as stage:
        for form in ("register", "add_client", "password"):
            step = STEPS[form]
            actor = await step.open(stage, form)
            rows = step.rows(stage)
            stage.api.faults.add(step.route, Drop("after"))
            back = stage.api.faults.add(step.read_back, Fail(500), times=3)
            await actor.says(step.last_answer)
            assert actor.sees(KEPT)
            back.times = 0
            await actor.says("/retry")
            assert actor.can_read(step.done), actor.last
            assert step.rows(stage) == rows + step.adds


@pytest.mark.parametrize(
    ("fault", "is_done"),
    [
        *(pytest.param(SLOW_UNDONE[name], False, id=f"{name}, undone") for name in SLOW_UNDONE),
        *(pytest.param(SLOW_LOST[name], True, id=f"{name}, lost") for name in SLOW_LOST),
    ],
)
async def test_the_first_answer_comes_within_eight_seconds(fault: Any, is_done: Any) -> None:
    """With the limits as they are, the slowest API delays the first words by 8 s at most."""
    async with AsyncExitStack() as stack:
        cases = []
        for form, step in STEPS.items():
            stage = await stack.enter_async_context(Stage(limits=CALL_LIMITS, only=PLUGINS))
            actor = await step.open(stage, form)
            stage.api.faults.add(step.route, fault)
            cases.append((stage, actor, step))
        times = await asyncio.gather(*(timed(actor, step) for _, actor, step in cases))
        for stage, actor, step in cases:
            await ends_well(stage, actor, step, is_done=is_done)

    assert max(times) < FIRST_ANSWER_S


async def timed(actor: Actor, step: LastStep) -> float:
    """Give the last answer; gives the seconds until the bot's."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await actor.says(step.last_answer)
    assert actor.news
    return loop.time() - began
