"""How the process begins and ends, seen from its exit code."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sapp_bot.cli.main import EXIT_CONFIG
from sapp_bot.sandbox.bot_process import BotProcess
from sapp_bot.sandbox.faults import Fail
from tests.end_to_end.sides import Mode
from tests.end_to_end.world import World


async def test_a_signal_ends_a_bot_that_cannot_reach_telegram(
    tmp_path: Path, redis_anywhere: str, mode: Mode
) -> None:
    """SIGTERM is heard also while the bot still waits for Telegram."""
    world = World(tmp_path, redis_anywhere, mode, kind=BotProcess)
    async with world.neighbours():
        await world.sign_in()
        world.telegram.network.refuse()
        bot = world.process("away")
        await bot.start()
        await world.until(lambda: "telegram" in "\n".join(bot.tail(5)))
        await bot.stop(grace_s=10)

    assert bot.exit_code == 0


@asynccontextmanager
async def hanging_up(port: int, *, times: int) -> AsyncIterator[str]:
    """Stand before a server: hang up on the first callers when they speak, then pass on."""
    left = times

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal left
        if left > 0:
            left -= 1
            await reader.read(1)
            writer.close()
            return
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(pump(reader, inner_writer))
                tasks.create_task(pump(inner_reader, writer))
        except* OSError:
            pass  # either side may go first

    server = await asyncio.start_server(serve, "127.0.0.1")
    host, own_port = server.sockets[0].getsockname()
    async with server:
        yield f"{host}:{own_port}"


async def test_passing_faults_at_the_start_are_waited_out(
    tmp_path: Path, redis_anywhere: str
) -> None:
    """Telegram hangs up, then asks to wait; Redis refuses: the bot starts, and has said why."""
    world = World(tmp_path, redis_anywhere, kind=BotProcess)
    async with world.neighbours(), hanging_up(world.telegram.port, times=3) as address:
        world.telegram.faults.add("users.getUsers", Fail(420, "FLOOD_WAIT_1"))
        await world.redis.refuse()
        bot = world.bot = world.process("late", TELEGRAM_SERVER=address)
        await bot.start()
        await world.until(lambda: b"store.away" in bot.log.read_bytes())
        await world.redis.accept()
        await world.until(lambda: b"bot.ready" in bot.log.read_bytes())
        await bot.stop(grace_s=10)

    assert bot.exit_code == 0
    text = bot.log.read_text()
    assert "the other side took the connection and hung up" in text
    assert "telegram.flood_wait" in text
    assert "Traceback" not in text


async def test_redis_and_telegram_are_looked_at_beside_each_other(
    tmp_path: Path, redis_anywhere: str
) -> None:
    """With neither there the log names both at once, and says when the first comes back."""
    world = World(tmp_path, redis_anywhere, kind=BotProcess)
    async with world.neighbours():
        world.telegram.network.refuse()
        await world.redis.refuse()
        bot = world.process("alone")
        await bot.start()
        await world.until(lambda: b"store.away" in bot.log.read_bytes())
        await world.until(lambda: b"telegram.unreachable" in bot.log.read_bytes())
        await world.redis.accept()
        await world.until(lambda: b"store.back" in bot.log.read_bytes())
        await bot.stop(grace_s=10)

    assert bot.exit_code == 0
    assert bot.log.read_bytes().count(b"store.away") == 1


async def test_a_data_folder_that_cannot_be_used(tmp_path: Path, redis_anywhere: str) -> None:
    """Exit code 78, and one line with path and uid."""
    world = World(tmp_path, redis_anywhere, kind=BotProcess)
    (tmp_path / "taken").touch()
    async with world.neighbours():
        bot = world.process("taken", SAPP_DATA=str(tmp_path / "taken"))
        await bot.start()
        assert await bot.ended() == EXIT_CONFIG

    assert f"uid {os.getuid()}" in bot.tail(1)[0]


async def test_a_signal_during_the_imports_ends_process_1(
    tmp_path: Path, redis_anywhere: str, mode: Mode
) -> None:
    """The kernel drops a signal to process 1 that has no handler: there is one at once."""
    unshare = shutil.which("unshare")
    if unshare is None or os.getuid() != 0 or mode == "user":
        pytest.skip("to be process 1 takes root and unshare(1), once")
    world = World(tmp_path, redis_anywhere, mode, kind=BotProcess)
    async with world.neighbours():
        bot = world.process("first")
        bot._command = (unshare, "--pid", "--fork", "--kill-child", *bot._command[:1])
        bot._command += ("-X", "importtime", *world.process("x")._command[1:])
        await bot.start()
        await world.until(lambda: b"argparse" in log(bot.log))
        os.kill(child(pid(bot)), signal.SIGTERM)
        async with asyncio.timeout(30):
            assert await bot.ended() == 0


def log(path: Path) -> bytes:
    """Read a log that may not be there yet."""
    return path.read_bytes() if path.exists() else b""


def child(process: int) -> int:
    """Give the number of the only child. Source: proc(5), /proc/pid/task/tid/children."""
    return int(Path(f"/proc/{process}/task/{process}/children").read_text().split()[0])


def pid(bot: BotProcess) -> int:
    """Give the number of a process that runs."""
    assert bot._process is not None
    return bot._process.pid
