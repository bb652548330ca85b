"""The local Telegram server: starts it, adds accounts, injects faults, reads its call log."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import time
from collections import Counter, deque
from datetime import UTC, datetime

from sapp_bot.sandbox.faults import Faults
from sapp_bot.sandbox.lifetime import RunsInContext

from .dispatch import RpcCall, RpcDispatcher
from .methods.payments import tell_refunded
from .mtproto.keyring import ServerKey, machine_key
from .mtproto.listener import ClientConnection, Network
from .state.accounts import Account
from .state.codes import LOGIN_CODE
from .state.world import World


class TelegramServer(RunsInContext):
    """A local MTProto server: `async with TelegramServer() as server:` serves on loopback.

    After `close`, `start` continues with the same state.

    Args:
        host: Address to listen on.
        port: Port; 0 takes a free one and keeps it.
        seed: Fixes ids, tokens and ready keys, so that clients stay valid when this process
            restarts; random if None.
        key: RSA key; that of this machine if None.

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
        """RSA public key that clients need, as PKCS#1 PEM."""
        return self._key.public_key_pem

    def add_bot(self, username: str, token: str | None = None) -> Account:
        """Return a new bot.

        Args:
            username: User name, without "@".
            token: "<id>:<secret>"; derived from the seed if None.

        Raises:
            ValueError: the name is taken or malformed, or the token holds no id.

        """
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
        """Return a new person; a `password` is asked for after the code (two-step verification).

        Raises:
            ValueError: the name or the number is taken.

        """
        return self.world.accounts.add_person(first_name, language, phone, username, password)

    def ready_key(self, account: Account, device: int = 0) -> bytes:
        """Return an authorization key (256 bytes) that is signed in; each device has its own."""
        return self.world.sessions.ready_key(account.id, device)

    async def start(self) -> None:
        """Start listening."""
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._connection, self.host, self.port)
        self.port = self.world.port = self._listening.sockets[0].getsockname()[1]

    def _connection(self) -> ClientConnection:
        return ClientConnection(self.network, self.world.sessions, self._dispatcher, self._key)

    async def close(self) -> None:
        """Stop listening, reset all connections and cancel running calls. `start` may follow."""
        if self._listening is None:
            return
        self._listening.close()
        self.network.cut()
        await self._dispatcher.stop()
        await self._listening.wait_closed()
        self._listening = None

    async def stop(self) -> None:
        """Close, and release what faults hold."""
        self.faults.clear()
        await self.close()

    @property
    def calls(self) -> deque[RpcCall]:
        """Latest calls, oldest first."""
        return self._dispatcher.calls

    def count(self, name: str, account: Account | None = None) -> int:
        """Return how many logged calls have a name, of one account or of all."""
        who = None if account is None else account.id
        return sum(c.name == name and who in {None, c.account} for c in self.calls)

    def counts(self) -> Counter[str]:
        """Return the number of logged calls by name."""
        return Counter(call.name for call in self.calls)

    @property
    def in_flight(self) -> int:
        """Number of calls and delayed pushes being worked on."""
        return self._dispatcher.in_flight

    @property
    def quiet_s(self) -> float:
        """Seconds since the last call, answer or push."""
        return 0.0 if self.in_flight else time.monotonic() - self._dispatcher.last_activity

    @property
    def crashes(self) -> list[Exception]:
        """Unexpected exceptions in the server: always bugs of the server itself."""
        return self._dispatcher.crashes

    def give_stars(self, account: Account, stars: int) -> int:
        """Give an account Telegram Stars, as a purchase in the app does; return the balance."""
        return self.world.stars.give(account.id, stars)

    def charge_back(self, bot: Account, charge_id: str) -> None:
        """Return a payment from outside, as the payer's bank does.

        Raises:
            RpcError: there is no such payment, or it was returned before.

        """
        row = self.world.stars.refund(bot.id, charge_id, datetime.now(UTC), forced=True)
        self.world.publish(tell_refunded(self.world, bot.id, row))

    def texts(self, account: Account, other: Account) -> list[str]:
        """Return the texts of the chat between two accounts as `account` has it, oldest first."""
        chat = list(self.world.mail.box(account.id).with_(other.id))
        return [message.message for message in reversed(chat) if message.message is not None]

    def expire_codes(self) -> None:
        """Expire all login codes that were sent."""
        self.world.codes.expire()

    def change_salts(self) -> None:
        """Replace the salt of every client, as Telegram does every hour."""
        self.world.sessions.change_salts()
