"""The first minutes of a customer, as dialogues."""

from __future__ import annotations

from sapp_bot.testing import Stage


async def test_a_newcomer_registers_and_gets_a_key() -> None:
    """A newcomer is led from /start to an API client with its key."""
    async with Stage() as stage:
        ann = stage.person("Ann")
        await ann.says("/start")
        print(ann.last, ann.labels())
        await ann.says("/register")
        print(ann.last, ann.labels())
        await ann.says("ann@example.com")
        print(ann.last, ann.labels())
        await ann.says("correct horse battery")
        print(ann.last, ann.labels())
        await ann.says("/newclient")
        print(ann.last, ann.labels())
        await ann.says("My <b>shop</b>")
        print(ann.last, ann.labels())
        await ann.says("*")
        print(ann.last, ann.labels())
        await ann.presses("Show key")
        print(ann.last, ann.labels())
        await stage.passes(61)
        print(ann.last, ann.labels())
        print([s.text.plain for s in ann.chat])
        assert not ann.can_read("correct horse battery")
