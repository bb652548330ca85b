"""The API client: making it, its card, and its key, shown and hidden."""

from __future__ import annotations

import pytest

from plugins.clients import bar, masked, origins, share
from sapp_bot.domain.replies import Copy
from sapp_bot.sandbox.faults import Fail, Hang
from sapp_bot.testing import Actor, Shown, Stage
from tests.plugins.people import PASSWORD, key_of, register, with_client

MINE = "GET /account/client/using-token"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("*", "*"),
        (" * ", "*"),
        ("https://shop.example.com", "https://shop.example.com"),
        ("Shop.Example.com/", "https://shop.example.com"),
        ("HTTPS://a.example:443, http://b.example:80", "https://a.example,http://b.example"),
        ("a.example a.example,,b.example:8080", "https://a.example,https://b.example:8080"),
        ("localhost:3000", "http://localhost:3000"),
        ("магазин.рф", "https://xn--80aairftm.xn--p1ai"),
        ("127.0.0.1:8000", "https://127.0.0.1:8000"),
    ],
)
def test_origins_are_kept_as_browsers_write_them(typed: str, kept: str) -> None:
    """A list is normalised to what an Origin header holds; twice changes nothing."""
    assert origins(typed) == kept
    assert origins(kept) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *("shop", "*.example.com", "*, a.example", "ftp://a.example", "a.example/path"),
        *("https://user@a.example", "a.example?x=1", "a_b.example", "a..example", "a.example:0"),
        *("a.example:99999999999", "a.example:", "://", ",", "https://", "-a.example", "[::1]"),
        *("a." + "x" * 64, "x" * 5000, ",".join(f"host{i}.example.com" for i in range(99))),
    ],
)
def test_what_is_no_list_of_origins_is_refused(typed: str) -> None:
    """Anything else is refused with our own words, never with a codec's."""
    with pytest.raises(ValueError, match=r"^That (is not a )?list"):
        origins(typed)


@pytest.mark.parametrize(
    ("left", "total", "percent"),
    [(0, 0, 0), (0, 10, 0), (1, 1000, 1), (7, 10, 70), (10, 10, 100), (20, 10, 100), (5, -1, 0)],
)
def test_the_bar_is_empty_only_when_nothing_is_left(left: int, total: int, percent: int) -> None:
    """Shares are rounded down, but something left is something shown; 20 cells always."""
    assert share(left, total) == percent
    assert len(bar(percent)) == 20
    assert ("▓" in bar(percent)) is (percent > 0)


def test_a_short_key_shows_nothing_of_itself() -> None:
    """Only keys long enough to stay secret show their ends."""
    assert masked("06151b7e-aaaa-bbbb-cccc-dddddddd1359") == "0615…1359"
    assert masked("01234567") == "…"


async def test_what_cannot_be_changed_is_said_before() -> None:
    """Each question says so itself; a program without a website has a button, not a sign."""
    async with Stage() as stage:
        ann = await register(stage, "Ann")
        await ann.says("/newclient")
        assert ann.last.endswith("Its name cannot be changed later.")
        await ann.says("shop")
        assert ann.sees("A server, an app or a spreadsheet needs none.")
        assert ann.last.endswith("This cannot be changed later.")
        await ann.presses("Any website, or none")
        assert ann.sees("Websites: Any website, or none")
        await ann.presses("Create")
        assert ann.sees("Websites: Any website, or none")


@pytest.mark.parametrize("typed", ["any website, or none", "Любой сайт или никакого.", "skip"])
async def test_the_default_can_be_typed(typed: str) -> None:
    """As its button is called, in the person's language or in English, or as /skip."""
    async with Stage() as stage:
        ann = await register(stage, "Ann", language="ru")
        await ann.says("/newclient Лавка")
        await ann.says(typed)

        assert ann.sees("Сайты: Любой сайт или никакого")


