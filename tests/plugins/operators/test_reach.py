"""Nobody but operators sees or reaches what is theirs; and an outage is no "you may not"."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from plugins.operators import plugin as operators
from sapp_bot.testing import Stage
from tests.plugins.operators.office import OPERATOR, Office, log_in, office_stage
from tests.plugins.people import with_client

TYPED = {
    "users": "/users",
    "clients": "/clients",
    "topup": "/topup 1 100",
    "report": "/report csv",
    "broadcast": "/broadcast Hello",
    "maintenance": "/maintenance on",
    "audit": "/audit",
}
AT_THE_API = ("/users", "/clients", "/clients 1", "/topup 1 100", "/report")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run the office's plugins, with nobody there yet."""
    async with office_stage() as stage:
        yield stage


def test_each_command_is_tried_here() -> None:
    """A new command of operators joins these tests, and each is for operators in private."""
    declared = {command.name or command.handler.__name__: command for command in operators.commands}
    assert set(declared) == set(TYPED)
    assert {(c.role, c.private) for c in declared.values()} == {("admin", True)}
    assert {button.role for button in operators.buttons} == {"admin"}


async def test_a_plain_person_is_refused_and_sees_nothing_of_it(stage: Stage) -> None:
    """Each command is for the operators only, and none is in their help or menu."""
    ann = await with_client(stage, "Ann")
    ann_before = stage.api.database.clients.get(1).reads_available
    for typed in TYPED.values():
        await ann.says(typed)
        assert ann.sees("for the operators"), typed
    await ann.says("/help")
    assert not any(f"/{name} " in ann.last for name in TYPED)
    menus = [menu for (_, person), menu in stage.room.menus.items() if person != OPERATOR]
    assert not any(name in menu for menu in menus for name in TYPED)
    assert stage.api.database.clients.get(1).reads_available == ann_before
    await ann.says("/about")
    assert not ann.sees("maintenance")


async def test_in_a_group_nobody_reaches_it(office: Office) -> None:
    """Even an operator is led to the private chat: others read along."""
    group = -100
    for person in (office.ann, office.boss):
        there = person.within(group)
        for typed in TYPED.values():
            await there.says(typed)
            assert not there.can_read("example.com")
            assert there.sees("only: others read along here"), typed
    assert not office.stage.bot.is_in_maintenance


async def test_an_operators_button_is_worth_nothing_to_others(office: Office) -> None:
    """A press that was copied from an operator's chat is refused."""
    await office.boss.says("/topup 1 100")
    shown = office.boss.news[-1]
    data = shown.rows[0][0].data  # type: ignore[union-attr]  # a button of ours
    await office.ann.presses_data(data, message_id=shown.id)

    assert office.stage.api.database.clients.get(1).reads_available == 10


async def test_an_operator_without_a_login_is_led_to_it(stage: Stage) -> None:
    """Both are needed: to be an operator here, and an administrator of the API."""
    boss = stage.person("Boss", id=OPERATOR)
    for typed in AT_THE_API:
        await boss.says(typed)
        assert boss.sees("Please /login"), typed


async def test_an_operator_who_is_no_administrator_is_told_so(stage: Stage) -> None:
    """The API decides that, each time."""
    await with_client(stage, "Ann")
    boss = await log_in(stage, stage.person("Boss", id=OPERATOR), role="client")
    for typed in AT_THE_API:
        await boss.says(typed)
        assert boss.sees("for administrators of the SAPP service"), typed


async def test_an_outage_is_no_lost_role(office: Office) -> None:
    """While the API's database is away nobody is called no administrator, or logged out."""
    office.stage.api.database_away = True
    for typed in AT_THE_API:
        await office.boss.says(typed)
        assert not office.boss.sees("administrators"), typed
        assert not office.boss.sees("/login"), typed
    office.stage.api.database_away = False
    await office.stage.passes(60)
    await office.boss.says("/clients")
    assert office.boss.sees("2 clients")
