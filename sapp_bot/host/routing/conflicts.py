"""What an author is told of two declarations of which there can be one only."""

from __future__ import annotations

from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.declarations import Handler
from sapp_bot.values import dataclass

from .signature import where


@dataclass(frozen=True, slots=True)
class Declared:
    """A handler, and the name of the plugin that declares it."""

    plugin: str
    handler: Handler


def declared_twice(name: str, first: Declared, second: Declared, newest: str) -> PluginError:
    """Return the error for a command's name that is declared twice.

    Args:
        name: Name or alias, without the slash.
        first: The one that has it.
        second: The other.
        newest: Name of the plugin that joins the others; the text begins with its line.

    """
    to_blame, other = (first, second) if first.plugin == newest else (second, first)
    if first.plugin == second.plugin:
        both = f"declared twice by {first.plugin}: rename one; the other is {where(first.handler)}"
        return PluginError(f"{where(second.handler)}: /{name} is {both}")
    both = f"declared by {first.plugin} and by {second.plugin}: rename one"
    other_place = f"the other is {where(other.handler)}"
    return PluginError(f"{where(to_blame.handler)}: /{name} is {both}; {other_place}")


def two_sell(first: Declared, second: Declared, newest: str) -> PluginError:
    """Return the error for two plugins that sell; the arguments are as above."""
    to_blame, other = (first, second) if first.plugin == newest else (second, first)
    both = f"payments are taken by {first.plugin} and by {second.plugin}: one plugin can sell"
    hint = f"take {other.plugin} out of the folder, or say /plugin disable {other.plugin}"
    return PluginError(f"{where(to_blame.handler)}: {both}; {hint}")
