"""A world whose bot works on a person's own account: Olga's. Everybody has an app of their own.

    async with UserWorld(tmp_path, redis_url, allow=["Ann"]) as world:   # signed in, and running
        olga = await world.owner()               # Olga's other device, in her Saved Messages
        ann = await world.person("Ann")          # in Ann's private chat with Olga

The sign-in goes through `python -m sapp_bot login`, fed by standard input.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sapp_bot.sandbox.person import Person
from sapp_bot.sandbox.telegram.accounts import Account
from tests.end_to_end.world import World

LOGIN = (sys.executable, "-m", "sapp_bot", "login")
PHONE = "+39 320 000 0001"
CLOUD_PASSWORD = "the owner's second factor"
LIMIT_S = 30.0


class UserWorld(World):
    """A userbot, its owner, and the owner's friends; those in `allow` may use it, too."""

    def __init__(
        self, folder: Path, redis_url: str, *, allow: Iterable[str] = (), **settings: str
    ) -> None:
        super().__init__(folder, redis_url, **settings)
        self.account = self.telegram.add_person(
            "Olga", phone=PHONE, username="olga_herself", password=CLOUD_PASSWORD
        )
        self.friends = {name: self.telegram.add_person(name) for name in allow}
        self._settings |= {
            "SAPP_MODE": "user",
            "SAPP_USERBOT_ALLOW": ",".join(str(friend.id) for friend in self.friends.values()),
        }
        self._is_signed_in = False
        self._devices = 0

    def environment(self, **settings: str) -> dict[str, str]:
        """Make the environment of a userbot here: it has no token."""
        made = super().environment(**settings)
        del made["TELEGRAM_BOT_TOKEN"]
        return made

    async def start(self) -> None:
        """Start the bot, signed in, and wait until it takes updates."""
        if not self._is_signed_in:
            assert await self.login(PHONE, self.telegram.login_code, CLOUD_PASSWORD) == 0
            self._is_signed_in = True
        await super().start()

    async def login(self, *lines: str) -> int:
        """Run `login` with these answers; gives its exit code. `said()` is what it said."""
        process = self.process("login")
        return await process.ask(LOGIN, "".join(f"{line}\n" for line in lines), LIMIT_S)

    def said(self) -> str:
        """Give all that `login` has said so far."""
        return (self.folder / "login.log").read_text()

    async def owner(self) -> Person:
        """Give Olga on another device of hers, in her Saved Messages."""
        return await self._join(self.account)

    async def person(self, name: str, language: str = "en") -> Person:
        """Give a friend in a private chat with Olga."""
        if name not in self.friends:
            self.friends[name] = self.telegram.add_person(name, language)
        return await self._join(self.friends[name])

    async def _join(self, account: Account) -> Person:
        self._devices += 1
        person = await Person.join(self.telegram, account, self.account, device=self._devices)
        self._ending.push_async_callback(person.leave)
        return person

    def ever(self, account: Account) -> Iterator[Any]:
        """Go through all messages that ever were in a box, as they were at each change."""
        for change in self.telegram.world.mail.box(account.id).log:
            if (message := getattr(change.update, "message", None)) is not None:
                yield message
