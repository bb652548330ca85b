"""The local Telegram: one object to start, fill with accounts, disturb and ask."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import time
from collections import Counter, deque

from sapp_bot.sandbox.faults import Faults
from sapp_bot.sandbox.lifetime import RunsInContext

from .dispatch import RpcCall, RpcDispatcher
from .mtproto.keyring import ServerKey, machine_key
from .mtproto.listener import ClientConnection, Network
from .state.accounts import Account
from .state.codes import LOGIN_CODE
from .state.world import World


class TelegramServer(RunsInContext):
    """A local MTProto server. `async with TelegramServer() as server:` serves on loopback.

    `seed` fixes ids, tokens and ready keys, so that clients outlive a restart of the process;
    without one they differ each time. Closing and starting again keeps everything.
    `port` 0 takes a free one and keeps it.
    """

    login_code = LOGIN_CODE

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: bytes | None = None,
        key: ServerKey | None = None,
    ) -> None:
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"{host} is not loopback; this server is for this machine only")
        self.host = host
        self.port = port
        self.faults = Faults()
        self.network = Network()
        self.world = World(seed or secrets.token_bytes(32))
        self._key = key or machine_key()
        self._dispatcher = RpcDispatcher(self.world, self.faults)
        self._listening: asyncio.Server | None = None

    @property
    def public_key_pem(self) -> str:
        """Give the RSA key clients need, as PKCS#1 PEM."""
        return self._key.public_key_pem

    def add_bot(self, username: str, token: str | None = None) -> Account:
        """Make a bot. Raises ValueError for a name or token that cannot be."""
        return self.world.accounts.add_bot(username, token)

    def add_person(
        self,
        first_name: str,
        language: str = "en",
        phone: str | None = None,
        username: str | None = None,
        *,
        password: str = "",
    ) -> Account:
        """Make a person; with a password, it is asked for after the code (2FA).

        Raises:
            ValueError: the name or the number is taken.

        """
        return self.world.accounts.add_person(first_name, language, phone, username, password)

    def ready_key(self, account: Account, device: int = 0) -> bytes:
        """Give a key that is signed in already; each device has its own."""
        return self.world.sessions.ready_key(account.id, device)

    async def start(self) -> None:
        """Begin to serve."""
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._connection, self.host, self.port)
        self.port = self.world.port = self._listening.sockets[0].getsockname()[1]

    def _connection(self) -> ClientConnection:
        return ClientConnection(self.network, self.world.sessions, self._dispatcher, self._key)

    async def close(self) -> None:
        """Stop serving: connections are reset, work ends, new ones are refused by the system."""
        if self._listening is None:
            return
        self._listening.close()
        self.network.cut()
        await self._dispatcher.stop()
        await self._listening.wait_closed()
        self._listening = None

    async def stop(self) -> None:
        """Close, and let go what a fault holds."""
        self.faults.clear()
        await self.close()

    @property
    def calls(self) -> deque[RpcCall]:
        """List the last calls, oldest first."""
        return self._dispatcher.calls

    def count(self, name: str, account: Account | None = None) -> int:
        """Count the calls of one name in the log."""
        who = None if account is None else account.id
        return sum(c.name == name and who in {None, c.account} for c in self.calls)

    def counts(self) -> Counter[str]:
        """Count the calls in the log by name."""
        return Counter(call.name for call in self.calls)

    @property
    def in_flight(self) -> int:
        """Say how many calls and late pushes are being worked on."""
        return self._dispatcher.in_flight

    @property
    def quiet_s(self) -> float:
        """Say for how many seconds nothing was asked, answered or pushed."""
        return 0.0 if self.in_flight else time.monotonic() - self._dispatcher.last_activity

    @property
    def crashes(self) -> list[Exception]:
        """List what went wrong inside the server: always a bug of its own."""
        return self._dispatcher.crashes

    def texts(self, account: Account, other: Account) -> list[str]:
        """List the texts of a chat as one side has it, oldest first."""
        chat = list(self.world.mail.box(account.id).with_(other.id))
        return [message.message for message in reversed(chat)]

    def expire_codes(self) -> None:
        """Let all login codes that were sent run out."""
        self.world.codes.expire()

    def change_salts(self) -> None:
        """Let every client's salt run out, as it does every hour."""
        self.world.sessions.change_salts()
