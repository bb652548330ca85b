"""What a person chooses, by presses alone: base currency, favourites, zone and numbers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from plugins.rates.tastes import find_zone
from plugins.rates.times.zones import CITIES
from sapp_bot.services import zone_names
from sapp_bot.testing import Stage


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run what the choices are reached by."""
    async with Stage(only=["start", "rates"], service_reads=1000) as stage:
        yield stage


async def test_everything_can_be_chosen_without_typing(stage: Stage) -> None:
    """From /start by buttons: each choice is marked, kept, and leads on."""
    ann = stage.person("Ann")
    await ann.says("/start")
    await ann.presses("Settings")
    await ann.presses("Base currency")
    await ann.presses("GBP")
    assert ann.sees("Base currency: GBP")
    assert "✓ GBP" in ann.labels()
    await ann.presses("‹ Settings")
    await ann.presses("Favourites")
    await ann.presses("JPY")
    assert [key.label for key in ann.chat[-1].rows[2]] == ["KZT", "Other currency…"]
    await ann.presses("KZT")
    await ann.presses("★ JPY")
    assert ann.sees("Favourites: KZT")
    await ann.presses("‹ Settings")
    await ann.presses("Time zone")
    await ann.presses(next(label for label in ann.labels() if label.startswith("Berlin ")))
    assert ann.sees("Time zone: Europe/Berlin")
    await ann.presses("‹ Settings")
    await ann.presses("Numbers")
    await ann.presses("1.234.567,50")
    await ann.presses("‹ Settings")

    for line in ("Base currency: GBP", "Favourites: KZT", "Time zone: Europe/Berlin"):
        assert ann.sees(line)
    assert ann.sees("Numbers: 1.234.567,50")


async def test_what_has_no_button_is_asked_for(stage: Stage) -> None:
    """[Other currency…] asks for one; what is no currency or city is asked for again, with help."""
    ann = stage.person("Ann")
    await ann.says("/base")
    await ann.presses("Other currency…")
    assert ann.sees("Which currency?")
    await ann.says("usdd")
    assert ann.sees("“usdd” is no currency that I know")
    await ann.says("swedish krona")
    assert ann.sees("Base currency: SEK")
    assert "✓ SEK" in ann.labels()
    await ann.says("/favourites")
    await ann.presses("Other currency…")
    await ann.says("zł")
    assert ann.sees("Favourites: PLN")
    await ann.says("/zone")
    await ann.presses("Other zone…")
    await ann.says("Atlantis")
    assert ann.sees("I don't know the zone “Atlantis”")
    await ann.says("Novosibirsk")
    assert ann.sees("Time zone: Asia/Novosibirsk")


async def test_daily_alerts_follow_the_zone(stage: Stage) -> None:
    """Typed, pressed or asked for: the alerts of a day come by the clocks of the chosen zone."""
    ann = stage.person("Ann")
    await ann.says("/alert EUR/USD daily 09:00")
    assert ann.sees("That is UTC: /zone sets your time zone.")
    await ann.says("/zone Moscow")
    assert ann.sees("1 daily alert comes by that time now.")
    await ann.says("/alerts")
    assert ann.sees("EUR/USD daily at 09:00, Europe/Moscow")
    await ann.says("/zone")
    assert not ann.sees("1 daily alert")
    await ann.presses(next(label for label in ann.labels() if label.startswith("Berlin ")))
    await ann.says("/alerts")
    assert ann.sees("EUR/USD daily at 09:00, Europe/Berlin")
    await ann.says("/zone")
    await ann.presses("Other zone…")
    await ann.says("Novosibirsk")
    await ann.says("/alerts")
    assert ann.sees("EUR/USD daily at 09:00, Asia/Novosibirsk")


