"""Inline mode of the local Telegram: what it takes from a bot, and what it refuses."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from telethon import errors, events
from telethon.tl import functions, types

from sapp_bot.sandbox.client.inline_menu import InlineMenu
from sapp_bot.sandbox.client.person import SimulatedUser


def result(name: str = "a", title: str = "title", **more: Any) -> Any:
    """Make a result that Telegram takes."""
    message = types.InputBotInlineMessageText("text")
    return types.InputBotInlineResult(name, "article", message, title=title, **more)


async def answered(ann: SimulatedUser, bot: Any, *results: Any, start: str = "help") -> Any:
    """Have the bot answer one query of Ann's; gives what she gets."""
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def answer(update: Any) -> None:
        switch = types.InlineBotSwitchPM("Open", start)
        request = functions.messages.SetInlineBotResultsRequest(
            update.query_id, list(results), 0, private=True, switch_pm=switch
        )
        try:
            await bot(request)
        except errors.RPCError as error:
            failed.set_exception(error)

    kind = events.Raw(types.UpdateBotInlineQuery)
    bot.add_event_handler(answer, kind)
    asking = asyncio.create_task(InlineMenu(ann).ask("100 usd"))
    try:
        await asyncio.wait({asking, failed}, return_when=asyncio.FIRST_COMPLETED)
        return failed.result() if failed.done() else asking.result()
    finally:
        bot.remove_event_handler(answer)
        asking.cancel()


async def test_results_reach_the_person(ann: SimulatedUser, bot: Any) -> None:
    """In their order, with the button above them."""
    found = await answered(ann, bot, result("a"), result("b"))

    assert [r.id for r in found.results] == ["a", "b"]
    assert (found.switch_pm.text, found.switch_pm.start_param) == ("Open", "help")


@pytest.mark.parametrize(
    ("results", "start", "refusal"),
    [
        ([result("a"), result("a")], "help", errors.ResultIdDuplicateError),
        ([result(str(n)) for n in range(51)], "help", errors.ResultsTooMuchError),
        ([result("a", title="")], "help", errors.ArticleTitleEmptyError),
        ([], "a b", errors.StartParamInvalidError),
    ],
)
async def test_what_telegram_refuses(
    ann: SimulatedUser, bot: Any, results: list[Any], start: str, refusal: type[Exception]
) -> None:
    """A bot learns here what the real one would not take."""
    with pytest.raises(refusal):
        await answered(ann, bot, *results, start=start)


async def test_a_result_that_nobody_gave_cannot_be_sent(ann: SimulatedUser, bot: Any) -> None:
    """A person sends what the bot answered, nothing else."""
    found = await answered(ann, bot, result("a"))
    send = functions.messages.SendInlineBotResultRequest

    with pytest.raises(errors.ResultIdInvalidError):
        await ann.client(send("me", found.query_id, "b", random_id=1))
    sent = await ann.client(send("me", found.query_id, "a", random_id=2))
    assert any(getattr(update, "message", None) for update in sent.updates)
