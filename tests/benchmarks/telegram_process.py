"""The local Telegram as a process of its own, with the persons who talk to the bots inside it.

A person is an account without a device: what they say is put into the bot's box and its update is
written to the bot's connection. The clock starts right before that write and stops when the bot's
`messages.sendMessage` is decrypted and parsed, before it is worked on.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from telethon.tl.functions.messages import SendMessageRequest

from sapp_bot.sandbox.faults import Drop, When
from sapp_bot.sandbox.telegram.methods import TABLE
from sapp_bot.sandbox.telegram.methods.registry import Method
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account
from sapp_bot.sandbox.telegram.state.mailbox import Draft
from sapp_bot.sandbox.telegram.state.world import RpcCaller
from tests.benchmarks.pipe import serve

BOTS = {"bot": "sapp_bench_bot", "errands": "sapp_errands_bot", "floor": "sapp_floor_bot"}
LISTENING = frozenset({"updates.getState", "updates.getDifference"})
LOOK_S = 0.01


NOTICES = ("Still working", "I have your message, but")
"""How the bot's messages begin that put one off until the answer."""


class WrongAnswer(Exception):
    """A bot said something else than it should."""


@dataclass(slots=True)
class Play:
    """One run of commands: who says what to whom, how often, and how many at the same time.

    Without `expect` any answer is one, but a notice that one has to wait.
    """

    bot: Account
    text: str
    expect: str
    left: dict[int, int]
    idle: deque[int]
    done: asyncio.Future[None]
    strict: bool
    open: int = 0
    asked_at: dict[int, float] = field(default_factory=dict)
    latencies_s: list[float] = field(default_factory=list)
    last_s: float = 0.0
    extra: int = 0
    others: Counter[str] = field(default_factory=Counter)


