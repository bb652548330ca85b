"""Hooks around the calls of handlers, in the order in which they are called."""

from __future__ import annotations

from collections.abc import Iterable

from sapp_bot.host.authoring.declarations import Handler
from sapp_bot.values import dataclass

from .signature import HandlerSignature


@dataclass(frozen=True, slots=True)
class Hook:
    """A function that is called before or after handlers.

    Attributes:
        plugin: Name of its plugin.
        everywhere: Whether it is called for the handlers of all plugins, not just of its own.
        order: Those with a lower number are the outer ones.
        is_after: Whether it is called after the handler.

    """

    plugin: str
    handler: Handler
    signature: HandlerSignature
    everywhere: bool
    order: int
    is_after: bool


def hooks_around(hooks: Iterable[Hook], plugin: str, *, is_after: bool) -> list[Hook]:
    """Return the hooks of a handler of `plugin`, the outermost first before it and last after it.

    Those of equal order come by the names of their plugins, then as declared.
    """
    found = [h for h in hooks if h.is_after == is_after and (h.everywhere or h.plugin == plugin)]
    found.sort(key=lambda hook: (hook.order, hook.plugin))
    return found[::-1] if is_after else found
