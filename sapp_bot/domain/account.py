"""The bot's own account, as a value."""

from __future__ import annotations

from sapp_bot.values import dataclass


@dataclass(frozen=True, slots=True)
class Me:
    """The signed-in account: Telegram user id, user name ("" for none) and first name.

    `other_names` are further user names that lead to it, as those bought on Fragment.
    """

    id: int
    username: str
    name: str
    other_names: frozenset[str] = frozenset()
