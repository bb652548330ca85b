"""`python -m tests.benchmarks.scale`: what a person and a message cost, for docs/scale.md.

In a real redis-server with its append-only file: bytes of memory for a person who is known, who is
logged in, who has a form open and who has three alerts; bytes for a message; bytes that a message
adds to the file, and bytes for a person in the file when it is rewritten. Then CPU and memory of
the bot in one process, and of a gateway with two workers.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from plugins.rates.alerts import Alert, Alerts
from plugins.rates.reading.history import Month
from sapp_bot.domain.ports import Commit, StorageWrite, StoredValue
from sapp_bot.domain.replies import QueuedReply, Send
from sapp_bot.domain.state import OpenForm, PersonState, Profile
from sapp_bot.domain.text import Rich
from sapp_bot.domain.updates import Message, Person
from sapp_bot.store import KeyRing, RedisStore, make_key, open_store
from sapp_bot.testing import ManualClock
from tests.benchmarks.field import Field
from tests.benchmarks.proc import cpu_s, rss_mib
from tests.redis_server import RedisServer
from tests.soak.memory import REPLY, signed_in

PATIENCE_S = 30.0
AT_ONCE = 200
MARKS_FILLED = 20_000
"""Messages before those that count: the sets of marks are there then, whatever is in them."""

MONTHS = 200
PERSONS = 50
EACH = 20
WARM_UP = 20
WORKERS = 2

ALERTS = Alerts(
    items=tuple(
        Alert(id=n, kind="above", source="EUR", target="USD", level=Decimal("1.2345"))
        for n in (1, 2, 3)
    ),
    last_id=3,
)

End = Callable[[Message, ManualClock], Commit]
Row = tuple[str, float, str]
"""What was measured, how much, and of what."""


def known(message: Message, clock: ManualClock) -> Commit:
    """Make the end of the first message of somebody who only has a language."""
    del clock
    return _end(message, PersonState(None, Profile("en", 1)))


def logged_in(message: Message, clock: ManualClock) -> Commit:
    """Make the end of a login."""
    return _end(message, signed_in(message, clock))


def in_a_form(message: Message, clock: ManualClock) -> Commit:
    """Make the end of a message that opened a form, of somebody who is logged in."""
    ends_at = clock.now() + timedelta(hours=1)
    form = OpenForm("add_client", {"name": "shop"}, {"name": "str 255"}, "domains", 3, ends_at)
    state = signed_in(message, clock)
    return _end(message, PersonState(state.session, state.profile, (form,)))


def with_alerts(message: Message, clock: ManualClock) -> Commit:
    """Make the end of a message that set three alerts, of somebody who is logged in."""
    person = message.sender.id
    kept = StoredValue(person, Alerts.schema_version, ALERTS.model_dump_json(), None)
    written = StorageWrite("rates:Alerts", person, kept)
    return _end(message, signed_in(message, clock), written)


def with_a_month(message: Message, clock: ManualClock) -> Commit:
    """Make the end of a message for which a month of a currency was read."""
    values = {hour: Decimal("1.08345678") for hour in range(31 * 24)}
    month = Month(values=values, until=clock.now(), asked_at=clock.now())
    name = f"month {message.message_id}"
    kept = StoredValue(name, Month.schema_version, month.model_dump_json(), None)
    return _end(message, PersonState(), StorageWrite("rates:Month", name, kept))


KINDS = (known, logged_in, in_a_form, with_alerts)


def _end(message: Message, after: PersonState | ManualClock, *writes: StorageWrite) -> Commit:
    """Make an end; with a clock it is one that changes nothing of the person's."""
    after = after if isinstance(after, PersonState) else PersonState()
    reply = QueuedReply(f"{message.key}/0", Send(message.chat_id, Rich(REPLY)))
    return Commit(message, PersonState(), after, (reply,), (), writes)


