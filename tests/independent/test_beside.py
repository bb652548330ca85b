"""Clients of two layers use one sandbox at once, and one that is too old is told so.

Kurigram speaks layer 229, mtcute 227. Run `python -m tests.independent`.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
from collections.abc import Iterator

import pytest

from tests.independent.__main__ import NODE
from tests.sandbox.served import Served, serving

pytest.importorskip("pyrogram", reason="Kurigram is not installed; run python -m tests.independent")
from tests.independent.kurigram import make_client, pyrogram, transports
from tests.independent.test_kurigram import TRANSPORTS, phone
from tests.independent.test_mtcute import LIMIT_S, SCRIPT, WELL

OLDEST = 220


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Serve the real bot; it must end well."""
    with serving() as served:
        yield served
        assert served.end(signal.SIGTERM) == (0, b"")


@pytest.mark.skipif(
    not (NODE / "node_modules").is_dir(),
    reason="mtcute is not installed; run python -m tests.independent",
)
async def test_two_layers_beside_each_other(served: Served) -> None:
    """While mtcute has its conversation, Kurigram talks over each of its transports."""
    node = shutil.which("node")
    assert node is not None
    other = await asyncio.create_subprocess_exec(
        node,
        shutil.copy(SCRIPT, NODE),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    told = served.invitation
    conversation = asyncio.create_task(other.communicate(json.dumps(told).encode()))
    rounds = 0
    async with asyncio.timeout(LIMIT_S):
        while not conversation.done() or rounds < len(TRANSPORTS):
            transport = TRANSPORTS[rounds % len(TRANSPORTS)]
            async with phone(told, transport, phone_number=f"+4477009005{rounds:02}") as app:
                await app.say("/start", "SAPP")
                await app.say("/rate EUR", "1 EUR =")
            rounds += 1
        said, _ = await conversation

    lines = [line for line in said.decode().splitlines() if line.startswith("ok ")]
    assert lines == [f"ok {name}" for name in WELL]
    assert other.returncode == 0


async def test_a_client_below_the_least_layer_is_refused(served: Served) -> None:
    """It is told by name, in an error that the client knows as one."""
    client = make_client(served.invitation, transports.TCPAbridged, phone_number="+447700900599")
    old = pyrogram.raw.functions.InvokeWithLayer(
        layer=OLDEST - 1, query=pyrogram.raw.functions.help.GetConfig()
    )
    await client.connect()
    try:
        with pytest.raises(pyrogram.errors.RPCError, match="CONNECTION_LAYER_INVALID"):
            await client.invoke(old)
    finally:
        await client.disconnect()
