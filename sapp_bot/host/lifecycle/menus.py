"""Sets the command menus that Telegram shows, from the routing table."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from sapp_bot.domain.ports import TelegramPort
from sapp_bot.errors import TelegramError
from sapp_bot.host.routing.registry import RoutingTable
from sapp_bot.i18n import LANGUAGES, Languages

log = structlog.get_logger(__name__)

MOST_COMMANDS = 100
"""Commands that fit a menu. Source: https://core.telegram.org/bots/api#setmycommands."""


async def set_menus(
    telegram: TelegramPort, table: RoutingTable, languages: Languages, admins: Iterable[int]
) -> None:
    """Set the menu of private chats in every language, and one for each operator.

    A refusal by Telegram is logged, not raised: the bot works without menus.

    Args:
        telegram: Sets the menus.
        table: Holds the commands.
        languages: Translates the summaries.
        admins: Telegram user ids of the operators.

    """
    for language in LANGUAGES:
        # Telegram shows the list without a language to everybody who has none of their own.
        code = "" if language == LANGUAGES[0] else language
        for person in (0, *admins):
            commands = _menu(table, languages, language, admin=person != 0)
            try:
                await telegram.set_menu(commands, language=code, person=person)
            except TelegramError as error:
                # An operator who never wrote to the bot is unknown to it.
                log.info("menu.failed", person=person, reason=str(error))


def _menu(
    table: RoutingTable, languages: Languages, language: str, *, admin: bool
) -> dict[str, str]:
    commands = table.visible(signed_in=True, admin=admin)[:MOST_COMMANDS]
    return {
        c.name: languages.translator(language, table.catalogues[c.plugin]).text(c.summary).plain
        for c in commands
    }
