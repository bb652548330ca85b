"""Accounts and logins, as dialogues."""

from __future__ import annotations

import pytest

from sapp_bot.sandbox.faults import Fail
from sapp_bot.testing import Stage
from tests.plugins.people import PASSWORD, login_ends, register, with_client

NO_ACCOUNT = "No account has the e-mail"


@pytest.mark.parametrize(
    "email",
    ["ann", "ann@", "@example.com", "ann@localhost", "a b@example.com", "x@y.z trailing", "a@b..c"],
)
async def test_an_address_is_checked_before_the_password_is_asked(email: str, mode: str) -> None:
    """What is no e-mail address is asked for again, with an example."""
    async with Stage(mode=mode) as stage:
        ann = stage.person()
        await ann.says("/register")
        await ann.says(email)
        assert ann.sees("One looks like ann@example.com.")
        assert ann.sees("Which e-mail address")


@pytest.mark.parametrize("email", ["ann@mail.com", "a.b+c@sub.example.co", "анна@почта.рф"])
async def test_usual_addresses_are_taken(email: str, mode: str) -> None:
    """Dots, plus signs, subdomains and letters of any script are fine."""
    async with Stage(mode=mode) as stage:
        ann = stage.person()
        await ann.says(f"/register {email}")
        await ann.says(PASSWORD)
        await ann.says(PASSWORD)
        assert ann.last.startswith(f"E-mail: {email}\n")
        await ann.says("yes")
        assert ann.sees(email)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("1234567", "too short"),
        ("x" * 129, "too long"),
        (" " * 9, "empty"),
        ("\u200b" * 9, "empty"),
    ],
)
async def test_a_new_password_has_rules(password: str, why: str, mode: str) -> None:
    """The API takes any password, even none; the bot does not, and deletes it all the same."""
    async with Stage(mode=mode) as stage:
        ann = stage.person()
        await ann.says("/register ann@example.com")
        await ann.says(password)
        assert ann.sees(why)
        assert not ann.can_read(password)
        assert stage.api.count("POST /auth/register") == 0


async def test_a_taken_address_is_asked_for_again(mode: str) -> None:
    """Who has an account already is led to /login, and may send another address instead."""
    async with Stage(mode=mode) as stage:
        await register(stage, "Ann")
        bob = stage.person("Bob")
        await bob.says("/register ann@example.com")
        for answer in ("another password", "another password", "yes"):
            await bob.says(answer)
        assert bob.sees("has an account already")
        await bob.says("bob@example.com")
        await bob.says("yes")
        assert bob.can_read("Welcome, bob@example.com.")


async def test_a_taken_address_leads_to_the_login() -> None:
    """The button is below the text that names the address; nothing is said of deleted accounts."""
    async with Stage() as stage:
        await register(stage, "Ann")
        bob = stage.person("Bob")
        for answer in ("/register ann@example.com", "another password", "another password", "yes"):
            await bob.says(answer)
        assert bob.sees("ann@example.com has an account already. If it is yours, log in;")
        assert not bob.sees("deleted")
        await bob.presses("Log in")
        assert bob.sees("What is the e-mail address of your account?")


async def test_a_login_asks_for_an_address_that_can_be_one() -> None:
    """As registering does: a name is no address, and no password is asked for it."""
    async with Stage() as stage:
        ann = stage.person()
        await ann.says("/login")
        await ann.says("ann")
        assert ann.sees("That is not an e-mail address.")
        assert ann.sees("What is the e-mail address of your account?")


async def test_a_refused_login_names_the_address_and_the_way_out() -> None:
    """Who mistyped the address sees it; who forgot the password hears that it cannot be reset."""
    async with Stage(support="@help") as stage:
        ann = stage.person()
        await ann.says("/login anne@example.com")
        await ann.says(PASSWORD)
        assert ann.sees("No account has the e-mail anne@example.com and this password.")
        assert ann.sees("A forgotten password cannot be reset here; ask @help.")


FORGOTTEN = (
    "forgot password",
    "Forgot password?",
    "I forgot my password",
    "i've forgotten my password",
    "I’ve lost the password.",
    "I have forgotten password!",
    "I don't remember my password",
    "can’t remember password",
    "reset password",
    "Reset my password…",
    "Забыл пароль",
    "Я забыл пароль.",
    "забыла свой пароль",
    "не помню пароль",
    "Я не помню пароль !",
    "сбросить пароль",
    "восстановить пароль?",
    "сброс пароля",
    "Восстановление пароля",
)


async def test_a_forgotten_password_is_answered_honestly() -> None:
    """Typed as a plain text, in any usual words; without a contact the answer claims none."""
    async with Stage() as stage:
        ann = stage.person()
        for words in FORGOTTEN:
            await ann.says(words)
            assert ann.last == (
                "A forgotten password cannot be reset: the SAPP service has no way to do that."
            ), words
            assert ann.labels() == ["Log in", "‹ Home"]
        for words in ("I forgot", "my password", "I lost my key", "forgot password of Ann"):
            await ann.says(words)
            assert "A forgotten password" not in ann.last, words


