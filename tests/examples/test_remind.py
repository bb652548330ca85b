"""The sample with a timer, a store and settings, as people use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.testing import SandboxStage, Stage


@pytest.mark.parametrize("kind", [Stage, SandboxStage])
async def test_a_reminder_comes_once(samples: Path, kind: type[Stage]) -> None:
    """After its time, over a restart, to whom it belongs, and never in clear in Redis."""
    async with kind(samples, only=["remind"]) as stage:
        ann, bob = stage.person("Ann"), stage.person("Bob")

        await ann.says("/remind 5 the tea is ready")
        assert ann.last == "I will remind you in 5 minutes."
        assert await stage.at_rest("the tea") == []
        await stage.passes(4 * 60)
        assert not ann.sees("the tea is ready")

        await stage.restart()
        await stage.passes(2 * 60)
        assert ann.last == "You asked me to say: the tea is ready"
        await stage.passes(10 * 60)
        assert len(ann.news) == 2
        assert not bob.news


async def test_a_timer_can_be_run_by_hand(samples: Path) -> None:
    """A test need not wait for the clock."""
    async with Stage(samples, only=["remind"]) as stage:
        ann = stage.person("Ann")
        await ann.says("/remind 1 tea")
        await stage.clock.advance(61)
        await stage.tick("remind.tell")

        assert ann.last == "You asked me to say: tea"


async def test_the_operator_sets_the_limit(samples: Path) -> None:
    """The plugin's settings come from the environment."""
    settings = {"SAPP_REMIND_LONGEST_MINUTES": "60"}
    async with Stage(samples, only=["remind"], environment=settings) as stage:
        ann = stage.person("Ann")
        await ann.says("/remind 61 tea")

        assert ann.last == "No more than 60 minutes."
