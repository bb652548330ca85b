"""Charts are drawn in one process of their own, which comes and goes as it is needed."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from plugins.rates.drawing.charts import MOST_WAITING, ChartFailed, Charts
from tests.plugins.rates.chart_data import five_lines, one_line, one_year

STUCK = "import sys, time\nsys.stdin.buffer.read(4)\nsys.stdin.buffer.read()\n"
DEAD = "raise SystemExit(1)\n"
WRONG = "import sys\nsys.stdout.buffer.write(b'\\xff' * 8)\nsys.stdout.flush()\nsys.stdin.read()\n"
REFUSES = (
    "import struct, sys\n"
    "while head := sys.stdin.buffer.read(4):\n"
    "    sys.stdin.buffer.read(struct.unpack('>I', head)[0])\n"
    "    sys.stdout.buffer.write(struct.pack('>I', 4) + b'\\x01bad')\n"
    "    sys.stdout.flush()\n"
)


class HandClock:
    """A clock whose calls are made by the test."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, Callable[[], object]]] = []

    def call_later(self, seconds: float, call: Callable[[], object]) -> HandClock:
        """Keep the call."""
        self.calls.append((seconds, call))
        return self

    def cancel(self) -> None:
        """Forget the last call."""
        self.calls.pop()


def worker(folder: Path, source: str) -> Path:
    """Write a worker that does something else."""
    path = folder / "worker.py"
    path.write_text(source, "utf-8")
    return path


async def test_charts_are_pictures() -> None:
    """Each kind is a PNG of RGB, 1000 by 600, of at most 60 KB, drawn by the same process."""
    async with Charts() as charts:
        assert charts.process_id is None
        seen: set[int | None] = set()
        for request in (one_line(), five_lines(), one_year()):
            png = await charts.draw(request)
            picture = Image.open(io.BytesIO(png))
            seen.add(charts.process_id)
            assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (1000, 600))
            assert len(png) < 60_000

        assert len(seen) == 1
        assert "matplotlib" not in sys.modules


async def test_a_process_that_was_woken_draws_and_falls_asleep_when_nothing_comes() -> None:
    """It is started once, before the chart is known, and ends when there is none after all."""
    clock = HandClock()
    async with Charts(clock=clock) as charts:
        await charts.wake()
        woken = charts.process_id
        await charts.wake()
        assert woken is not None
        assert (charts.process_id, len(clock.calls)) == (woken, 1)

        await charts.draw(one_line())
        assert (charts.process_id, len(clock.calls)) == (woken, 1)
        clock.calls[0][1]()
        assert charts.process_id is None


async def test_a_worker_that_cannot_be_started_is_told_by_the_chart(tmp_path: Path) -> None:
    """To wake it says nothing: the chart that fails does."""
    async with Charts(worker=worker(tmp_path, DEAD)) as charts:
        await charts.wake()
        with pytest.raises(ChartFailed):
            await charts.draw(one_line())


async def test_a_killed_process_is_started_anew() -> None:
    """When the process dies between two charts nobody notices."""
    async with Charts() as charts:
        first = await charts.draw(one_line())
        killed = charts.process_id
        assert killed
        os.kill(killed, signal.SIGKILL)

        assert await charts.draw(one_line()) == first
        assert charts.process_id != killed


async def test_an_idle_process_goes() -> None:
    """After some minutes without a chart the process ends; the next chart starts another."""
    clock = HandClock()
    async with Charts(clock=clock, idle_s=180) as charts:
        await charts.draw(one_line())
        await charts.draw(one_line())
        ((seconds, fall_asleep),) = clock.calls
        clock.calls.clear()
        fall_asleep()

        assert seconds == 180
        assert charts.process_id is None
        assert await charts.draw(one_line())


async def test_the_process_ends_with_the_bot() -> None:
    """Nothing is left behind, neither the process nor its folder; then nothing is drawn."""
    async with Charts() as charts:
        await charts.draw(one_line())
        process = charts.process_id
        assert process

    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    with pytest.raises(ChartFailed, match="closed"):
        await charts.draw(one_line())


@pytest.mark.parametrize(
    ("source", "reason"),
    [(DEAD, "died twice"), (WRONG, "died twice"), (REFUSES, "bad"), (STUCK, "not drawn within")],
)
async def test_a_broken_process_fails_the_chart(tmp_path: Path, source: str, reason: str) -> None:
    """A process that dies, talks nonsense, refuses or is stuck fails the chart, not the bot."""
    async with Charts(worker=worker(tmp_path, source), limit_s=2) as charts:
        with pytest.raises(ChartFailed, match=reason):
            await charts.draw(one_line())


async def test_a_chart_given_up_does_not_mix_with_the_next() -> None:
    """Who goes away in the middle leaves no half reply for the next."""
    async with Charts() as charts:
        first = await charts.draw(one_line())
        drawing = asyncio.create_task(charts.draw(one_year()))
        for _ in range(3):
            await asyncio.sleep(0)
        drawing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await drawing

        assert await charts.draw(one_line()) == first


async def test_only_so_many_wait(tmp_path: Path) -> None:
    """Who would be the twenty-first to wait is refused at once."""
    async with Charts(worker=worker(tmp_path, STUCK), limit_s=30) as charts:
        waiting = [asyncio.create_task(charts.draw(one_line())) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0)

        with pytest.raises(ChartFailed, match="waiting"):
            await charts.draw(one_line())
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_the_process_knows_no_secrets(tmp_path: Path) -> None:
    """Nothing of the bot's environment reaches the process."""
    source = (
        "import os, struct, sys\n"
        "sys.stdin.buffer.read(4)\n"
        "text = ' '.join(sorted(os.environ)).encode()\n"
        "sys.stdout.buffer.write(struct.pack('>I', len(text) + 1) + b'\\0' + text)\n"
        "sys.stdout.flush()\n"
        "sys.stdin.read()\n"
    )
    async with Charts(worker=worker(tmp_path, source)) as charts:
        names = (await charts.draw(one_line())).decode().split()

    assert set(names) - {"LC_CTYPE"} == {"LC_ALL", "MPLBACKEND", "MPLCONFIGDIR"}
