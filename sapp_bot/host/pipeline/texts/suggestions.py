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
from sapp_bot.host.routing.commands import CommandCall, parse_command
from sapp_bot.host.routing.registry import RoutingTable

from .topics import commands_about

WORDS = {
    **dict.fromkeys(("hi", "hello", "hey", "menu", "home", "привет", "меню", "старт"), "start"),
    **dict.fromkeys(("hello there", "hi there", "good morning", "good evening"), "start"),
    **dict.fromkeys(("good afternoon", "good day", "здравствуй", "здравствуйте"), "start"),
    **dict.fromkeys(("добрый день", "доброе утро", "добрый вечер", "приветствую"), "start"),
    **dict.fromkeys(("ok", "okay", "ок", "ладно", "bonjour", "hola", "hallo", "ciao"), "start"),
    **dict.fromkeys(("bye", "goodbye", "see you", "пока", "до свидания", "всего доброго"), "start"),
    **dict.fromkeys(("are you there", "anybody there", "ты тут", "вы тут", "ты здесь"), "start"),
    **dict.fromkeys(("?", "помощь", "справка", "помоги", "help me", "помогите"), "help"),
    **dict.fromkeys(("help me please", "please help", "помоги мне", "помогите мне"), "help"),
    **dict.fromkeys(("what can you do", "что ты умеешь", "что вы умеете", "команды"), "help"),
    **dict.fromkeys(("what can i do", "what do you do", "что умеешь", "что делать"), "help"),
    **dict.fromkeys(("how does it work", "how does this work", "как это работает"), "help"),
    **dict.fromkeys(("как пользоваться", "как этим пользоваться", "how to use it"), "help"),
    **dict.fromkeys(("commands", "помогите пожалуйста", "помоги пожалуйста"), "help"),
    **dict.fromkeys(("who are you", "what are you", "what is this", "кто ты"), "about"),
    **dict.fromkeys(("info", "information", "инфо", "информация"), "about"),
    **dict.fromkeys(("кто вы", "что это", "о боте", "inline", "инлайн"), "about"),
    **dict.fromkeys(("log in", "sign in", "войти", "вход"), "login"),
    **dict.fromkeys(("log out", "sign out", "выйти", "выход"), "logout"),
    **dict.fromkeys(("sign up", "регистрация", "create account"), "register"),
    **dict.fromkeys(("create an account", "создать аккаунт", "новый аккаунт"), "register"),
    **dict.fromkeys(("profile", "профиль", "мой профиль", "my profile"), "me"),
    **dict.fromkeys(("account", "аккаунт", "мой аккаунт", "учётная запись", "who am i"), "me"),
    **dict.fromkeys(("учетная запись", "моя учетная запись", "кто я"), "me"),
    **dict.fromkeys(("language", "настройки", "язык", "english", "russian"), "settings"),
    **dict.fromkeys(("ru", "rus"), "settings ru"),
    **dict.fromkeys(("en", "eng"), "settings en"),
    **dict.fromkeys(("английский", "русский", "по-русски", "in english"), "settings"),
    **dict.fromkeys(("отмена", "стоп", "stop"), "cancel"),
    **dict.fromkeys(("назад",), "back"),
    **dict.fromkeys(("пропустить",), "skip"),
    **dict.fromkeys(("delete me", "remove me", "forget me", "удали меня"), "forget"),
    **dict.fromkeys(("удалите меня", "удалить меня", "забудь меня", "delete my data"), "forget"),
    **dict.fromkeys(("удалить мои данные", "удали мои данные"), "forget"),
    **dict.fromkeys(("delete account", "delete my account", "close my account"), "deactivate"),
    **dict.fromkeys(("удалить аккаунт", "удали аккаунт", "удалить мой аккаунт"), "deactivate"),
    **dict.fromkeys(("хочу удалить аккаунт", "i want to delete my account"), "deactivate"),
    **dict.fromkeys(("удалить учётную запись", "удалить учетную запись"), "deactivate"),
    **dict.fromkeys(("key", "keys", "api key", "my key", "client", "мой ключ"), "client"),
    **dict.fromkeys(("what is my key", "where is my key", "где мой ключ", "get a key"), "client"),
    **dict.fromkeys(("how do i get a key", "как получить ключ", "клиент", "ключ"), "client"),
    **dict.fromkeys(("my keys", "api keys", "ключи", "мои ключи", "апи ключ"), "client"),
    **dict.fromkeys(("show me the key", "show my key", "show the key"), "client show"),
    **dict.fromkeys(("покажи ключ", "показать мой ключ", "покажи мой ключ"), "client show"),
    **dict.fromkeys(("курс", "курсы", "курс валют", "курсы валют", "exchange rates"), "rates"),
    **dict.fromkeys(("график", "графики", "graph"), "chart"),
    **dict.fromkeys(("валюты", "валюта", "список валют"), "currencies"),
    **dict.fromkeys(("история", "история курса"), "history"),
    **dict.fromkeys(("избранное", "favorites", "favourite", "favorite"), "favourites"),
    **dict.fromkeys(("часовой пояс", "time zone", "timezone"), "zone"),
    **dict.fromkeys(("оповещения", "my alerts", "мои оповещения"), "alerts"),
    **dict.fromkeys(("tz", "часы"), "zone"),
    **dict.fromkeys(("cancel my alert", "delete my alert", "удали оповещение"), "alerts"),
    **dict.fromkeys(("set an alert", "настроить оповещение", "оповещение"), "alert"),
    **dict.fromkeys(("accounts", "аккаунты", "учётные записи"), "users"),
    **dict.fromkeys(("клиенты",), "clients"),
    **dict.fromkeys(("баланс", "остаток", "what is left", "reads left"), "balance"),
    **dict.fromkeys(("status", "статус", "сколько осталось", "how many reads"), "balance"),
    **dict.fromkeys(("usage", "reads", "quota", "limits"), "balance"),
    **dict.fromkeys(("how much is left", "how many reads are left", "my usage"), "balance"),
    **dict.fromkeys(("how many reads do i have", "my balance", "мой баланс"), "balance"),
    **dict.fromkeys(("сколько у меня осталось", "сколько осталось запросов"), "balance"),
    **dict.fromkeys(("сколько запросов осталось", "остаток запросов", "лимит"), "balance"),
    **dict.fromkeys(("купить", "оплатить", "оплата", "buy", "pay", "price"), "buy"),
    **dict.fromkeys(("prices", "how much does it cost", "цена", "цены", "тарифы"), "buy"),
    **dict.fromkeys(("сколько это стоит", "сколько стоит", "купить запросы", "top up"), "buy"),
    **dict.fromkeys(("how much is it", "how much is this", "сколько это", "почём"), "buy"),
    **dict.fromkeys(("как оплатить", "как купить", "how do i pay", "пополнить"), "buy"),
    **dict.fromkeys(("refund", "возврат", "вернуть деньги", "money back"), "paysupport"),
    **dict.fromkeys(("payment", "платежи", "my payments", "мои платежи"), "payments"),
    **dict.fromkeys(("условия",), "terms"),
    **dict.fromkeys(("новости",), "news"),
    **dict.fromkeys(("уведомления",), "notices"),
    **dict.fromkeys(("документация", "documentation"), "docs"),
    **dict.fromkeys(("пароль", "сменить пароль", "change password"), "password"),
    **dict.fromkeys(("human", "operator", "talk to a human", "contact"), "support"),
    **dict.fromkeys(("i have a problem", "у меня проблема", "техподдержка"), "support"),
    **dict.fromkeys(("contact support", "связаться с оператором"), "support"),
    **dict.fromkeys(("i want to talk to a human", "i need help", "оператор"), "support"),
    **dict.fromkeys(("поддержка", "человек", "позови человека", "позовите человека"), "support"),
    **dict.fromkeys(("хочу поговорить с человеком", "связаться с поддержкой"), "support"),
}
"""What people call the commands besides the words that plugins declare; all small letters."""

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

    def meant(self, text: str) -> CommandCall | None:
        """Return the command that plain words mean; None for any other text."""
        word = choice_key(text.rstrip(" ?…")).removeprefix("/") or text.strip()
        line = word if word in self._names() else self._table.words.get(word, WORDS.get(word, ""))
        call = parse_command(f"/{line}")
        return call if call is not None and self._commands.offers(call.name) else None

    def meant_by(self, call: CommandCall) -> CommandCall | None:
        """Return what an unknown command means as plain words: `/status` is `status`."""
        is_resting = call.name in self._table.resting
        return None if is_resting else self.meant(f"{call.name} {call.rest}".rstrip())

    def begun(self, text: str) -> CommandCall | None:
        """Return the command that a text begins with, without its slash; None without one."""
        call = parse_command(f"/{text.strip().casefold()}")
        return call if call is not None and call.rest and call.name in self._names() else None

    def nearest(self, text: str) -> list[str]:
        """Return the shown names of the commands that a mistyped name is closest to."""
        names = self._names()
        found = get_close_matches(text.strip().casefold(), names, n=MOST * 2, cutoff=CLOSE)
        return list(dict.fromkeys(names[name] for name in found))[:MOST]

    def about(self, text: str) -> list[str]:
        """Return the shown names of the commands that a text is about, at most `MOST`."""
        names = self._names()
        found = [names[name] for name in commands_about(text) if name in names]
        return list(dict.fromkeys(found))[:MOST]

    @property
    def offers_help(self) -> bool:
        """Whether there is a /help, which a folder of one's own plugins may not have."""
        return self._commands.offers("help")

    def first(self) -> list[str]:
        """Return the names of the first commands that there are."""
        return list(dict.fromkeys(self._names().values()))[: MOST * 2]

    def rows(self, names: Sequence[str], *otherwise: NextStep, words: str = "") -> list[list[Item]]:
        """Return rows of buttons for commands, with words behind them, and of `otherwise`."""
        others = steps_rows(self._commands, otherwise)
        return [self.row(names, words), *others] if names else others

    def row(self, names: Sequence[str], words: str = "") -> list[Item]:
        """Return buttons for commands, with words behind them where those fit into a button."""
        row: list[Item] = []
        for name in names:
            rest = words if _fits(name, words) else ""
            line = f"{name} {rest}".rstrip()
            row.append(CommandButton(command=name, words=rest).key("/{name}", name=line))
        return row

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
    if not _fits(call.name, call.rest):
        return ()
    return (NextStep(call.name, "Try again", call.rest),)


def _fits(name: str, words: str) -> bool:
    """Return whether a command and its words surely fit into a button."""
    carried = json.dumps([name, words], ensure_ascii=False)
    return len(carried.encode("utf-8", "surrogatepass")) <= LONGEST
