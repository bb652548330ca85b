"""News: seen and counted before they are sent, in each person's language, once, and stoppable."""

from __future__ import annotations

from sapp_bot.domain.text import Entity
from sapp_bot.errors import ChatPaused, Undeliverable
from sapp_bot.testing import Actor
from tests.plugins.operators.office import Office, office_stage, opened


def copies(person: Actor, text: str) -> int:
    """Return how often somebody got a text."""
    return sum(shown.by_bot and text in shown.text.plain for shown in person.chat)


async def test_formatted_news_reach_everybody_in_their_language(office: Office) -> None:
    """A preview with the count, then the texts as they were formatted; progress ends as done."""
    bold = Entity("bold", len("/broadcast "), 3)
    await office.boss.says("/broadcast New prices", entities=(bold,))
    await office.boss.says("/broadcast ru Новые цены")
    assert office.boss.sees("It goes to 3 people.")
    assert office.boss.sees("Russian: 1")
    assert copies(office.ann, "New prices") == 0
    await office.boss.presses("Send to 3")
    assert office.boss.sees("Sending: ")
    await office.stage.passes(10)

    assert office.boss.chat[-2].text.plain.startswith("Sent to 3 people of 3.")
    (shown,) = [s for s in office.ann.chat if "New prices" in s.text.plain]
    assert shown.text.entities[0] == Entity("bold", 0, 3)
    assert copies(office.eve, "Новые цены") == 1
    assert copies(office.eve, "New prices") == 0
    assert copies(office.eve, "/news off") == 1
    await office.boss.says("/audit")
    assert office.boss.sees("broadcast · 3 people, 2 texts: done")


async def test_who_wants_no_news_gets_none(office: Office) -> None:
    """The choice is on /settings, and the operator sees how many made it."""
    await office.ann.says("/settings")
    assert office.ann.sees("News: on")
    await office.ann.presses("News")
    await office.ann.presses("Turn news off")
    assert office.ann.sees("News is off.")
    await office.boss.says("/broadcast Prices fall")
    assert office.boss.sees("It goes to 2 people.")
    assert office.boss.sees("1 person takes no news.")
    await office.boss.presses("Send to 2")
    await office.stage.passes(10)

    assert copies(office.ann, "Prices fall") == 0
    assert copies(office.eve, "Prices fall") == 1


async def test_groups_and_the_forgotten_get_none(office: Office) -> None:
    """A group where the bot was spoken to is nobody; who was forgotten is not known."""
    group = office.stage.person("Zoe").within(-100)
    await group.says("/about")
    await office.eve.says("/forget")
    await office.eve.presses("Да, забыть меня")
    await office.boss.says("/broadcast Prices fall")

    assert office.boss.sees("It goes to 2 people.")


async def test_an_operators_acts_stay_if_there_are_any(office: Office) -> None:
    """An operator who did nothing hears nothing of it; a draft goes."""
    boss = office.boss
    await boss.says("/about")
    assert not boss.can_read("what you did as an operator")
    await boss.says("/broadcast Prices fall")
    await boss.says("/about")
    assert boss.sees("• the news that you have not sent yet")
    await boss.presses("Forget me")
    assert not boss.can_read("what you did as an operator")
    await boss.presses("No, keep it")
    await boss.says("/maintenance on")
    await boss.says("/maintenance off")
    await boss.says("/forget")
    assert boss.can_read("This stays:\n• what you did as an operator, for 400 days")


async def test_a_crash_in_the_middle_repeats_and_loses_nothing(office: Office) -> None:
    """The next process goes on where it was, and the operator's screen with it."""
    stage = office.stage
    many = [stage.person(f"P{number}") for number in range(60)]
    for person in many:
        await person.says("/about")
    await office.boss.says("/broadcast Prices fall")
    await office.boss.presses("Send to 63")
    await stage.passes(1)
    got = sum(copies(person, "Prices fall") for person in many)
    assert 0 < got < 60
    await stage.restart()
    await stage.passes(20)

    assert [copies(person, "Prices fall") for person in many] == [1] * 60
    assert any(s.text.plain.startswith("Sent to 63 people of 63.") for s in office.boss.chat)


async def test_a_flood_wait_and_those_who_left(office: Office) -> None:
    """All wait once; who blocked the bot is counted, and nobody else is left out."""
    stage, room = office.stage, office.stage.room
    many = [stage.person(f"P{number}") for number in range(20)]
    for person in many:
        await person.says("/about")
    await office.boss.says("/broadcast Prices fall")
    await office.boss.presses("Send to 23")
    room.refusals = [ChatPaused(20)]
    await stage.passes(0.2)
    assert room.refusals == []
    before = sum(copies(person, "Prices fall") for person in many)
    await stage.passes(18)
    assert sum(copies(person, "Prices fall") for person in many) == before
    room.refusals = [Undeliverable("blocked")]
    await stage.passes(2.5)
    await stage.passes(20)

    ended = next(s.text.plain for s in office.boss.chat if s.text.plain.startswith("Sent to"))
    assert ended == "Sent to 22 people of 23.\n1 person has blocked me or left Telegram."
    everybody = (*many, office.ann, office.eve)
    assert sum(copies(person, "Prices fall\n\n") for person in everybody) in {21, 22}


async def test_it_can_be_cancelled(office: Office) -> None:
    """What has not left by then never does, and that is noted."""
    stage = office.stage
    many = [stage.person(f"P{number}") for number in range(60)]
    for person in many:
        await person.says("/about")
    await office.boss.says("/broadcast Prices fall")
    await office.boss.presses("Send to 63")
    await stage.passes(1)
    await office.boss.presses("Cancel")
    assert office.boss.sees("Cancelled: it had reached ")
    before = sum(copies(person, "Prices fall") for person in many)
    await stage.restart()
    await stage.passes(30)

    assert sum(copies(person, "Prices fall") for person in many) == before < 60
    await office.boss.says("/audit")
    assert office.boss.sees("broadcast cancel")


async def test_an_old_preview_sends_nothing(office: Office) -> None:
    """A button under a text that was replaced or dropped is out of date."""
    await office.boss.says("/broadcast First")
    old = office.boss.news[-1]
    await office.boss.says("/broadcast Second")
    data = old.rows[0][0].data  # type: ignore[union-attr]  # a button of ours
    popup = await office.boss.presses_data(data, message_id=old.id)
    assert popup == "That text is no longer to be sent."
    await office.stage.passes(10)

    assert copies(office.ann, "First") == copies(office.ann, "Second") == 0


async def test_it_is_said_in_russian() -> None:
    """An operator who speaks Russian sees counts with their endings."""
    async with office_stage() as stage:
        office = await opened(stage, language="ru")
        await office.boss.says("/broadcast Привет")
        assert office.boss.sees("Получат 3 человека.")
        await office.boss.presses("Отправить: 3")
        await stage.passes(10)
        assert any("Отправлено 3 людям из 3." in s.text.plain for s in office.boss.chat)
