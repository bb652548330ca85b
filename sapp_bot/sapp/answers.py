"""How a good answer of the API becomes a value. Each raises ValueError for anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel

from sapp_bot.domain.state import Login

from .models import Live, Rate, SignedIn
from .tokens import expiry
from .wire import NoRates

M = TypeVar("M", bound=BaseModel)


def row(model: type[M]) -> Callable[[object], M]:
    """Read one row."""
    return model.model_validate


def rows(model: type[M], number: Callable[[M], int]) -> Callable[[object], list[M]]:
    """Read a list, sorted by the number of each row; Go writes an empty one as `null`.

    The API gives its lists in no order: a row that was written moves.
    """
    return lambda data: sorted((model.model_validate(row) for row in _list(data)), key=number)


def rates(data: object) -> list[Rate]:
    """Read stored rates, oldest first, each once; none is `null`.

    The API gives them in the order they were stored, currencies mixed, and some of them twice:
    calls that came at once, while it had no rates in its cache, each stored what they fetched.
    """
    found = {Rate.model_validate(row) for row in _list(data)}
    return sorted(found, key=lambda rate: (rate.timestamp, rate.currency, rate.value))


def _list(data: object) -> list[object]:
    if data is None:
        return []
    if not isinstance(data, list):
        raise ValueError("not a list")  # noqa: TRY004  # Call.read takes ValueError for all of it
    return data


def codes(data: object) -> list[str]:
    """Read a list of texts, and sort it: the API gives them in any order.

    Raises:
        ValueError: not a list of texts.
        NoRates: there are none, so the API has no rates at all.

    """
    if not _list(data):
        raise NoRates
    found = [code for code in _list(data) if isinstance(code, str)]
    if len(found) != len(_list(data)):
        raise ValueError("not a list of texts")
    return sorted(found)


def live(data: object) -> Live:
    """Read the newest rates; `meta` beside them says nothing of use.

    Raises:
        ValueError: not the newest rates.
        NoRates: there are none.

    """
    found = data.get("response") if isinstance(data, dict) else None
    if isinstance(found, dict) and "rates" in found and found["rates"] in (None, {}):
        raise NoRates
    return Live.model_validate(found)


def login(data: object) -> Login:
    """Read what register and login answer."""
    found = SignedIn.model_validate(data)
    user, ends = found.user, expiry(found.token.get_secret_value())
    return Login(user.id, user.email, user.role, found.token, ends)


def true(data: object) -> None:
    """Read the bare `true` of a call that has nothing to tell."""
    if data is not True:
        raise ValueError("not true")


def hello(data: object) -> None:
    """Read the greeting."""
    if not isinstance(data, dict) or "message" not in data:
        raise ValueError("no message")
