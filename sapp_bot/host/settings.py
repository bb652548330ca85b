"""Settings that the host and all handlers may read. Must not contain secrets."""

from __future__ import annotations

from typing import Literal

from sapp_bot.values import dataclass


@dataclass(frozen=True, slots=True)
class HostSettings:
    """Settings of the host, and of all handlers as `ctx.settings`. No secrets.

    Attributes:
        account: Telegram id of the account that the bot uses.
        bot_name: Its user name, without "@": the one that links lead to.
        other_names: Its other user names, as collectible ones are, without "@".
        mode: Whether the account is a bot or a user; a user's messages have no buttons.
        admins: Telegram user ids of the operators.
        docs_url: Address of the API's documentation; "" for none.
        api_url: Address of the API for people's programs, without /api/v1.
        support: Whom people may ask for help; "" for nobody.
        sells: Whether /buy leads to more reads.
        key_shown_s: Seconds after which a message with an API key is edited.
        handler_limit_s: Seconds that a handler may take.
        loop_limit_s: Seconds for which a plugin may block the bot until the process ends; 0 for
            ever.
        messages_per_minute: Most messages, and most presses, that one person may send in a minute;
            0 for no limit.
        sent_per_s: Most replies in a second over all chats; with a limit, one a second in each chat
            after a short burst. 0 for no limit.
        typing_after_s: Seconds after which the chat shows "typing".
        notice_after_s: Seconds after which the person is told that work goes on.
        form_lives_s: Seconds that an open form waits for an answer.
        retry_lives_s: Seconds that a failed form keeps its answers for [Retry].

    """

    account: int = 0
    bot_name: str = ""
    other_names: frozenset[str] = frozenset()
    mode: Literal["bot", "user"] = "bot"
    admins: frozenset[int] = frozenset()
    docs_url: str = ""
    api_url: str = ""
    support: str = ""
    sells: bool = False
    key_shown_s: float = 60
    handler_limit_s: float = 15
    loop_limit_s: float = 0
    messages_per_minute: int = 0
    sent_per_s: float = 0
    typing_after_s: float = 0.3
    notice_after_s: float = 2
    form_lives_s: float = 3600
    retry_lives_s: float = 600

    @property
    def bot_names(self) -> frozenset[str]:
        """All names that a command in a group may name the bot by, in small letters."""
        return frozenset(name.lower() for name in (self.bot_name, *self.other_names))

    def link_to(self, command: str) -> str:
        """Return the link that begins a command in the private chat, from anywhere in Telegram.

        Source: https://core.telegram.org/api/links#bot-links
        """
        return f"https://t.me/{self.bot_name}?start={command}"