@pytest.mark.parametrize("kept", ["Ann@Mail.Test", "root@localhost"])
async def test_an_account_made_elsewhere_is_found_as_it_is_spelt(kept: str, mode: str) -> None:
    """What this bot would not make an account for, or would spell otherwise, can log in."""
    async with Stage(mode=mode) as stage:
        stage.api.database.add_user(kept, PASSWORD)
        ann = stage.person()
        await ann.says("/login")
        await ann.says(f"\u200b{kept} ")
        await ann.says(PASSWORD)
        assert ann.can_read(f"Welcome back, {kept}.")


@pytest.mark.parametrize("email", ["ann", "ann@", "@mail.test", "\u200b@ mail.test", "@"])
async def test_an_address_has_something_on_both_sides(email: str) -> None:
    """At a login nothing else is asked of it."""
    async with Stage() as stage:
        ann = stage.person()
        await ann.says("/login")
        await ann.says(email)
        assert ann.sees("That is not an e-mail address. One looks like ann@example.com.")


async def test_wrong_tries_count_for_all_spellings_of_an_address() -> None:
    """Capitals, and what cannot be seen, give nobody another ten tries."""
    async with Stage() as stage:
        spellings = ("ann@mail.test", "Ann@MAIL.test", "a\u200dnn@mail.test")
        for name, email in (("Bob", spellings[0]), ("Cy", spellings[1])):
            guesser = stage.person(name)
            await guesser.says(f"/login {email}")
            for guess in range(5):
                await guesser.says(f"guess number {guess}")
        dan = stage.person("Dan")
        await dan.says(f"/login {spellings[2]}")
        await dan.says("guess number 5")
        assert dan.sees("Too many wrong tries.")


async def test_a_repeated_password_that_differs_is_asked_for_once_more() -> None:
    """There is no "new" password while registering."""
    async with Stage() as stage:
        ann = stage.person()
        for answer in ("/register ann@example.com", PASSWORD, "another one"):
            await ann.says(answer)
        assert ann.last.startswith("The two differ.\nI took that as your password.")


async def test_wrong_address_and_wrong_password_sound_the_same(mode: str) -> None:
    """Nobody learns from a refused login which addresses have accounts."""
    async with Stage(mode=mode) as stage:
        await register(stage, "Ann")
        bob = stage.person("Bob")
        answers = []
        for email in ("ann@example.com", "nobody@example.com"):
            await bob.says(f"/login {email}")
            await bob.says("wrong password")
            answers.append([shown.text.plain for shown in bob.news])
        assert answers[0] == answers[1]
        assert NO_ACCOUNT in answers[0][0]


async def test_a_wrong_password_may_be_sent_again(mode: str) -> None:
    """The form stays open: only the password is asked again."""
    async with Stage(mode=mode) as stage:
        ann = await register(stage, "Ann")
        await ann.says("/logout")
        await ann.says("/login ann@example.com")
        await ann.says("wrong password")
        await ann.says(PASSWORD)
        assert ann.can_read("Welcome back, ann@example.com.")
        assert not ann.can_read("wrong password")


async def test_guessing_is_slowed_down(mode: str) -> None:
    """After five wrong passwords the API is not asked until a while has passed."""
    async with Stage(mode=mode) as stage:
        ann = await register(stage, "Ann")
        await ann.says("/logout")
        await ann.says("/login ann@example.com")
        for guess in range(6):
            await ann.says(f"guess number {guess}")
        assert ann.sees("Too many wrong tries.")
        # Each refusal is asked about once more, after a probe of the API's database.
        assert stage.api.count("POST /auth/login") == 2 * 5
        await stage.passes(3600)
        await ann.says("/login ann@example.com")
        await ann.says(PASSWORD)
        assert ann.can_read("Welcome back, ann@example.com.")


async def test_another_login_replaces_this_one_only_when_it_succeeds(mode: str) -> None:
    """A failed login leaves the person who they were; one that succeeds says so."""
    async with Stage(mode=mode) as stage:
        await register(stage, "Bob")
        ann = await register(stage, "Ann")
        await ann.says("/login bob@example.com")
        assert ann.sees("You are logged in as ann@example.com, until another login succeeds.")
        await ann.says("wrong password")
        await ann.says("/cancel")
        await ann.says("/me")
        assert ann.sees("Account ann@example.com")
        await ann.says("/login bob@example.com")
        await ann.says(PASSWORD)
        assert ann.can_read("Welcome back, bob@example.com.")
        await ann.says("/me")
        assert ann.sees("Account bob@example.com")


