"""Finds the command that somebody means who typed a plain word, or made a typo."""

from __future__ import annotations

import json
from collections.abc import Sequence
from difflib import get_close_matches

from sapp_bot.domain.typed_text import choice_key
from sapp_bot.domain.updates import Message
from sapp_bot.errors import NextStep
from sapp_bot.host.authoring.buttons import CommandButton, Item
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.pipeline.person_services import Commands
from sapp_bot.host.routing.commands import parse_command
from sapp_bot.host.routing.registry import RoutingTable

WORDS = {
    **dict.fromkeys(("hi", "hello", "hey", "menu", "home", "привет", "меню", "старт"), "start"),
    **dict.fromkeys(("hello there", "hi there", "good morning", "good evening"), "start"),
    **dict.fromkeys(("good afternoon", "good day", "здравствуй", "здравствуйте"), "start"),
    **dict.fromkeys(("добрый день", "доброе утро", "добрый вечер", "приветствую"), "start"),
    **dict.fromkeys(("?", "помощь", "справка", "помоги", "help me", "помогите"), "help"),
    **dict.fromkeys(("what can you do", "что ты умеешь", "что вы умеете", "команды"), "help"),
    **dict.fromkeys(("log in", "sign in", "войти", "вход"), "login"),
    **dict.fromkeys(("log out", "sign out", "выйти", "выход"), "logout"),
    **dict.fromkeys(("sign up", "регистрация"), "register"),
    **dict.fromkeys(("language", "настройки", "язык"), "settings"),
    **dict.fromkeys(("отмена", "стоп", "stop"), "cancel"),
    **dict.fromkeys(("key", "api key", "my key", "my client", "ключ", "мой ключ"), "client"),
    **dict.fromkeys(("how do i get a key", "как получить ключ", "мой клиент"), "client"),
    **dict.fromkeys(("курс", "курсы", "курс валют", "курсы валют", "exchange rates"), "rates"),
    **dict.fromkeys(("оповещения", "my alerts", "мои оповещения"), "alerts"),
    **dict.fromkeys(("баланс", "остаток"), "balance"),
    **dict.fromkeys(("купить", "оплатить"), "buy"),
    **dict.fromkeys(("пароль", "сменить пароль", "change password"), "password"),
    **dict.fromkeys(("support", "поддержка"), "about"),
}
"""Plain words for commands that have another name; all small letters."""

IN_ROW = 5
"""Buttons side by side of what may have been meant."""

CLOSE = 0.6
"""Least likeness of a typo to a name, 0 to 1."""

MOST = 3
"""Most commands that are suggested."""

LONGEST = 48
"""Bytes of a command and its words, as JSON, that surely fit into a button."""

HELP = NextStep("help", "Help")
HOME = NextStep("start", "‹ Home")


class Suggestions:
    """The commands that one person may use, to be found by words that are not their names."""

    def __init__(self, turn: Turn, table: RoutingTable) -> None:
        self._turn = turn
        self._table = table
        self._commands = Commands(turn, table, {})

    def word(self, text: str) -> str:
        """Return the command that a plain word means; "" for any other text."""
        word = choice_key(text.rstrip(" ?")).removeprefix("/") or text.strip()
        name = word if word in self._names() else WORDS.get(word, "")
        return name if name and self._commands.offers(name) else ""

    def nearest(self, text: str) -> list[str]:
        """Return the shown names of the commands that a mistyped name is closest to."""
        names = self._names()
        found = get_close_matches(text.strip().casefold(), names, n=MOST * 2, cutoff=CLOSE)
        return list(dict.fromkeys(names[name] for name in found))[:MOST]

    @property
    def offers_help(self) -> bool:
        """Whether there is a /help, which a folder of one's own plugins may not have."""
        return self._commands.offers("help")

    def first(self) -> list[str]:
        """Return the names of the first commands that there are."""
        return list(dict.fromkeys(self._names().values()))[: MOST * 2]

    def rows(self, names: Sequence[str], *otherwise: NextStep) -> list[list[Item]]:
        """Return rows of buttons for commands; without any, those of `otherwise`."""
        if names:
            return [[CommandButton(command=n).key("/{name}", name=n) for n in names]]
        return steps_rows(self._commands, otherwise)

    def _names(self) -> dict[str, str]:
        """Return the shown name of each command that the person may start, by name and alias."""
        visible = self._table.visible(signed_in=True, admin=self._turn.is_admin)
        return {name: c.name for c in visible for name in (c.name, *c.aliases)}


def steps_rows(commands: Commands, steps: Sequence[NextStep]) -> list[list[Item]]:
    """Return the next steps that are offered as rows of buttons, what may be meant first."""
    offered = [step for step in steps if commands.offers(step.command)]
    meant = [step for step in offered if step.words]
    rows = [meant[at : at + IN_ROW] for at in range(0, len(meant), IN_ROW)]
    rows.append([step for step in offered if not step.words])
    return [[_step_key(step) for step in row] for row in rows]


def _step_key(step: NextStep) -> Item:
    return CommandButton(command=step.command, words=step.words).key(step.label)


def repeat_of(update: object) -> tuple[NextStep, ...]:
    """Return the step that sends a command again; none for what is no command, or too long."""
    call = parse_command(update.text) if isinstance(update, Message) and update.private else None
    if call is None:
        return ()
    carried = json.dumps([call.name, call.rest], ensure_ascii=False)
    if len(carried.encode("utf-8", "surrogatepass")) > LONGEST:
        return ()
    return (NextStep(call.name, "Try again", call.rest),)
