"""Rates in the chat: who asks sees the fact first, and everybody together pays once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from sapp_bot.testing import Actor, Stage
from tests.plugins.people import jump_to_hour


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run the built-in plugins with a service account of 1,000 reads."""
    async with Stage(service_reads=1000) as stage:
        yield stage


def reads(stage: Stage) -> int:
    """Count the metered calls so far."""
    return stage.api.count("*/service/*")


async def test_a_sum_is_converted_right_after_start(stage: Stage) -> None:
    """A stranger who has no account writes a sum, and sees it in other money."""
    ann = stage.person("Ann")
    await ann.says("/start")
    await ann.says("100 usd to eur")

    assert ann.sees("100.00 USD = ")
    assert ann.sees("EUR")
    assert ann.sees("Rates of ")


async def test_a_crowd_pays_once(stage: Stage) -> None:
    """However many people ask within the hour, it is one read."""
    for name in ("Ann", "Bob", "Eve"):
        person = stage.person(name)
        for text in ("100 usd to eur", "/rates", "1.5k usd", "/rate GBP", "$100"):
            await person.says(text)

    assert reads(stage) == 1


async def test_russian_is_answered_in_russian(stage: Stage) -> None:
    """«100 долларов в рублях» is understood and answered in Russian."""
    anna = stage.person("Анна", language="ru")
    await anna.says("100 долларов в рублях")

    assert anna.sees("100,00 USD = ")
    assert anna.sees("RUB")
    assert anna.sees("Курсы на ")


async def test_a_mistake_is_pointed_at(stage: Stage) -> None:
    """An unknown currency is named, with a mark below its place, and no read is spent."""
    ann = stage.person("Ann")
    await ann.says("100 usdd")

    assert ann.sees("    ^^^^")
    assert ann.sees("Did you mean")
    assert reads(stage) == 0


async def test_ordinary_words_are_left_alone(stage: Stage) -> None:
    """What is not about money gets the usual answer."""
    ann = stage.person("Ann")
    await ann.says("thank you very much")

    assert ann.sees("I did not understand that.")


async def test_withdrawn_money_has_its_fixed_rate(stage: Stage) -> None:
    """The lev is converted at 1.95583, and people hear that it is gone."""
    ann = stage.person("Ann")
    await ann.says("195583 bgn to eur")

    assert ann.sees("= 100,000.00 EUR")
    assert ann.sees("BGN (Bulgarian lev) was withdrawn on 1 Jan 2026; EUR has taken its place")


async def test_swapping_turns_the_pair_round(stage: Stage) -> None:
    """The button below a conversion converts the other way, in place."""
    ann = stage.person("Ann")
    await ann.says("100 usd to eur")
    await ann.presses("⇄ 100 EUR in USD")

    assert ann.sees("100.00 EUR = ")


async def test_stars_make_favourites(stage: Stage) -> None:
    """A starred currency is on the card of rates, and in /settings."""
    ann = stage.person("Ann")
    await ann.says("/rate SEK")
    await ann.presses("☆ Add to favourites")
    await ann.says("/rates")
    assert ann.sees("SEK")
    assert not ann.sees("CHF")
    await ann.says("/settings")

    assert ann.sees("Favourites: SEK")


async def test_a_base_currency_is_chosen(stage: Stage) -> None:
    """After /base EUR the card is in euros, and a bare number is euros."""
    ann = stage.person("Ann")
    await ann.says("/base eur")
    await ann.says("/rates")
    assert ann.sees("1 EUR is")
    await ann.says("250")

    assert ann.sees("250.00 EUR =")


async def test_an_outage_shows_old_rates_with_a_mark(stage: Stage) -> None:
    """While the API is down people see the last rates, and how old they are."""
    ann = stage.person("Ann")
    await ann.says("100 usd to eur")
    await stage.passes(2 * 3600)
    stage.api.database_away = True
    await ann.says("100 usd to eur")

    assert ann.sees("⚠ Rates of ")
    assert ann.sees("2 hours ago")


