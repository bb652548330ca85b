"""Names the plugin that an update is for, without running any plugin's code."""

from __future__ import annotations

from sapp_bot.domain.updates import Message
from sapp_bot.errors import SappBotError
from sapp_bot.host.authoring.button_codec import ButtonCodec
from sapp_bot.host.authoring.turn import Turn

from .arguments import read_groups
from .commands import parse_command
from .registry import RoutingTable


def plugin_for(turn: Turn, table: RoutingTable, codec: ButtonCodec) -> str:
    """Return the name of the plugin that would handle the turn's update, as far as is known.

    Returns:
        The plugin's name; "" if it is the host itself, or known only to a plugin's own code.

    """
    update = turn.update
    if isinstance(update, Message):
        return _of_text(update.text, turn, table)
    data: bytes = getattr(update, "data", b"")
    try:
        # Anybody can send any bytes: a button that would be refused blames nobody.
        codec.read(data, dict(table.classes), turn.button_owner, turn.now)
    except SappBotError:
        return _of_form(turn)
    route = table.button_routes.get(data[:4])
    return route.plugin if route is not None else _of_form(turn)


def _of_text(text: str, turn: Turn, table: RoutingTable) -> str:
    call = parse_command(text)
    if call is not None:
        command = table.commands.get(call.name)
        return command.plugin if command is not None else ""
    if turn.forms:
        return _of_form(turn)
    for route in table.text_routes:
        if read_groups(route, text) is not None:
            return route.plugin if route.match is None else ""
    return ""


def _of_form(turn: Turn) -> str:
    """Return the plugin of the open form: a form is its "<plugin>.<command>"."""
    return turn.forms[-1].command.partition(".")[0] if turn.forms else ""
