"""What the sandbox tells its bot, and whoever wants to join."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from sapp_bot.sandbox.console.record import ChatRecord
from sapp_bot.sandbox.console.seat import UserSeat
from sapp_bot.sandbox.servers import LocalServers

USER_MODE = {"SAPP_MODE": " User ", "SAPP_USERBOT_ALLOW": "bob, 42,, боб"}


def test_names_stand_for_ids_in_the_sandbox(tmp_path: Path) -> None:
    """Nobody can know the ids of persons before it starts; the userbot gets ids all the same."""
    here = LocalServers(USER_MODE)
    settings = here.settings(tmp_path)
    bob, other = here.person("bob", "ru"), here.person("боб", "")

    assert settings["SAPP_USERBOT_ALLOW"] == f"{bob.id},42,{other.id}"
    assert (bob.language, other.language) == ("ru", "en")


def test_userbot_has_an_owner_and_no_token(tmp_path: Path) -> None:
    """The owner is the chat's first person, and can be joined by phone, code and password."""
    here = LocalServers(USER_MODE)
    settings = here.settings(tmp_path)
    told = here.invitation()
    people = cast("list[dict[str, Any]]", told["people"])
    owner = next(person for person in people if person["name"] == "anna")

    assert "TELEGRAM_BOT_TOKEN" not in settings
    assert told["bot"] == {"username": here.bot.username, "id": owner["id"], "token": None}
    assert here.login_lines().split() == [
        owner["phone"],
        here.telegram.login_code,
        owner["password"],
    ]


async def test_the_owners_app_is_not_the_userbot() -> None:
    """Both are on one account; whether the bot is ready shows from its own calls alone."""
    async with LocalServers(USER_MODE) as here:
        seat = await UserSeat.take("anna", ChatRecord(), here.telegram, here.bot, here.bot)
        await seat.say("a note")
        await seat.leave()

        assert here.telegram.count("messages.sendMessage", here.bot) == 1
        assert here.bot_calls(since=0) == set()


def test_foreign_api_is_not_told(tmp_path: Path) -> None:
    """Where the API is somebody else's, its administrator is none of ours."""
    here = LocalServers({"SAPP_API_URL": "https://api.example.com"})
    settings = here.settings(tmp_path)

    assert "SAPP_API_URL" not in settings
    assert here.invitation()["api"] is None
    with pytest.raises(LookupError, match="not the sandbox's own"):
        here.move_rate("EUR", 1)
    assert settings["TELEGRAM_BOT_TOKEN"] == here.bot.token