async def stored(
    redis: RedisServer, persons: int, tell: Callable[[Row], None], *, filled: int = MARKS_FILLED
) -> None:
    """Measure what Redis holds and writes, of an empty one."""
    clock = ManualClock()
    redis.call("CONFIG", "SET", "auto-aof-rewrite-percentage", "0")  # when we ask for it only
    opening = open_store(
        redis.url, KeyRing([make_key()]), account=1, clock=clock, timeout_s=PATIENCE_S
    )
    async with opening as store:
        await store.inbox.claim()
        # The sets of marks are there then, whatever is in them; and nobody's state is counted.
        await _say(store, clock, 0, filled, _end)
        before, written = _used(redis), _fact(redis, "aof_current_size")
        await _say(store, clock, filled, filled, _end)
        of_message = (_used(redis) - before) / filled
        of_file = (_fact(redis, "aof_current_size") - written) / filled
        tell(("Redis, a message of the last 3 days", of_message, "bytes"))
        tell(("append-only file, a message", of_file, "bytes"))
        for number, kind in enumerate(KINDS, start=1):
            before, kept = _used(redis), _rewritten(redis)
            await _say(store, clock, 10_000_000 * number, persons, kind)
            name = kind.__name__.replace("_", " ")
            memory = (_used(redis) - before) / persons - of_message
            tell((f"Redis, a person {name}", memory, "bytes"))
            in_file = (_rewritten(redis) - kept) / persons
            tell((f"file rewritten, a person {name}", in_file, "bytes"))
        before = _used(redis)
        await _say(store, clock, 90_000_000, MONTHS, with_a_month)
        history = (_used(redis) - before) / MONTHS - of_message
        tell(("Redis, a month of a currency's history", history, "bytes"))


async def _say(store: RedisStore, clock: ManualClock, first: int, count: int, end: End) -> None:
    """Let new persons say one thing each: stored, committed with a reply, the reply sent."""

    async def take(number: int) -> None:
        message = Message(Person(number, "Ann", "en"), number, number, "/client", clock.now())
        await store.inbox.accept(message)
        commit = end(message, clock)
        await store.inbox.commit(commit)
        await store.outbox.sent(commit.replies[0], number)

    for at in range(first, first + count, AT_ONCE):
        await asyncio.gather(*(take(1 + n) for n in range(at, min(at + AT_ONCE, first + count))))


def _fact(redis: RedisServer, name: str) -> int:
    found = re.search(rf"^{name}:(\d+)", redis.call("INFO").decode(), re.MULTILINE)
    assert found is not None, name
    return int(found[1])


def _used(redis: RedisServer) -> int:
    """Return what Redis holds: without what it lends to connections and to writing its file."""
    lent = ("mem_clients_normal", "mem_aof_buffer")
    return _fact(redis, "used_memory") - sum(_fact(redis, name) for name in lent)


def _rewritten(redis: RedisServer) -> int:
    """Rewrite the append-only file; return its size then."""
    redis.call("BGREWRITEAOF")
    while _fact(redis, "aof_rewrite_in_progress") or _fact(redis, "aof_rewrite_scheduled"):
        redis.call("BLPOP", "nobody", "0.1")  # waits in Redis
    return _fact(redis, "aof_base_size")


def processes(folder: Path, *, workers: int) -> list[Row]:
    """Measure CPU and memory of the bot in one process, or of a gateway and some workers."""
    folder.mkdir()
    with Field(folder) as field:
        field.add_persons(PERSONS)
        if workers:
            field.start_parted(workers)
        else:
            field.start("bot")
        _play(field, WARM_UP)
        bots = [field.bots["bot"], *field.workers]
        before = [cpu_s(bot.pid) for bot in bots]
        _play(field, EACH)
        spent = [cpu_s(bot.pid) - was for bot, was in zip(bots, before, strict=True)]
        mib = [rss_mib(bot.pid) for bot in bots]
    commands = PERSONS * EACH / 1000
    names = ("gateway", f"{workers} workers") if workers else ("one process",)
    parts = ((spent[0], mib[0]), (sum(spent[1:]), sum(mib[1:])))
    rows: list[Row] = []
    for name, (cpu, memory) in zip(names, parts, strict=False):
        rows += [
            (f"{name}, 1,000 commands", cpu / commands, "CPU s"),
            (f"{name}, memory", memory, "MiB"),
        ]
    return rows


def _play(field: Field, each: int) -> None:
    field.play("bot", first=0, count=PERSONS, each=each, parallel=PERSONS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all, and print a line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scale", description=__doc__)
    parser.add_argument("--persons", type=int, default=20_000, help="of each kind in Redis")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with RedisServer(folder / "redis") as redis:
            asyncio.run(stored(redis, asked.persons, tell))
        for place, workers in (("one", 0), ("parted", WORKERS)):
            for row in processes(folder / place, workers=workers):
                tell(row)
    return 0


def tell(row: Row) -> None:
    """Print a figure."""
    what, amount, unit = row
    sys.stdout.write(f"{what:<48}{amount:>10,.2f} {unit}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    # As an exception, so that every process is ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
