"""A primary, a replica and a Sentinel for tests: real processes, with failovers that take a second.

One Sentinel is enough to be asked; operators run three, so that a majority can decide.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.redis_server import START_S, RedisServer, find_binary, free_port

NAME = "sapp"
PASSWORD = "primary-pw"


class RedisGroup:
    """A group that a Sentinel watches; `primary` is the first one at the start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.primary = RedisServer(folder / "one")
        self.replica = RedisServer(folder / "two")
        self.port = 0
        self._sentinel: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address that the bot is given; a Sentinel that is down stands first."""
        return f"redis-sentinel://:{PASSWORD}@127.0.0.1:1,127.0.0.1:{self.port}/0#{NAME}"

    def __enter__(self) -> Self:
        """Start all three, and wait until the replica follows and the Sentinel knows both."""
        for server in (self.primary, self.replica):
            server.__enter__()
            server.call("CONFIG", "SET", "requirepass", PASSWORD)
            self._ask(server.port, "CONFIG", "SET", "masterauth", PASSWORD)
        self._ask(self.replica.port, "REPLICAOF", "127.0.0.1", str(self.primary.port))
        self.port = free_port()
        config = self._folder / "sentinel.conf"
        config.write_text(
            f"port {self.port}\nbind 127.0.0.1\ndir {self._folder}\n"
            f"sentinel monitor {NAME} 127.0.0.1 {self.primary.port} 1\n"
            f"sentinel auth-pass {NAME} {PASSWORD}\n"
            f"sentinel down-after-milliseconds {NAME} 300\n"
            f"sentinel failover-timeout {NAME} 2000\n"
        )
        binary = find_binary() or "redis-server"
        self._sentinel = subprocess.Popen(  # noqa: S603  # our own words only
            [binary, str(config), "--sentinel"], stdout=subprocess.DEVNULL
        )
        self._until(lambda: b"master_link_status:up" in self._ask(self.replica.port, "INFO"))
        self._until(lambda: b"slaves=1" in self._ask(self.port, "INFO", secret=False))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all three."""
        if self._sentinel is not None:
            self._sentinel.kill()
            self._sentinel.wait()
        for server in (self.primary, self.replica):
            server.kill()

    def fail_over(self) -> None:
        """Kill the primary once the replica has all; the Sentinel promotes the replica."""
        self._ask(self.primary.port, "WAIT", "1", "2000")
        self.primary.kill()

    def fail_over_in_work(self) -> None:
        """Kill the primary under load, when the replica has all that was acknowledged to anybody.

        No write is carried out from a moment before on: whoever sent one gets no answer. `WAIT`
        would be held, too, so the offsets are compared.
        Source: https://redis.io/docs/latest/commands/client-pause/
        """
        self._ask(self.primary.port, "CLIENT", "PAUSE", "20000", "WRITE")
        wanted = self._offset(self.primary.port, b"master_repl_offset")
        self._until(lambda: self._offset(self.replica.port, b"slave_repl_offset") >= wanted)
        self.primary.kill()

    def _offset(self, port: int, name: bytes) -> int:
        found = self._ask(port, "INFO", "replication").partition(name + b":")[2]
        return int(found.split(b"\r\n")[0] or -1)

    @staticmethod
    def _ask(port: int, *words: str, secret: bool = True) -> bytes:
        frames = [("AUTH", PASSWORD)] if secret else []
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=START_S) as link:
                for frame in (*frames, words):
                    parts = [word.encode() for word in frame]
                    body = b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
                    link.sendall(b"*%d\r\n%s" % (len(parts), body))
                    answer = link.recv(65536)
                return answer
        except OSError:
            return b""

    @staticmethod
    def _until(true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_S
        while not true():
            if time.monotonic() > deadline:
                raise RuntimeError("the Sentinel does not come up")
            time.sleep(0.02)
