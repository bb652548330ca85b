"""Logins, buttons and open forms belong to one person and one login, whatever happens to either."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sapp_bot.domain.replies import Callback
from sapp_bot.sandbox.faults import Fail
from sapp_bot.testing import Actor, Stage
from tests.host.live import HEAD, write
from tests.plugins.people import PASSWORD, login_ends, register, with_client

LOGIN = "POST /auth/login"
MINE = "GET /user"

RULES = (
    HEAD
    + '''
class Stop(Button):
    """Stop something."""


@plugin.command(role="admin")
async def rule(ctx: Ctx) -> None:
    """Rule."""
    await ctx.show(Screen("Shall it stop?", [[Stop().key("Stop")]]), name="rule")


@plugin.button(role="admin")
async def stop(ctx: Ctx, pressed: Stop) -> None:
    """Stop."""
    await ctx.say("It has stopped.")
'''
)


def first_button(actor: Actor) -> tuple[bytes, int]:
    """Return data and message of the first button that the person has in the chat."""
    shown = next(s for s in reversed(actor.chat) if s.rows)
    key = shown.rows[0][0]
    assert isinstance(key, Callback)
    return key.data, shown.id


async def test_two_persons_of_one_name_are_two() -> None:
    """Telegram names need not differ, and user names wander: who somebody is says their number."""
    async with Stage() as stage:
        ann = await register(stage, "Ann")
        bob = await register(stage, "Bob")
        other = stage.person("Ann")
        for person, mail in ((ann, "ann@"), (bob, "bob@")):
            await person.says("/me")
            assert person.sees(f"Account {mail}example.com")
        await other.says("/me")
        assert not other.sees("@example.com")


async def test_a_button_is_its_persons_and_its_logins() -> None:
    """Another person's press does nothing, nor one's own after a logout and a login."""
    async with Stage() as stage:
        ann, bob = await with_client(stage, "Ann"), await with_client(stage, "Bob")
        data, message = first_button(ann)
        calls = stage.api.counts.total()
        assert "out of date" in await bob.presses_data(data, message_id=message)
        assert "out of date" not in await ann.presses_data(data, message_id=message)
        await ann.says("/logout")
        await ann.says("/login ann@example.com")
        await ann.says(PASSWORD)
        calls = stage.api.counts.total()
        assert "out of date" in await ann.presses_data(data, message_id=message)
        assert stage.api.counts.total() == calls


async def test_a_button_of_a_former_operator_does_nothing(tmp_path: Path) -> None:
    """Its signature is right still; who presses it is no operator any more."""
    write(tmp_path, "rules", RULES)
    async with Stage(tmp_path, admins=frozenset({7})) as stage:
        boss = stage.person("Boss", id=7)
        await boss.says("/rule")
        data, message = first_button(boss)
        await boss.presses_data(data, message_id=message)
        assert boss.sees("It has stopped.")
        stage._settings = replace(stage._settings, admins=frozenset())
        await stage.restart()
        await boss.presses_data(data, message_id=message)
        assert not boss.sees("It has stopped.")
        assert boss.sees("for the operators")


async def test_a_login_that_the_api_refuses_is_removed() -> None:
    """The person is told once, and the dead token is not sent again."""
    async with Stage() as stage:
        ann = await register(stage, "Ann")
        stage.api.database.expire_tokens()
        await ann.says("/me")
        assert "Log in" in ann.labels()
        calls = stage.api.counts.total()
        await ann.says("/me")
        assert "Log in" in ann.labels()
        assert stage.api.counts.total() == calls


async def test_a_login_that_ends_in_a_form_keeps_its_answers() -> None:
    """The API has ended it before the last step: after the next login nothing is asked again."""
    async with Stage() as stage:
        ann = await register(stage, "Ann")
        await ann.says("/newclient shop")
        await ann.says("*")
        stage.api.database.expire_tokens()
        await ann.says("yes")
        assert "Log in" in ann.labels()
        await ann.says("/login ann@example.com")
        await ann.says(PASSWORD)
        assert ann.sees("Back to /newclient.")
        await ann.presses("Retry")
        assert ann.sees("Client “shop”")


async def test_a_form_never_goes_on_under_another_account() -> None:
    """Its answers were meant for the account that began it."""
    async with Stage() as stage:
        await register(stage, "Bob")
        with login_ends(stage):
            ann = await register(stage, "Ann")
            await ann.says("/newclient shop")
        await ann.says("/login bob@example.com")
        await ann.says(PASSWORD)
        assert ann.sees("I closed /newclient: it was begun under another account.")
        await ann.says("*")
        await ann.says("yes")
        assert not stage.api.database.clients.all()


async def test_an_address_under_attack_is_not_tried() -> None:
    """Ten guesses of three persons are counted for the address: a fourth one is not let through."""
    async with Stage() as stage:
        await register(stage, "Ann")
        for number in range(3):
            guesser = stage.person(f"Guesser {number}")
            await guesser.says("/login ann@example.com")
            for guess in range(4):
                await guesser.says(f"guess number {number} {guess}")
        calls = stage.api.counts[LOGIN]
        fresh = stage.person("Fresh")
        await fresh.says("/login ann@example.com")
        await fresh.says("another guess")
        assert fresh.sees("Too many wrong tries.")
        assert stage.api.counts[LOGIN] == calls


async def test_an_api_that_only_fails_removes_no_login() -> None:
    """A broken API is no refusal: the login is there when it works again."""
    async with Stage() as stage:
        ann = await register(stage, "Ann")
        stage.api.faults.add(MINE, Fail(500), times=None)
        await ann.says("/me")
        stage.api.faults.clear()
        await ann.says("/me")
        assert ann.sees("Account ann@example.com")


@pytest.mark.parametrize("line", ["/users", "/clients", "/report", "/topup 1 10"])
async def test_an_operator_hears_which_login_is_needed(line: str) -> None:
    """Any account will not do: the SAPP service asks for an administrator's."""
    async with Stage(admins={7}) as stage:
        boss = stage.person("Boss", id=7)
        await boss.says(line)

        assert "an administrator's at the SAPP service" in boss.last
        assert boss.labels() == ["Log in"]
