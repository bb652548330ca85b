"""What Telegram's refusals mean: one table, by kind of refusal.

Source of the names: https://core.telegram.org/method/messages.sendMessage, "Possible errors".
"""

from __future__ import annotations

import struct
from typing import Literal

from .client import OVER
from .seam import errors

RefusalKind = Literal["pause", "away", "chat", "form"]

_BY_KIND: tuple[tuple[RefusalKind, tuple[type[Exception], ...]], ...] = (
    # A FrozenMethodInvalidError is a FloodError to Telethon, but it does not pass by waiting.
    ("chat", (errors.FrozenMethodInvalidError,)),
    ("pause", (errors.FloodWaitError, errors.SlowModeWaitError, errors.FloodPremiumWaitError)),
    (
        "away",
        (
            OSError,  # with TimeoutError and ConnectionError
            errors.ServerError,
            errors.TimedOutError,
            errors.InvalidDCError,
            errors.FloodError,
            *OVER,  # the client ends, and the next process delivers: the reply itself is fine
        ),
    ),
    (
        "chat",
        (
            errors.ChannelInvalidError,
            errors.ChannelPrivateError,
            errors.ChatIdInvalidError,
            errors.InputUserDeactivatedError,
            errors.PeerIdInvalidError,
            errors.UserDeactivatedError,
            errors.UserIdInvalidError,
            errors.UserIsBlockedError,
            errors.UserIsBotError,
            errors.YouBlockedUserError,
        ),
    ),
    # Everything else that a request is bad for: BUTTON_URL_INVALID, ENTITY_BOUNDS_INVALID,
    # REPLY_MARKUP_TOO_LONG, MESSAGE_EMPTY, and what Telegram may add.
    ("form", (errors.BadRequestError, struct.error, UnicodeError)),
)


def kind_of(error: Exception) -> RefusalKind:
    """Return the kind of a refusal.

    Returns:
        "pause": wait, then repeat; "away": the same call may succeed later; "chat": nothing arrives
        in this chat; "form": this message is refused as it is written.

    """
    return next((kind for kind, classes in _BY_KIND if isinstance(error, classes)), "chat")