async def test_the_card_shows_what_is_left_and_hides_the_key(mode: str) -> None:
    """The card's first line is the fact; the key is masked."""
    async with Stage(mode=mode) as stage:
        ann = await with_client(stage)
        assert ann.last.startswith("Client “shop”: 10 reads left of 10\n▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓ 100%")
        assert ann.labels() == ["Show key", "Refresh", "How to call", "Usage", "‹ Home"]
        stage.api.faults.add(MINE, Fail(500), nth=2, times=None)
        await ann.presses("Show key")
        assert not ann.can_read(masked(key_of(ann)))


@pytest.mark.parametrize(
    "name",
    ["Tom <b>& Jerry", "_a_ *b* `c` [d](e)", "x" * 255, "\u05e9\u05dc\u05d5\u05dd"],
)
async def test_a_name_is_shown_as_it_was_typed(name: str, mode: str) -> None:
    """No name is markup, and a right-to-left one does not turn its line around."""
    async with Stage(mode=mode) as stage:
        ann = await register(stage)
        await ann.says("/newclient")
        await ann.says(name)
        await ann.says("*")
        await ann.says("yes")
        shown = f"\u2068{name}\u2069" if "\u05e9" in name else name
        assert ann.last.startswith(f"Client “{shown}”: 10 reads left")


@pytest.mark.parametrize(
    ("name", "why"),
    [("x" * 256, "too long"), ("\u200b\u200b", "empty"), ("a\nb", "one line")],
)
async def test_some_names_are_asked_for_again(name: str, why: str, mode: str) -> None:
    """A name nobody could read, or the API could not keep, is refused before it is sent."""
    async with Stage(mode=mode) as stage:
        ann = await register(stage)
        await ann.says("/newclient")
        await ann.says(name)
        assert ann.sees(why)
        assert ann.sees("What shall the client be called?")
        assert stage.api.count("POST /account/register") == 0


async def test_a_second_client_is_answered_with_the_way_to_the_first(mode: str) -> None:
    """An account has one client: one message says so, and leads there."""
    async with Stage(mode=mode) as stage:
        ann = await with_client(stage)
        await ann.says("/newclient")
        assert len(ann.news) == 1
        assert ann.last.startswith("You have a client already, and each account has one.")
        await ann.says("/client")
        assert ann.last.startswith("Client “shop”")


async def test_a_client_made_meanwhile_is_shown(mode: str) -> None:
    """What was made elsewhere while the form was open is told when it ends."""
    async with Stage(mode=mode) as stage:
        ann = await register(stage)
        await ann.says("/newclient shop")
        bob = stage.person("Bob")
        await bob.says("/login ann@example.com")
        await bob.says(PASSWORD)
        for line in ("/newclient first", "*", "yes"):
            await bob.says(line)
        await ann.says("*")
        await ann.says("yes")
        assert ann.sees("You have a client already")
        await ann.says("/client")
        assert ann.sees("Client “first”")


async def test_without_a_client_the_card_leads_to_one(mode: str) -> None:
    """Nothing to show is a next step, not an error."""
    async with Stage(mode=mode) as stage:
        ann = await register(stage)
        await ann.says("/client")
        assert ann.sees("/newclient")


async def test_refresh_edits_the_card_and_says_when() -> None:
    """Refresh shows the newest count in the same message."""
    async with Stage() as stage:
        ann = await with_client(stage)
        before = len(ann.chat)
        assert (await ann.presses("Refresh")).startswith("Up to date: ")
        assert len(ann.chat) == before


async def test_the_key_is_shown_for_a_while_only() -> None:
    """Show gives the key and a copy button on the same card; both leave by themselves."""
    async with Stage(key_shown_s=30) as stage:
        ann = await with_client(stage)
        await ann.presses("Show key")
        key = key_of(ann)
        assert ann.labels() == ["Copy key", "Hide key", "‹ Home"]
        await stage.passes(29)
        assert ann.can_read(key)
        await stage.passes(2)
        assert hidden(ann, key)
        assert ann.sees("Client “shop”")


async def test_the_key_can_be_hidden_at_once(mode: str) -> None:
    """Hide does not wait for the time to run out."""
    async with Stage(mode=mode) as stage:
        ann = await with_client(stage)
        await ann.presses("Show key")
        key = key_of(ann)
        await ann.presses("Hide key")
        assert hidden(ann, key)


