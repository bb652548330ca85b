"""Accounts and clients: found, looked at, given reads and keys."""

from __future__ import annotations

from sapp_bot.sandbox.sapp_api.rows import ClientRow
from tests.plugins.operators.office import Office, office_stage, opened
from tests.plugins.people import key_of


def row(office: Office) -> ClientRow:
    """Return the API's row of Ann's client."""
    return office.stage.api.database.clients.get(1)


def set_row(office: Office, **changes: object) -> None:
    """Write the row, as a call does that saves what it had loaded."""
    office.stage.api.database.clients.update(1, changes)


async def test_an_account_shows_what_api_and_bot_know(office: Office) -> None:
    """Role, client, reads and when the bot saw its person; what nobody knows is said."""
    await office.boss.says("/users ann@")
    assert office.boss.labels()[0].endswith("ann@example.com")
    await office.boss.presses(office.boss.labels()[0])

    assert office.boss.sees("ann@example.com")
    assert office.boss.sees("Client “shop”: 10 reads left.")
    assert office.boss.sees(f"Telegram {office.ann.person.id}, seen here on ")
    assert office.boss.sees("The API does not say when")
    await office.boss.presses("Its client")
    assert office.boss.sees("Client #1: “shop”")


async def test_lists_have_pages_and_a_search(office: Office) -> None:
    """Eight a page, newest first; a search goes along; a page that is gone is the last."""
    database = office.stage.api.database
    for number in range(20):
        user = database.add_user(f"many{number}@example.com", "secret enough")
        database.add_client(user, name=f"bulk {number}")
    await office.boss.says("/clients bulk")
    assert office.boss.sees("20 clients")
    assert office.boss.sees("Page 1 of 3")
    await office.boss.presses("Next ›")
    await office.boss.presses("Next ›")
    assert office.boss.sees("Page 3 of 3")
    assert "Next ›" not in office.boss.labels()
    await office.boss.presses("‹ Back")
    assert office.boss.sees("Page 2 of 3")
    await office.boss.says("/users many1@")
    assert office.boss.sees("1 account\n")
    await office.boss.says("/users " + "x" * 30)
    assert office.boss.sees("fewer letters")
    assert office.boss.labels() == ["‹ Accounts"]
    await office.boss.says("/clients 999")
    assert office.boss.news


async def test_reads_are_given_once_after_a_question(office: Office) -> None:
    """A confirmation shows what it had and would have; the button works once."""
    await office.boss.says("/clients 1")
    await office.boss.presses("+100")
    assert office.boss.sees("It was given 10 so far; then 110.")
    assert row(office).reads_available == 10
    question = office.boss.news[-1]
    await office.boss.presses("Yes, give 100")
    assert office.boss.sees("It got 100 reads.")
    data = question.rows[0][0].data  # type: ignore[union-attr]
    assert await office.boss.presses_data(data, message_id=question.id) == "It has them already."

    assert row(office).reads_available == 110
    await office.boss.says("/audit")
    assert office.boss.sees("topup · client 1 · +100 reads, now 110: done")


async def test_a_question_about_other_numbers_is_asked_again(office: Office) -> None:
    """When somebody else has changed the reads meanwhile, nothing is given unseen."""
    await office.boss.says("/topup 1 5")
    set_row(office, reads_available=500)
    popup = await office.boss.presses("Yes, give 5")

    assert "changed meanwhile" in popup
    assert office.boss.sees("It was given 500 so far; then 505.")


async def test_reads_that_a_call_undoes_are_given_again(office: Office) -> None:
    """A metered call saves the row it had loaded; the bot looks for two minutes."""
    await office.boss.says("/topup 1 100")
    await office.boss.presses("Yes, give 100")
    set_row(office, reads_available=10)
    await office.stage.passes(3)
    assert row(office).reads_available == 110
    await office.stage.passes(200)

    assert office.boss.chat[-1].text.plain.endswith(
        "The 110 reads hold.\nA call of the client had undone it 1 time; I set it again."
    )


async def test_an_outage_does_not_end_the_watch(office: Office) -> None:
    """While the API is away the look is put off, and what was undone is set right afterwards."""
    await office.boss.says("/topup 1 100")
    await office.boss.presses("Yes, give 100")
    set_row(office, reads_available=10)
    office.stage.api.database_away = True
    await office.stage.passes(20)
    office.stage.api.database_away = False
    await office.stage.passes(300)

    assert row(office).reads_available == 110


async def test_a_new_key_is_seen_by_its_owner_only(office: Office) -> None:
    """The operator confirms and sees no key; the owner is told, and /get_client shows it."""
    await office.ann.says("/client show")
    before = key_of(office.ann)
    await office.boss.says("/clients 1")
    await office.boss.presses("New key…")
    assert office.boss.sees("stops at once")
    await office.boss.presses("Replace the key")
    assert office.boss.sees("I told its owner.")
    assert "has a new key" in office.ann.chat[-1].text.plain
    await office.ann.presses("My client")
    await office.ann.presses("Show key")
    after = key_of(office.ann)

    assert after != before
    assert not office.boss.can_read(after)
    assert not office.boss.can_read(before)
    assert await office.stage.at_rest(after) == []
    await office.boss.says("/audit")
    assert office.boss.sees("newkey · client 1: done")


async def test_a_key_that_a_call_undoes_is_set_again_and_the_newest_wins(office: Office) -> None:
    """Two replacements do not fight each other, and the old key does not come back."""
    await office.ann.says("/client show")
    first = key_of(office.ann)
    keys = []
    for _ in range(2):
        await office.boss.says("/clients 1")
        await office.boss.presses("New key…")
        await office.boss.presses("Replace the key")
        keys.append(row(office).api_key)
    set_row(office, api_key=first)
    await office.stage.passes(300)

    assert row(office).api_key == keys[1]
    assert office.boss.can_read("The new key holds.")


async def test_it_is_all_in_russian_too() -> None:
    """An operator who speaks Russian reads and presses Russian."""
    async with office_stage() as stage:
        office = await opened(stage, language="ru")
        await office.boss.says("/clients 1")
        assert office.boss.sees("Владелец: ann@example.com")
        await office.boss.presses("Новый ключ…")
        await office.boss.presses("Заменить ключ")
        assert office.boss.sees("У него новый ключ.")
        await office.boss.says("/topup 2 5")
        await office.boss.presses("Да, дать 5")
        assert office.boss.sees("Он получил 5 запросов.")
