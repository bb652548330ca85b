"""The sample with typed arguments, as people use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.testing import SandboxStage, Stage

both = pytest.mark.parametrize("kind", [Stage, SandboxStage])


@both
async def test_a_bill_is_split(samples: Path, kind: type[Stage]) -> None:
    """People and percent may be left out; a wrong number is explained."""
    async with kind(samples, only=["tip"]) as stage:
        ann, boris = stage.person("Ann"), stage.person("Boris", language="ru")

        await ann.says("/tip 100 4 15")
        assert ann.last == "28.75 each, 115.00 in all."
        await ann.says("/split 10")
        assert ann.last == "11.00 each, 11.00 in all."
        await ann.says("/tip ten")
        assert ann.sees("Please write it as: /tip bill [people] [percent]")
        await ann.says("/tip 10 0")
        assert ann.sees("1")

        await boris.says("/tip 100 4")
        assert boris.last == "С каждого 27.50, всего 110.00."