async def test_a_form_goes_on_after_the_login_it_waited_for(mode: str) -> None:
    """Who has to log in in the middle of a form finds it where it was."""
    async with Stage(mode=mode) as stage:
        with login_ends(stage):
            ann = await register(stage, "Ann")
            await ann.says("/newclient")
            await ann.says("shop")
        await ann.says("/login ann@example.com")
        await ann.says(PASSWORD)
        assert ann.last.startswith("Back to /newclient.")
        await ann.says("*")
        await ann.says("yes")
        assert ann.sees("Client “shop”")


async def test_the_account_card_names_the_account_and_its_end(mode: str) -> None:
    """The account is shown without anything secret, and when the login ends."""
    async with Stage(mode=mode) as stage:
        ann = await register(stage, "Ann")
        await ann.says("/user")
        assert ann.last.startswith("Account ann@example.com\nThis account was made on ")
        assert ann.sees("You are logged in until ")
        assert ann.labels() == ["Change password", "Log out", "‹ Home"]


async def test_the_password_is_changed_after_three_answers(mode: str) -> None:
    """The new password works from then on, the old one no longer; none stays in the chat."""
    async with Stage(mode=mode) as stage:
        ann = await register(stage, "Ann")
        await ann.says("/password")
        for answer in (PASSWORD, "a brand new one", "a brand old one", "a brand new one"):
            await ann.says(answer)
            assert not ann.can_read(answer)
        assert ann.sees("Your password is changed.")
        await ann.says("/logout")
        await ann.says("/login ann@example.com")
        await ann.says(PASSWORD)
        assert ann.sees(NO_ACCOUNT)
        await ann.says("a brand new one")
        assert ann.can_read("Welcome back, ann@example.com.")


async def test_two_different_new_passwords_are_told_apart(mode: str) -> None:
    """A repeat that differs is asked for again, and nothing reaches the API."""
    async with Stage(mode=mode) as stage:
        ann = await register(stage, "Ann")
        await ann.says("/password")
        for answer in (PASSWORD, "a brand new one", "a brand old one"):
            await ann.says(answer)
        assert ann.sees("The two differ.")
        assert stage.api.count("PATCH *") == 0


async def test_a_wrong_current_password_changes_nothing(mode: str) -> None:
    """Only the current password is asked again."""
    async with Stage(mode=mode) as stage:
        ann = await register(stage, "Ann")
        await ann.says("/password")
        await ann.says("not my password")
        assert ann.sees("That is not your current password.")
        for answer in (PASSWORD, "a brand new one", "a brand new one"):
            await ann.says(answer)
        assert ann.sees("Your password is changed.")


async def test_logout_works_without_the_api_and_says_so(mode: str) -> None:
    """The login is forgotten whatever the API does; how long it may live there is told."""
    async with Stage(mode=mode) as stage:
        ann = await register(stage, "Ann")
        stage.api.faults.add("GET /auth/logout", Fail(500), times=None)
        await ann.says("/logout")
        assert ann.sees("did not confirm it")
        await ann.says("/me")
        assert ann.sees("/login")


async def test_logout_has_an_answer_for_everybody(mode: str) -> None:
    """Logged in, run out, never logged in: each hears what is the case."""
    async with Stage(mode=mode) as stage:
        ann, bob = await register(stage, "Ann"), stage.person("Bob")
        await bob.says("/logout")
        assert bob.sees("Nobody is logged in here.")
        await ann.says("/logout")
        assert ann.sees("You are logged out.")
        await ann.says("/login ann@example.com")
        await ann.says(PASSWORD)
        stage.clock.skip(61 * 3600)
        await ann.says("/logout")
        assert ann.sees("That login had ended by itself")
        await ann.says("/logout")
        assert ann.sees("Nobody is logged in here.")


@pytest.mark.parametrize(("answer", "stays"), [("yes", False), ("No, stay", True)])
async def test_deactivation_says_what_it_does_and_asks(
    answer: str, *, stays: bool, mode: str
) -> None:
    """The API only ends the login: the person hears that first, and decides."""
    async with Stage(mode=mode) as stage:
        ann = await with_client(stage, "Ann")
        await ann.says("/deactivate")
        assert ann.last.startswith("The SAPP service cannot close accounts")
        await ann.says(answer)
        assert ann.sees("still logged in" if stays else "This login is ended.")
        await ann.says("/me")
        assert ann.sees("Account ann@example.com") is stays


async def test_deactivating_a_login_that_the_api_ended_leaves_no_form_behind() -> None:
    """When the login is over already, /deactivate has nothing left to do, and waits for nobody."""
    async with Stage() as stage:
        ann = await register(stage)
        await ann.says("/deactivate")
        stage.api.database.expire_tokens()
        await ann.says("yes")
        assert ann.sees("This login is ended")
        await ann.says("/login ann@example.com")
        await ann.says(PASSWORD)

        assert not ann.sees("Back to /deactivate")
