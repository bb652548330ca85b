"""The samples on a person's own account: what was a button is a number."""

from __future__ import annotations

from pathlib import Path

from sapp_bot.testing import Stage


async def test_coffee_is_ordered_by_numbers(samples: Path) -> None:
    """The same words of a test do; nothing in the plugin knows of it."""
    async with Stage(samples, only=["coffee"], mode="user") as stage:
        olga = stage.owner()
        await olga.says("/coffee")
        await olga.presses("latte")
        await olga.says("2")
        assert olga.sees("2 cups\nof latte")
        await olga.presses("One more")

        assert olga.sees("3 cups\nof latte")
