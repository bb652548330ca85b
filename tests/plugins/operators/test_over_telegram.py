"""An operator's work over MTProto, with unmodified Telethon on both sides."""

from __future__ import annotations

from telethon import types

from sapp_bot.sandbox.faults import Fail
from sapp_bot.testing import Actor, SandboxStage
from sapp_bot.testing.chatroom import Shown
from tests.plugins.operators.office import PLUGINS, log_in
from tests.plugins.people import with_client


async def says_formatted(stage: SandboxStage, boss: Actor, text: str, *entities: object) -> None:
    """Write a message with formatting, as an app does."""
    app, heard = stage.app_of(boss), stage.arrived
    await app.client.send_message(
        stage.account.username, text, formatting_entities=list(entities), link_preview=False
    )
    await stage.heard(heard + 1)


def got(person: Actor, text: str) -> list[Shown]:
    """Return the messages of the bot with a text in them."""
    return [shown for shown in person.chat if shown.by_bot and text in str(shown.text)]


async def test_an_operators_day_over_mtproto() -> None:
    """Reads, a file, formatted news over a flood wait and a restart: once to each."""
    stage = SandboxStage(only=PLUGINS, environment={})
    boss = stage.operator()
    async with stage:
        ann = await with_client(stage, "Ann")
        eve = await with_client(stage, "Eve", language="ru")
        await log_in(stage, boss)
        await boss.says("/topup 1 100")
        await boss.presses("Yes, give 100")
        assert boss.sees("It got 100 reads.")
        await boss.says("/report csv")
        file = await boss.reads(boss.news[-1])
        assert "1,shop,2,ann@example.com" in file.text

        bold = types.MessageEntityBold(len("/broadcast "), 3)
        await says_formatted(stage, boss, "/broadcast New prices", bold)
        await boss.says("/broadcast ru Новые цены")
        stage.telegram.faults.add("messages.sendMessage@*", Fail(420, "FLOOD_WAIT_30"), nth=2)
        await boss.presses("Send to 3")
        await stage.passes(1)
        await stage.restart()
        await stage.passes(60)

        (copy,) = got(ann, "New prices")
        received = await stage.app_of(ann).client.get_messages(stage.account.username, ids=copy.id)
        first = received.entities[0]
        assert (type(first), first.offset, first.length) == (types.MessageEntityBold, 0, 3)
        assert len(got(eve, "Новые цены")) == 1
        assert got(eve, "New prices") == []
        assert got(boss, "Sent to 3 people of 3.")
