"""Time zones as the pinned `tzdata` has them, for what a person typed or the bot has kept."""

import re
from collections.abc import Mapping
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


def _named(zone_of_all: str, *cities: str) -> dict[str, str]:
    return {name: zone_of_all for city in cities for name in city.split("|")}


CITIES: Mapping[str, str] = {
    **_named(
        "Europe/Moscow",
        *("санкт-петербург|санкт_петербург|петербург|питер|спб", "казань", "воронеж", "краснодар"),
        *("saint_petersburg|st._petersburg|st_petersburg|saint-petersburg", "kazan", "voronezh"),
        *("нижний_новгород|нижний", "ростов-на-дону|ростов_на_дону|ростов|мск"),
        *("nizhny_novgorod|nizhniy_novgorod", "rostov-on-don|rostov_on_don|rostov", "krasnodar"),
    ),
    **_named(
        "Asia/Yekaterinburg",
        *("челябинск|chelyabinsk", "уфа|ufa", "пермь|perm", "екб|ekaterinburg|yekaterinburg"),
    ),
    **_named("Asia/Almaty", "астана|astana|нур-султан|nur-sultan", "шымкент|shymkent", "алма-ата"),
    **_named("Europe/Kyiv", "харьков|kharkiv|kharkov", "одесса|odesa|odessa", "днепр|dnipro"),
}
"""Cities of Russia, the CIS and Ukraine with more than a million people, or about as many, that no
zone is named after, and other names of some that one is.

Source: the census of Russia of 2021 (rosstat.gov.ru) and the national statistics of the others;
the zones of Russia by the federal law 107-FZ on the calculation of time.
"""

_OFFSET = re.compile(r"(?:utc|gmt|мск)?_?([+−–-])_?(\d{1,2})(?::?([0-5]\d))?")
_MOSCOW_HOURS = 3
_FIXED = "Etc/GMT"
_PARTS_OF_HOURS: Mapping[str, str] = {
    "+3:30": "Asia/Tehran",
    "+4:30": "Asia/Kabul",
    "+5:30": "Asia/Kolkata",
    "+5:45": "Asia/Kathmandu",
    "+6:30": "Asia/Yangon",
    "+8:45": "Australia/Eucla",
    "+9:30": "Australia/Darwin",
    "-9:30": "Pacific/Marquesas",
}
"""Offsets that are no whole hours, and have one zone each that never changes its clocks."""


def zone_of_offset(text: str) -> str | None:
    """Return the zone that a text such as `UTC+3`, `+5:30` or «МСК+2» gives the offset of.

    None when it is no offset, or none that a zone has all the year.
    """
    found = _OFFSET.fullmatch(text)
    if found is None:
        return "UTC" if text in {"utc", "gmt"} else None
    sign, hours, minutes = "+" if found[1] == "+" else "-", int(found[2]), found[3] or "00"
    if text.startswith("мск"):
        hours = _MOSCOW_HOURS + (hours if sign == "+" else -hours)
        sign, hours = ("-" if hours < 0 else "+"), abs(hours)
    if minutes != "00":
        return _PARTS_OF_HOURS.get(f"{sign}{hours}:{minutes}")
    # POSIX, and so the database, writes the sign the other way round.
    name = f"{_FIXED}{'-' if sign == '+' else '+'}{hours}" if hours else "UTC"
    return name if read_zone(name) is not None else None


def zone_title(name: str) -> str:
    """Return what a zone is called for people: its name, UTC+3 for Etc/GMT-3."""
    offset = name.removeprefix(_FIXED)
    if name == offset or not offset[1:].isdecimal():
        return name
    return f"UTC{'+' if offset[0] == '-' else '−'}{offset[1:]}"
