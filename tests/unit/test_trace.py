"""The id of what is worked for: one for each update, in its task and those below it."""

from __future__ import annotations

import asyncio
import re

from sapp_bot.observability.trace import begin_trace, share_trace_key, trace_id, traceparent


async def work_for(about: str) -> tuple[str, str]:
    """Work for an update, in a task of its own and in one that it starts."""
    begin_trace(about)

    async def below() -> str:
        return trace_id()

    return trace_id(), await asyncio.create_task(below())


async def test_each_update_has_its_own_id() -> None:
    """Side by side they are not mixed up, and the same one has the same, whoever works for it."""
    one, other, again = await asyncio.gather(*map(work_for, ("m:1:1", "m:1:2", "m:1:1")))

    assert one[0] == one[1] == again[0]
    assert other[0] == other[1] != one[0]
    assert trace_id() == ""  # nothing leaks out of the tasks


async def test_the_header_names_the_trace_and_each_call() -> None:
    """As W3C Trace Context has it; without a trace there is no header."""
    assert traceparent() == ""
    begin_trace("m:5000000123:7")
    first, second = traceparent(), traceparent()

    assert re.fullmatch(rf"00-{trace_id()}-[0-9a-f]{{16}}-00", first)
    assert first != second
    assert "5000000123" not in first


async def test_processes_with_one_secret_make_the_same_ids() -> None:
    """A gateway and its workers, and a process after it; with another secret there are others."""
    share_trace_key(b"one secret")
    first = await work_for("m:1:1")
    share_trace_key(b"another secret")
    other = await work_for("m:1:1")
    share_trace_key(b"one secret")

    assert await work_for("m:1:1") == first != other
