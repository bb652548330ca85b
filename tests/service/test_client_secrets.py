"""What leaves the client on the wire, and what must never show in an error or a log."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from sapp_bot.errors import SappBotError
from sapp_bot.sandbox.faults import Drop, Fail, Hang
from sapp_bot.sandbox.sapp_api import Body, Cut, SappApi, garbage, huge, web_page, wrong_types
from sapp_bot.sapp import calls
from sapp_bot.sapp.client import ApiClient, CallLimits
from sapp_bot.sapp.wire import ApiCall
from tests.sapp_bodies import KEY, LIVE, PASSWORD, TOKEN, client

SHORT = CallLimits(budget_s=0.5, connect_s=0.1, free_try_s=0.2, write_s=0.4)
SECRETS = (KEY, PASSWORD, TOKEN)
CALLS: list[ApiCall[Any]] = [
    calls.live(client(domains="https://desk.test")),
    calls.user(SecretStr(TOKEN)),
    calls.change_password(SecretStr(TOKEN), SecretStr(PASSWORD), SecretStr(PASSWORD)),
    calls.log_in("ann@mail.test", SecretStr(PASSWORD)),
]
ECHO = f'{{"error": "{KEY} {PASSWORD} {TOKEN}"}}'.encode()


class Recorder:
    """A server that notes each request, byte for byte, and answers with fixed bytes."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.heard: list[str] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests until it closes."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.heard.append(head.decode())
                writer.write(self.answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def recorder(answer: bytes) -> AsyncIterator[Recorder]:
    """Run a recorder on loopback."""
    found = Recorder(answer)
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield found
    finally:
        server.close()


def http(body: str, *headers: str) -> bytes:
    """Make a good answer."""
    lines = ["HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *headers, "", body]).encode()


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """Give an error and all that it is chained to."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def shown(error: BaseException) -> str:
    """Give everything a log could print of an error."""
    parts = [repr(e) + str(e) + repr(e.args) + repr(vars(e)) for e in chain(error)]
    return "".join([*parts, *traceback.format_exception(error)])


async def fail(url: str, call: ApiCall[Any], caplog: pytest.LogCaptureFixture) -> str:
    """Make a call that fails, and give everything it left behind."""
    caplog.set_level(logging.DEBUG)
    with capture_logs() as lines:
        async with ApiClient(url, limits=SHORT) as edge:
            with pytest.raises(SappBotError) as caught:
                await edge.call(call)
    assert all("aiohttp" not in type(error).__module__ for error in chain(caught.value))
    return shown(caught.value) + repr(lines) + caplog.text


@pytest.mark.parametrize(
    "fault",
    [
        Drop(),
        Hang(),
        Fail(500),
        web_page(),
        garbage(),
        huge(),
        wrong_types(),
        Cut(b"{}" * 99, 3),
        Body(ECHO, 400),
        Body(ECHO, 200),
        Body(ECHO, 403, "text/plain"),
        Body(b"", 302, headers={"Location": f"http://other.test/?apikey={KEY}"}),
    ],
    ids=lambda fault: type(fault).__name__,
)
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.request.name)
async def test_no_failure_shows_a_secret(
    call: ApiCall[Any], fault: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """No error, nothing chained to it and no log line holds key, token, password or address."""
    async with SappApi() as api:
        api.faults.add("*", fault, times=None)
        left = await fail(api.url, call, caplog)

    assert not [secret for secret in (*SECRETS, "apikey", "127.0.0.1") if secret in left]


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        b"HTTP/1.1 999\r\n\r\n",
    ],
)
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.request.name)
async def test_what_is_not_http_shows_no_secret(
    call: ApiCall[Any], answer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that does not speak HTTP is one of our errors, without secrets."""
    async with recorder(answer) as server:
        left = await fail(server.url, call, caplog)

    assert not [secret for secret in (*SECRETS, "apikey", "127.0.0.1") if secret in left]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.request.name)
async def test_no_connection_shows_no_secret(
    call: ApiCall[Any], caplog: pytest.LogCaptureFixture
) -> None:
    """A closed port is one of our errors, without secrets."""
    async with recorder(b"") as server:
        pass
    left = await fail(server.url, call, caplog)

    assert not [secret for secret in (*SECRETS, "apikey", "127.0.0.1") if secret in left]


async def test_a_metered_call_carries_key_and_origin_only() -> None:
    """The request line has the key, the fields have the Origin, and there is no token or cookie."""
    async with recorder(http(LIVE, "Set-Cookie: a=b")) as server, ApiClient(server.url) as edge:
        await edge.call(CALLS[0])
        await edge.call(CALLS[0])
    first, second = (head.split("\r\n") for head in server.heard)

    assert first == second
    assert first[0] == f"GET /api/v1/service/live?apikey={KEY} HTTP/1.1"
    assert "Origin: https://desk.test" in first
    assert "User-Agent: sapp-bot" in first
    assert not [line for line in first if line.startswith(("Cookie", "Authorization"))]


async def test_an_origin_may_be_international() -> None:
    """A domain in other letters is sent as UTF-8, as the API stores it."""
    call = calls.live(client(domains="пример.рф"))
    async with recorder(http(LIVE)) as server, ApiClient(server.url) as edge:
        await edge.call(call)

    assert "Origin: пример.рф" in server.heard[0]
