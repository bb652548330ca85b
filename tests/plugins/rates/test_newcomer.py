"""What a newcomer tries on the first day, and sees: nothing blames them, nothing is a dead end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from sapp_bot.testing import Actor, Stage


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run the built-in plugins with a service account of 1,000 reads."""
    async with Stage(service_reads=1000) as stage:
        yield stage


def last(person: Actor) -> str:
    """Return what the last message says."""
    return person.chat[-1].text.plain


async def test_a_chart_and_its_days_show_the_same(stage: Stage) -> None:
    """From the chart to the days and back: the pair, its direction and the period stay."""
    ann = stage.person("Ann")
    await ann.says("/chart EUR GBP 1y")
    drawn = ann.chat[-1].picture
    first = last(ann).splitlines()[0]
    assert first.startswith("1 EUR = ")
    assert "USD" in first
    assert "% in 365 days)" in first
    await ann.presses("Days")
    assert last(ann).splitlines()[0] == first
    await ann.presses("Chart")

    again = ann.chat[-1].picture
    assert drawn is not None
    assert again is not None
    assert json.loads(again.arguments) == json.loads(drawn.arguments)


async def test_a_period_that_is_over_stays_too(stage: Stage) -> None:
    """Days of a month that has passed are drawn as that month."""
    ann = stage.person("Ann")
    await ann.says("/history EUR 2026-01-01..2026-01-31")
    assert ann.sees("1 Jan 2026 – 31 Jan 2026")
    await ann.presses("Chart")
    assert ann.sees("1 Jan 2026 – 31 Jan 2026")
    await ann.presses("Days")

    assert ann.sees("1 Jan 2026 – 31 Jan 2026")


async def test_all_days_can_be_reached(stage: Stage) -> None:
    """Where not all days are listed the card says so, and leads to the others."""
    ann = stage.person("Ann")
    await ann.says("/history EUR 30d")
    assert ann.sees("14 of 31 days are listed; the buttons lead to the others.")
    newest = last(ann).splitlines()[3:17]
    await ann.presses("‹ Earlier")
    older = last(ann).splitlines()[3:17]
    assert not set(newest) & set(older)
    await ann.presses("‹ Earlier")
    assert ann.sees("3 of 31 days")
    await ann.presses("Later ›")

    assert last(ann).splitlines()[3:17] == older


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("/chart eur from january", "1 EUR = "),
        ("/chart eur from somewhen", "“from somewhen” is no period that I can read."),
        ("/history eur since the war", "Please write 30d, 1y"),
        ("/chart eur usdd 7d", "“usdd” is no currency"),
    ],
)
async def test_a_period_is_told_from_a_currency(stage: Stage, text: str, seen: str) -> None:
    """A word such as "from" begins a period; one that cannot be read is answered with examples."""
    ann = stage.person("Ann")
    await ann.says(text)

    assert ann.sees(seen)


@pytest.mark.parametrize(
    ("text", "label", "result"),
    [
        ("50 евро в доллорах", "50 EUR → USD", "50,00 EUR = "),
        ("5 millon yen to dollars", "5 000 000 JPY → USD", "5 000 000,00 JPY = "),
        ("сто пиддесят евро", "150 EUR → USD", "150,00 EUR = "),
        ("100 usdd", "100 USD → EUR", "100,00 USD = "),
        ("100 pesos in usd", "100 MXN → USD", "100,00 MXN = "),
    ],
)
async def test_a_guess_is_a_press_away(stage: Stage, text: str, label: str, result: str) -> None:
    """A slip of the finger is answered with what may have been meant, as a button."""
    vera = stage.person("Вера", language="ru")
    await vera.says(text)
    labels = [found.replace("\N{NO-BREAK SPACE}", " ") for found in vera.labels()]
    assert label in labels
    await vera.presses(vera.labels()[labels.index(label)])

    assert result in last(vera).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("100 долларов в рублях", None),
        ("$100 в ₽", None),
        ("100 dollars to roubles", None),
        ("100 у.е. в рубли", "Я понял «у.е.» как USD; это может быть и EUR."),
        ("100 фунтов", "Я понял «фунтов» как GBP; это может быть и EGP"),
        ("5 зайчиков в рубли", "Я понял «рубли» как RUB; это может быть и BYN."),
        ("100 cad to dollars", "Я понял «dollars» как USD; это может быть и AUD, CAD"),
    ],
)
async def test_only_what_is_in_doubt_has_a_note(stage: Stage, text: str, note: str | None) -> None:
    """Dollars are USD without a word; a note quotes the word that may mean something else."""
    vera = stage.person("Вера", language="ru")
    await vera.says(text)

    assert vera.sees(" =")
    assert vera.sees("Я понял") == (note is not None)
    assert note is None or vera.sees(note)


