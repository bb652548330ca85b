"""Scripted faults: what shall go wrong, at which call. Used by all three stand-ins.

A stand-in asks `take(call)` at each call and carries out what it gets; it decides what a `Drop`
or a `Fail` is on its own wire.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

When = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Delay:
    """Let the call wait `seconds` before its work."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Stop at this point until the fault is released: before the work, or before its answer."""

    when: When = "before"


@dataclass(frozen=True, slots=True)
class Drop:
    """Cut the connection, before the work or after it, in place of an answer."""

    when: When = "before"


@dataclass(frozen=True, slots=True)
class Hang:
    """Keep the connection and never answer; the work is done or not, as `when` says."""

    when: When = "before"


@dataclass(frozen=True, slots=True)
class Fail:
    """Answer with an error and do no work: a code and what the wire carries as its text."""

    code: int
    text: str = ""


Action = Delay | Hold | Drop | Hang | Fail


@dataclass(slots=True)
class Fault:
    """One planned fault: the `nth` call that fits `call` (a shell pattern), `times` in a row.

    `reached` is set when the first call arrives, `held` when a `Hold` has stopped one: what comes
    before that point is done. It goes on after `release()`.
    """

    call: str
    do: object
    nth: int = 1
    times: int | None = 1
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    held: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    seen: int = 0

    async def hold(self) -> None:
        """Stop here until released."""
        self.held.set()
        await self.released.wait()

    def release(self) -> None:
        """Let everything go on that this fault holds."""
        self.released.set()

    def fits(self, *names: str) -> bool:
        """Count a call that goes by these names, and tell whether this fault strikes it."""
        if not any(fnmatchcase(name, self.call) for name in names):
            return False
        self.seen += 1
        last = None if self.times is None else self.nth + self.times - 1
        return self.seen >= self.nth and (last is None or self.seen <= last)


class Faults:
    """The plan of one stand-in."""

    def __init__(self) -> None:
        self._plan: list[Fault] = []

    def add(self, call: str, do: object, *, nth: int = 1, times: int | None = 1) -> Fault:
        """Plan a fault for the `nth` fitting call from now on; `times=None` is for ever."""
        fault = Fault(call, do, nth, times)
        self._plan.append(fault)
        return fault

    def take(self, *names: str) -> list[Fault]:
        """Say which faults strike this call, in the order they were planned.

        A call may go by several names ("messages.sendMessage", "messages.sendMessage@7" for who
        makes it, "messages.sendMessage@7/1" for the device); it is one call all the same.
        """
        struck = [fault for fault in self._plan if fault.fits(*names)]
        for fault in struck:
            fault.reached.set()
        return struck

    def clear(self) -> None:
        """Forget the plan and let go what is held."""
        for fault in self._plan:
            fault.release()
        self._plan.clear()
