"""The sample with a form and buttons, as people use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.testing import SandboxStage, Stage

both = pytest.mark.parametrize("kind", [Stage, SandboxStage])


@both
async def test_coffee_is_ordered_by_buttons(samples: Path, kind: type[Stage]) -> None:
    """Choices are pressed; the order survives a restart and grows in its place."""
    async with kind(samples, only=["coffee"]) as stage:
        ann = stage.person("Ann")

        await ann.says("/coffee")
        assert ann.last == "What shall it be?"
        await ann.presses("latte")
        assert ann.last == "How many cups?"
        await stage.restart()
        await ann.says("2")
        assert ann.last == "2 cups\nof latte"

        await ann.presses("One more")
        assert ann.last == "3 cups\nof latte"
        assert not ann.can_read("2 cups")


@both
async def test_coffee_is_ordered_in_one_line(samples: Path, kind: type[Stage]) -> None:
    """What stands behind the command is not asked again; what is too much is."""
    async with kind(samples, only=["coffee"]) as stage:
        ann = stage.person("Ann")

        await ann.says("/coffee tea 9")
        assert ann.last == "9 cups\nof tea"
        assert "One more" not in ann.labels()
        await ann.says("/coffee tea 10")
        assert ann.last.endswith("How many cups?")
