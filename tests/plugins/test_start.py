"""The home card, help, languages and the ways out of a form, as dialogues."""

from __future__ import annotations

import pytest

from sapp_bot.sandbox.faults import Fail
from sapp_bot.testing import Stage
from tests.plugins.people import PASSWORD, register, with_client

MINE = "GET /account/client/using-token"


async def test_home_tells_a_newcomer_where_to_begin(mode: str) -> None:
    """Who has no account is shown how to get one."""
    async with Stage(mode=mode) as stage:
        ann = stage.person()
        await ann.says("/start")
        assert ann.last.startswith("SAPP Finance")
        assert ann.labels() == ["Register", "Log in", "Rates", "Help", "Settings"]


async def test_a_former_programs_keyboard_goes_at_the_first_start() -> None:
    """With one sentence, once: also a restart later, and in the language of the person."""
    async with Stage() as stage:
        ann = stage.person("Ann", language="ru")
        await ann.says("/start")
        greeting, home = ann.news
        assert greeting.text.plain.startswith("Здравствуйте!")
        assert greeting.removes_keyboard
        assert home.rows
        await ann.says("/start")
        await stage.restart()
        await ann.says("/start")
        assert [shown.removes_keyboard for shown in ann.news] == [False]


async def test_a_press_gets_no_greeting_below_its_screen() -> None:
    """A screen that is turned in place stays the last message; the next command is greeted."""
    async with Stage() as stage:
        ann = stage.person("Ann")
        await ann.says("/about")
        await ann.presses("‹ Home")
        assert not any(shown.removes_keyboard for shown in ann.chat)
        await ann.says("/start")
        assert [shown.removes_keyboard for shown in ann.news] == [True, False]


async def test_home_leads_from_the_account_to_the_client(mode: str) -> None:
    """Who is logged in sees the next step: make a client, then what is left of its reads."""
    async with Stage(mode=mode) as stage:
        ann = await register(stage)
        await ann.says("/start")
        assert ann.last.startswith("You are logged in as ann@example.com.")
        assert "Create a client" in ann.labels()
        for line in ("/newclient shop", "*", "yes"):
            await ann.says(line)
        await ann.says("/start")
        assert ann.sees("Client “shop”: 10 reads left.")
        assert "My client" in ann.labels()


async def test_home_says_that_the_login_has_ended(mode: str) -> None:
    """A login that ran out is told from none: the person hears whose it was."""
    async with Stage(mode=mode) as stage:
        ann = await register(stage)
        stage.clock.skip(61 * 3600)
        await ann.says("/start")
        assert ann.last.startswith("Your login as ann@example.com has ended.")
        assert "Log in" in ann.labels()
        assert "Register" not in ann.labels()


async def test_home_is_shown_while_the_api_is_broken(mode: str) -> None:
    """Home does not need the API: it says what it cannot know."""
    async with Stage(mode=mode) as stage:
        ann = await with_client(stage)
        stage.api.faults.add(MINE, Fail(500), times=None)
        await ann.says("/start")
        assert ann.last.startswith("You are logged in as ann@example.com.")
        assert ann.sees("not answering")


async def test_a_link_begins_a_command(mode: str) -> None:
    """What a link carries is a command; any other payload leads home."""
    async with Stage(mode=mode) as stage:
        ann = stage.person()
        await ann.says("/start login")
        assert ann.sees("e-mail address")
        await ann.says("/cancel")
        await ann.says("/start no-such-thing")
        assert ann.sees("SAPP Finance")


async def test_help_lists_what_the_person_may_use(mode: str) -> None:
    """Help is grouped by plugin, shows short names, and grows with the login."""
    async with Stage(mode=mode) as stage:
        ann = stage.person()
        await ann.says("/help")
        assert ann.sees("Your account\n/register – Make an account.")
        assert not ann.sees("/client –")
        assert not ann.sees("/docs")
        bob = await register(stage, "Bob")
        await bob.says("/help")
        assert not bob.sees("/login –")
        assert not bob.sees("/register –")
        assert bob.sees("/client – Show your API client")
        assert bob.sees("/me – Show your account.")


@pytest.mark.parametrize("name", ["get_client", "client", "/client", "CLIENT"])
async def test_help_explains_one_command(name: str, mode: str) -> None:
    """A command is explained under each of its names."""
    async with Stage(mode=mode) as stage:
        ann = await register(stage)
        await ann.says(f"/help {name}")
        assert ann.last.startswith("/client [show]\n")
        assert ann.sees("Also: /get_client")


async def test_help_for_an_unknown_command_leads_on(mode: str) -> None:
    """A name that is no command gets an answer with a next step."""
    async with Stage(mode=mode) as stage:
        ann = stage.person()
        await ann.says("/help frobnicate")
        assert ann.last.startswith("I have no command /frobnicate for you. /help shows all.")


async def test_the_language_follows_the_account_and_the_choice(mode: str) -> None:
    """Telegram's language is spoken until another is chosen; the card answers in the new one."""
    async with Stage(mode=mode) as stage:
        ann = stage.person(language="ru-RU")
        await ann.says("/settings")
        assert ann.last.startswith("Язык: Русский\nЯзык берётся из вашего Telegram.")
        await ann.presses("English")
        assert ann.last.startswith("Language: English\nYou chose it.")
        await ann.says("/settings RU")
        assert ann.last.startswith("Язык: Русский\nВы выбрали его сами.")
        await ann.says("/settings auto")
        assert ann.sees("Язык берётся из вашего Telegram.")


