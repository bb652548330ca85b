"""The plugin over MTProto, on a person's own account, and in groups."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sapp_bot.domain.replies import Callback, Url
from sapp_bot.testing import Actor, SandboxStage, Stage


@pytest.fixture
async def telegram() -> AsyncIterator[SandboxStage]:
    """Run the bot behind a local Telegram, with a service account of 1,000 reads."""
    async with SandboxStage(service_reads=1000) as stage:
        yield stage


@pytest.fixture
async def userbot() -> AsyncIterator[Stage]:
    """Run the bot on the account of Olga, who allows others to use it."""
    async with Stage(service_reads=1000, mode="user") as stage:
        yield stage


def told(person: Actor, text: str) -> int:
    """Count the messages of the chat that have a text."""
    return sum(text in shown.text.plain for shown in person.chat)


async def test_a_chart_is_a_photo_that_its_button_changes(telegram: SandboxStage) -> None:
    """Telegram's own types carry the picture, and the press edits it in its place."""
    ann = telegram.person("Ann")
    await ann.says("/chart EUR GBP 30d")
    first = ann.chat[-1]
    assert first.picture is not None
    assert "1 EUR = " in first.text.plain
    await ann.presses("7 d")

    again = ann.chat[-1]
    assert again.picture is not None
    assert again.id == first.id
    assert again.text.plain != first.text.plain


async def test_an_inline_query_is_answered(telegram: SandboxStage) -> None:
    """Behind the bot's name a sum has its results, which name the age of the rates."""
    ann = telegram.person("Ann")
    await ann.says("/start")
    found = await ann.asks("100 usd to eur and gbp")

    assert [result.title.partition(" = ")[0] for result in found] == ["100.00 USD"] * 2
    assert all("Rates of " in str(result.text) for result in found)


async def test_an_alert_goes_off_once_over_a_restart(telegram: SandboxStage) -> None:
    """What was set before a crash is told after it, and never again."""
    telegram.api.database.rates.pin("EUR", 0.9)
    ann = telegram.person("Ann")
    await ann.says("/alert EUR/USD above 1.2")
    assert ann.sees("EUR/USD at 1.20 or above")
    await telegram.restart()
    telegram.api.database.rates.pin("EUR", 0.8)
    await telegram.passes(3700)
    assert told(ann, "1 EUR = 1.25 USD") == 1
    await telegram.restart()
    await telegram.passes(3700)

    assert told(ann, "1 EUR = 1.25 USD") == 1


async def test_a_userbot_has_numbers_instead_of_buttons(userbot: Stage) -> None:
    """The owner types the number of a choice in Saved Messages, and charts are photos there."""
    olga = userbot.owner()
    await olga.says("/rate EUR")
    assert olga.sees("1 EUR = ")
    assert not any(shown.rows for shown in olga.chat)
    await olga.presses("Chart")
    assert olga.chat[-1].picture is not None
    await olga.presses("7 d")
    assert olga.chat[-1].picture is not None
    await olga.says("/convert 100 usd to eur")

    assert olga.sees("100.00 USD = ")


@pytest.mark.parametrize("text", ["100 usd to eur", "1.5k usd", "100 usdd", "$100"])
async def test_a_userbot_answers_no_talk_about_money(userbot: Stage, text: str) -> None:
    """People write to a person: what is no command is none of the bot's business."""
    olga, bob = userbot.owner(), userbot.person("Bob")
    await bob.says(text)
    await olga.says(text)

    assert not [shown for person in (olga, bob) for shown in person.chat if shown.by_bot]
    assert userbot.api.count("*/service/*") == 0


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run the built-in plugins with a service account of 1,000 reads."""
    async with Stage(service_reads=1000) as stage:
        yield stage


async def test_a_group_hears_commands_only(stage: Stage) -> None:
    """Rates and conversions by command are for all; talk about money is not for the bot."""
    ann = stage.person("Ann").within(-100)
    await ann.says("100 usd to eur")
    assert not ann.news
    for text in ("/rates", "/rate EUR", "/convert 100 usd to eur", "/chart EUR 7d", "/history EUR"):
        await ann.says(text)
        assert ann.sees("EUR")


@pytest.mark.parametrize(
    "text",
    [
        *("/base EUR", "/favourites EUR", "/zone Moscow", "/numbers dot"),
        *("/alert EUR/USD above 2", "/alerts"),
    ],
)
async def test_settings_and_alerts_lead_to_the_private_chat(stage: Stage, text: str) -> None:
    """In a group a person's own choices are not shown: a link goes to the private chat."""
    ann = stage.person("Ann")
    group = ann.within(-100)
    await group.says(text)

    assert len(group.news) == 1
    assert not group.sees("EUR")
    assert any(label for label in group.labels()) or group.sees("private")


async def test_nothing_private_is_pressed_in_a_group(stage: Stage) -> None:
    """Favourites and alerts are links to the private chat there, also below an older message."""
    ann = stage.person("Ann")
    await ann.says("/rate EUR")
    (star,) = [key for row in ann.chat[-1].rows for key in row if key.label.startswith("☆")]
    assert isinstance(star, Callback)
    group = ann.within(-100)
    await group.says("/rate EUR")
    keys = [key for row in group.chat[-1].rows for key in row]
    links = {key.label: key.url for key in keys if isinstance(key, Url)}
    assert {"Alert me", "☆ Add to favourites"} <= links.keys()
    assert links["Alert me"].endswith("?start=alert")
    await group.presses_data(star.data, message_id=group.chat[-1].id)
    assert group.sees("That is for our private chat only")
    await ann.says("/favourites")

    assert ann.sees("You have no favourites")


async def test_a_group_speaks_to_the_bot_by_name(stage: Stage) -> None:
    """Before a sum, behind it and in the midst of it; `rates` needs no slash then."""
    ann = stage.person("Ann").within(-100)
    for text, seen in (
        ("100 usd to eur @sapp_test_bot", "100.00 USD = "),
        ("hey @sapp_test_bot 200 usd to eur", "200.00 USD = "),
        ("@sapp_test_bot 300 usd", "300.00 USD ="),
        ("@sapp_test_bot rates", "1 USD is"),
        ("@sapp_test_bot rate EUR RUB", "1 EUR = "),
    ):
        await ann.says(text)
        assert ann.sees(seen), text
