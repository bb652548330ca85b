"""What a login leaves in the chat, and what becomes of it when the login ends."""

from __future__ import annotations

from typing import Literal

import pytest

from sapp_bot.testing import Stage
from tests.plugins.people import PASSWORD, key_of, with_client

ENDED = "This was shown under a login that has ended. /start shows where you are."
Mode = Literal["bot", "user"]


async def test_the_account_card_goes_with_the_login(mode: Mode) -> None:
    """Neither the e-mail nor a button of the login stays."""
    async with Stage(mode=mode) as stage:
        ann = await with_client(stage)
        await ann.says("/me")
        await ann.says("/start")
        await ann.says("/logout")

        assert not ann.can_read("Account ann@example.com")
        assert not ann.can_read("You are logged in as ann@example.com.")
        assert ann.can_read(ENDED)


async def test_a_shown_key_goes_at_once(mode: Mode) -> None:
    """Nobody waits for the minute to run out; and the late timer brings nothing back."""
    async with Stage(mode=mode) as stage:
        ann = await with_client(stage)
        await ann.says("/client show")
        key = key_of(ann)
        assert ann.can_read(key)
        await ann.says("/logout")
        assert not ann.can_read(key)
        await stage.passes(120)

        assert not ann.can_read(key)


async def test_the_pressed_card_goes_too() -> None:
    """[Log out] stands on the account card itself."""
    async with Stage() as stage:
        ann = await with_client(stage)
        await ann.says("/me")
        await ann.presses("Log out")

        assert not ann.can_read("Account ann@example.com")
        assert ann.last.startswith("You are logged out.")


async def test_another_login_takes_the_cards_of_the_first() -> None:
    """What the first account showed is not the second one's."""
    async with Stage() as stage:
        await with_client(stage, "Bob")
        ann = await with_client(stage)
        await ann.says("/me")
        await ann.says("/login bob@example.com")
        await ann.says(PASSWORD)

        assert not ann.can_read("Account ann@example.com")
        assert ann.can_read("You are logged in as bob@example.com.")


@pytest.mark.parametrize("button", ["Help", "Settings", "‹ Home"])
async def test_navigation_outlives_a_login(button: str) -> None:
    """A button that only leads somewhere works before, during and after a login."""
    async with Stage() as stage:
        ann = stage.person()
        await ann.says("/start")
        await ann.presses("Help")
        home = ann.chat[-1]
        await ann.says("/register ann@example.com")
        for answer in (PASSWORD, PASSWORD, "yes"):
            await ann.says(answer)
        data = {key.label: key for shown in [home, *ann.chat] for row in shown.rows for key in row}
        await ann.says("/logout")

        assert "out of date" not in await ann.presses_data(
            getattr(data[button], "data", b""), message_id=home.id
        )


async def test_a_language_can_be_chosen_on_a_card_from_before() -> None:
    """The choice is the person's, whoever is logged in."""
    async with Stage() as stage:
        ann = stage.person()
        await ann.says("/settings")
        card = ann.chat[-1]
        await ann.says("/register ann@example.com")
        for answer in (PASSWORD, PASSWORD, "yes"):
            await ann.says(answer)
        russian = next(k for row in card.rows for k in row if k.label == "Русский")
        await ann.presses_data(getattr(russian, "data", b""), message_id=card.id)

        assert ann.sees("Язык: Русский")


async def test_three_taps_ask_once() -> None:
    """A form that is open already is not opened again."""
    async with Stage() as stage:
        ann = stage.person()
        await ann.says("/start")
        for _ in range(3):
            await ann.presses("Register")
        asked = [s for s in ann.chat if s.text.plain.startswith("Which e-mail")]

        assert len(asked) == 1
        assert ann.last_popup.text == "I am asking you that already: please answer below."


async def test_a_form_of_the_login_is_closed_with_it(mode: Mode) -> None:
    """Nobody is reminded of it, and after the next login it does not come back."""
    async with Stage(mode=mode) as stage:
        ann = await with_client(stage)
        await ann.says("/deactivate")
        await ann.says("/logout")
        assert ann.sees("You are logged out.")
        assert not ann.sees("Still open")
        await ann.says("yes")
        assert not ann.sees("/deactivate")
        await ann.says("/login ann@example.com")
        await ann.says(PASSWORD)

        assert not ann.sees("/deactivate")


async def test_a_question_of_the_login_says_that_it_is_closed() -> None:
    """In its place, without buttons, also when the logout was a press."""
    async with Stage() as stage:
        ann = await with_client(stage)
        await ann.says("/me")
        await ann.says("/deactivate")
        await ann.presses("Log out")
        closed = [s for s in ann.chat if s.text.plain.startswith("I closed /deactivate. Nothing")]

        assert [shown.rows for shown in closed] == [()]
        assert "Yes, end this login" not in ann.labels()
