"""Tells how much a process wants the processor: one that wants none is waiting, or done.

Linux counts for each thread how long it ran, and how long it was ready and had to wait for others.
Source: https://docs.kernel.org/scheduler/sched-stats.html (/proc/<pid>/schedstat), proc(5).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

PROC = Path("/proc")

_NS = 1e9
_RUNNABLE = "R"


class ProcessorUse:
    """Watches a process, and those that it has started.

    Args:
        pid: Number of the process.
        now: Monotonic time in seconds.
        proc: Where the system tells about its processes.

    """

    def __init__(
        self, pid: int, now: Callable[[], float] = time.monotonic, proc: Path = PROC
    ) -> None:
        self._pid = pid
        self._now = now
        self._proc = proc
        self._wanted_s, self._at = self._read()[0], now()

    def share(self) -> float | None:
        """Return the processors that it used or waited for since the last call: 0.5 is half of one.

        It is at least the number of threads that could run now: how long one has waited is counted
        when it runs again. None where the system does not tell.
        """
        before, began = self._wanted_s, self._at
        (self._wanted_s, ready), self._at = self._read(), self._now()
        if self._wanted_s is None or before is None or self._at <= began:
            return None
        if self._wanted_s < before:  # a thread has ended, and what it had run with it
            return None
        return max(float(ready), (self._wanted_s - before) / (self._at - began))

    def _read(self) -> tuple[float | None, int]:
        """Return the seconds that its threads have run or waited to run, and how many can now."""
        wanted_s, ready = 0.0, 0
        try:
            for thread in list(self._threads()):
                ran_ns, waited_ns, _ = (thread / "schedstat").read_text().split()
                wanted_s += (int(ran_ns) + int(waited_ns)) / _NS
                # Behind the name in brackets, which can have any character.
                ready += (thread / "stat").read_text().rpartition(")")[2].split()[0] == _RUNNABLE
        except (OSError, ValueError, IndexError):  # another system, or a thread that has ended
            return None, 0
        return wanted_s, ready

    def _threads(self) -> Iterator[Path]:
        """Yield the folder of each thread, of the process and of its children."""
        for thread in self._of(self._pid):
            yield thread
            for child in (thread / "children").read_text().split():
                yield from self._of(int(child))

    def _of(self, pid: int) -> list[Path]:
        return list((self._proc / str(pid) / "task").iterdir())
