"""The Telegram dashboard of the SAPP Finance API: what a plugin author imports.

Names are resolved when first asked for, so that importing `sapp_bot` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .errors import NotReady as NotReady
    from .errors import UserError as UserError
    from .host.buttons import Button as Button
    from .host.config import Config as Config
    from .host.context import Ctx as Ctx
    from .host.data import Store as Store
    from .host.declare import Plugin as Plugin
    from .host.questions import Form as Form
    from .host.questions import ask as ask
    from .host.screens import Screen as Screen
    from .replies import Copy as Copy
    from .replies import Url as Url
    from .text import Rich as Rich
    from .text import bold as bold
    from .text import code as code
    from .text import isolate as isolate
    from .text import italic as italic
    from .text import join as join
    from .text import lines as lines
    from .text import link as link
    from .text import pre as pre
    from .text import quote as quote
    from .text import spoiler as spoiler

_HOMES = {
    "Button": "host.buttons",
    "Config": "host.config",
    "Copy": "replies",
    "Ctx": "host.context",
    "Form": "host.questions",
    "NotReady": "errors",
    "Plugin": "host.declare",
    "Rich": "text",
    "Screen": "host.screens",
    "Store": "host.data",
    "Url": "replies",
    "UserError": "errors",
    "ask": "host.questions",
    "bold": "text",
    "code": "text",
    "isolate": "text",
    "italic": "text",
    "join": "text",
    "lines": "text",
    "link": "text",
    "pre": "text",
    "quote": "text",
    "spoiler": "text",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605  # one list of names, not two that drift apart


def __getattr__(name: str) -> object:
    """Find a public name in its home."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
