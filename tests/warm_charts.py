"""Charts of stages are drawn by forks of one process that has imported matplotlib.

A bot starts the process that draws when it first needs it, and that imports for a second; so does
each stage that shows a chart. Here an event loop starts another program in its place, which hands
its input and output to a fork of a server (one for each pytest process), and ends when that does.
What draws is the same, and so is what the bot does with it: pipes, deadlines, the end of a process.
What is about the process itself starts the program: `plugins/rates/test_charts.py`.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from sapp_bot.paths import shipped_plugins

WORKER = shipped_plugins() / "rates" / "drawing" / "chart_worker.py"

_SERVER = """
import contextlib, os, runpy, select, socket, sys, threading
serve = runpy.run_path(sys.argv[1])["serve"]
listener = socket.socket(fileno=int(sys.argv[2]))
while 0 not in (ready := select.select([0, listener], [], [])[0]):
    link, _ = listener.accept()
    _, handed, _, _ = socket.recv_fds(link, 1, 2)
    if len(handed) < 2:  # killed before it could
        link.close()
        continue
    requests, replies = handed
    if not os.fork():
        listener.close()
        killed = lambda link: link.recv(1) or os._exit(0)
        threading.Thread(target=killed, args=(link,), daemon=True).start()
        with open(requests, "rb") as taken, open(replies, "wb") as given:
            serve(taken, given)
        os._exit(0)
    for opened in (requests, replies):
        os.close(opened)
    link.close()
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
"""
"""Forks for each that connects, and each fork ends with that; ends with its own input, which
pytest's process holds."""

_STAND_IN = """
import os, socket, sys
with socket.socket(socket.AF_UNIX) as link:
    link.connect(sys.argv[1])
    socket.send_fds(link, [b"."], [0, 1])
    os.close(0)
    os.close(1)
    link.recv(1)
"""
"""Hands over its input and output, and waits for the end of the fork that has them."""


@cache
def _server() -> str:
    """Start the server, and return the path of its socket."""
    folder = tempfile.mkdtemp(prefix="sapp-warm-charts-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = str(Path(folder, "socket"))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        number = listener.fileno()
        process = subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-I", "-c", _SERVER, str(WORKER), str(number)],
            stdin=subprocess.PIPE,
            pass_fds=(number,),
            env={"MPLCONFIGDIR": folder, "MPLBACKEND": "agg", "LC_ALL": "C.UTF-8"},
            cwd=folder,
            start_new_session=True,
        )
    atexit.register(_end, process, os.getpid())
    return path


def _end(process: subprocess.Popen[bytes], starter: int) -> None:
    if os.getpid() == starter:  # and no fork of it
        process.communicate()


class WarmLoop(asyncio.SelectorEventLoop):
    """An event loop that starts `chart_worker.py` as a fork; everything else as ever."""

    async def subprocess_exec(
        self, protocol_factory: Callable[[], Any], *command: Any, **how: Any
    ) -> Any:
        """Start a program, with pipes."""
        python, *rest = command
        if python == sys.executable and rest[:1] == ["-I"] and Path(rest[-1]) == WORKER:
            command = (python, "-I", "-S", "-c", _STAND_IN, _server())
        return await super().subprocess_exec(protocol_factory, *command, **how)