class TelegramProcess:
    """What the parent can ask for."""

    def __init__(self, server: TelegramServer) -> None:
        self._server = server
        self._bots = {role: server.add_bot(name) for role, name in BOTS.items()}
        self._persons: list[Account] = []
        self._play: Play | None = None
        self._spoke_at: dict[int, float] = {}
        self._said: dict[int, list[tuple[float, str]]] = {}
        self._work = TABLE[SendMessageRequest.CONSTRUCTOR_ID]
        TABLE[SendMessageRequest.CONSTRUCTOR_ID] = Method(self._send_message, self._work.audience)

    async def hello(self) -> dict[str, Any]:
        """Tell where the server is and who the bots are."""
        server = self._server
        return {
            "server": f"{server.host}:{server.port}",
            "pem": server.public_key_pem,
            **{role: {"id": bot.id, "token": bot.token} for role, bot in self._bots.items()},
        }

    async def people(self, count: int) -> list[int]:
        """Make some more persons; gives their ids."""
        first = len(self._persons)
        made = [self._server.add_person(f"Person {first + n}") for n in range(count)]
        self._persons += made
        return [person.id for person in made]

    async def listening(self, role: str, since: float, within_s: float) -> None:
        """Wait until a bot takes updates that was started at `since` (monotonic)."""
        bot, calls = self._bots[role], self._server.calls
        async with asyncio.timeout(within_s):
            while not any(
                call.account == bot.id and call.at >= since and call.name in LISTENING
                for call in calls
            ):
                await asyncio.sleep(LOOK_S)

    async def post(self, role: str, person: int, text: str) -> None:
        """Say something without waiting for an answer."""
        account = self._persons[person]
        self._said[account.id] = []
        self._say(account, self._bots[role], text)

    async def crowd(self, role: str, first: int, count: int, text: str, each: int) -> None:
        """Have persons say something `each` times, all at once; the answers are not waited for."""
        for account in self._persons[first : first + count]:
            for _ in range(each):
                self._say(account, self._bots[role], text)

    async def quiet(self, role: str, for_s: float, most_s: float) -> None:
        """Wait until a bot has said nothing for some seconds, at most `most_s`."""
        bot, began = self._bots[role], time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                while time.monotonic() - max(self._spoke_at.get(bot.id, began), began) < for_s:
                    await asyncio.sleep(LOOK_S)

    async def heard(self, person: int, within_s: float) -> list[Any]:
        """Wait for the first answer since `post`: when it came (monotonic) and what it says."""
        said = self._said[self._persons[person].id]
        async with asyncio.timeout(within_s):
            while not said:
                await asyncio.sleep(LOOK_S)
        return list(said[0])

    async def play(
        self,
        role: str,
        text: str,
        expect: str,
        *,
        first: int,
        count: int,
        each: int = 1,
        parallel: int,
        within_s: float,
        strict: bool = True,
    ) -> dict[str, Any]:
        """Have persons `first` to `first + count` say `text`, `each` times one after another.

        At most `parallel` wait for an answer at the same time. Times are in seconds; what is
        counted as `extra` came when nobody had asked, and `others` are the first lines of
        answers that do not hold `expect`, where these are no failure.
        """
        ids = [person.id for person in self._persons[first : first + count]]
        done = asyncio.get_running_loop().create_future()
        bot = self._bots[role]
        play = Play(bot, text, expect, dict.fromkeys(ids, each), deque(ids), done, strict)
        self._play = play
        began = time.monotonic()
        play.open = min(parallel, count)
        for _ in range(play.open):
            self._ask(play, play.idle.popleft())
        try:
            async with asyncio.timeout(within_s):
                await done
        except TimeoutError:
            missing = f"{len(play.asked_at)} of {count * each} commands are not answered"
            raise TimeoutError(missing) from None
        finally:
            self._play = None
        return {
            "seconds": play.last_s - began,
            "latencies_s": play.latencies_s,
            "extra": play.extra,
            "others": play.others,
        }

    async def spoil(self, role: str, when: When, nth: int) -> None:
        """Cut a bot's connection at its `nth` message from now, before the work or after it."""
        call = f"messages.sendMessage@{self._bots[role].id}"
        self._server.faults.add(call, Drop(when), nth=nth)

    async def forget_faults(self) -> None:
        """Plan none any more."""
        self._server.faults.clear()

    def _ask(self, play: Play, person: int) -> None:
        play.left[person] -= 1
        account = self._server.world.accounts.get(person)
        assert account is not None
        play.asked_at[person] = time.monotonic()
        self._say(account, play.bot, play.text)

    def _say(self, person: Account, bot: Account, text: str) -> None:
        world = self._server.world
        world.publish(world.mail.post(person, bot, Draft(text=text)))

    def _send_message(self, invoker: RpcCaller, request: Any) -> Any:
        """Take the time, then do what Telegram does."""
        now = self._spoke_at[invoker.account.id] = time.monotonic()
        if invoker.world.mail.repeat_of(invoker.account.id, request.random_id) is None:
            self._answered(request.peer.user_id, request.message, now)
        return self._work.handler(invoker, request)

    def _answered(self, person: int, text: str, now: float) -> None:
        if person in self._said:
            self._said[person].append((now, text))
        play = self._play
        if play is None or play.done.done():
            return
        if play.expect not in text:
            if play.strict:
                play.done.set_exception(WrongAnswer(text))
                return
            play.others[text.partition("\n")[0]] += 1
            if text.startswith(NOTICES):
                return
        asked_at = play.asked_at.pop(person, None)
        if asked_at is None:
            play.extra += 1
            return
        play.latencies_s.append(now - asked_at)
        play.last_s = now
        after = person if play.left[person] else next(iter(play.idle), None)
        if after is None:
            play.open -= 1
            if not play.open:
                play.done.set_result(None)
            return
        if after != person:
            play.idle.popleft()
        # Behind the work on this very answer.
        asyncio.get_running_loop().call_soon(self._ask, play, after)


async def main() -> None:
    """Serve."""
    async with TelegramServer() as server:
        here = TelegramProcess(server)
        names = (
            *("hello", "people", "listening", "post", "crowd"),
            *("heard", "quiet", "play", "spoil", "forget_faults"),
        )
        await serve({name: getattr(here, name) for name in names})


if __name__ == "__main__":
    asyncio.run(main())
