"""What a chat is played on: a person's seat, what is behind it, what prints it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class ChatSeat(Protocol):
    """A person's place at the chat with the bot. What happens there goes into the record.

    `types_words` says that the bot has no buttons, but choices that are answered by a number or a
    command.
    """

    types_words: bool

    async def say(self, text: str) -> None:
        """Send a message."""

    async def edit(self, text: str) -> None:
        """Change the text of the last message; raises `ExpectationFailed` if there is none."""

    async def photo(self) -> None:
        """Send a photo."""

    async def sticker(self) -> None:
        """Send a sticker."""

    async def press(self, message_id: int, number: int) -> None:
        """Press a button of a message, counted from 1, and wait for the bot's answer."""

    async def ask(self, text: str) -> None:
        """Add to the record what the bot offers behind its name; `press` sends one of these.

        Raises:
            ExpectationFailed: a userbot has no inline mode, or the bot does not answer.

        """

    async def pay(self, number: int) -> None:
        """Pay an invoice, counted from 1, or the newest for 0; a refusal goes into the record."""

    async def charge_back(self) -> None:
        """Take the person's newest payment back from the bot."""

    async def stars(self, more: int) -> int:
        """Give the person more Stars, and return how many there are."""

    async def open_file(self) -> None:
        """Add to the record what is in the newest file of the chat."""


class ChatBackend(Protocol):
    """The servers and the bot behind a chat."""

    @property
    def bot_name(self) -> str:
        """User name of the bot's account."""

    @property
    def operator(self) -> str:
        """Name of the person who is the bot's operator."""

    async def seat(self, name: str, language: str) -> ChatSeat:
        """Return a person's seat, new at the first call."""

    def make_admin(self, email: str) -> None:
        """Make an account of the local API an administrator. Raises `ExpectationFailed`."""

    async def settle(self, answered: Callable[[], bool]) -> bool:
        """Wait until nothing has been in flight for a while, longer while `answered` is False.

        Returns:
            Whether the bot is done: it lives, is not at work, and nothing keeps it from answering.

        """

    async def member(self, name: str, language: str, group: str) -> ChatSeat:
        """Return a person's seat in a group, which is made, and joined, where need be.

        Raises:
            ExpectationFailed: the bot is a userbot, which answers in no group.

        """

    async def fault(self, name: str, *, on: bool) -> None:
        """Switch a fault of the servers. Raises `ExpectationFailed` if there is none."""

    def faults(self) -> list[str]:
        """Return a line for each fault that can be switched."""

    def move_rate(self, currency: str, value: float) -> None:
        """Have so many units of a currency make a USD. Raises `ExpectationFailed` if it cannot."""

    async def pass_time(self, seconds: float) -> None:
        """Start the bot again so many seconds later. Raises `BotEnded`."""

    async def restart(self) -> None:
        """Kill the bot, start it again and wait until it is ready. Raises `BotEnded`."""

    async def ended(self) -> int:
        """Wait for the end of the bot's process and return its exit code."""


class Printer(Protocol):
    """Prints the record of a chat."""

    current: str

    def flush(self, *, answered: bool = True, is_done: bool = False) -> None:
        """Print what is not printed yet, at the end of a turn."""

    def remark(self, text: str) -> None:
        """Print a line of the sandbox itself."""
