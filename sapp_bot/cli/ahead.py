"""What a process started ahead of time waits for: see `sandbox.ahead`, which starts it."""

from __future__ import annotations

import json
import os
import threading
from typing import TextIO


def take_over(told: TextIO) -> bool:
    """Wait for a line of JSON with `environment`, `log` and `folder`, and take them over.

    From then on the process ends when the other end of `told` closes: the sandbox is gone, and
    with it all that this process could talk to.

    Returns:
        False if there is none: nothing is to be run.

    """
    line = told.readline()
    if not line:
        return False
    found = json.loads(line)
    _end_with(os.dup(told.fileno()))
    os.chdir(found["folder"])
    os.environ.clear()
    os.environ.update(found["environment"])
    _become(os.open(found["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666), 1, 2)
    _become(os.open(os.devnull, os.O_RDONLY), 0)
    return True


def _end_with(pipe: int) -> None:
    def work() -> None:
        os.read(pipe, 1)  # nothing is written any more, so that it returns at the end only
        os._exit(0)

    threading.Thread(target=work, name="sandbox", daemon=True).start()


def _become(opened: int, *descriptors: int) -> None:
    for descriptor in descriptors:
        os.dup2(opened, descriptor)
    os.close(opened)
