"""Leads out of a group what is for the private chat only: links instead of buttons and answers."""

from __future__ import annotations

from sapp_bot.domain.replies import Callback, Key, Url, WithoutButtons
from sapp_bot.host.authoring.context import Ctx
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.routing.registry import Command, RoutingTable
from sapp_bot.values import replace


def private_command(turn: Turn, table: RoutingTable, typed_as: str) -> Command | None:
    """Return the command that a button stands for, where that may not be done in this chat.

    Args:
        turn: In a private chat everything may be done.
        table: Has the commands.
        typed_as: What does the same when it is typed: "/alert EUR/USD".

    """
    name = typed_as.removeprefix("/").partition(" ")[0]
    command = None if turn.update.private else table.commands.get(name)
    return command if command is not None and command.private else None


async def send_link(ctx: Ctx, turn: Turn, command: Command) -> None:
    """Send a link from a group to the private chat, which begins the command there."""
    there = turn.settings.link_to(command.name)
    text = "That is for our private chat only: others read along here."
    await ctx.say(text, rows=[[Url("Open the chat with me", there)]])


def link_out(turn: Turn, table: RoutingTable) -> None:
    """Replace such buttons in a group's replies: a press would only be refused there.

    Args:
        turn: Its replies are changed; in a private chat none are.
        table: Has the commands.

    """
    if turn.update.private:
        return

    def linked(key: Key) -> Key:
        typed_as = key.typed_as if isinstance(key, Callback) else ""
        command = private_command(turn, table, typed_as)
        return key if command is None else Url(key.label, turn.settings.link_to(command.name))

    for index, queued in enumerate(turn.replies):
        reply = queued.reply
        if isinstance(reply, WithoutButtons) or reply.chat_id != turn.update.chat_id:
            continue
        rows = tuple(tuple(linked(key) for key in row) for row in reply.rows)
        turn.replies[index] = replace(queued, reply=replace(reply, rows=rows))
