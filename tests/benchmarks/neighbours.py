"""`python -m tests.benchmarks.neighbours`: what an uninvolved person feels of others' trouble.

The real bot process, redis-server and the local Telegram, with the limits that a bot has by
default. In each situation persons say /help one after the other, first alone, then in the trouble.
Exit code 0 when each target is met: p95 at most 0.15 s, or 1.3 times what it takes alone, whichever
is more; and at most 20 MiB more memory of the bot. `--only PART` plays the situations whose name
holds a text, `--quick` tries the benchmark itself. `--against REV` plays one round of each with the
bot of an older commit, too, right after ours; it decides nothing.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import copy, copytree, ignore_patterns, rmtree
from statistics import median, quantiles

from sapp_bot.settings.settings import Settings
from tests.benchmarks.against import check_out
from tests.benchmarks.driver import CheckoutBot
from tests.benchmarks.field import START_S, Field
from tests.benchmarks.pipe import ChildFailed
from tests.benchmarks.proc import rss_mib

QUIET_S = 1.0
"""A trouble is over when the bot has said nothing for so long: rounds do not add up."""

OVER_S = 60.0
"""Longest wait for that: a thousand answers take 40 s, a hundred into one chat more."""

MOST_S, MOST_RATIO, MOST_MIB = 0.15, 1.3, 20.0


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is played: rounds of a trouble, persons who say /help, and the size of a crowd."""

    rounds: int = 5
    persons: int = 20
    crowd: int = 1_000


FULL, QUICK = Scale(), Scale(rounds=1, persons=4, crowd=40)

Trouble = Callable[[Field, range], None]
"""Begins a trouble, made by these persons; does not wait for its end."""


@dataclass(frozen=True, slots=True)
class Situation:
    """One kind of trouble.

    Attributes:
        name: What happens, in words.
        makers: How many persons make it in each round, by the scale.
        begin: Begins it.
        redis_ms: How far Redis is away, in milliseconds, alone and in the trouble.
        api_ms: How long each call of the API takes in the trouble.

    """

    name: str
    makers: Callable[[Scale], int]
    begin: Trouble
    redis_ms: float = 0
    api_ms: float = 0


def one_says(text: str, times: int) -> Trouble:
    """Return a trouble: each person says something so often, all at once."""

    def begin(play: Field, persons: range) -> None:
        play.telegram.ask(
            "crowd", role="bot", first=persons.start, count=len(persons), text=text, each=times
        )

    return begin


def situations(scale: Scale) -> list[Situation]:
    """List what is played."""
    big, small = scale.crowd, scale.crowd // 10

    def one(_: Scale) -> int:
        return 1

    return [
        Situation(f"one person sends {big:,} messages", one, one_says("/help", big)),
        Situation(f"{big:,} persons send one each", lambda s: s.crowd, one_says("/help", 1)),
        Situation("a plain function hangs", one, one_says("/hang", 1)),
        Situation("a plain function computes 0.5 s", one, one_says("/compute", 10)),
        Situation("a coroutine computes 0.5 s", one, one_says("/compute_here", 1)),
        Situation("the API takes 5 s", lambda _: 50, one_says("/get_client", 1), api_ms=5_000),
        Situation("Redis at 1 ms, a burst", one, one_says("/help", small), redis_ms=1),
        Situation("Redis at 200 ms, a burst", one, one_says("/help", small), redis_ms=200),
    ]


@dataclass(slots=True)
class Samples:
    """Seconds of /help, alone and in the trouble, and the bot's memory before and at most (MiB)."""

    alone_s: list[float] = field(default_factory=list)
    trouble_s: list[float] = field(default_factory=list)
    before_mib: float = 0.0
    most_mib: float = 0.0

    @property
    def is_met(self) -> bool:
        """Whether the targets are met."""
        limit_s = max(MOST_S, MOST_RATIO * p95(self.alone_s))
        return p95(self.trouble_s) <= limit_s and self.grown_mib <= MOST_MIB

    @property
    def grown_mib(self) -> float:
        """By how much the bot's memory has grown."""
        return self.most_mib - self.before_mib


def p95(seconds: list[float]) -> float:
    """Return the 95th percentile."""
    return quantiles(seconds, n=20, method="inclusive")[-1]


def helped(play: Field, persons: range) -> Iterator[float]:
    """Have persons say /help, one after the other; gives the seconds until each is answered."""
    for person in persons:
        began = time.monotonic()
        try:
            at, _ = play.say("bot", person, "/help")
        except ChildFailed:  # not within START_S
            at = began + START_S
        yield at - began


def some(play: Field, count: int) -> range:
    """Make persons who have said nothing yet: nobody meets the limit for a minute by helping."""
    first = play.add_persons(count)
    return range(first, first + count)


