"""Planned faults: what goes wrong, at which call. Used by all three local servers.

A server calls `take(call)` at each call and carries out the faults it returns; what a `Drop` or a
`Fail` means in its protocol is up to the server.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

When = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Delay:
    """Delay the call by `seconds` before its work."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Hold the call until the fault is released: before the work, or before the answer."""

    when: When = "before"


@dataclass(frozen=True, slots=True)
class Drop:
    """Cut the connection instead of answering, before the work or after it."""

    when: When = "before"


@dataclass(frozen=True, slots=True)
class Hang:
    """Keep the connection open and never answer; `when` says whether the work is done."""

    when: When = "before"


@dataclass(frozen=True, slots=True)
class Fail:
    """Answer with an error and do no work: a code, and the error text of the protocol."""

    code: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Lose:
    """Lose the packet with the answer or the push, once; the protocol's repetition brings it."""


Action = Delay | Hold | Drop | Hang | Fail | Lose


@dataclass(slots=True)
class Fault:
    """One planned fault: the `nth` call that matches `call` (a shell pattern), `times` in a row.

    The event `reached` is set when the first call arrives, `held` when a `Hold` has stopped a call.
    A held call continues after `release()`.
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
        """Wait until the fault is released."""
        self.held.set()
        await self.released.wait()

    def release(self) -> None:
        """Release all calls continue that this fault holds."""
        self.released.set()

    def fits(self, *names: str) -> bool:
        """Count a call with these names, and return whether the fault applies to it."""
        if not any(fnmatchcase(name, self.call) for name in names):
            return False
        self.seen += 1
        last = None if self.times is None else self.nth + self.times - 1
        return self.seen >= self.nth and (last is None or self.seen <= last)


class Faults:
    """The planned faults of one server."""

    def __init__(self) -> None:
        self._plan: list[Fault] = []

    def add(self, call: str, do: object, *, nth: int = 1, times: int | None = 1) -> Fault:
        """Plan a fault.

        Args:
            call: Shell pattern that one of the call's names must match.
            do: `Delay`, `Hold`, `Drop`, `Hang`, `Fail` or `Lose`.
            nth: Which matching call from now on, counted from 1.
            times: How many calls in a row; None for all from then on.

        Returns:
            The fault, to wait for or to release.

        """
        fault = Fault(call, do, nth, times)
        self._plan.append(fault)
        return fault

    def take(self, *names: str) -> list[Fault]:
        """Return the faults that apply to a call, in the order they were planned.

        Args:
            names: All names of this one call, as "messages.sendMessage", "messages.sendMessage@7"
                (by account) and "messages.sendMessage@7/1" (by device).

        """
        struck = [fault for fault in self._plan if fault.fits(*names)]
        for fault in struck:
            fault.reached.set()
        return struck

    def remove(self, fault: Fault) -> None:
        """Delete one planned fault, and release what it holds."""
        fault.release()
        self._plan = [planned for planned in self._plan if planned is not fault]

    def clear(self) -> None:
        """Delete all planned faults, and release what they hold."""
        for fault in self._plan:
            fault.release()
        self._plan.clear()
