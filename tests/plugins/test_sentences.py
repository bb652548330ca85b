"""Whole sentences that are no command: what they are about is offered, and nothing is begun."""

from __future__ import annotations

import pytest

from sapp_bot.host.pipeline.texts.topics import ROOTS, WHOLE, commands_about
from sapp_bot.testing import Stage
from tests.plugins.people import with_client

SENTENCES = {
    "how much do I have left?": "/balance",
    "Show me my usage, please": "/balance",
    "сколько чтений у меня осталось?": "/balance",
    "I want to buy more of them": "/buy",
    "pay with stars": "/buy",
    "сколько это будет стоить?": "/buy",
    "где чек за вчера": "/payments",
    "payment history": "/payments",
    "please give me my money back": "/paysupport",
    "верните деньги": "/paysupport",
    "is the key still active?": "/client",
    "покажите ключ, пожалуйста": "/client",
    "make one for me": "/newclient",
    "I have to change the password": "/password",
    "хочу другой пароль": "/password",
    "where is my profile": "/me",
    "log me out": "/logout",
    "хочу зарегистрироваться": "/register",
    "add an alert for me": "/alert",
    "покажи оповещения": "/alerts",
    "курс доллара каждый день": "/alert",
    "смени базовую валюту": "/base",
    "switch to russian": "/settings",
    "поменяй язык": "/settings",
    "change the time zone": "/zone",
    "an example of a call, please": "/docs",
    "политика конфиденциальности": "/terms",
    "delete everything": "/forget",
    "unsubscribe me": "/news",
    "отключить уведомления": "/notices",
    "it does not work": "/support",
    "у меня ошибка": "/support",
    "show the rates": "/rates",
    "покажи курсы": "/rates",
    "take me back": "/start",
    "are you a bot?": "/about",
}


async def test_a_sentence_is_answered_with_what_it_is_about() -> None:
    """Among the buttons below is the command that a reader would think of, in both languages."""
    async with Stage() as stage:
        ann = await with_client(stage)
        for sentence, command in SENTENCES.items():
            await ann.says(sentence)
            assert ann.last == "I did not understand that. Did you mean this?", sentence
            assert command in ann.labels(), sentence
            await stage.passes(60)


@pytest.mark.parametrize("text", ["how much is left?", "сколько осталось запросов", "Мой баланс"])
async def test_the_plainest_questions_are_answered_at_once(text: str) -> None:
    """Nobody has to press anything to see what is left."""
    async with Stage() as stage:
        ann = await with_client(stage)
        await ann.says(text)
        assert ann.last.startswith("10 reads left")


@pytest.mark.parametrize(
    ("text", "first_line"),
    [
        ("how much is it?", "Reads for client “shop”"),
        ("сколько это?", "Reads for client “shop”"),
        ("bye", "You are logged in as"),
        ("до свидания!", "You are logged in as"),
        ("cancel my alert", "You have no alerts"),
    ],
)
async def test_common_talk_has_the_answer_of_the_nearest_command(
    text: str, first_line: str
) -> None:
    """Nobody is told that they were not understood who asks what all ask."""
    async with Stage(packs={1000: 50}) as stage:
        ann = await with_client(stage)
        await ann.says(text)
        assert ann.last.startswith(first_line)


@pytest.mark.parametrize("text", ["yes", "No.", "да", "Нет!"])
async def test_an_answer_to_no_question_is_told_so(text: str) -> None:
    """It is no wrong word for a command."""
    async with Stage() as stage:
        ann = await with_client(stage)
        await ann.says(text)
        assert ann.last == "I am asking nothing just now. /help shows what I can do."
        assert ann.labels() == ["Help", "‹ Home"]


async def test_what_begins_with_a_command_is_offered_as_that_too() -> None:
    """With its words, and beside it what the sentence is about."""
    async with Stage() as stage:
        ann = await with_client(stage)
        await ann.says("buy more reads")
        assert ann.labels()[:3] == ["/buy more reads", "/buy", "/balance"]


async def test_what_is_about_nothing_leads_to_help() -> None:
    """No button is offered for the sake of one."""
    async with Stage() as stage:
        ann = await with_client(stage)
        await ann.says("lovely weather")
        assert ann.labels() == ["Help", "‹ Home"]


async def test_every_root_leads_to_a_command_that_there_is() -> None:
    """Of the bot with all its plugins."""
    async with Stage() as stage:
        ann = await with_client(stage)
        for root, command in ROOTS.items():
            await ann.says(f"/{command}")
            assert "I don't know" not in ann.last, root
            await ann.says("/cancel")
            await stage.passes(60)


def test_the_longest_root_counts_and_short_ones_are_words_of_their_own() -> None:
    """“alerts” is about those that there are, “logout” not about the way in, “bottle” not a bot."""
    assert commands_about("alerts") == ["alerts"]
    assert commands_about("logouts") == ["logout"]
    assert commands_about("a bottle of keyboards") == []
    assert commands_about("key, KEY and password") == ["client", "password"]
    assert set(ROOTS) > WHOLE
