"""Makes links of a group's buttons that begin what is for the private chat only."""

from __future__ import annotations

from dataclasses import replace

from sapp_bot.domain.replies import Callback, Key, Url, WithoutButtons
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.routing.registry import RoutingTable


def link_out(turn: Turn, table: RoutingTable) -> None:
    """Replace such buttons in a group's replies: a press would only be refused there.

    Args:
        turn: Its replies are changed; in a private chat none are.
        table: Has the commands.

    """
    if turn.update.private:
        return

    def linked(key: Key) -> Key:
        name = key.typed_as.removeprefix("/") if isinstance(key, Callback) else ""
        command = table.commands.get(name)
        if command is None or not command.private:
            return key
        return Url(key.label, turn.settings.link_to(name))

    for index, queued in enumerate(turn.replies):
        reply = queued.reply
        if isinstance(reply, WithoutButtons) or reply.chat_id != turn.update.chat_id:
            continue
        rows = tuple(tuple(linked(key) for key in row) for row in reply.rows)
        turn.replies[index] = replace(queued, reply=replace(reply, rows=rows))
