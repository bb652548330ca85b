"""What the host and every handler may know of the settings. Nothing secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class HostSettings:
    """What the host and, as `ctx.settings`, every handler may know. Nothing secret.

    Times are seconds. `admins` are Telegram ids.
    """

    account: int = 0
    bot_name: str = ""
    mode: Literal["bot", "user"] = "bot"
    admins: frozenset[int] = frozenset()
    docs_url: str = ""
    support: str = ""
    key_shown_s: float = 60
    handler_limit_s: float = 15
    typing_after_s: float = 0.3
    notice_after_s: float = 2
    form_lives_s: float = 3600
    retry_lives_s: float = 600
