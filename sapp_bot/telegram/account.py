"""Whose account we speak for: how it signs in, and which messages are for us.

Bot mode. User mode is a second `Account`, with a phone's sign-in and the owner's own messages.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog
from pydantic import SecretStr

from ..errors import ConfigError
from .client import Client
from .seam import TL, errors

_log = structlog.get_logger("telegram")


class Account(Protocol):
    """What differs between a bot and a person's own account."""

    @property
    def name(self) -> str:
        """The account's name in file names, without anything secret."""

    async def sign_in(self, client: Client) -> None:
        """Sign in; called only when the session is not signed in."""

    def heeds(self, message: TL) -> bool:
        """Tell whether a message (Telethon's `Message`) is for us, ignoring who sent it."""


class BotAccount:
    """A bot, by its token."""

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

    async def sign_in(self, client: Client) -> None:
        """Sign in; sits out a flood wait, as ending and starting again would only prolong it.

        Raises:
            ConfigError: Telegram does not know this token or this API id.

        """
        while True:
            try:
                await client.sign_in(bot_token=self._token.get_secret_value())
            except errors.FloodWaitError as error:
                _log.warning("telegram lets nobody sign in for a while", wait_s=error.seconds)
                await asyncio.sleep(error.seconds)
            except (
                errors.AccessTokenInvalidError,
                errors.AccessTokenExpiredError,
                errors.ApiIdInvalidError,
            ) as error:
                # The request, token and all, hangs on the error: it must not travel on.
                raise ConfigError(f"Telegram refuses to sign in: {type(error).__name__}") from None
            else:
                return

    def heeds(self, message: TL) -> bool:
        """Take everything but what the bot said itself."""
        return not message.out
