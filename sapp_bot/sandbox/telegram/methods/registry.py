"""Registry of handlers: which function answers which request, and who may call it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from sapp_bot.sandbox.telegram.refusal import RpcError
from sapp_bot.sandbox.telegram.state.world import RpcCaller

Handler = Callable[[RpcCaller, Any], Any]
"""Takes caller and request; returns the result, or an awaitable of it if it has to wait."""

For = Literal["all", "signed-in", "people", "bots"]


@dataclass(frozen=True, slots=True)
class Method:
    """The handler of a request, and its audience."""

    handler: Handler
    audience: For

    def call(self, caller: RpcCaller, request: Any) -> Any | Awaitable[Any]:
        """Return the result of a request.

        Raises:
            RpcError: the caller may not make it, or the handler refuses.

        """
        if self.audience != "all":
            account = caller.account
            if self.audience == "people" and account.bot:
                raise RpcError("BOT_METHOD_INVALID")
            if self.audience == "bots" and not account.bot:
                raise RpcError("USER_BOT_REQUIRED")
        return self.handler(caller, request)


class Methods:
    """Handlers by request class."""

    def __init__(self) -> None:
        self.table: dict[int, Method] = {}

    def on(self, request: Any, audience: For = "signed-in") -> Callable[[Handler], Handler]:
        """Return a decorator that registers a handler for a request class.

        Args:
            request: Class of the request.
            audience: Who may call it.

        """

        def register(handler: Handler) -> Handler:
            self.table[request.CONSTRUCTOR_ID] = Method(handler, audience)
            return handler

        return register


def name_of(request: Any) -> str:
    """Return a request's TL name, as "messages.sendMessage"."""
    kind = type(request)
    name: str = kind.__name__.removesuffix("Request")
    name = name[:1].lower() + name[1:]
    family = kind.__module__.rpartition("functions")[2].strip(".")
    return f"{family}.{name}" if family else name
