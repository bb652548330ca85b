"""Whose account we speak for: how it signs in, whom it hears, and to whom it may write.

A bot hears and answers everybody. A person's own account (a userbot) has a life of its own, in
which only the owner's Saved Messages and the chats of the allowed persons are ours.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Protocol

import structlog
from pydantic import SecretStr

from sapp_bot.errors import ConfigError

from .client import BotClient
from .incoming import media_kind
from .seam import TL, errors, functions, types
from .sign_in import Asker, sign_in_person

OWN_WORDS = "\u2063"
"""Begins each text that we put into Saved Messages, where all messages have the same author.

An invisible separator: no white space that a server could strip, nothing that a person types.
"""

DIALOGS = 100
"""As many chats Telegram lists at once."""

log = structlog.get_logger(__name__)


class TelegramAccount(Protocol):
    """What differs between a bot and a person's own account."""

    @property
    def name(self) -> str:
        """The account's name in file names, without anything secret."""

    @property
    def needs_hashes(self) -> bool:
        """Whether nobody can be written to whose access hash is not known."""

    async def sign_in(self, client: BotClient) -> None:
        """Sign in; called only when the session is not signed in."""

    def is_(self, person: int) -> None:
        """Learn the account's id, before any message is looked at."""

    def heeds(self, message: TL) -> bool:
        """Tell whether a message (Telethon's `Message`) is for us, ignoring who sent it."""

    def may_enter(self, chat_id: int) -> bool:
        """Tell whether we may write and delete in a chat at all."""

    def mark(self, chat_id: int) -> str:
        """Give what every text of ours in this chat begins with."""


class BotAccount:
    """A bot, by its token."""

    needs_hashes = False

    def __init__(self, token: SecretStr) -> None:
        """Take the token.

        Raises:
            ConfigError: it does not look like one.

        """
        number, colon, secret = token.get_secret_value().partition(":")
        if not number.isdecimal() or not colon or not secret:
            raise ConfigError("the bot token must look like 123456:ABC-DEF, as @BotFather gives it")
        self._token = token
        self.name = f"bot{number}"

    async def sign_in(self, client: BotClient) -> None:
        """Sign in; sits out a flood wait, as ending and starting again would only prolong it.

        Raises:
            ConfigError: Telegram does not know this token.

        """
        while True:
            try:
                await client.sign_in(bot_token=self._token.get_secret_value())
            except errors.FloodWaitError as error:
                log.warning("telegram.sign_in_paused", wait_s=error.seconds)
                await asyncio.sleep(error.seconds)
            except (errors.AccessTokenInvalidError, errors.AccessTokenExpiredError) as error:
                # The request, token and all, hangs on the error: it must not travel on.
                raise ConfigError(f"Telegram refuses to sign in: {type(error).__name__}") from None
            else:
                return

    def is_(self, person: int) -> None:
        """Learn nothing: what a bot said itself is marked as going out."""

    def heeds(self, message: TL) -> bool:
        """Take everything but what the bot said itself."""
        return not message.out

    def may_enter(self, chat_id: int) -> bool:  # noqa: ARG002  # the protocol's signature
        """Write to everybody: Telegram sees that only who wrote first is written to."""
        return True

    def mark(self, chat_id: int) -> str:  # noqa: ARG002  # as above
        """Mark nothing."""
        return ""


class UserAccount:
    """A person's own account; one for a server and a data folder.

    `allow` are the persons who are answered in their private chats. The owner is answered in
    Saved Messages only; nobody else is heard, and no other chat is written to. `ask` is who can
    sign in, if anybody is there.
    """

    name = "user"
    needs_hashes = True

    def __init__(self, allow: frozenset[int] = frozenset(), *, ask: Asker | None = None) -> None:
        self._allow = allow
        self._ask = ask
        self._owner = 0

    async def sign_in(self, client: BotClient) -> None:
        """Let the person sign in.

        Raises:
            ConfigError: nobody is there to ask; it names the command that asks.
            LoginFailed: it did not work.

        """
        if self._ask is None:
            raise ConfigError(
                "nobody is signed in for SAPP_MODE=user; run `python -m sapp_bot login` first"
            )
        await sign_in_person(client, self._ask)
        # A new session may write only to whom it has heard of. The newest chats tell it of those
        # for whom an earlier session left answers and timers.
        with contextlib.suppress(errors.RPCError):
            await client(
                functions.messages.GetDialogsRequest(
                    None, 0, types.InputPeerEmpty(), DIALOGS, hash=0
                )
            )

    def is_(self, person: int) -> None:
        """Learn who the owner is."""
        self._owner = person

    def heeds(self, message: TL) -> bool:
        """Take texts that the owner wrote into Saved Messages, or an allowed person to the owner.

        Saved Messages are the owner's notebook: what was forwarded there or has something
        attached is kept there, not said to us. Our own words come back from there when updates
        are caught up on, after a kill for instance; the mark tells them apart, whatever was noted
        of them before the kill.
        """
        peer = message.peer_id
        if not isinstance(peer, types.PeerUser) or not self.may_enter(peer.user_id):
            return False
        if message.fwd_from is not None or message.via_bot_id or media_kind(message.media):
            return False
        if peer.user_id == self._owner:
            return not (message.message or "").startswith(OWN_WORDS)
        return not message.out

    def may_enter(self, chat_id: int) -> bool:
        """Keep out of the owner's other chats, whatever a plugin wants there."""
        return chat_id == self._owner or chat_id in self._allow

    def mark(self, chat_id: int) -> str:
        """Mark our words in Saved Messages."""
        return OWN_WORDS if chat_id == self._owner else ""
