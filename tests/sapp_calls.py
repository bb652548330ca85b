"""What the tests of the API client share: calls that work, ways to fail, a sleep of no length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import pytest
from pydantic import SecretStr

from sapp_bot.sandbox.faults import Delay, Fault, Hang
from sapp_bot.sandbox.sapp_api import Drip, SappApi
from sapp_bot.sapp import calls
from sapp_bot.sapp.client import ApiClient, CallLimits
from sapp_bot.sapp.errors import SappError
from sapp_bot.sapp.wire import ApiCall, Request
from tests.sapp_bodies import client

HASTE_S = 0.5
"""How long a call is waited for that is not to be answered."""


@dataclass(frozen=True)
class HastyLimits(CallLimits):
    """Limits that are short for the calls that the stand-in shall not answer, and for no other.

    One that is short for all would refuse what is answered late, by a machine that is busy.

    Attributes:
        api: Returns the stand-in.

    """

    budget_s: float = 20.0
    connect_s: float = 5.0
    free_try_s: float = 9.0
    write_s: float = 9.0
    api: Callable[[], SappApi] | None = None

    def of(self, request: Request) -> float:
        """Return the limit of one try."""
        assert self.api is not None
        is_silent = any(_silences(fault, request) for fault in self.api().faults._plan)
        return HASTE_S if is_silent else super().of(request)


def _silences(fault: Fault, request: Request) -> bool:
    """Return whether a fault leaves the next such request without an answer, or with a slow one."""
    is_over = fault.times is not None and fault.seen >= fault.nth + fault.times - 1
    is_silence = isinstance(fault.do, (Hang, Delay, Drip))
    return is_silence and not is_over and fnmatchcase(request.name, fault.call)


class Naps:
    """A sleep that does not wait, and remembers."""

    def __init__(self) -> None:
        self.slept_s: list[float] = []

    async def __call__(self, seconds: float) -> None:
        """Note a nap."""
        self.slept_s.append(seconds)


def account(api: SappApi) -> ApiCall[Any]:
    """Make a free call that works."""
    user = api.database.add_user("ann@mail.test", "secret")
    return calls.user(SecretStr(api.database.token_for(user)))


def live(api: SappApi, *, domains: str = "*", reads: int = 5_000) -> ApiCall[Any]:
    """Make a metered call that works."""
    user = api.database.add_user("bob@mail.test", "secret")
    row = api.database.add_client(user, available=reads, domains=domains)
    return calls.live(client(key=row.api_key, domains=domains))


def register(email: str = "new@mail.test") -> ApiCall[Any]:
    """Make a write that works."""
    return calls.register(email, SecretStr("secret"))


async def failure(edge: ApiClient, call: ApiCall[Any]) -> SappError:
    """Make a call that fails."""
    with pytest.raises(SappError) as caught:
        await edge.call(call)
    return caught.value