async def test_the_language_card_changes_in_place() -> None:
    """Pressing a language edits the card, it does not add one."""
    async with Stage() as stage:
        ann = stage.person()
        await ann.says("/settings")
        before = len(ann.chat)
        assert ann.labels()[:3] == ["English", "Русский", "✓ As in Telegram"]
        await ann.presses("Русский")
        assert len(ann.chat) == before
        assert ann.labels()[:3] == ["English", "✓ Русский", "Как в Telegram"]
        assert ann.labels()[-1] == "‹ В начало"


@pytest.mark.parametrize(
    ("command", "line"),
    [("notices", "/notices [on|off]"), ("newclient", "/newclient"), ("help", "/help about")],
)
async def test_help_shows_what_can_be_typed(command: str, line: str) -> None:
    """A line of usage has the words to choose from or an example, and no name of a parameter."""
    async with Stage() as stage:
        ann = await with_client(stage) if command == "notices" else await register(stage, "Ann")
        await ann.says(f"/help {command}")
        assert ann.last.splitlines()[0] == line


async def test_a_word_that_is_no_choice_is_answered_with_the_choices() -> None:
    """As commands that can be tapped."""
    async with Stage() as stage:
        ann = stage.person(language="ru")
        await ann.says("/notices perhaps")
        assert ann.sees("Выберите одно: /notices on, /notices off.")


async def test_an_unknown_language_is_answered_with_the_known_ones(mode: str) -> None:
    """A language that is not spoken changes nothing and shows the choices as commands."""
    async with Stage(mode=mode) as stage:
        ann = stage.person()
        await ann.says("/settings tlh")
        assert ann.sees("/settings en, /settings ru, /settings auto")


async def test_about_and_docs_say_what_there_is() -> None:
    """Both answer with and without the operator's addresses."""
    async with Stage(docs_url="https://docs.example.com", support="@help") as stage:
        ann = stage.person()
        await ann.says("/about")
        assert ann.sees("Questions: @help")
        await ann.says("/docs")
        assert ann.sees("https://docs.example.com")
        assert ann.labels() == ["Open"]
    async with Stage() as stage:
        bob = stage.person()
        await bob.says("/docs")
        assert bob.sees("no link to the documentation")
        assert bob.labels() == ["My client", "‹ Home"]


async def test_user_mode_offers_only_what_is_there() -> None:
    """Free text is not for the bot there, and no language of Telegram's can be followed."""
    async with Stage(mode="user") as stage:
        ann = stage.person(language="")
        await ann.says("/start")
        assert ann.sees("/convert 100 usd to eur")
        assert not ann.sees("send me a sum")
        await ann.says("/settings")
        assert ann.sees("Telegram tells only bots which language yours has")
        assert not ann.sees("As in Telegram")
        await ann.says("/settings auto")
        assert ann.sees("I don't speak that yet.")
        assert not ann.sees("/settings auto")


@pytest.mark.parametrize("command", ["/cancel", "/back", "/skip", "/retry"])
async def test_ways_out_answer_when_nothing_is_open(command: str, mode: str) -> None:
    """Steering a form that is not there is answered with a next step."""
    async with Stage(mode=mode) as stage:
        ann = stage.person()
        await ann.says(command)
        assert ann.sees("/help")


async def test_cancel_and_back_work_where_a_secret_is_asked(mode: str) -> None:
    """Only the ways out are commands in a secret field; what is typed there leaves the chat."""
    async with Stage(mode=mode) as stage:
        ann = stage.person()
        await ann.says("/login ann@example.com")
        await ann.says("/back")
        assert ann.sees("e-mail address")
        await ann.says("ann@example.com")
        await ann.says("/help")
        assert not ann.can_read("/help\n")
        assert ann.sees("That is a command. Send a password, or /cancel.")
        await ann.says("/cancel")
        assert ann.sees("Cancelled")
        assert not ann.can_read(PASSWORD)


async def test_a_userbot_says_what_it_cannot_do_and_why() -> None:
    """No menu, no language from Telegram, and no secrets from the owner: a guest hears of each."""
    async with Stage(mode="user") as stage:
        ann, olga = stage.person(language=""), stage.owner(language="")
        await ann.says("/help")
        assert ann.sees("has no menu and no buttons")
        await ann.says("/settings")
        assert ann.sees("Telegram tells only bots which language yours has")
        for who, warned in ((ann, True), (olga, False)):
            await who.says("/about")
            assert who.sees("its owner can read what you type here") is warned


async def test_settings_do_not_claim_to_follow_an_unknown_language() -> None:
    """Whose Telegram is in a language that the bot does not speak is told so."""
    async with Stage(only=["start"]) as stage:
        ana = stage.person("Ana", language="es")
        await ana.says("/settings")
        assert ana.sees("I don't speak the language of your Telegram yet.")
        ann = stage.person("Ann", language="en-GB", id=99)
        await ann.says("/settings")
        assert ann.sees("It follows your Telegram.")
