"""`python -m tests.fuzz`: 20,000 malformed letters to the sandbox's Telegram, 5,000 to its page.

Meanwhile others are served: nothing crashes, and no turn of the event loop takes 100 ms of the
processor. Exit code 1 if something does. `tests/sandbox` has the same, smaller.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import time

import aiohttp

from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.console.record import ChatRecord
from sapp_bot.sandbox.console.stage import SandboxProcesses
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.web.hub import Hub
from sapp_bot.sandbox.web.site import PageSite
from tests.sandbox.letters import malformed_letter
from tests.sandbox.page_client import PageClient
from tests.sandbox.stalls import watching
from tests.sandbox.test_web import ECHO, malformed
from tests.sandbox.wire import Wire, wire

LETTERS, MESSAGES = 20_000, 5_000
AT_ONCE = 100
LONGEST_S = 0.1
SEED = 12


async def send_letters(line: Wire, dice: random.Random, count: int) -> None:
    """Send malformed letters, over a new connection whenever the server has enough of one."""
    sent = 0
    reading = asyncio.create_task(line.ends())
    while sent < count:
        if reading.done():
            await line.connect()
            reading = asyncio.create_task(line.ends())
        for _ in range(min(AT_ONCE, count - sent)):
            line.send(malformed_letter(dice))
            sent += 1
            await asyncio.sleep(0)  # what sending takes is not the server's
        await line.drained()
    line.close()
    await asyncio.gather(reading, return_exceptions=True)


async def fuzz_telegram(count: int) -> list[str]:
    """Return what went wrong when so many letters came."""
    dice = random.Random(SEED)  # noqa: S311  # repeatable
    async with TelegramServer() as server:
        bot, ann = server.add_bot("sapp_bot"), server.add_person("Ann")
        loud = server.add_person("Loud")
        async with (
            await SimulatedUser.join(server, ann, bot) as person,
            wire(server, loud) as line,
            watching() as stalls,
        ):
            line.begin()
            gc.freeze()  # as the sandbox does when all is there
            await send_letters(line, dice, count)
            await person.say("still here")
        said = server.texts(bot, ann)
        wrong = [f"crashed: {crash!r}" for crash in server.crashes]
    if said != ["still here"]:
        wrong.append(f"another person's message did not arrive: {said}")
    sys.stdout.write(f"{count} letters; longest turn {stalls.longest_s * 1000:.0f} ms\n")
    if stalls.longest_s > LONGEST_S:
        wrong.append(f"a turn of the loop took {stalls.longest_s * 1000:.0f} ms")
    return wrong


async def fuzz_page(count: int) -> list[str]:
    """Return what went wrong when so many messages of a page came."""
    chance = random.Random(SEED)  # noqa: S311  # repeatable
    async with (
        SandboxProcesses(ChatRecord(), {}, command=ECHO) as stage,
        aiohttp.ClientSession() as session,
    ):
        hub = Hub(stage)
        hub.begin(stage.bot_name, user_mode=False)
        async with PageSite(hub) as site:
            page = await PageClient.connect(session, site.address)
            await page.ask("open")  # the first request builds the reader of all
            gc.freeze()
            async with watching() as stalls:
                for _ in range(count // AT_ONCE):
                    for _ in range(AT_ONCE):
                        await page.socket.send_str(malformed(chance))
                    await page.ask("stars")
                await page.ask("say", text="still there")
                await page.message("echo: still there")
    refused = sum(event["type"] == "refused" for event in page.events)
    sys.stdout.write(f"{count} page messages; longest turn {stalls.longest_s * 1000:.0f} ms\n")
    wrong = [] if refused == count else [f"{refused} of {count} were refused"]
    if stalls.longest_s > LONGEST_S:
        wrong.append(f"a turn of the loop took {stalls.longest_s * 1000:.0f} ms")
    return wrong


async def main() -> int:
    """Fuzz both; return the exit code."""
    began = time.monotonic()
    wrong = [*await fuzz_telegram(LETTERS), *await fuzz_page(MESSAGES)]
    for one in wrong:
        sys.stdout.write(f"{one}\n")
    sys.stdout.write(f"{len(wrong)} faults in {time.monotonic() - began:.0f} s\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
