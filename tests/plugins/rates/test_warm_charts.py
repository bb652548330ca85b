"""What draws the charts of stages is as what draws those of a bot, and only starts sooner."""

from __future__ import annotations

import asyncio
import os
import signal

from plugins.rates.drawing.charts import Charts
from tests.plugins.rates.chart_data import five_lines, one_line
from tests.warm_charts import WarmLoop


async def drawn() -> bytes:
    """Draw a chart by a process that was not there before."""
    async with Charts() as charts:
        return await charts.draw(five_lines())


def drawn_by_the_program() -> bytes:
    """Draw the same as a bot does."""
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(drawn())


async def test_it_draws_the_same() -> None:
    """Byte for byte."""
    assert isinstance(asyncio.get_running_loop(), WarmLoop)

    assert await drawn() == await asyncio.to_thread(drawn_by_the_program)


async def test_it_ends_as_a_process_does() -> None:
    """Killed between two charts it is started anew, as another process."""
    async with Charts() as charts:
        await charts.draw(one_line())
        first = charts.process_id
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await charts.draw(one_line())

        assert charts.process_id not in {first, None}
