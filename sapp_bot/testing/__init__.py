"""The test kit: persons who say, press and read; restarts; time that passes at once.

    async with Stage(Path("plugins")) as stage:
        ann = stage.person("Ann")
        await ann.says("/start")
        assert ann.sees("Welcome")

The real host, store and plugins run in this process, on a Redis in memory and the API's stand-in;
only Telegram is played by `ChatRoom`. A handler that fails unexpectedly fails the test.
"""

from .actor import Actor, Said
from .chatroom import ChatRoom, Shown
from .clock import ManualClock
from .stage import Stage

__all__ = ["Actor", "ChatRoom", "ManualClock", "Said", "Shown", "Stage"]
