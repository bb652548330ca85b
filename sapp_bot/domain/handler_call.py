"""What hooks are told of a handler's call. Never what the person wrote, which may be a secret."""

from __future__ import annotations

from typing import Literal

from sapp_bot.values import dataclass

CallKind = Literal["command", "button", "text"]


@dataclass(frozen=True, slots=True)
class HandlerCall:
    """A call of a plugin's handler for something that a person did.

    Attributes:
        kind: What the handler is for.
        plugin: Name of its plugin.
        name: The command's name; of a button its class, of a free text the function.
        outcome: "" before the call; after it "done", or the class of what was raised.

    """

    kind: CallKind
    plugin: str
    name: str
    outcome: str = ""
