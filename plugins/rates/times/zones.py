"""Time zones as the pinned `tzdata` has them, for what a person typed or the bot has kept."""

from zoneinfo import ZoneInfo

from sapp_bot import NextStep
from sapp_bot.services import UserError, read_zone


class UnknownZone(UserError):
    """There is no such time zone."""

    next_steps = (NextStep("rates", "‹ Rates"), NextStep("start", "‹ Home"))

    reply = "“{name}” is no time zone. Please write it as Europe/Moscow."

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


def zone(name: str) -> ZoneInfo:
    """Return a time zone by its name in the IANA database: "Europe/Moscow".

    Raises:
        UnknownZone: the database has none of that name.

    """
    found = read_zone(name)
    if found is None:
        raise UnknownZone(name)
    return found
