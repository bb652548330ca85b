"""Plays the ways through the screens without a page, and tells what no picture would show.

What has to be seen is read from the bot itself: from the routing table all commands, buttons and
forms with their questions, from the plugins' sources all errors.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sapp_bot.domain.replies import Callback
from sapp_bot.host.routing.registry import RoutingTable
from sapp_bot.testing import Actor, Stage

from .backstage import ACTS
from .customer import CUSTOMER
from .staff import ARRIVAL, STAFF
from .troubles import TROUBLES
from .walk import EMAIL, GUEST, OPERATOR, Photograph

OPERATOR_ID = 77
PLUGINS = Path(__file__).parents[2] / "plugins"
SERVICE_READS = 100_000
PACKS = {1_000: 50, 5_000: 200}


UNSEEN = {
    "button admin.Try": "stands below a plugin that is broken",
    "button billing.GiveReads": "after Redis has lost the ledger, and an operator adopted",
    "button operators.LookAgain": "has no label: it presses itself after some seconds",
    "error Fresh rates are used up for today": "after some hundred reads of one day",
    "error I do not find this payment any more": "after the ledger was lost",
    "error No sum that I understand": "in inline mode",
    "error Nobody can tell any more who has paid this": "after the keys of sealing were lost",
    "error Please /login first, and ask again": "a logout while a file is on its way",
    "error Reading all of that would cost": "another screen asks before",
    "error That needs a service account": "the sandbox has one",
    "error That was done already, or is too old": "below an act of a day before",
    "error There are no fresh rates just now": "the sandbox's service account has reads",
    "error There are too few rates for a chart": "the sandbox has rates of every hour",
    "error There is no rate for {code}": "the sandbox has a rate for each currency",
    "error This bot has no rates for other chats": "in inline mode",
    "error You have {most} alerts already": "after twenty alerts",
    "error “{name}” is no time zone": "a zone that the database has no more",
}
"""The beginnings of what no picture shows, and why; the tests of the plugins show it."""


@dataclass(slots=True)
class Seen:
    """What the pictures show.

    Attributes:
        texts: Of messages, labels and pop-ups.
        shown: Buttons of plugins that stood in a picture, as "<plugin>.<class>".
        pressed: Those that were pressed.
        said: Commands.

    """

    texts: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    pressed: set[str] = field(default_factory=set)
    said: set[str] = field(default_factory=set)


def stage_of_screens(**more: object) -> Stage:
    """Return a stage as the sandbox is."""
    settings = {
        "service_reads": SERVICE_READS,
        "packs": PACKS,
        "admins": frozenset({OPERATOR_ID}),
        "environment": {},
        **more,
    }
    return Stage(PLUGINS, **settings)  # type: ignore[arg-type]  # as its own


async def rehearse() -> list[str]:
    """Play the ways of bot mode, in English; return what no picture shows."""
    async with stage_of_screens() as stage:
        stage.may_fail = True  # the API is made to fail
        play = Rehearsal(stage)
        boss = stage.person(OPERATOR, id=OPERATOR_ID)
        guest = stage.person(GUEST)
        await play.walk(ARRIVAL, boss, f"{OPERATOR}_en")
        await play.walk(CUSTOMER, guest, f"{GUEST}_en")
        await play.walk(STAFF, boss, f"{OPERATOR}_en")
        await play.walk(TROUBLES, guest, f"{GUEST}_en")
        return sorted(unseen(stage.bot._registry.table, play.seen))  # what it has


class Rehearsal:
    """Walks the ways of one stage."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._table: RoutingTable = stage.bot._registry.table  # what the bot has
        self.seen = Seen()

    async def walk(self, way: Iterable[Photograph], actor: Actor, name: str) -> None:
        """Walk a way, as the camera does in the page."""
        for one in way:
            if one.does:
                await ACTS[one.does](self._stage.api, EMAIL.format(person=name))
            for text in one.says:
                await actor.says(text.format(person=name))
                self._look(actor)
                if text.startswith("/"):
                    self._say(text[1:].split()[0])
            for label in one.taps:
                await self._tap(actor, label, one.name)
            if one.pays:
                result = await actor.pays()
                assert result.is_paid, f"{one.name}: {result.reason}"
                self._look(actor)

    def _say(self, word: str) -> None:
        command = self._table.commands.get(word)
        if command is not None:
            self.seen.said.add(command.name)

    async def _tap(self, actor: Actor, label: str, where: str) -> None:
        for shown in reversed(actor.chat):
            for key in (key for row in shown.rows for key in row):
                label_shown = key.label.replace("\u00a0", " ")
                if label in label_shown and isinstance(key, Callback):
                    if name := self._button(key):
                        self.seen.shown.add(name)
                        self.seen.pressed.add(name)
                    await actor.presses_data(key.data, message_id=shown.id)
                    self._look(actor)
                    return
        raise AssertionError(f"{where}: no button {label!r}; the newest are {actor.labels()}")

    def _button(self, key: Callback) -> str:
        route = self._table.button_routes.get(key.data[:4])
        return f"{route.plugin}.{route.button.__name__}" if route else ""

    def _look(self, actor: Actor) -> None:
        for shown in actor.news:
            self.seen.texts.add(shown.text.plain)
            for key in (key for row in shown.rows for key in row):
                self.seen.texts.add(key.label)
                if isinstance(key, Callback) and (name := self._button(key)):
                    self.seen.shown.add(name)
        self.seen.texts.add(actor.last_popup.text)


