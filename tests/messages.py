"""The message ids in the code of the bot and its plugins, found by the reader that `check` uses."""

from __future__ import annotations

import ast
from dataclasses import replace

from sapp_bot.cli.messages import PLUGIN_CALLS, MessageId, messages_in

__all__ = ["MessageId", "messages"]

OWN_CALLS = replace(
    PLUGIN_CALLS,
    at={
        **PLUGIN_CALLS.at,
        **dict.fromkeys(("text", "_explain", "_say_on", "RatesError"), (0,)),
        "InvalidInput": (1,),
    },
    plurals=frozenset({"n", "plural"}),
    anywhere=frozenset({"reply", "because", "reason", "title", "default_label"}),
)
"""With what only the bot's own code calls."""


def messages(source: str, *, validators: bool = False) -> set[MessageId]:
    """Collect the message ids of one module.

    Args:
        source: The code.
        validators: Whether a `ValueError` is shown, as in the forms of plugins.

    """
    return messages_in(ast.parse(source), OWN_CALLS, shown=None if validators else frozenset())
