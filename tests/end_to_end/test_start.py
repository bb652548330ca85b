"""How the process begins and ends, seen from its exit code."""

from __future__ import annotations

from pathlib import Path

from tests.end_to_end.sides import Mode
from tests.end_to_end.world import World


async def test_a_signal_ends_a_bot_that_cannot_reach_telegram(
    tmp_path: Path, redis_anywhere: str, mode: Mode
) -> None:
    """SIGTERM is heard also while the bot still waits for Telegram."""
    world = World(tmp_path, redis_anywhere, mode)
    async with world.neighbours():
        await world.sign_in()
        world.telegram.network.refuse()
        bot = world.process("away")
        await bot.start()
        await world.until(lambda: "telegram" in "\n".join(bot.tail(5)))
        await bot.stop(grace_s=10)

    assert bot.exit_code == 0