def unseen(table: RoutingTable, seen: Seen) -> Iterator[str]:
    """Tell what no picture shows: commands, buttons, questions, errors."""
    for plugin in table.plugins:
        for command in plugin.commands:
            if command.name not in seen.said:
                yield f"/{command.name}"
            questions = command.signature.form.questions if command.signature.form else ()
            for question in questions:
                if not (question.carried or _is_seen(question.prompt, seen)):
                    yield f"/{command.name}, question {question.name}"
        names = [f"{plugin.name}.{route.button.__name__}" for route in plugin.button_routes]
        yield from (f"button {name}" for name in names if name not in seen.shown)
        yield from (f"press {name}" for name in names if name in seen.shown - seen.pressed)
    told = {text for path in PLUGINS.rglob("*.py") for text in errors(path.read_text("utf-8"))}
    yield from (f"error {text}" for text in sorted(told) if not _is_seen(text, seen))


def _is_seen(message: str, seen: Seen) -> bool:
    parts = re.split(r"(\{\w+\})", message)
    pattern = "".join(".*?" if part.startswith("{") else re.escape(part) for part in parts)
    found = re.compile(pattern, re.DOTALL)
    return any(found.search(text) for text in seen.texts)


def errors(source: str) -> set[str]:
    """Collect what a module tells when something cannot be done: raised, or kept as a fault."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Name("UserError" | "RatesError" | "ValueError"),
                args=[ast.Constant(str(text)), *_],
            ):
                found.add(text)
            case ast.ClassDef(bases=bases) if any(_is_fault(base) for base in bases):
                found |= {
                    inner.value.value
                    for inner in node.body
                    if isinstance(inner, ast.Assign | ast.AnnAssign)
                    and isinstance(inner.value, ast.Constant)
                    and isinstance(inner.value.value, str)
                }
    return found


def _is_fault(base: ast.expr) -> bool:
    name = ast.unparse(base)
    return name.endswith("Error") or name == "StrEnum"


def declared_commands(source: str) -> set[str]:
    """Collect the shown names of the commands that a plugin's module declares."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.AsyncFunctionDef):
            for mark in node.decorator_list:
                call = mark.func if isinstance(mark, ast.Call) else mark
                if ast.unparse(call) == "plugin.command":
                    words = mark.keywords if isinstance(mark, ast.Call) else []
                    names = [ast.literal_eval(word.value) for word in words if word.arg == "name"]
                    found.add(names[0] if names else node.name)
    return found
