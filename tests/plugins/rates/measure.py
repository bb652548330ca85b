"""Measures parsing and charts, and draws the pictures of docs/ anew.

Run `python -m tests.plugins.rates.measure`, on a machine that does nothing else.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import tempfile
import time
import timeit
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

from plugins.rates.alerts import Alert, AlertMarks, Alerts
from plugins.rates.drawing.chart_layout import layout
from plugins.rates.drawing.charts import Charts
from plugins.rates.money.amounts import parse
from sapp_bot.testing import Stage
from tests.pages import ROOT
from tests.plugins.people import jump_to_hour
from tests.plugins.rates.accepted import ACCEPTED
from tests.plugins.rates.chart_data import five_lines, one_line, one_year
from tests.plugins.rates.kit import kept
from tests.plugins.rates.talk import TALK
from tests.redis_server import RedisServer

PICTURES = {"chart-one": one_line, "chart-several": five_lines, "chart-year": one_year}
CHARTS = 100
PARSES = 50


def say(text: str) -> None:
    """Write a line."""
    sys.stdout.write(f"{text}\n")


def resident_mib(process: int) -> float:
    """Read how much memory a process holds."""
    pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure_parsing() -> None:
    """Time every text of the tables, in processor time."""
    for name, texts in (("conversions", list(ACCEPTED)), ("talk", list(TALK))):
        costs = sorted(
            min(timeit.repeat(lambda t=text: parse(t), time.process_time, number=PARSES, repeat=5))  # type: ignore[misc]  # the lambda's default
            / PARSES
            * 1e6
            for text in texts
        )
        say(f"{name}: p50 {median(costs):.0f} µs, p95 {costs[len(costs) * 95 // 100]:.0f} µs")


def worked_ms(process: int) -> float:
    """Read how much processor time a process has had, in milliseconds."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


async def pause(seconds: float) -> None:
    """Let the loop go on for a while: it is what is measured."""
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, over.set)
    await over.wait()


async def watch_loop(stalls: list[tuple[float, float]], done: asyncio.Event) -> None:
    """Note how much later than asked the loop goes on, and how much of that it has worked."""
    while not done.is_set():
        before, worked = time.perf_counter(), time.thread_time()
        await pause(0.002)
        late = time.perf_counter() - before - 0.002
        stalls.append((late * 1e3, (time.thread_time() - worked) * 1e3))


async def measure_charts() -> None:
    """Time the first chart and a hundred more; watch the loop and the bot's own memory."""
    requests = [make() for make in PICTURES.values()]
    for request in requests:
        layout(request)  # Babel reads its locales once; every plugin uses them
    idle: list[tuple[float, float]] = []
    done = asyncio.Event()
    watching = asyncio.create_task(watch_loop(idle, done))
    await pause(1)
    done.set()
    await watching
    async with Charts() as charts:
        stalls: list[tuple[float, float]] = []
        done = asyncio.Event()
        watching = asyncio.create_task(watch_loop(stalls, done))
        start = time.perf_counter()
        await charts.draw(requests[0])
        cold = time.perf_counter() - start
        before, times = resident_mib(os.getpid()), []
        child = charts.process_id or 0
        started = worked_ms(child)
        say(f"child: {started:.0f} ms of work until the first chart")
        for index in range(CHARTS):
            start = time.perf_counter()
            await charts.draw(requests[index % len(requests)])
            times.append((time.perf_counter() - start) * 1e3)
        done.set()
        await watching
        gc.collect()
        grown = resident_mib(os.getpid()) - before
        say(f"charts: cold {cold:.2f} s; warm p50 {median(times):.0f}, max {max(times):.0f} ms")
        working = max(worked for _, worked in stalls)
        say(f"longest stall {max(stalls)[0]:.1f} ms, of it own work at most {working:.1f} ms")
        say(f"longest stall without charts {max(idle)[0]:.1f} ms")
        say(f"own memory {grown:+.1f} MiB; child {resident_mib(child):.0f} MiB")
        say(f"child: {(worked_ms(child) - started) / CHARTS:.0f} ms of work a chart")
        for name, make in PICTURES.items():
            png = await charts.draw(make())
            (ROOT / "docs" / f"{name}.png").write_bytes(png)
            say(f"docs/{name}.png: {len(png):,} bytes")


