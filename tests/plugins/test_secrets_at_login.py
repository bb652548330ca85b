"""At the questions for passwords: taps are no passwords, and refused guesses stay in no chat."""

from __future__ import annotations

import pytest

from sapp_bot.testing import Stage
from tests.plugins.people import PASSWORD, register


async def test_guesses_are_deleted_while_guesses_are_refused(mode: str) -> None:
    """After too many wrong passwords a text is no answer, but it is still a guess."""
    async with Stage(mode=mode) as stage:
        ann = await register(stage)
        await ann.says("/logout")
        await ann.says("/login ann@example.com")
        for number in range(5):
            await ann.says(f"guess number {number}")
        assert ann.sees("Too many wrong tries. Please try again in 1 minute.")
        await ann.says("/login")
        assert ann.last.startswith("Too many wrong tries. Please try again in 1 minute.")
        await ann.says("one more guess")
        assert not ann.can_read("one more guess")
        assert ann.sees("Please try again in 1 minute.")
        await ann.says("guess number 4")
        assert not ann.can_read("guess number 4")
        await stage.passes(61)
        await ann.says("/login ann@example.com")
        await ann.says(PASSWORD)
        assert ann.can_read("Welcome back")


@pytest.mark.parametrize("tap", ["/settings", "/help@sapp_test_bot", " /START "])
async def test_a_tapped_command_is_no_new_password(mode: str, tap: str) -> None:
    """It is deleted, not taken, and said; the question stands, and nothing is counted."""
    async with Stage(mode=mode) as stage:
        ann = stage.person("Ann")
        await ann.says("/register ann@example.com")
        for _ in range(2):
            await ann.says(tap)
            assert not any(shown.text.plain == tap for shown in ann.chat)
            assert ann.last.startswith("That is a command. Send a password, or /cancel.\nChoose")
        for answer in (PASSWORD, tap, PASSWORD, "yes"):
            await ann.says(answer)
        assert ann.can_read("Welcome, ann@example.com.")


async def test_tapped_commands_are_no_guesses(mode: str) -> None:
    """At the question for a password that exists, taps in the menu lock nobody out."""
    async with Stage(mode=mode) as stage:
        ann = await register(stage)
        await ann.says("/logout")
        await ann.says("/login ann@example.com")
        for _ in range(8):
            await ann.says("/client")
        assert stage.api.count("POST /auth/login") == 0
        await ann.says(PASSWORD)
        assert ann.can_read("Welcome back")


async def test_the_new_password_is_another_one(mode: str) -> None:
    """The old one is checked before the new one is asked, and is not taken twice."""
    async with Stage(mode=mode) as stage:
        ann = await register(stage)
        await ann.says("/password")
        await ann.says("no such password")
        assert ann.last.startswith("That is not your current password.")
        await ann.says(PASSWORD)
        assert ann.last.startswith("Choose a new password")
        await ann.says(PASSWORD)
        assert ann.last.startswith("That is the password you have. Please choose another.")
        assert stage.api.count("PATCH *") == 0


async def test_two_different_passwords_make_no_account(mode: str) -> None:
    """At /register the password is asked twice, as nobody sees what was typed."""
    async with Stage(mode=mode) as stage:
        ann = stage.person("Ann")
        for line in ("/register ann@example.com", PASSWORD, "another password"):
            await ann.says(line)
        assert ann.sees("The two differ.")
        assert stage.api.count("POST /auth/register") == 0


async def test_a_repeat_that_differs_twice_begins_anew(mode: str) -> None:
    """The first entry may have been the typo: then both are asked, and nobody is in a circle."""
    async with Stage(mode=mode) as stage:
        ann = stage.person("Ann")
        for line in ("/register ann@example.com", "pasword to type", PASSWORD):
            await ann.says(line)
        assert ann.last.startswith("The two differ.\nI took that as your password. Please send it")
        await ann.says(PASSWORD)
        assert ann.last.startswith("The two differ again.\nChoose a password")
        await ann.says(PASSWORD)
        await ann.says("one more typo")
        assert ann.last.startswith("The two differ.\n")
        for line in (PASSWORD, "yes"):
            await ann.says(line)
        assert ann.can_read("Welcome, ann@example.com.")
        assert not ann.can_read("pasword")


@pytest.mark.parametrize("word", ["yes", "Да", "no", "1", "help", "отмена"])
async def test_a_word_that_is_no_password_stays_a_word(word: str, mode: str) -> None:
    """Tried as a password it is deleted and refused; afterwards it means what it says."""
    async with Stage(mode=mode) as stage:
        ann = stage.person("Ann")
        for line in ("/login ann@example.com", word, "/cancel", "/forget", word):
            await ann.says(line)
        assert not ann.can_read("I deleted your message")


@pytest.mark.parametrize("word", ["yes", "да", "1"])
async def test_a_yes_that_was_too_short_for_a_password_submits(word: str, mode: str) -> None:
    """Also after a restart; a password that was chosen is deleted as ever."""
    async with Stage(mode=mode) as stage:
        ann = stage.person("Ann")
        for line in ("/register ann@example.com", word, PASSWORD, PASSWORD):
            await ann.says(line)
        await ann.says(PASSWORD)
        assert not ann.can_read(PASSWORD)
        said = "it repeats a secret. Please press a button, or type what stands on it."
        assert ann.sees(f"I deleted your message: {said}")
        await stage.restart()
        await ann.says(word)
        assert ann.can_read("Welcome, ann@example.com.")


async def test_what_may_be_a_secret_says_what_to_press(mode: str) -> None:
    """At the summary of /register a strange word goes, and a word for a command does not."""
    async with Stage(mode=mode) as stage:
        ann = stage.person("Ann")
        for line in ("/register ann@example.com", PASSWORD, PASSWORD, "who"):
            await ann.says(line)
        assert ann.sees("it may be a secret. Please press a button, or type what stands on it.")
        await ann.says("help")
        assert ann.can_read("help")
        assert not ann.sees("I deleted")


async def test_a_secret_sent_as_a_name_is_asked_for_anew(mode: str) -> None:
    """Who used a phrase as the password by mistake hears what to do at another question."""
    async with Stage(mode=mode) as stage:
        ann = await register(stage)
        for line in ("/newclient", PASSWORD):
            await ann.says(line)
        assert not ann.can_read(PASSWORD)
        assert ann.sees("it repeats a secret. Please send something else as the answer.")


@pytest.mark.parametrize("typed", [" Ann@Example.COM", "\u200bAnn@example.com", "Ann@example.com"])
async def test_the_address_that_will_be_used_is_shown(typed: str, mode: str) -> None:
    """What cannot be seen and the capitals of the domain are no part of the account's address."""
    async with Stage(mode=mode) as stage:
        ann = stage.person("Ann")
        for line in ("/register", typed, PASSWORD, PASSWORD):
            await ann.says(line)
        assert ann.last.startswith("E-mail: Ann@example.com\n")
        await ann.says("yes")
        assert stage.api.database.users.all()[-1].email == "Ann@example.com"


async def test_an_address_that_is_barred_has_a_way_out(mode: str) -> None:
    """Who can neither register nor log in hears whom to ask."""
    async with Stage(mode=mode, support="@help") as stage:
        await register(stage, "Ann")
        bob = stage.person("Bob")
        for line in ("/register ann@example.com", "a password", "a password", "yes"):
            await bob.says(line)
        assert bob.sees("Help: @help")
        await bob.says("/login ann@example.com")
        await bob.says("a wrong one")
        assert bob.sees("ask @help")
