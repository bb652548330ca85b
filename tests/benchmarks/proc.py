"""What the system has counted for processes. Source: proc(5)."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_KIB_PER_MIB = 1024
_STEAL = 8


def cpu_s(pid: int) -> float:
    """Give the processor time a process has used, all its threads together."""
    # The name in the second field may hold spaces; behind its bracket all is numbers.
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) * _TICK_S


def rss_mib(pid: int) -> float:
    """Give the resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / _KIB_PER_MIB
    raise ProcessLookupError(pid)


def descriptors(pid: int) -> int:
    """Count the open files and sockets of a process."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def machine_s() -> float:
    """Give the processor time that everybody on this machine has used, stolen time included."""
    words = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    ticks = [int(word) for word in words[:_STEAL]]
    user, nice, system, _idle, _iowait, irq, softirq, steal = ticks
    return (user + nice + system + irq + softirq + steal) * _TICK_S


@dataclass(frozen=True, slots=True)
class Load:
    """The processor time of some processes between two moments, and of everybody else."""

    at_s: float
    own_s: Mapping[str, float]
    machine_s: float

    @classmethod
    def now(cls, pids: Mapping[str, int]) -> Self:
        """Look at the counters."""
        own = {name: cpu_s(pid) for name, pid in pids.items()}
        return cls(time.monotonic(), own, machine_s())

    def since(self, before: Load) -> dict[str, float]:
        """Give CPU seconds by process, and under `foreign_cores` how many others used."""
        spent = {name: used - before.own_s.get(name, 0.0) for name, used in self.own_s.items()}
        took = self.at_s - before.at_s
        foreign = self.machine_s - before.machine_s - sum(spent.values())
        return {**spent, "foreign_cores": max(0.0, foreign / took if took else 0.0)}
