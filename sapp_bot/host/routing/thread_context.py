"""The `ctx` of a plain function, which can await nothing."""

from __future__ import annotations

from inspect import iscoroutinefunction
from typing import Any

from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.context import Ctx


class ThreadCtx(Ctx):
    """Context of a plain function (`def`): a handler in a thread, or a form's validator.

    The asynchronous methods are refused: a call without `await` would do nothing.
    """

    def __getattribute__(self, name: str) -> Any:
        """Return an attribute.

        Raises:
            PluginError: the attribute is an asynchronous method.

        """
        if name in _AWAITED:
            hint = "a plain function returns its text, or is `async def`; a validator raises it"
            raise PluginError(f"ctx.{name} has to be awaited; {hint}")
        return super().__getattribute__(name)


_AWAITED = frozenset(name for name, value in vars(Ctx).items() if iscoroutinefunction(value))
