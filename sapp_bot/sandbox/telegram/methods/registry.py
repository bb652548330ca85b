"""Which function answers which request, and who may call it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from sapp_bot.sandbox.telegram.refusal import RpcError
from sapp_bot.sandbox.telegram.state.world import RpcCaller

Handler = Callable[[RpcCaller, Any], Any]
"""Takes caller and request; gives the result, or an awaitable of it for the one that waits."""

For = Literal["all", "signed-in", "people", "bots"]


@dataclass(frozen=True, slots=True)
class Method:
    """A request's handler."""

    handler: Handler
    audience: For

    def call(self, caller: RpcCaller, request: Any) -> Any | Awaitable[Any]:
        """Answer a request. Raises Refused."""
        if self.audience != "all":
            account = caller.account
            if self.audience == "people" and account.bot:
                raise RpcError("BOT_METHOD_INVALID")
            if self.audience == "bots" and not account.bot:
                raise RpcError("USER_BOT_REQUIRED")
        return self.handler(caller, request)


class Methods:
    """A table of handlers."""

    def __init__(self) -> None:
        self.table: dict[int, Method] = {}

    def on(self, request: Any, audience: For = "signed-in") -> Callable[[Handler], Handler]:
        """Register the decorated function for a request class."""

        def register(handler: Handler) -> Handler:
            self.table[request.CONSTRUCTOR_ID] = Method(handler, audience)
            return handler

        return register


def name_of(request: Any) -> str:
    """Give a request's TL name: "messages.sendMessage"."""
    kind = type(request)
    name: str = kind.__name__.removesuffix("Request")
    name = name[:1].lower() + name[1:]
    family = kind.__module__.rpartition("functions")[2].strip(".")
    return f"{family}.{name}" if family else name
