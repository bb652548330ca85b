"""Finds the commands that a sentence is about, by the roots of its words, to be offered as buttons.

Nothing is begun because of a root: it tells what somebody may have meant, not what they did.
"""

from __future__ import annotations

import re
from collections import Counter

ROOTS = {
    **dict.fromkeys(("left", "remain", "balance", "usage", "used", "limit", "quota"), "balance"),
    **dict.fromkeys(("stat", "reads", "остал", "остат", "баланс", "лимит", "расход"), "balance"),
    **dict.fromkeys(("статист", "чтени", "запрос", "израсход", "потра", "spent"), "balance"),
    **dict.fromkeys(("buy", "pay", "price", "pricing", "cost", "purchas"), "buy"),
    **dict.fromkeys(("stars", "top", "tariff", "plan", "купи", "покуп", "оплат", "цен"), "buy"),
    **dict.fromkeys(("стои", "тариф", "звезд", "звёзд", "пополн", "подпис", "докуп"), "buy"),
    **dict.fromkeys(("subscri", "premium"), "buy"),
    **dict.fromkeys(("payment", "receipt", "invoice", "paid", "чек", "квитанц"), "payments"),
    **dict.fromkeys(("платеж", "платёж", "плати"), "payments"),
    **dict.fromkeys(("refund", "money", "возвра", "верн", "деньг", "денег"), "paysupport"),
    **dict.fromkeys(("key", "client", "token", "active", "ключ", "клиент", "токен"), "client"),
    **dict.fromkeys(("новый", "new", "create", "make", "созда", "сдела"), "newclient"),
    **dict.fromkeys(("password", "парол"), "password"),
    **dict.fromkeys(("account", "profile", "email", "аккаунт", "профил", "учётн"), "me"),
    **dict.fromkeys(("учетн", "почт"), "me"),
    **dict.fromkeys(("log", "sign", "войти", "вход", "логин"), "login"),
    **dict.fromkeys(("logout", "out", "quit", "exit", "выйти", "выход"), "logout"),
    **dict.fromkeys(("register", "registr", "регистр", "зарегистр"), "register"),
    **dict.fromkeys(("alert", "notify", "remind", "оповест", "напомн", "уведоми"), "alert"),
    **dict.fromkeys(("every", "daily", "кажд", "ежедневн"), "alert"),
    **dict.fromkeys(("alerts", "оповещ"), "alerts"),
    **dict.fromkeys(("language", "english", "russian", "setting", "язык", "англ"), "settings"),
    **dict.fromkeys(("русск", "настро", "по-русски", "по-английски"), "settings"),
    **dict.fromkeys(("time", "zone", "clock", "врем", "пояс", "часов"), "zone"),
    **dict.fromkeys(("api", "doc", "example", "апи", "документ", "пример"), "docs"),
    **dict.fromkeys(("terms", "privacy", "услови", "соглашен", "конфиденц"), "terms"),
    **dict.fromkeys(("delet", "remov", "erase", "удали", "стере", "сотри"), "forget"),
    **dict.fromkeys(("news", "unsubscri", "новост", "отпис", "рассыл"), "news"),
    **dict.fromkeys(("notif", "notic", "mute", "уведомл"), "notices"),
    **dict.fromkeys(("problem", "bug", "broken", "human", "support", "complain"), "support"),
    **dict.fromkeys(("error", "work", "anybody", "проблем", "ошибк", "работа"), "support"),
    **dict.fromkeys(("поддерж", "техподдерж", "оператор", "жалоб", "живой"), "support"),
    **dict.fromkeys(("rate", "курс", "котиров", "quote"), "rates"),
    **dict.fromkeys(("currenc", "валют"), "currencies"),
    **dict.fromkeys(("base", "базов", "основн"), "base"),
    **dict.fromkeys(("chart", "graph", "график"), "chart"),
    **dict.fromkeys(("histor", "истори"), "history"),
    **dict.fromkeys(("favourit", "favorit", "избранн"), "favourites"),
    **dict.fromkeys(("start", "back", "main", "главн", "начал", "начат", "начни"), "start"),
    **dict.fromkeys(("сначала", "вернуться", "назад"), "start"),
    **dict.fromkeys(("bot", "inline", "who", "бот", "инлайн", "кто"), "about"),
}
"""Beginnings of words and what they are about; the longest one that fits counts."""

WHOLE = frozenset(
    {"every", "base", "top", "new", "log", "out", "bot", "who", "кто", "бот", "doc", "pay", "key"}
)
"""Roots that are words of their own: so short that other words begin with them."""

_LONGEST = max(map(len, ROOTS))
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def commands_about(text: str) -> list[str]:
    """Return the names of the commands that a text is about, those with the most words first."""
    found = Counter(filter(None, map(_command, _WORD.findall(text.casefold()))))
    return [name for name, _ in found.most_common()]


def _command(word: str) -> str | None:
    """Return the command of the longest root of a word; None for a word that has none."""
    for length in range(min(len(word), _LONGEST), 2, -1):
        root = word[:length]
        if root in ROOTS and (length == len(word) or root not in WHOLE):
            return ROOTS[root]
    return None