def settings(play: Field, situation: Situation) -> dict[str, str]:
    """Return the limits that a bot has by default, and where Redis is."""
    found = {
        name.upper(): str(Settings.model_fields[name].default)
        for name in ("sapp_messages_per_minute", "sapp_sent_per_s")
    }
    if situation.redis_ms:
        far = play.proxy.ask("far", target=play.redis.url, ms=situation.redis_ms)
        found["SAPP_REDIS_URL"] = far
    return found


def measure(play: Field, situation: Situation, scale: Scale) -> Samples:
    """Play one situation with a fresh bot process."""
    samples, bot = Samples(), play.bots["bot"]
    quiet = [some(play, scale.persons) for _ in range(scale.rounds + 2)]
    makers = [some(play, situation.makers(scale)) for _ in range(scale.rounds)]
    play.start("bot", **settings(play, situation))
    try:
        list(helped(play, quiet[0]))  # warm
        samples.alone_s += helped(play, quiet[1])
        samples.before_mib = samples.most_mib = rss_mib(bot.pid)
        for persons, others in zip(makers, quiet[2:], strict=True):
            play.api.ask("delay", ms=situation.api_ms)
            situation.begin(play, persons)
            for seconds in helped(play, others):
                samples.trouble_s.append(seconds)
                samples.most_mib = max(samples.most_mib, rss_mib(bot.pid))
            play.telegram.ask("quiet", role="bot", for_s=QUIET_S, most_s=OVER_S)
            samples.most_mib = max(samples.most_mib, rss_mib(bot.pid))
    finally:
        play.api.ask("delay", ms=0)
        bot.stop()
    return samples


@dataclass(frozen=True, slots=True)
class Checkout:
    """An older bot: its folder, and the Python that has what its requirements name."""

    folder: Path
    interpreter: str

    def take_place(self, play: Field) -> None:
        """Put the bot into the place of ours, with its own plugins and the one of the troubles."""
        ours = play.bots["bot"]
        environment = dict(ours._environment)  # older checkouts have it under this name
        plugins = Path(environment["SAPP_PLUGINS"])
        rmtree(plugins)
        copytree(self.folder / "plugins", plugins, ignore=ignore_patterns("__pycache__"))
        copy(Path(__file__).parent / "plugins" / "troubles.py", plugins)
        environment["PYTHONPATH"] = str(self.folder)
        bot = CheckoutBot(self.interpreter, environment, plugins.parent)
        play.bots["bot"] = bot  # type: ignore[assignment]  # asked the same


def play_one(situation: Situation, scale: Scale, checkout: Checkout | None = None) -> Samples:
    """Play one situation with our bot, or an older one, in a field of its own.

    What one leaves behind is not the next one's trouble.
    """
    with tempfile.TemporaryDirectory() as folder, Field(Path(folder)) as play:
        if checkout is not None:
            checkout.take_place(play)
        return measure(play, situation, scale)


def line(name: str, samples: Samples, verdict: str) -> str:
    """Return a row."""
    alone, trouble = samples.alone_s, samples.trouble_s
    return (
        f"{name:34} {p95(trouble):7.3f} {median(trouble):7.3f} {max(trouble):7.3f}   "
        f"{p95(alone):7.3f}   {samples.grown_mib:+6.1f}   {verdict}\n"
    )


def play_all(chosen: Sequence[Situation], scale: Scale, older: Checkout | None) -> bool:
    """Play and print all that is chosen; return whether our bot met each target."""
    met = True
    for situation in chosen:
        samples = play_one(situation, scale)
        met = met and samples.is_met
        say(line(situation.name, samples, "met" if samples.is_met else "MISSED"))
        if older is not None:
            say(line("  the older bot", play_one(situation, replace(scale, rounds=1), older), ""))
    return met


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


def main() -> int:
    """Measure and print; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.neighbours")
    parser.add_argument("--only", default="", metavar="PART")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--against", metavar="REV")
    parser.add_argument("--against-python", default=sys.executable, metavar="PATH")
    asked = parser.parse_args()
    scale = QUICK if asked.quick else FULL
    chosen = [found for found in situations(scale) if asked.only in found.name]
    say(f"{'/help of an uninvolved person, s':34}     p95  median longest")
    say("   alone p95   MiB more\n")
    with tempfile.TemporaryDirectory() as folder:
        older = None
        if asked.against:
            check_out(asked.against, Path(folder))
            older = Checkout(Path(folder), asked.against_python)
        return 0 if play_all(chosen, scale, older) and chosen else 1


if __name__ == "__main__":
    # As an exception, so that every process is ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
