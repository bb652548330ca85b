"""Albums: Telegram sends each picture of one as a message, and the first of them is answered."""

from __future__ import annotations

from sapp_bot.domain.updates import Message
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.values import replace


def is_further_part(turn: Turn, message: Message) -> bool:
    """Return whether a message is a part of an album whose first part came before."""
    if message.album is None:
        return False
    known = turn.profile.album == message.album
    turn.profile = replace(turn.profile, album=message.album)
    return known