async def test_choices_are_in_the_persons_language(stage: Stage) -> None:
    """Cities, questions and buttons are Russian for who reads Russian."""
    ann = stage.person("Ann", language="ru")
    await ann.says("/settings")
    await ann.presses("Часовой пояс")
    assert any(label.startswith("Берлин ") for label in ann.labels())
    await ann.presses("Другой пояс…")
    await ann.says("Новосибирск")
    assert ann.sees("Часовой пояс: Asia/Novosibirsk")
    await ann.says("/base")
    await ann.presses("Другая…")
    await ann.says("тенге")
    assert ann.sees("Основная валюта: KZT")


async def test_a_person_without_buttons_types_numbers() -> None:
    """In user mode the same choices have numbers, and [Other currency…] asks."""
    async with Stage(only=["start", "rates"], mode="user", service_reads=1000) as stage:
        ann = stage.person("Ann")
        await ann.says("/base")
        await ann.presses("GBP")
        assert ann.sees("Base currency: GBP")
        await ann.presses("Other currency…")
        await ann.says("SEK")
        assert ann.sees("Base currency: SEK")


@pytest.mark.parametrize(
    ("city", "zone"),
    [
        ("Казань", "Europe/Moscow"),
        ("Нижний Новгород", "Europe/Moscow"),
        ("Ростов-на-Дону", "Europe/Moscow"),
        ("Питер", "Europe/Moscow"),
        ("Saint Petersburg", "Europe/Moscow"),
        ("воронеж", "Europe/Moscow"),
        ("Краснодар", "Europe/Moscow"),
        ("Уфа", "Asia/Yekaterinburg"),
        ("Пермь", "Asia/Yekaterinburg"),
        ("Челябинск", "Asia/Yekaterinburg"),
        ("Астана", "Asia/Almaty"),
        ("Shymkent", "Asia/Almaty"),
        ("Новосибирск", "Asia/Novosibirsk"),
        ("Красноярск", "Asia/Krasnoyarsk"),
        ("Омск", "Asia/Omsk"),
        ("Самара", "Europe/Samara"),
        ("Волгоград", "Europe/Volgograd"),
        ("Минск", "Europe/Minsk"),
        ("Ташкент", "Asia/Tashkent"),
        ("Баку", "Asia/Baku"),
        ("Ереван", "Asia/Yerevan"),
        ("Бишкек", "Asia/Bishkek"),
        ("Душанбе", "Asia/Dushanbe"),
    ],
)
def test_a_city_of_a_million_is_known(city: str, zone: str) -> None:
    """Also one that no zone is named after; each zone is in the database."""
    assert find_zone(city) == zone
    assert all(name in zone_names() for name in CITIES.values())


async def test_what_changed_of_favourites_is_said(stage: Stage) -> None:
    """What is named a second time is taken off, and who did not mean that sees it."""
    ann = stage.person("Ann")
    await ann.says("/favorites EUR")
    assert ann.sees("Added: EUR.\nFavourites: EUR")
    await ann.says("/favourites евро фунт")
    assert ann.sees("Added: GBP.\nTaken off: EUR.\nFavourites: GBP")
    await ann.presses("★ GBP")
    assert ann.sees("Taken off: GBP.\nYou have no favourites")
    await ann.says("/favourites")
    assert not ann.sees("Taken off")


@pytest.mark.parametrize("said", ["100 bitcoin", "100 usd and 50 eur in gbp", "$5", "100 usdd"])
async def test_a_sum_is_no_answer_to_a_question(stage: Stage, said: str) -> None:
    """It is told to be a sum, with the way out; a name that means one currency is taken."""
    ann = stage.person("Ann")
    await ann.says("/favourites")
    await ann.presses("Other currency…")
    await ann.says(said)
    assert ann.sees(f"“{said}” is a sum.")
    assert ann.sees("/cancel leaves the question.")
    await ann.says("swiss")

    assert ann.sees("Favourites: CHF")


async def test_a_sum_in_its_own_money_has_no_way_round(stage: Stage) -> None:
    """100 USD in USD is the same the other way round."""
    ann = stage.person("Ann")
    await ann.says("100 usd in usd")
    assert not any("⇄" in label for label in ann.labels())
    await ann.says("100 usd in eur")

    assert any("⇄" in label for label in ann.labels())
