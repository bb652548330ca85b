"""What differs by mode: on whose account the bot works, how it signs in, whom it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account
from sapp_bot.telegram.account import UserAccount
from sapp_bot.telegram.edge import EdgeConfig, TelegramEdge

Mode = Literal["bot", "user"]

BOT_NAME = "sapp_test_bot"
OWNER_NAME = "olga_herself"
PHONE = "+39 320 000 0001"
CLOUD_PASSWORD = "the owner's second factor"

FRIENDS = 256
"""As many persons can be answered in user mode: their ids are settings of the process."""


class Side(Protocol):
    """The bot's side of the local Telegram."""

    @property
    def account(self) -> Account:
        """The account the bot works on."""

    @property
    def settings(self) -> Mapping[str, str]:
        """What the process is told of it."""

    async def sign_in(self, config: EdgeConfig) -> None:
        """Do what has to be done once, before the process starts."""

    def friend(self, name: str, language: str) -> Account:
        """Make somebody whom the bot answers."""


class BotSide:
    """A bot with a token, who answers everybody."""

    def __init__(self, telegram: TelegramServer) -> None:
        self._telegram = telegram
        self.account = telegram.add_bot(BOT_NAME)
        self.settings = {"TELEGRAM_BOT_TOKEN": self.account.token}

    async def sign_in(self, config: EdgeConfig) -> None:
        """Do nothing: the process signs in itself, by its token."""

    def friend(self, name: str, language: str) -> Account:
        """Make anybody."""
        return self._telegram.add_person(name, language)


class UserSide:
    """The account of Olga, who lets her friends use her bot."""

    def __init__(self, telegram: TelegramServer) -> None:
        self._telegram = telegram
        self.account = telegram.add_person(
            "Olga", phone=PHONE, username=OWNER_NAME, password=CLOUD_PASSWORD
        )
        friends = [telegram.add_person("") for _ in range(FRIENDS)]
        self._friends = iter(friends)
        self.settings = {
            "SAPP_MODE": "user",
            "SAPP_USERBOT_ALLOW": ",".join(str(friend.id) for friend in friends),
        }

    async def sign_in(self, config: EdgeConfig) -> None:
        """Leave a session file as `login` does, without another process: see `test_login.py`."""
        answers = iter((PHONE, self._telegram.login_code, CLOUD_PASSWORD))

        async def answer(question: str, *, secret: bool = False) -> str:  # noqa: ARG001  # an Asker
            return next(answers)

        edge = TelegramEdge(config, account=UserAccount(ask=answer))
        try:
            await edge.connect()
        finally:
            await edge.stop()

    def friend(self, name: str, language: str) -> Account:
        """Give one of the friends a name."""
        account = next(self._friends)
        account.first_name, account.language = name, language
        return account


SIDES: Mapping[Mode, Callable[[TelegramServer], Side]] = {"bot": BotSide, "user": UserSide}