async def test_one_unit_has_the_digits_of_a_rate(stage: Stage) -> None:
    """The course of the euro is written as /rate writes it."""
    vera = stage.person("Вера", language="ru")
    await vera.says("/rate EUR")
    first = last(vera).splitlines()[0]
    await vera.says("курс евро в долларах")

    assert last(vera).splitlines()[0] == first


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("/alert USD/RUB 90", "When shall I tell you? Above or below"),
        ("/alert EUR/USD sideways 3", "When shall I tell you? Above or below"),
        ("/alert USD/RUB каждый день 9:00", "USD/RUB daily at 09:00"),
        ("/alert USD/RUB daily 9", "USD/RUB daily at 09:00"),
        ("/alert USD/RUB 9:00", "USD/RUB daily at 09:00"),
        ("/alert USD/RUB above 90 рублей", "USD/RUB at 90.00 or above"),
        ("/alert EUR/USD moves 101", "By how many per cent? For example 2."),
        ("/alert EUR/USD above", "At which rate shall I tell you?"),
        ("alert me when the euro is above 1.2 dollars", "EUR/USD at 1.20 or above"),
        ("сообщи когда евро будет ниже 1,05", "EUR/USD at 1.05 or below"),
        ("сообщи когда доллар будет выше 90", "For which pair?"),
    ],
)
async def test_an_alert_is_understood_as_it_is_said(stage: Stage, text: str, seen: str) -> None:
    """What was said of an alert is not asked again, and what was not is, with buttons."""
    ann = stage.person("Ann")
    await ann.says(text)

    assert ann.sees(seen)
    assert not ann.sees("A pair is two different currencies")


async def test_only_the_kind_is_asked_where_the_rest_is_known(stage: Stage) -> None:
    """Of «USD/RUB 90» the kind is pressed, and the alert is set."""
    ann = stage.person("Ann")
    await ann.says("/alert USD/RUB 90")
    await ann.presses("above")

    assert ann.sees("USD/RUB at 90.00 or above")


async def test_a_level_is_explained_for_its_kind(stage: Stage) -> None:
    """More than 100 per cent is refused, and nothing is said of other kinds, in Russian as well."""
    vera = stage.person("Вера", language="ru")
    await vera.says("/alert EUR/USD moves")
    await vera.says("150")
    assert vera.sees("Это слишком много: не больше 100 процентов.")
    await vera.says("2 %")

    assert vera.sees("EUR/USD: изменение на 2 %")


async def test_a_sum_of_yesterday_has_the_rate_of_yesterday(stage: Stage) -> None:
    """A day behind a sum is the day of its rate, as in /rate EUR yesterday."""
    ann = stage.person("Ann")
    await ann.says("/rate EUR yesterday")
    day = last(ann).splitlines()[1]
    await ann.says("100 eur to usd yesterday")
    assert ann.sees("100.00 EUR = ")
    assert last(ann).splitlines()[1] == day
    await ann.presses("Now")
    assert ann.sees("Rates of ")
    for said in ("100 eur to usd on 2026-01-05", "100 eur to usd на 05.01.2026"):
        await ann.says(said)
        assert ann.sees("The last rate of 5 Jan 2026")


@pytest.mark.parametrize(
    ("command", "back"), [("/rates", "‹ Rates"), ("/currencies", "‹ Currencies")]
)
async def test_all_that_a_page_shows_can_be_pressed(stage: Stage, command: str, back: str) -> None:
    """Each currency of a page has its button, and the way back leads to that page."""
    ann = stage.person("Ann")
    await ann.says(command)
    for _ in range(2):
        await ann.presses(next(label for label in ann.labels() if label.endswith("›")))
    shown = last(ann)
    codes = [label for label in ann.labels() if len(label) == 3 and label.isupper()]
    assert len(codes) == 15
    await ann.presses(codes[-1])
    assert ann.sees(f"1 {codes[-1]} = ")
    await ann.presses("☆ Add to favourites")
    await ann.presses(back)

    assert last(ann) == shown