async def test_history_is_paid_for_once(stage: Stage) -> None:
    """Days that were read are never read again, for nobody, and a chart of them costs nothing."""
    ann, bob = stage.person("Ann"), stage.person("Bob")
    await ann.says("/history EUR 30d")
    assert ann.sees("Lowest ")
    before = reads(stage)
    await bob.says("/history EUR 7d")
    await bob.says("/chart EUR 30d")
    await bob.says("/rate EUR yesterday")

    assert bob.sees("The last rate of ")
    assert reads(stage) == before


async def test_a_chart_is_a_picture_that_changes_in_place(stage: Stage) -> None:
    """The buttons below a chart draw another period into the same message."""
    ann = stage.person("Ann")
    await ann.says("/chart EUR GBP 30d")
    shown, shown_message = ann.chat[-1].picture, ann.chat[-1].id
    assert shown is not None
    assert json.loads(shown.arguments)["codes"] == ["EUR", "GBP"]
    await ann.presses("7 d")

    again = ann.chat[-1]
    assert again.picture is not None
    assert again.id == shown_message
    assert json.loads(again.picture.arguments)["start"] > json.loads(shown.arguments)["start"]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("/rate XQZ", "is no currency that I know"),
        ("/rate EUR 2026-13-01", "a year has 12 months"),
        ("/history EUR 2026-02-10..2026-02-01", "is after"),
        ("/history EUR 100y", "A period can be 10 years long at most."),
        ("/history EUR 0d", "has no length"),
        ("/rate EUR 2999-01-01", "is still to come"),
        ("1e40 usd", "Please write it in full"),
        ("(" * 120 + "1 usd", "nested"),
        ("(" * 2000 + "1 usd", "longer than 256 characters"),
        ("1" + "0" * 31 + " usd", "at most 10 to the power of 30"),
        ("/convert hello there", "Please write a sum of money"),
        ("/chart EUR GBP CHF JPY SEK NOK", "A chart has 5 lines at most."),
        ("/zone Nowhere", "I don't know the zone"),
    ],
)
async def test_bad_input_is_explained_and_costs_nothing(
    stage: Stage, text: str, answer: str
) -> None:
    """Each mistake has a clear answer that leads on by a press, and no read is spent on it."""
    ann = stage.person("Ann")
    await ann.says(text)

    assert ann.sees(answer)
    assert "‹ Home" in ann.labels()
    assert reads(stage) == 0


async def test_the_way_on_is_in_the_persons_language(stage: Stage) -> None:
    """A refusal's buttons are the plugin's own, and so are their words."""
    ann = stage.person("Ann", language="ru")
    await ann.says("/rate XQZ")
    assert ann.labels() == ["Валюты", "‹ В начало"]
    await ann.says("/history EUR 100y")

    assert ann.labels() == ["‹ Курсы", "‹ В начало"]


async def test_without_a_service_account_the_asker_pays() -> None:
    """A read of one's own client is spent, said, and what is left, too; the next one is free."""
    async with Stage() as stage:
        ann = await stage.signed_in("Ann")
        await ann.says("100 usd to eur")
        assert ann.sees("Next: create") or ann.sees("/newclient") or ann.sees("client")
        for line in ("/newclient Shop", "*", "yes"):
            await ann.says(line)
        await ann.says("100 usd to eur")
        assert ann.sees("This cost 1 read of your client; 9 left.")
        await ann.says("100 usd to gbp")

        assert not ann.sees("This cost")
        bob = stage.person("Bob")
        await bob.says("100 usd to eur")
        assert bob.sees("100.00 USD = ")


async def test_without_a_service_account_strangers_hear_why() -> None:
    """Who cannot pay is led to the login."""
    async with Stage() as stage:
        ann = stage.person("Ann")
        await ann.says("/rates")

        assert ann.sees("has no service account. Please /login first.")


