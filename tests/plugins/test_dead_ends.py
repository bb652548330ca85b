"""No answer is a dead end: whatever is sent, the last thing said has a button that leads on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import sapp_bot
from sapp_bot.testing import Actor, Stage
from tests.plugins.people import PASSWORD, register, with_client

BEHIND = ("", "7", "zzz", "a b c d e f", "-1 -1", "x" * 1001, "@@@ ###", "１", "2026-99-99", "0")
"""What people may write behind a command, sensible or not."""

SENT: tuple[tuple[str, dict[str, object]], ...] = (
    ("what?", {}),
    ("/nonsense", {}),
    ("/" + "n" * 40, {}),
    ("\u2800", {}),
    ("y" * 4096, {}),
    ("", {"media": "photo"}),
    ("", {"media": "sticker"}),
    ("look", {"forwarded": True}),
    ("look", {"via_bot": True}),
    ("100 usdd", {}),
    ("1/0 usd", {}),
    ("/cancel", {}),
    ("/back", {}),
    ("/retry", {}),
)
"""What people may send besides commands."""

OF_HOST = {
    "Send(update.chat_id, Rich(SappBotError.reply), reply_to=turn.reply_to)": "the host failed",
    "Send(turn.update.chat_id, still())": "still at work: the answer follows",
    "Send(update.chat_id, translator.text(text))": "Redis is away, or a payment: more follows",
    "Send(update.chat_id, translator.text(_SAFE))": "a payment is safe: the receipt follows",
    "Send(update.chat_id, text)": "a payment is safe: the receipt follows",
    "Send(turn.update.chat_id, text, removes_keyboard=True)": "hello: the home card follows",
    "Send(reply.chat_id, await self._apology(reply.chat_id))": "Telegram refused the buttons",
    "self._ctx.say(notice)": "maintenance: nothing leads on",
    "invoker.host_ctx.say(Rich(text))": "a pop-up that came too late; its screen is still there",
    "self.ctx(plugin).say(said)": "a plugin's handler returned a text",
}
"""What the host says without a button, and why."""

FOLLOWED = (
    "You write as a group or a channel",
    "I don't take passwords behind a command",
    "I could not delete your message.",
)
"""Texts in the host after which comes a question or an answer, or that are said in a group."""


async def dead_ends(actor: Actor, commands: list[str]) -> list[str]:
    """Send everything that can be sent; return what was answered without a button."""
    found: list[str] = []
    tries: list[tuple[str, dict[str, object]]] = [*SENT]
    tries += [(f"/{name} {rest}".strip(), {}) for name in commands for rest in BEHIND]
    for text, about in tries:
        said = await actor.says(text, **about)
        if actor.news and not actor.news[-1].rows:
            found.append(f"{text[:30]} -> {actor.last}")
        await actor.says("/cancel")
        if text in {"what?", "/cancel"}:
            await actor.edits(said, "what now?")
            if actor.news and not actor.news[-1].rows:
                found.append(f"an edit -> {actor.last}")
    return found


@pytest.mark.parametrize("who", ["outside", "inside", "operator"])
async def test_nothing_that_is_sent_ends_without_a_button(who: str) -> None:
    """Every command with sensible and senseless words behind it, and all else that can be sent."""
    async with Stage(docs_url="https://docs.test", service_reads=10_000, admins={7}) as stage:
        ann = stage.person("Ann", id=7 if who == "operator" else 8)
        if who == "inside":
            ann = await with_client(stage)
        visible = stage.bot.plugins.table.visible(signed_in=True, admin=who == "operator")
        ends = {"logout", "deactivate", "forget", "maintenance"}
        commands = [c.name for c in visible if not c.controls_form and c.name not in ends]
        if who == "operator":  # what others may send, they have sent
            commands = [c.name for c in visible if c.role == "admin" and c.name not in ends]
            assert commands

        assert await dead_ends(ann, commands) == []


async def test_a_form_that_closes_leads_on() -> None:
    """Out of time, of another account, or locked: there is a button to begin again, or home."""
    async with Stage() as stage:
        ann = await register(stage)
        await ann.says("/newclient")
        await stage.passes(3700)
        await ann.says("shop")
        assert "Begin again" in ann.labels()
        await ann.presses("Begin again")
        assert ann.sees("What shall the client be called?")
        await ann.says("/logout")
        for _ in range(7):
            await ann.says("/login ann@example.com")
            await ann.says("wrong horse battery")
        await ann.says("another guess 77")
        assert "‹ Home" in ann.labels()
        assert not ann.can_read(PASSWORD)


def says(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls that send something without buttons."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or any(k.arg == "rows" for k in node.keywords):
            continue
        name = ast.unparse(node.func)
        if name == "Send" or (name.endswith(".say") and "ctx" in name.lower()):
            yield node


def test_what_the_host_says_without_a_button_is_listed() -> None:
    """Each with its reason; a new one has to give one, and a reason goes with its text."""
    source = Path(sapp_bot.__file__).parent / "host" / "pipeline"
    found = {
        ast.unparse(call)
        for path in source.rglob("*.py")
        for call in says(ast.parse(path.read_text(encoding="utf-8")))
    }
    unlisted = {
        text for text in found - set(OF_HOST) if not any(start in text for start in FOLLOWED)
    }
    assert unlisted == set()
    assert set(OF_HOST) - found == set()
