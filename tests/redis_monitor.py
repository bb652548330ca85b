"""What a real redis-server is sent, as it tells itself: MONITOR."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self

from tests.redis_server import START_S, RedisServer

_END = "the monitor ends here"


class Monitor:
    """`with Monitor(server) as monitor:`; afterwards `monitor.heard` holds all that was sent.

    Source: https://redis.io/docs/latest/commands/monitor/
    """

    def __init__(self, server: RedisServer) -> None:
        self.heard = b""
        self._server = server
        self._lines: list[bytes] = []
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="monitor", daemon=True)

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._thread.start()
        assert self._listening.wait(START_S), "no answer to MONITOR"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Listen until all that was sent so far is heard."""
        self._server.call("ECHO", _END)
        self._thread.join(START_S)
        assert not self._thread.is_alive(), "the monitor did not come to its end"
        # It writes what is not printable as \x00: back to the bytes that were sent.
        written = b"".join(self._lines).decode("ascii")
        self.heard = written.encode().decode("unicode_escape").encode("latin-1")

    def _listen(self) -> None:
        with (
            socket.create_connection(("127.0.0.1", self._server.port)) as link,
            link.makefile("rb") as lines,
        ):
            link.sendall(b"MONITOR\r\n")
            for line in lines:
                self._listening.set()
                self._lines.append(line)
                if _END.encode() in line:
                    return
