"""When a bot has nothing to do: by what the system tells of its process, and by looking often."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sapp_bot.sandbox.idle import IDLE_LOOKS, IdleLooks
from sapp_bot.sandbox.processor_use import PROC, ProcessorUse

TELLS = (PROC / "self" / "schedstat").is_file()


class Machine:
    """A folder as `/proc`, with a process of two threads and a child, and the time."""

    def __init__(self, proc: Path) -> None:
        self.now = 100.0
        self._proc = proc
        for pid, thread in ((1, 1), (1, 2), (7, 7)):
            self.takes(0, 0, pid=pid, thread=thread)
        (proc / "1/task/1/children").write_text("7 ")

    def takes(
        self, ran_ms: int, waited_ms: int, *, pid: int = 1, thread: int = 1, state: str = "S"
    ) -> None:
        """Set how long a thread has run and waited so far, and what it does now."""
        folder = self._proc / f"{pid}/task/{thread}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "schedstat").write_text(f"{ran_ms * 10**6} {waited_ms * 10**6} 3\n")
        (folder / "stat").write_text(f"{thread} (any) name) {state} 1 2 3\n")
        (folder / "children").touch()

    def use(self) -> ProcessorUse:
        """Watch process 1."""
        return ProcessorUse(1, lambda: self.now, self._proc)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Give a machine on which nothing has run yet."""
    return Machine(tmp_path)


def test_all_threads_and_children_count_and_waiting_does(machine: Machine) -> None:
    """A process that others keep from running has work to do; each call counts from the last."""
    use = machine.use()
    machine.takes(100, 50)
    machine.takes(100, 0, thread=2)
    machine.takes(50, 200, pid=7, thread=7)
    machine.now += 1
    assert use.share() == pytest.approx(0.5)
    machine.now += 1
    assert use.share() == 0
    machine.takes(500, 50)
    machine.now += 2
    assert use.share() == pytest.approx(0.2)


def test_a_thread_that_could_run_wants_a_processor(machine: Machine) -> None:
    """How long it has waited is counted only when it runs again."""
    use = machine.use()
    machine.takes(0, 0, thread=2, state="R")
    machine.takes(0, 0, pid=7, thread=7, state="R")
    machine.now += 1
    assert use.share() == 2
    machine.takes(0, 0, thread=2)
    machine.takes(0, 0, pid=7, thread=7, state="D")
    machine.now += 1
    assert use.share() == 0


def test_what_the_system_does_not_tell_is_unknown(machine: Machine, tmp_path: Path) -> None:
    """Another system, a process that is gone, no time between two calls."""
    assert ProcessorUse(1, proc=tmp_path / "none").share() is None
    assert machine.use().share() is None
    gone = machine.use()
    (tmp_path / "1/task/2/schedstat").write_text("what?")
    machine.now += 1
    assert gone.share() is None


@pytest.mark.skipif(not TELLS, reason="needs Linux with scheduler statistics")
@pytest.mark.parametrize(("work", "rests"), [("while True: pass", False), ("time.sleep(60)", True)])
def test_the_system_tells_of_a_real_process(work: str, *, rests: bool) -> None:
    """One that computes wants a processor at each look, one that sleeps soon wants none."""
    program = f"import time; print(flush=True)\n{work}"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:  # noqa: S603  # our own
        assert process.stdout is not None
        process.stdout.readline()
        use = ProcessorUse(process.pid)
        shares = (use.share() for _ in range(5_000 if rests else 50))
        seen = any(share is not None and share < 0.5 for share in shares)
        process.kill()

    assert seen is rests


def looked(*looks: tuple[float, float, float | None]) -> bool:
    """Look several times: seconds since the look before, seconds of quiet, share of a processor."""
    watch = IdleLooks()
    found = [watch.look(since_s=s, quiet_s=quiet_s, share=share) for s, quiet_s, share in looks]
    return found[-1]


def test_some_looks_in_a_row_find_nothing_at_work() -> None:
    """No call since the look before, and no processor wanted; how much time passes is all one."""
    idle = (0.02, 0.03, 0.01)

    assert looked(*[idle] * IDLE_LOOKS)
    assert not looked(*[idle] * (IDLE_LOOKS - 1))
    assert not looked((9.0, 9.0, 0.0))


@pytest.mark.parametrize("busy", [(0.02, 0.01, 0.0), (0.02, 0.5, 0.9), (0.02, 0.5, None)])
def test_one_look_at_work_begins_anew(busy: tuple[float, float, float | None]) -> None:
    """A call meanwhile, a bot that computes, and a system that does not tell."""
    idle = (0.02, 0.5, 0.0)

    assert not looked(*[idle] * IDLE_LOOKS, busy)
    assert not looked(busy, *[idle] * (IDLE_LOOKS - 1))
    assert looked(busy, *[idle] * IDLE_LOOKS)


def test_a_thread_that_ends_tells_nothing(machine: Machine) -> None:
    """What it had run goes with it: less than before is not "nothing to do"."""
    machine.takes(900, 0, thread=2)
    use = machine.use()
    machine.takes(100, 0)
    machine.takes(0, 0, thread=2)
    machine.now += 1

    assert use.share() is None
