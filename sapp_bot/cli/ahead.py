"""What a process started ahead of time waits for: see `sandbox.ahead`, which starts it."""

from __future__ import annotations

import json
import os
from typing import TextIO


def take_over(told: TextIO) -> bool:
    """Wait for a line of JSON with `environment`, `log` and `folder`, and take them over.

    Returns:
        False if there is none: nothing is to be run.

    """
    line = told.readline()
    if not line:
        return False
    found = json.loads(line)
    os.chdir(found["folder"])
    os.environ.clear()
    os.environ.update(found["environment"])
    _become(os.open(found["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666), 1, 2)
    _become(os.open(os.devnull, os.O_RDONLY), 0)
    return True


def _become(opened: int, *descriptors: int) -> None:
    for descriptor in descriptors:
        os.dup2(opened, descriptor)
    os.close(opened)
