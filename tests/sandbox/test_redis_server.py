"""The tests' own tools: the network guard and the real redis-server."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.network import NetworkGuard, NetworkRefused, is_local
from tests.redis_server import RedisServer


@pytest.mark.parametrize(
    "address", [("127.0.0.1", 1), ("127.8.9.1", 1), ("::1", 1, 0, 0), ("localhost",), "/run/x.sock"]
)
def test_loopback_is_local(address: object) -> None:
    """Loopback addresses and unix sockets stay on this machine."""
    assert is_local(address)


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80), ("example.org",)])
def test_other_addresses_are_refused(network_guard: NetworkGuard, address: tuple[str]) -> None:
    """A name or an address elsewhere is refused before a packet leaves, and remembered."""
    with pytest.raises(NetworkRefused):
        socket.create_connection((address[0], 80), timeout=1)

    assert len(network_guard.refused) == 1
    network_guard.refused.clear()


def test_each_test_gets_an_empty_server(redis_server: RedisServer) -> None:
    """What one test left behind is gone for the next."""
    assert redis_server.call("DBSIZE") == b":0\r\n"
    redis_server.call("SET", "left", "behind")


def test_the_next_test_finds_nothing(redis_server: RedisServer) -> None:
    """The flush holds whatever the order of the tests."""
    assert redis_server.call("EXISTS", "left") == b":0\r\n"
    redis_server.call("SET", "left", "behind")


def test_server_keeps_its_data_over_a_kill(tmp_path: Path, redis_server: RedisServer) -> None:
    """A killed server comes back on the same port with what its append-only file holds."""
    del redis_server  # asks for the binary: skips where there is none
    with RedisServer(tmp_path / "own") as server:
        server.call("CONFIG", "SET", "appendfsync", "always")
        server.call("SET", "kept", "yes")
        port = server.port
        server.kill()
        server.start()

        assert (server.port, server.call("GET", "kept")) == (port, b"$3\r\nyes\r\n")
        assert b"kept" in server.aof()
