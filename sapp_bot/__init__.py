"""The Telegram dashboard of the SAPP Finance API: what a plugin author imports.

Names are resolved when first asked for, so that importing `sapp_bot` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .domain.answers import AcceptPayment as AcceptPayment
    from .domain.answers import DeclinePayment as DeclinePayment
    from .domain.answers import InlineResult as InlineResult
    from .domain.answers import PreCheckoutAnswer as PreCheckoutAnswer
    from .domain.handler_call import HandlerCall as HandlerCall
    from .domain.ledger_notice import LedgerNotice as LedgerNotice
    from .domain.replies import Copy as Copy
    from .domain.replies import Url as Url
    from .domain.text import Rich as Rich
    from .domain.text import bold as bold
    from .domain.text import code as code
    from .domain.text import isolate as isolate
    from .domain.text import italic as italic
    from .domain.text import join as join
    from .domain.text import lines as lines
    from .domain.text import link as link
    from .domain.text import pre as pre
    from .domain.text import quote as quote
    from .domain.text import spoiler as spoiler
    from .domain.updates import InlineQuery as InlineQuery
    from .domain.updates import PaymentReceived as PaymentReceived
    from .domain.updates import PaymentRefunded as PaymentRefunded
    from .domain.updates import PreCheckoutQuery as PreCheckoutQuery
    from .errors import NextStep as NextStep
    from .errors import NotReady as NotReady
    from .errors import UserError as UserError
    from .host.authoring.buttons import Button as Button
    from .host.authoring.buttons import CommandButton as CommandButton
    from .host.authoring.buttons import Item as Item
    from .host.authoring.buttons import Screen as Screen
    from .host.authoring.context import Ctx as Ctx
    from .host.authoring.files import File as File
    from .host.authoring.forms import Confirmation as Confirmation
    from .host.authoring.forms import Form as Form
    from .host.authoring.forms import ask as ask
    from .host.authoring.forms import field_validator as field_validator
    from .host.authoring.pictures import Picture as Picture
    from .host.authoring.plugin import Plugin as Plugin
    from .host.authoring.plugin_settings import Config as Config
    from .host.authoring.storage import Store as Store

_HOMES = {
    "AcceptPayment": "domain.answers",
    "Button": "host.authoring.buttons",
    "CommandButton": "host.authoring.buttons",
    "Config": "host.authoring.plugin_settings",
    "Confirmation": "host.authoring.forms",
    "Copy": "domain.replies",
    "Ctx": "host.authoring.context",
    "DeclinePayment": "domain.answers",
    "File": "host.authoring.files",
    "Item": "host.authoring.buttons",
    "Form": "host.authoring.forms",
    "HandlerCall": "domain.handler_call",
    "InlineQuery": "domain.updates",
    "InlineResult": "domain.answers",
    "LedgerNotice": "domain.ledger_notice",
    "NextStep": "errors",
    "NotReady": "errors",
    "PaymentReceived": "domain.updates",
    "PaymentRefunded": "domain.updates",
    "Picture": "host.authoring.pictures",
    "Plugin": "host.authoring.plugin",
    "PreCheckoutAnswer": "domain.answers",
    "PreCheckoutQuery": "domain.updates",
    "Rich": "domain.text",
    "Screen": "host.authoring.buttons",
    "Store": "host.authoring.storage",
    "Url": "domain.replies",
    "UserError": "errors",
    "ask": "host.authoring.forms",
    "bold": "domain.text",
    "code": "domain.text",
    "field_validator": "host.authoring.forms",
    "isolate": "domain.text",
    "italic": "domain.text",
    "join": "domain.text",
    "lines": "domain.text",
    "link": "domain.text",
    "pre": "domain.text",
    "quote": "domain.text",
    "spoiler": "domain.text",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605  # one list of names, not two that drift apart


def __getattr__(name: str) -> object:
    """Find a public name in its home."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    """List the public names, which are found only when they are asked for."""
    return [*__all__, "__version__"]
