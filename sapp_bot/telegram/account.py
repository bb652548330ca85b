"""Account strategies: how a bot or a person's account signs in, and which chats it may use.

A bot receives and answers everybody. A person's own account (a userbot) has private chats of
its own: only the owner's Saved Messages and the chats of the allowed persons may be used.
"""

from __future__ import annotations

import contextlib
from typing import Protocol

import structlog
from pydantic import SecretStr

from sapp_bot.errors import ConfigError

from .client import BotClient
from .incoming import media_kind
from .seam import TL, errors, functions, types
from .sign_in import Asker, sign_in_person
from .start_calls import sit_out

OWN_WORDS = "\u2063"
"""Prefix of each text that the bot writes into Saved Messages, where all messages have one author.

U+2063, INVISIBLE SEPARATOR: a server does not strip it as white space, and people do not type it.
"""

DIALOGS = 100
"""Most chats that Telegram lists in one answer.

Source: https://core.telegram.org/method/messages.getDialogs."""

log = structlog.get_logger(__name__)


class TelegramAccount(Protocol):
    """Strategy for what differs between a bot and a person's own account."""

    @property
    def name(self) -> str:
        """Name of the account for file names; holds no secret."""

    @property
    def needs_hashes(self) -> bool:
        """Whether Telegram demands the access hash of everybody this account writes to."""

    @property
    def sells(self) -> bool:
        """Whether this account can send invoices and be paid: a bot's alone can."""

    async def sign_in(self, client: BotClient) -> None:
        """Sign in; called only when the session is not signed in.

        Raises:
            ConfigError: a setting is wrong, or nobody can be asked.
            LoginFailed: a person was asked, and it did not work.

        """

    def is_(self, person: int) -> None:
        """Store the account's own Telegram user id; called before the first `heeds`."""

    def heeds(self, message: TL) -> bool:
        """Return whether a message (Telethon's `Message`) is for the bot, whoever sent it."""

    def may_enter(self, chat_id: int) -> bool:
        """Return whether the bot may write and delete in a chat (marked id)."""

    def mark(self, chat_id: int) -> str:
        """Return the prefix of every text that the bot writes into a chat, "" for none."""


class BotAccount:
    """Account of a bot, which signs in with its token.

    Args:
        token: The token from @BotFather, "<bot id>:<secret>".

    Raises:
        ConfigError: the token does not look like one.

    """

    needs_hashes = False
    sells = True

    def __init__(self, token: SecretStr) -> None:
        number, colon, secret = token.get_secret_value().partition(":")
        if not number.isdecimal() or not colon or not secret:
            raise ConfigError("the bot token must look like 123456:ABC-DEF, as @BotFather gives it")
        self._token = token
        self.name = f"bot{number}"
        self._id = 0

    async def sign_in(self, client: BotClient) -> None:
        """Sign in with the token, sleeping through flood waits.

        Raises:
            ConfigError: Telegram does not know this token.

        """
        # A flood wait is no reason to exit: the restarted process would ask at once and be given
        # a longer one.
        while True:
            try:
                await client.sign_in(bot_token=self._token.get_secret_value())
            except errors.FloodWaitError as error:
                await sit_out(error.seconds, "sign in")
            except (errors.AccessTokenInvalidError, errors.AccessTokenExpiredError) as error:
                # The error holds its request with the token: `from None` keeps both out of logs.
                raise ConfigError(f"Telegram refuses to sign in: {type(error).__name__}") from None
            else:
                return

    def is_(self, person: int) -> None:
        """Store the bot's Telegram user id."""
        self._id = person

    def heeds(self, message: TL) -> bool:
        """Return whether somebody else than the bot made the message.

        Its own are marked as outgoing, but for inline results that people send it in its chat.
        """
        return not message.out and message.via_bot_id != self._id

    def may_enter(self, chat_id: int) -> bool:  # noqa: ARG002  # the protocol's signature
        """Return True: Telegram itself refuses messages to people who never wrote to the bot."""
        return True

    def mark(self, chat_id: int) -> str:  # noqa: ARG002  # as above
        """Return "": a bot's own messages need no mark."""
        return ""


class UserAccount:
    """A person's own account; one for a server and a data folder.

    The owner is answered in Saved Messages only. Messages of anybody outside `allow` are ignored,
    and no other chat is written to.

    Args:
        allow: Telegram user ids of the persons who are answered in their private chats.
        ask: Asks the owner for phone, code and password; None where no terminal is attached.

    """

    name = "user"
    needs_hashes = True
    sells = False

    def __init__(self, allow: frozenset[int] = frozenset(), *, ask: Asker | None = None) -> None:
        self._allow = allow
        self._ask = ask
        self._owner = 0

    async def sign_in(self, client: BotClient) -> None:
        """Sign in the person at the terminal, then load the newest chats.

        Raises:
            ConfigError: there is no `ask`; the text names the command that has one.
            LoginFailed: the person could not be signed in.

        """
        if self._ask is None:
            raise ConfigError(
                "nobody is signed in for SAPP_MODE=user; run `python -m sapp_bot login` first"
            )
        await sign_in_person(client, self._ask)
        # A person's account can write only to people whose access hash its session has seen.
        # The newest chats contain the hashes of those for whom an earlier session left answers
        # and timers.
        with contextlib.suppress(errors.RPCError):
            await client(
                functions.messages.GetDialogsRequest(
                    None, 0, types.InputPeerEmpty(), DIALOGS, hash=0
                )
            )

    def is_(self, person: int) -> None:
        """Store the owner's Telegram user id."""
        self._owner = person

    def heeds(self, message: TL) -> bool:
        """Return whether a text is from the owner in Saved Messages or from an allowed person.

        Forwards and media are never for the bot: people keep those in Saved Messages as notes.
        """
        peer = message.peer_id
        if not isinstance(peer, types.PeerUser) or not self.may_enter(peer.user_id):
            return False
        if message.fwd_from is not None or message.via_bot_id or media_kind(message.media):
            return False
        if peer.user_id == self._owner:
            # Both sides are outgoing here, and after a kill the bot's own texts are among the
            # missed updates: only the mark in the text itself tells them apart.
            return not (message.message or "").startswith(OWN_WORDS)
        return not message.out

    def may_enter(self, chat_id: int) -> bool:
        """Return whether the chat is the owner's Saved Messages or an allowed person's."""
        return chat_id == self._owner or chat_id in self._allow

    def mark(self, chat_id: int) -> str:
        """Return `OWN_WORDS` for Saved Messages, "" for any other chat."""
        return OWN_WORDS if chat_id == self._owner else ""
