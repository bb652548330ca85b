"""SIGKILL at every point of /login and /add_client; `kill_grid.py` plays all forms and steps.

In user mode by friends of the owner, who can fill in forms side by side; the owner has one chat.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.end_to_end.kills import POINTS, STORIES, Play, Point, Story, kill, undisturbed
from tests.end_to_end.world import World

Place = tuple[int, Point]

AT_REDIS = ("stored", "handled", "committed")
"""Each of these costs a kill of its own; the grid has the others."""


def rounds(story: Story) -> Iterator[list[Place]]:
    """Deal all points out to kills: many persons stand somewhere when the process dies.

    Each kill has one point at Redis, which comes last; over the kills they go through the steps.
    """
    steps = list(enumerate(story.steps))
    at_redis = [point for point in POINTS if point.name in AT_REDIS]
    others = [
        (number, point)
        for point in POINTS
        for number, step in steps
        if point.at != "redis" and step.passes(point)
    ]
    for turn, point in enumerate(at_redis):
        passing = [number for number, step in steps if step.passes(point)]
        yield [*others[turn :: len(at_redis)], (passing[turn % len(passing)], point)]


@pytest.mark.parametrize("name", ["login", "add_client"])
async def test_killed_in_a_form(world: World, name: str) -> None:
    """Wherever a kill strikes, the form goes on at the same step, as if nothing had happened."""
    story = STORIES[name]
    expected = await undisturbed(world, story, await world.person(f"{name}-undisturbed"))
    for turn, places in enumerate(rounds(story)):
        plays = [
            Play(world, story, await world.person(f"{name}-{turn}-{n}"), step, point)
            for n, (step, point) in enumerate(places)
        ]
        await kill(world, plays)
        seen = await asyncio.gather(*(play.finish() for play in plays))
        assert [f"{p}: {s}" for p, s in zip(plays, seen, strict=True) if s != expected] == []


@pytest.mark.parametrize("name", ["login", "add_client"])
def test_every_point_is_met(name: str) -> None:
    """In both forms every point that the form passes is one of the kills."""
    passed = {p for p in POINTS for step in STORIES[name].steps if step.passes(p)}
    met = {point for places in rounds(STORIES[name]) for _, point in places}

    assert {p for p in passed if p.at != "redis" or p.name in AT_REDIS} == met