@pytest.mark.parametrize("fault", [Fail(500), Fail(403, "{}"), Hang()])
async def test_the_key_is_hidden_though_the_api_is_gone(fault: Fail | Hang, mode: str) -> None:
    """A key that cannot be replaced by new numbers is replaced by none."""
    async with Stage(mode=mode) as stage:
        ann = await with_client(stage)
        await ann.presses("Show key")
        key = key_of(ann)
        stage.api.faults.add(MINE, fault, times=None)
        await stage.passes(61)
        assert hidden(ann, key)
        assert ann.sees("The key is hidden again.")


@pytest.mark.parametrize("way_out", ["/logout", "restart"])
async def test_the_key_is_hidden_after_a_logout_and_a_restart(way_out: str, mode: str) -> None:
    """Neither a logout nor a restart leaves a key person state."""
    async with Stage(mode=mode) as stage:
        ann = await with_client(stage)
        await ann.presses("Show key")
        key = key_of(ann)
        if way_out == "restart":
            await stage.restart()
        else:
            await ann.says(way_out)
        await stage.passes(61)
        assert hidden(ann, key)


async def test_a_key_shown_by_command_is_hidden_under_newer_cards(mode: str) -> None:
    """The message with the key is the one that changes, whatever came after it."""
    async with Stage(mode=mode) as stage:
        ann = await with_client(stage)
        await ann.says("/client show")
        key = key_of(ann)
        await stage.passes(5)
        await ann.says("/client show")
        await ann.says("/client")
        await stage.passes(61)
        assert hidden(ann, key)


async def test_keys_shown_in_one_second_are_all_hidden(mode: str) -> None:
    """A double tap shows two cards; each is hidden in its own message."""
    async with Stage(mode=mode) as stage:
        ann = await with_client(stage)
        await ann.says("/client show")
        key = key_of(ann)
        await ann.says("/client show")
        await stage.passes(61)
        assert hidden(ann, key)


async def test_no_key_stays_when_the_plugin_is_switched_off(mode: str) -> None:
    """What can no longer be hidden is taken away."""
    async with Stage(mode=mode, admins=frozenset({7})) as stage:
        boss = stage.person("Boss", id=7)
        ann = await with_client(stage)
        await ann.says("/client show")
        key = key_of(ann)
        await boss.says("/plugin disable clients")
        await stage.passes(61)
        assert hidden(ann, key)


async def test_only_show_shows_the_key(mode: str) -> None:
    """Another word behind the command is answered with how it is written."""
    async with Stage(mode=mode) as stage:
        ann = await with_client(stage)
        await ann.says("/client everything")
        assert ann.sees("/client show")


def plain(shown: Shown) -> str:
    """Give a message's text."""
    return shown.text.plain


def hidden(ann: Actor, key: str) -> bool:
    """Tell that the key is nowhere in the chat: not in a text, not in a button."""
    keys = [k for shown in ann.chat for row in shown.rows for k in row]
    copies = [k.text for k in keys if isinstance(k, Copy)]
    return not ann.can_read(key) and key not in copies


async def test_what_failed_in_passing_is_a_press_away() -> None:
    """An error that may be over in a minute has a button that sends the command again."""
    async with Stage() as stage:
        ann, boris = await with_client(stage), await with_client(stage, "Boris", language="ru")
        stage.api.faults.add("*", Fail(500), times=None)
        await ann.says("/client show")
        assert ann.labels() == ["Try again", "‹ Home"]
        await boris.says("/client")
        assert boris.labels()[0] == "Попробовать снова"
        await boris.says("/client " + "show " * 20)
        assert "Попробовать снова" not in boris.labels()

        stage.api.faults.clear()
        await ann.presses("Try again")
        assert ann.sees("I hide it again")


async def test_who_can_replace_a_key_is_said_beside_it() -> None:
    """The API lets nobody replace their own."""
    async with Stage(support="@help") as stage:
        ann = await with_client(stage)
        await ann.says("/client show")
        assert ann.sees("Has it leaked? Only an operator can replace it: @help")
        await ann.presses("Hide key")
        assert not ann.can_read("Has it leaked?")
