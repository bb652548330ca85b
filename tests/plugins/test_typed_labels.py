"""What stands on a button, and what people call things: understood when it is typed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from sapp_bot.domain.typed_text import choice_key
from sapp_bot.host.pipeline.texts.suggestions import WORDS
from sapp_bot.i18n import read_catalogue
from sapp_bot.testing import Stage
from tests.plugins.people import with_client

PLUGINS = Path(__file__).parents[2] / "plugins"
NOT_TYPED = {"Refresh", "Try again", "Open the chat with me"}
"""Labels that say nothing without the screen they stand on."""


def labels() -> Iterator[tuple[Path, str, str]]:
    """Find the buttons that begin a command: the file, the command, the label."""
    for path in sorted(PLUGINS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(
                        attr="key",
                        value=ast.Call(
                            func=ast.Name(id="CommandButton"),
                            keywords=[ast.keyword(value=ast.Constant(value=str(command)))],
                        ),
                    ),
                    args=[ast.Constant(value=str(label)), *_],
                ) if "{" not in label and label not in NOT_TYPED:
                    yield path, command, label


async def test_every_label_of_a_button_is_understood() -> None:
    """In both languages, whatever the language of the person, as the command of the button."""
    async with Stage() as stage:
        table = stage.bot.plugins.table
        wrong = []
        for path, command, label in labels():
            folder = PLUGINS if path.parent == PLUGINS else path.parent
            russian = read_catalogue(folder / "locales" / "ru.po").gettext(label)
            for text in (label, russian):
                key = choice_key(text)
                meant = table.words.get(key) or WORDS.get(key, "")
                found = table.commands.get(meant)
                if found is None or command not in (found.name, *found.aliases):
                    wrong.append((path.name, command, text, meant))
        assert wrong == []


SAYINGS = [
    ("My account", "Account ann@example.com"),
    ("моя учётная запись", "Account ann@example.com"),
    ("‹ Home", "You are logged in as"),
    ("ok", "You are logged in as"),
    ("Показать ключ", "Client “shop”"),
    ("show me the key", "Client “shop”"),
    ("status", "10 reads left"),
    ("what is left?", "10 reads left"),
    ("delete me", "Shall I delete what I keep of you?"),
    ("удалить аккаунт", "The SAPP service cannot close accounts"),
    ("who are you?", "The SAPP Finance API in Telegram"),
    ("help me please", "Tap a command, or type it."),
    ("Change your password", "What is your current password?"),
]


async def test_what_people_call_things_is_understood() -> None:
    """A label, a title, or a common word: in both languages, without a slash."""
    async with Stage() as stage:
        ann = await with_client(stage)
        for said, answer in SAYINGS:
            await ann.says(said)
            assert answer in ann.last
            await ann.says("/cancel")


@pytest.mark.parametrize(
    ("said", "offered"),
    [
        ("/favurites JPY", "/favourites JPY"),
        ("settings english", "/settings english"),
        ("/charts euro", "/chart euro"),
    ],
)
async def test_what_stood_behind_a_command_is_not_lost(said: str, offered: str) -> None:
    """The button that is offered says it all."""
    async with Stage() as stage:
        ann = stage.person("Ann")
        await ann.says(said)

        assert offered in ann.labels()