async def test_an_alert_goes_off_once(stage: Stage) -> None:
    """A crossing is told once, over a restart too."""
    ann = stage.person("Ann")
    await set_rate(stage, ann, "0.90")
    await ann.says("/alert EUR/USD above 1.2")
    assert ann.sees("EUR/USD at 1.20 or above")
    stage.api.database.rates.pin("EUR", 0.80)
    await stage.passes(3700)
    assert ann.sees("1 EUR = 1.25 USD")
    count = sum("1 EUR = 1.25 USD" in shown.text.plain for shown in ann.chat)
    await stage.restart()
    await stage.passes(3 * 3600)

    assert sum("1 EUR = 1.25 USD" in shown.text.plain for shown in ann.chat) == count == 1


async def set_rate(stage: Stage, ann: Actor, value: str) -> None:
    """Have the API sell euros at this rate, and the bot know it."""
    stage.api.database.rates.pin("EUR", float(value))
    await ann.says("/rates")


async def test_a_daily_alert_comes_at_its_time(stage: Stage) -> None:
    """At nine in the person's zone, once a day."""
    jump_to_hour(stage, 9, "Europe/Moscow")
    ann = stage.person("Ann")
    await ann.says("/zone Moscow")
    await ann.says("/alert EUR/USD daily 09:00")
    assert ann.sees("EUR/USD daily at 09:00, Europe/Moscow")
    before = len(ann.chat)
    for day in range(1, 3):
        jump_to_hour(stage, 9, "Europe/Moscow")
        await stage.passes(1700)
        assert len(ann.chat) - before == day - 1
        await stage.passes(200)
        assert len(ann.chat) - before == day


@pytest.mark.long
async def test_a_daily_alert_comes_at_no_other_time(stage: Stage) -> None:
    """Minute by minute over two days, there are two."""
    ann = stage.person("Ann")
    await ann.says("/alert EUR/USD daily 09:00")
    before = len(ann.chat)
    await stage.passes(2 * 86_400)

    assert len(ann.chat) - before == 2


async def test_alerts_are_listed_paused_and_deleted(stage: Stage) -> None:
    """The list has a button for each; a button of a deleted one changes no other."""
    ann = stage.person("Ann")
    await ann.says("/alert EUR/USD moves 2")
    await ann.says("/alerts")
    await ann.presses("Pause 1")
    assert ann.sees("(paused)")
    await ann.presses("Delete 1")

    assert ann.sees("You have no alerts.")


async def test_any_alert_is_set_by_buttons_and_one_answer_each(stage: Stage) -> None:
    """In Russian, from an empty list on and from a card: nobody types a command."""
    vera = stage.person("Вера", language="ru")
    await vera.says("/alerts")
    await vera.presses("Настроить оповещение")
    await vera.says("EUR/USD")
    await vera.presses("выше")
    await vera.says("１,5")
    assert vera.sees("EUR/USD: 1,5")
    await vera.says("/rate EUR")
    await vera.presses("Сообщать мне")
    await vera.presses("Другой уровень…")
    await vera.presses("ниже")
    await vera.says("0,9")
    assert vera.sees("EUR/USD: 0,9")


async def test_inline_answers_in_any_chat(stage: Stage) -> None:
    """Behind the bot's name a sum gets results; nothing typed gets the favourites."""
    ann = stage.person("Ann")
    found = await ann.asks("100 usd eur")
    assert found[0].title.startswith("100.00 USD = ")
    favourites = await ann.asks("")

    assert len(favourites) > 3
    assert reads(stage) == 1


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("/alert EUR USD above 1.5", "EUR/USD at 1.50 or above"),
        ("/alert eur/usd moves 2", "EUR/USD moves by 2 %"),
        ("/alert EUR/USD", "When shall I tell you?"),
        ("/alert EUR/USD above soon", "At which rate shall I tell you?"),
        ("/alert EUR/NONE above 1.5", "“NONE” is no currency"),
    ],
)
async def test_an_alert_is_told_in_one_line(stage: Stage, line: str, seen: str) -> None:
    """The pair takes the words that make one, and what follows answers the next questions."""
    ann = stage.person("Ann")
    await ann.says(line)

    assert ann.sees(seen)
