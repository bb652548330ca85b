"""The guard that keeps every test on this machine: only loopback and unix sockets are let through.

An audit hook sees each `connect` and each name lookup in this process, also the event loop's.
It does not see uvloop, nor processes that a test starts.
"""

from __future__ import annotations

import ipaddress
import sys

_WATCHED = frozenset({"socket.connect", "socket.sendto", "socket.getaddrinfo"})
"""Source: https://docs.python.org/3/library/audit_events.html"""


class NetworkRefused(RuntimeError):
    """A test tried to leave this machine. No OSError, so that no retry takes it for bad luck."""


class NetworkGuard:
    """Refuses what is not loopback and remembers what it refused."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self._installed = False

    def install(self) -> None:
        """Add the audit hook, once; Python cannot take one away again."""
        if not self._installed:
            self._installed = True
            refuse, watched = self._refuse, _WATCHED

            # As little as can be: it is called for whatever happens, thousands of times a second.
            def audit(event: str, args: tuple[object, ...]) -> None:
                if event in watched:
                    refuse(event, args)

            sys.addaudithook(audit)

    def _refuse(self, event: str, args: tuple[object, ...]) -> None:
        target = (args[0],) if event == "socket.getaddrinfo" else args[1]
        if not is_local(target):
            self.refused.append(f"{event} {target!r}")
            raise NetworkRefused(self.refused[-1])


def is_local(address: object) -> bool:
    """Tell whether a socket address stays on this machine; a text is a unix socket's path."""
    if not isinstance(address, tuple):
        return isinstance(address, (str, bytes))
    host = address[0]
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False
