"""`ctx.commit`: a timer that works for many people, some at a time."""

from __future__ import annotations

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