MOST_STALL_MS, MOST_WARM_MS = 20, 150
PRESSES = 10
LINES = ("EUR", "EUR GBP CHF JPY CNY")


@asynccontextmanager
async def watched(name: str, times: list[float]) -> AsyncIterator[None]:
    """Watch the loop meanwhile; tell its longest stall, its own work in one, and the times."""
    stalls: list[tuple[float, float]] = []
    done = asyncio.Event()
    watching = asyncio.create_task(watch_loop(stalls, done))
    await pause(0.05)
    yield
    done.set()
    await watching
    working = max(worked for _, worked in stalls)
    say(
        f"{name}: p50 {median(times):.0f}, max {max(times):.0f} ms; "
        f"longest stall {max(stalls)[0]:.1f} ms, of it own work at most {working:.1f} ms "
        f"(at most {MOST_STALL_MS})"
    )


async def timed(act: Awaitable[object], times: list[float]) -> None:
    """Note how long something takes, in milliseconds."""
    start = time.perf_counter()
    await act
    times.append((time.perf_counter() - start) * 1e3)


def freeze() -> None:
    """Do as the bot when it has started: of a stage there is more to look through."""
    gc.collect()
    gc.freeze()


async def measure_through_the_bot(redis_url: str) -> None:
    """Time charts of a year as people see them, from the press to the picture, and the loop.

    Of what the machine does for others only the time between is free: see the own work.
    """
    async with Stage(service_reads=1000, redis_url=redis_url) as stage:
        ann = stage.person("Ann")
        for codes in LINES:
            await ann.says(f"/chart {codes} 1y")  # pays for what is measured below
        await stage.restart()
        freeze()
        for codes in LINES:
            name = f"chart of a year of {len(codes.split())}"
            times: list[float] = []
            cold = f"{name}, first after a restart (and a process to draw)"
            async with watched(cold, times):
                await timed(ann.says(f"/chart {codes} 1y"), times)
            await ann.presses("90 d")
            await ann.presses("1 y")
            times = []
            async with watched(f"{name}, warm (at most {MOST_WARM_MS} ms)", times):
                for _ in range(PRESSES):
                    await timed(ann.presses("1 y"), times)
            times = []
            async with watched(f"{name}, as days, warm", times):
                for _ in range(PRESSES):
                    await timed(ann.says(f"/history {codes.split()[0]} 1y"), times)


DUE = 4000


async def measure_alerts(redis_url: str) -> None:
    """Time the round of the timer that has a message for everybody, and watch the loop."""
    async with Stage(only=["start", "rates"], redis_url=redis_url, service_reads=100) as stage:
        jump_to_hour(stage, 9)
        await stage.person("Ann").says("/rates")
        daily = Alert(id=1, kind="daily", source="EUR", target="USD", at="09:00")
        store = kept(stage, Alerts)
        for person in range(DUE):
            await store.set(10_000 + person, Alerts(items=(daily,), last_id=1))
        stage.clock.skip(1800)
        records = {record.name: record for record in stage.bot.plugins.records}
        generation = records["rates"].generation
        if generation is None:
            raise RuntimeError("the rates plugin is not loaded")
        freeze()
        times: list[float] = []
        async with watched(f"{DUE:,} alerts due at once", times):
            await timed(generation.tick("rates.look"), times)
        marks = [person async for person, _ in kept(stage, AlertMarks).all()]
        say(f"{len(marks):,} of {DUE:,} are told, and it is noted")


def main() -> None:
    """Measure all."""
    measure_parsing()
    asyncio.run(measure_charts())
    with tempfile.TemporaryDirectory() as folder, RedisServer(Path(folder)) as redis:
        asyncio.run(measure_through_the_bot(redis.url))
        asyncio.run(measure_alerts(redis.url))


if __name__ == "__main__":
    main()
