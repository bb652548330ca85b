"""`ctx.commit`: a timer that works for many people, some at a time."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sapp_bot.testing import Stage

ROUNDS = textwrap.dedent(
    '''
    """A timer that commits after each person, and fails at Bob."""

    from pydantic import BaseModel

    from sapp_bot import Ctx, Plugin, Store

    plugin = Plugin(version="1.0")


    class Turns(BaseModel):
        name: str
        count: int = 0


    @plugin.command
    async def join(ctx: Ctx, turns: Store[Turns], name: str) -> None:
        """Join in."""
        await turns.set(ctx.person.id, Turns(name=name))
        await ctx.say("You are in.")


    @plugin.command
    async def hurry(ctx: Ctx) -> None:
        """Commit what is committed anyway."""
        await ctx.commit()


    @plugin.every(3600)
    async def go_round(ctx: Ctx, turns: Store[Turns]) -> None:
        found = sorted([item async for item in turns.all()])
        contexts = {person: await ctx.to(int(person)) for person, _ in found}
        for person, turn in found:
            await turns.set(person, Turns(name=turn.name, count=turn.count + 1))
            assert (await turns.get(person)).count == turn.count + 1
            await contexts[person].say("Turn {n}.", n=turn.count + 1)
            if turn.name == "Bob":
                raise RuntimeError("not Bob")
            await contexts[person].say("That was it.")
            await ctx.commit()
            assert (await turns.get(person)).count == turn.count + 1
    '''
)


LINGERS = textwrap.dedent(
    '''
    """A timer that commits by another person's context, and goes on when its run has ended."""

    import asyncio

    from sapp_bot import Ctx, Plugin

    plugin = Plugin(version="1.0")
    people, left, told = [], [], []
    go_on = asyncio.Event()


    @plugin.command
    async def join(ctx: Ctx) -> None:
        """Join in."""
        people.append(ctx.person.id)


    @plugin.command
    async def end(ctx: Ctx) -> None:
        """Let what was left behind go on."""
        go_on.set()
        await asyncio.gather(*left)
        await ctx.say("; ".join(told))


    @plugin.every(3600)
    async def linger(ctx: Ctx) -> None:
        for person in people:
            there = await ctx.to(person)
            await there.say("In time.")
            await there.commit()
            left.extend(asyncio.create_task(late(context, there)) for context in (ctx, there))
            raise RuntimeError("too slow")


    async def late(context: Ctx, there: Ctx) -> None:
        await go_on.wait()
        await there.say("Too late.")
        try:
            await context.commit()
        except Exception as error:
            told.append(str(error))
    '''
)


SLOW = textwrap.dedent(
    '''
    """A timer whose run goes on until there is a file; each run answers what it has found."""

    import asyncio
    from pathlib import Path

    import structlog
    from pydantic import BaseModel

    from sapp_bot import Ctx, Plugin, Store

    plugin = Plugin(version="1.0")
    go = Path(__file__).with_name("go")


    @plugin.lifespan
    async def opened():
        yield
        structlog.get_logger().info("slow.closed")


    class Asked(BaseModel):
        is_open: bool = True


    @plugin.command
    async def ask(ctx: Ctx, asked: Store[Asked]) -> None:
        """Ask for one answer."""
        await asked.set(ctx.person.id, Asked())


    @plugin.every(3600)
    async def answer(ctx: Ctx, asked: Store[Asked]) -> None:
        found = [(person, question) async for person, question in asked.all()]
        if not found:
            return
        ctx.log.info("answer.began")
        while not go.exists():
            await asyncio.sleep(0)
        for person, question in found:
            if question.is_open:
                there = await ctx.to(int(person))
                await there.say("Answered.")
                await asked.set(person, Asked(is_open=False))
    '''
)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Run the plugin alone."""
    (tmp_path / "rounds.py").write_text(ROUNDS, "utf-8")
    async with Stage(tmp_path) as stage:
        stage.may_fail = True  # at Bob
        yield stage


async def test_what_a_timer_has_committed_stays(stage: Stage) -> None:
    """Ann has her turn whatever becomes of Bob's, each time; nothing of his half turn is there."""
    ann, bob = stage.person("Ann"), stage.person("Bob")
    await ann.says("/join Ann")
    await bob.says("/join Bob")
    for number in (1, 2):
        await stage.tick("rounds.go_round")
        assert [shown.text.plain for shown in ann.chat[-2:]] == [f"Turn {number}.", "That was it."]
        assert bob.last == "You are in."
        await stage.restart(away_s=60)

    assert [shown.text.plain for shown in ann.chat].count("That was it.") == 2


async def test_only_a_timer_commits_by_itself(stage: Stage) -> None:
    """What a message brings about is one commit: the author is told so."""
    ann = stage.person("Ann")
    await ann.says("/hurry")

    assert any("ctx.commit is for timers" in repr(entry) for entry in stage.log)


async def test_a_run_that_has_ended_commits_nothing_more(tmp_path: Path) -> None:
    """Neither by the timer's context nor by that of a person, by which it committed before."""
    (tmp_path / "lingers.py").write_text(LINGERS, "utf-8")
    async with Stage(tmp_path) as stage:
        stage.may_fail = True  # the run
        ann = stage.person("Ann")
        await ann.says("/join")
        await stage.tick("lingers.linger")
        assert ann.last == "In time."
        await ann.says("/end")

        too_late = "ctx.commit came too late: this run of the timer has ended already"
        assert ann.last == f"{too_late}; {too_late}"
        assert not ann.can_read("Too late.")


@pytest.mark.parametrize("by_hand", [1, 2])
async def test_two_runs_of_a_timer_do_not_overlap(tmp_path: Path, by_hand: int) -> None:
    """Run by its schedule and by hand at once, or by two hands: the second waits for the first."""
    (tmp_path / "slow.py").write_text(SLOW, "utf-8")
    async with Stage(tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.says("/ask")
        stage.clock.skip(0 if by_hand == 2 else 3600)
        runs = [stage.tick("slow.answer") for _ in range(by_hand)]
        if by_hand == 1:
            runs.append(stage.passes(1))
        under_way = asyncio.gather(*runs)
        await until(stage, "answer.began")
        for _ in range(50):
            await asyncio.sleep(0)
        assert times(stage, "answer.began") == 1
        (tmp_path / "go").touch()
        await under_way

        assert times(stage, "answer.began") == 2
        assert [shown.text.plain for shown in ann.chat].count("Answered.") == 1


async def test_a_run_by_hand_ends_before_its_plugin_is_closed(tmp_path: Path) -> None:
    """What the lifespan opened is there until the run has ended, whenever the file is read anew."""
    (tmp_path / "slow.py").write_text(SLOW, "utf-8")
    async with Stage(tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.says("/ask")
        run = asyncio.create_task(stage.tick("slow.answer"))
        await until(stage, "answer.began")
        reload = asyncio.create_task(stage.reload("slow"))
        await until(stage, "plugin.loaded", 2)
        for _ in range(50):
            await asyncio.sleep(0)
        assert times(stage, "slow.closed") == 0
        (tmp_path / "go").touch()
        await asyncio.gather(run, reload)

        assert times(stage, "slow.closed") == 1
        assert [shown.text.plain for shown in ann.chat].count("Answered.") == 1


async def until(stage: Stage, event: str, count: int = 1) -> None:
    """Wait until something was logged so often."""
    while times(stage, event) < count:  # turns of the loop, no time
        await asyncio.sleep(0)


def times(stage: Stage, event: str) -> int:
    """Count the entries of the log for an event."""
    return sum(entry.get("event") == event for entry in stage.log)
