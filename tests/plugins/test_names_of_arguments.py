"""What arguments are called in lines of usage: words of the person's language, no names of ours."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import pytest

from sapp_bot.host.routing.registry import Command
from sapp_bot.testing import Actor, Stage
from tests.plugins.operators.office import OPERATOR, log_in


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Give the bot where reads are sold."""
    docs = "https://docs.example.com"
    async with Stage(admins=frozenset({OPERATOR}), packs={1000: 50}, docs_url=docs) as stage:
        yield stage


@pytest.fixture
async def boss(stage: Stage) -> Actor:
    """Give an operator who speaks Russian."""
    return await log_in(stage, stage.person("Boss", id=OPERATOR, language="ru"))


def all_commands(stage: Stage) -> list[Command]:
    """Return every command that a person can be shown."""
    table = stage.bot.plugins.table
    return [c for p in table.plugins for c in p.commands if not c.hidden]


def told(command: Command, line: str) -> str:
    """Return a line of usage without what is to be typed as it stands there."""
    form = command.signature.form
    typed = {word for p in command.signature.arguments for word in p.choices}
    typed |= {word for q in (form.questions if form is not None else ()) for word in q.choices}
    return " ".join(word for word in re.findall(r"[/\w]+", line) if word not in typed)


def names_of(command: Command) -> Iterator[str]:
    """Name the arguments as they are called in the code."""
    form = command.signature.form
    yield from (q.name for q in (form.questions if form is not None else ()))
    yield from (p.name for p in command.signature.arguments)


async def test_no_help_has_a_name_of_the_code(stage: Stage, boss: Actor) -> None:
    """/help and each command, in Russian: only what is to be typed is in Latin letters."""
    asked = all_commands(stage)
    for command in asked:
        await boss.says(f"/help {command.name}")
        if command.guests:
            assert boss.sees("а вы уже вошли. Выйти: /logout.")
            continue
        line = boss.last.splitlines()[0]
        assert line.startswith(f"/{command.name}"), boss.last
        rest = told(command, line).removeprefix(f"/{command.name}")
        assert not set(names_of(command)) & set(rest.split()), line
        if not command.examples:
            assert not re.search("[A-Za-z]", rest), line

    assert {"topup", "users", "billing", "plugin", "audit"} <= {c.name for c in asked}


async def test_no_refusal_has_a_name_of_the_code(stage: Stage, boss: Actor) -> None:
    """What is missing, and what is wrong, is named in Russian."""
    asked = [c for c in all_commands(stage) if any(p.required for p in c.signature.arguments)]
    for command in asked:
        await boss.says(f"/{command.name}")
        _, found, usage = boss.last.partition(f"/{command.name}")
        assert found, boss.last
        assert not re.search("[A-Za-z]", told(command, usage)), boss.last
    await boss.says("/topup one 5")
    assert boss.sees("клиент: ")
    await boss.says("/billing tx")
    assert boss.sees("/billing tx КЛИЕНТ")

    assert "topup" in {c.name for c in asked}


async def test_an_accounts_role_is_a_word(boss: Actor) -> None:
    """The API calls it "client" and "admin"."""
    await boss.says("/users 1")

    assert boss.sees("Роль: администратор")
