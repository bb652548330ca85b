"""A real redis-server for tests: its own directory and free loopback port, append-only file on."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

START_S = 60.0
"""Seconds a server may take to answer its first PING."""

TRIES = 5
"""A free port can be taken by somebody else between our look and the server's bind."""


class RedisServer:
    """One server process. Everything it was ever sent is in `aof()` until it rewrites.

    One that does not keep what it is told writes nothing to the disk.
    """

    def __init__(self, folder: Path, *, binary: str | None = None, keeps: bool = True) -> None:
        self.folder = folder
        self._keeps = keeps
        self.port = 0
        self._binary = binary or find_binary() or "redis-server"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address for clients, database 0."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        """Process id, for SIGSTOP and the like.

        Raises:
            RuntimeError: the server does not run.
        """
        if self._process is None:
            raise RuntimeError("redis-server is not running")
        return self._process.pid

    def start(self) -> None:
        """Start, or start again on the same port and data.

        Raises:
            RuntimeError: no start within `TRIES`; the text holds the server's own log.
        """
        for _ in range(TRIES if self.port == 0 else 1):
            port = self.port or free_port()
            self._process = self._spawn(port)
            if self._answers(port):
                self.port = port
                return
            self.kill()
        raise RuntimeError(f"redis-server did not start:\n{self._log().read_text()}")

    def kill(self) -> None:
        """End the process the hard way (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End the process as an operator would (SIGTERM): the append-only file is complete."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_S)
            self._process = None

    def flush(self) -> None:
        """Forget all data and all loaded scripts."""
        self.call("FLUSHALL")
        self.call("SCRIPT", "FLUSH")

    def call(self, *words: str) -> bytes:
        """Send one command on a connection of its own; the raw first piece of the reply.

        Raises:
            OSError: no server, or no answer in time.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=START_S) as link:
            parts = [word.encode() for word in words]
            frame = b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
            link.sendall(b"*%d\r\n%s" % (len(parts), frame))
            return link.recv(65536)

    def aof(self) -> bytes:
        """All bytes of the append-only files, as they are on the disk now."""
        files = sorted(self.folder.glob("appendonlydir/*"))
        return b"".join(file.read_bytes() for file in files)

    def _spawn(self, port: int) -> subprocess.Popen[bytes]:
        settings = {
            "port": port,
            "bind": "127.0.0.1",
            "dir": self.folder,
            "appendonly": "yes" if self._keeps else "no",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "save": "",
            "hz": 1,  # one that has nothing to do shall do nothing: several run as long as pytest
            "daemonize": "no",
            "logfile": self._log(),
        }
        words = [text for name, value in settings.items() for text in (f"--{name}", str(value))]
        return subprocess.Popen([self._binary, *words])  # noqa: S603  # our own words only

    def _answers(self, port: int) -> bool:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                return False
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1.0) as link:
                    link.sendall(b"*1\r\n$4\r\nPING\r\n")
                    if link.recv(64).startswith(b"+PONG"):
                        return True
            except OSError:
                pass
            time.sleep(0.01)
        return False

    def _log(self) -> Path:
        return self.folder / "redis.log"

    def __enter__(self) -> Self:
        """Make the folder and start."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process; the folder stays."""
        self.kill()


def find_binary() -> str | None:
    """Path of redis-server: `REDIS_SERVER` names one, else the search path decides."""
    return os.environ.get("REDIS_SERVER") or shutil.which("redis-server")


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
