"""A whole first day in Russian: nothing English but names, commands and the API's own words."""

from __future__ import annotations

import re

from sapp_bot.sandbox.faults import Fail
from sapp_bot.testing import Actor, Stage
from tests.plugins.people import PASSWORD

# Commands with their arguments, addresses, keys, and names that are the same in any language.
ALLOWED = re.compile(
    r"/[a-z_]+( (show|en|ru|auto)\b)?|\[\w+\]|https?://\S+|\S+@\S+|\w{4}…\w{4}"
    r"|\b(SAPP|Finance|API|Telegram|UTC|[Oo]rigin|show|English|shop|[A-Z]{3}|usd|eur|Moscow)\b",
)
BEFORE = ["/start", "/help", "/about", "/docs", "/settings", "/cancel", "/back", "/retry", "/me"]
WAY = [
    *("/register", "ann", "ann@example.com", "short", PASSWORD, "no", PASSWORD),
    *("?", "да", "/start", "/newclient", "shop"),
    *("nowhere", "*", "создать", "/client"),
    *("/client all", "/newclient shop", "/me", "/help", "/help me"),
    *("/password", PASSWORD, "a brand new one", "another new one", "/back", "/cancel"),
    *("/deactivate", "maybe", "нет, остаться", "/settings tlh", "/nonsense", "what?", "/logout"),
    *("/logout", "/login ann@example.com", "wrong password", "/cancel"),
]


async def say_all(ann: Actor, words: list[str]) -> set[str]:
    """Say all, and collect the English words of all answers and buttons."""
    english = set()
    for word in words:
        await ann.says(word)
        labels = [key.label for shown in ann.news for row in shown.rows for key in row]
        for text in [*(shown.text.plain for shown in ann.news), *labels]:
            english |= set(re.findall(r"[A-Za-z]{2,}", ALLOWED.sub("", text)))
    return english


async def test_a_day_in_russian_is_russian(mode: str) -> None:
    """Every answer on the usual ways is translated, those to mistakes included."""
    async with Stage(mode=mode) as stage:
        ann = stage.person(language="ru")
        assert await say_all(ann, BEFORE) == set()
        assert await say_all(ann, WAY) == set()


async def test_errors_and_pop_ups_are_russian(mode: str) -> None:
    """What goes wrong is told in the person's language, too."""
    async with Stage(mode=mode) as stage:
        ann = stage.person(language="ru")
        await say_all(ann, ["/register ann@example.com", PASSWORD, PASSWORD, "да"])
        await say_all(ann, ["/newclient shop", "*", "да"])
        assert (await ann.presses("Обновить")).startswith("Обновлено: ")
        stage.api.faults.add("GET *", Fail(500), times=None)
        assert (await ann.presses("Обновить")).startswith("У сервиса SAPP сейчас неполадки.")
        assert await say_all(ann, ["/me", "/client", "/start", "/logout"]) == set()