async def test_the_present_choice_is_marked(stage: Stage) -> None:
    """Of numbers, and of a zone that was typed and has no button of its own."""
    vera = stage.person("Вера", language="ru")
    await vera.says("/numbers")
    assert "✓ Как принято в моём языке" in vera.labels()
    await vera.says("/numbers dot")
    assert "✓ 1.234.567,50" in vera.labels()
    await vera.says("/zone Новосибирск")
    assert any(label.startswith("✓ Новосибирск") for label in vera.labels())
    await vera.says("/base")

    assert "Другая…" in vera.labels()


async def test_an_age_is_told_as_people_say_it(stage: Stage) -> None:
    """«1 минуту назад», not an age in the nominative."""
    vera = stage.person("Вера", language="ru")
    await vera.says("/rates")
    assert vera.sees("UTC, только что.")
    await vera.presses("⟳")
    assert vera.last_popup.text.endswith("UTC, только что.")
    assert (await vera.asks("100 usd eur"))[0].description.endswith("UTC, только что.")
    await stage.passes(60)
    await vera.says("/rates")

    assert vera.sees("1 минуту назад")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("график", "1 EUR = "),
        ("график доллара", "1 USD = "),
        ("график курса евро за год", "% за 365 дней)"),
        ("покажи график йены", "1 JPY = "),
        ("доллар график", "1 USD = "),
        ("chart euro", "1 EUR = "),
        ("show me a chart of the pound", "1 GBP = "),
        ("history euro", "1 EUR = "),
        ("history swiss franc 7d", "% за 7 дней)"),
        ("история евро", "1 EUR = "),
        ("chart eruo", "Не знаю валюты «eruo»"),
        ("валюты", "Валюты"),
        ("currencies japan", "JPY"),
        ("favorites JPY", "Избранное: JPY"),
        ("избранное евро", "Избранное: EUR"),
        ("base EUR", "Основная валюта: EUR"),
        ("основная валюта рубль", "Основная валюта: RUB"),
        ("часовой пояс Казань", "Часовой пояс: Europe/Moscow"),
        ("Moscow time zone", "Часовой пояс: Europe/Moscow"),
        ("history of rome", "Непонятно"),
        ("график отпусков", "Непонятно"),
        ("time zone Atlantis", "Непонятно"),
    ],
)
async def test_a_command_is_typed_as_words(stage: Stage, text: str, seen: str) -> None:
    """Without a slash, in both languages, before and behind what it is about."""
    vera = stage.person("Вера", language="ru")
    await vera.says(text)

    assert vera.sees(seen), vera.last


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("курс доллара вчера", "1 USD = "),
        ("вчера курс доллара", "1 USD = "),
        ("вчерашний курс евро", "1 EUR = "),
        ("курс евро 5 января", "1 EUR = "),
        ("сколько стоил доллар вчера", "1 USD = "),
        ("сколько рублей стоил доллар вчера", "1 USD = "),
        ("price of euro yesterday", "1 EUR = "),
        ("yesterday's dollar rate", "1 USD = "),
        ("what was the euro on 2026-01-05", "1 EUR = "),
        ("euro in rubles 3 days ago", "1 EUR = "),
    ],
)
async def test_a_rate_of_a_day_is_asked_for_in_words(stage: Stage, text: str, seen: str) -> None:
    """Money without a number has the last rate of that day."""
    ann = stage.person("Ann")
    await ann.says(text)

    assert ann.sees(seen)
    assert ann.sees("The last rate of ")


@pytest.mark.parametrize(
    ("text", "label"),
    [("100 dolars to eruos", "100 USD → EUR"), ("100 eruos in pouds", "100 EUR → GBP")],
)
async def test_two_slips_are_guessed_together(stage: Stage, text: str, label: str) -> None:
    """Two mistyped words of a sum are one press away, too."""
    ann = stage.person("Ann")
    await ann.says(text)

    assert label in ann.labels()
