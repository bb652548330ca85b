"""A bot of its own process that only stores what it gets: something to kill.

Reads its settings from the arguments, writes each update to a file after a while, and counts it
as pending until it is there.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from pydantic import SecretStr

from sapp_bot.domain.updates import Arrival, Message
from sapp_bot.telegram.edge import EdgeConfig, TelegramEdge, Timing


class Writer:
    """Stores one update after the other, slowly."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._waiting: list[str] = []
        self._came = asyncio.Event()

    def take(self, update: Arrival) -> None:
        """Take one."""
        if isinstance(update, Message):
            self._waiting.append(update.text)
            self._came.set()

    def pending(self) -> bool:
        """Tell whether some are not in the file yet."""
        return bool(self._waiting)

    async def work(self) -> None:
        """Write one after the other, each onto the disk."""
        while True:
            await self._came.wait()
            self._came.clear()
            while self._waiting:
                await asyncio.to_thread(self._write, f"{self._waiting[0]}\n")
                del self._waiting[0]

    def _write(self, line: str) -> None:
        os.write(self._file, line.encode())
        os.fsync(self._file)


async def main(settings: dict[str, str]) -> None:
    """Run until killed."""
    config = EdgeConfig(
        api_id=1,
        api_hash=SecretStr("hash"),
        bot_token=SecretStr(settings["token"]),
        folder=Path(settings["folder"]),
        server=settings["server"],
        server_key=settings["key"],
    )
    # Saves as often as can be: the hardest case for the gate.
    edge = TelegramEdge(config, timing=Timing(pulse_s=0.02))
    writer = Writer(Path(settings["out"]))
    working = asyncio.create_task(writer.work())
    await edge.connect()
    edge.listen(writer.take, pending=writer.pending)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await edge.run()
    working.cancel()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
