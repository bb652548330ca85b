"""A sandbox that only serves: any client can join with what its one line of JSON says."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from telethon.errors import SessionPasswordNeededError

from sapp_bot.sandbox.telegram.connect import make_client
from tests.sandbox.served import Served, serving

PROGRAM = """
import argparse, asyncio, os, sys
from sapp_bot.sandbox.arguments import add_arguments
from sapp_bot.sandbox.cli import sandbox
parser = argparse.ArgumentParser()
add_arguments(parser)
command = (sys.executable, os.path.abspath("tests/sandbox/echo_bot.py"))
sys.exit(asyncio.run(sandbox(parser.parse_args(["--serve"]), os.environ, command=command)))
"""


class There:
    """The server that an invitation describes, as a client has to know it."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.host = told["host"]
        self.port = told["port"]
        self.public_key_pem = Path(told["public_key_file"]).read_text()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Serve an echo bot until a signal, which ends it well and leaves nothing behind."""
    with serving([sys.executable, "-c", PROGRAM], {"TMPDIR": str(tmp_path)}) as served:
        yield served
        assert list(tmp_path.glob("sapp-*/"))
        assert served.end(signal.SIGTERM) == (0, b"")
        assert not list(tmp_path.glob("sapp-*/"))


async def signed_in(told: dict[str, Any], phone: str, password: str = "") -> Any:
    """Sign a client in as an invitation says."""
    client = make_client(There(told["telegram"]))
    await client.connect()
    await client.send_code_request(phone)
    try:
        await client.sign_in(phone, told["telegram"]["login_code"])
    except SessionPasswordNeededError:
        await client.sign_in(password=password)
    return client


async def test_other_clients_join(served: Served) -> None:
    """A number that nobody has, and a person with a password, sign in; bot and API answer."""
    told = served.invitation
    person = next(p for p in told["people"] if p["name"] == "operator")
    stranger = await signed_in(told, "+447700900321")
    async with stranger, stranger.conversation(told["bot"]["username"], timeout=10) as talk:
        await talk.send_message("hello")
        answer = await talk.get_response()
    async with await signed_in(told, person["phone"], person["password"]) as operator:
        me = await operator.get_me()
    async with aiohttp.ClientSession(told["api"]["url"]) as api:
        got = await api.post("/api/v1/auth/login", json=told["api"]["admin"])

    assert (answer.text, me.id, got.status) == ("echo: hello", person["id"], 200)
    assert told["bot"]["token"].startswith(f"{told['bot']['id']}:")
