"""A process of ours that is told what to do: one line of JSON in, one line of JSON out.

The child runs `serve` with what it can do; the parent holds it as a `Child`. A child ends when its
parent is gone: then its standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PROJECT = Path(__file__).parents[2]
ENDS_S = 30
LONGEST_LINE = 64 * 1024 * 1024

Handler = Callable[..., Awaitable[Any]]


class ChildFailed(Exception):
    """The child could not do what it was told; the text is its own."""


class Child:
    """A child process: `with Child("-m", "tests.benchmarks.api_process") as api: api.ask("hello")`.

    Args:
        command: What the interpreter is to run.
        project: Folder of the checkout whose modules the child imports.
        interpreter: Path of the Python that runs it.

    """

    def __init__(
        self, *command: str, project: Path = PROJECT, interpreter: str = sys.executable
    ) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # our own module
            [interpreter, *command],
            cwd=project,
            env={**os.environ, "PYTHONPATH": str(project)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def ask(self, do: str, **details: Any) -> Any:
        """Have the child do something, and wait for what it says.

        Raises:
            ChildFailed: it could not, or it is gone.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **details}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise ChildFailed(f"{do}: the process is gone")
        answer = json.loads(line)
        if "failed" in answer:
            raise ChildFailed(f"{do}: {answer['failed']}")
        return answer["done"]

    def __enter__(self) -> Self:
        """Nothing: the process runs since it was made."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process; it ends what it has begun when we hang up."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(ENDS_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


async def serve(handlers: Mapping[str, Handler]) -> None:
    """Do what the parent says, one thing after another, until it hangs up."""
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        details = json.loads(line)
        handler = handlers[details.pop("do")]
        try:
            answer = {"done": await handler(**details)}
        except Exception as error:  # noqa: BLE001  # the border: the parent decides what it means
            answer = {"failed": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
