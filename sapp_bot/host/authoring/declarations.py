"""What a plugin file declares, as frozen values; `Plugin` has the methods that make them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, get_args

from sapp_bot.errors import PluginError
from sapp_bot.values import dataclass

Handler = Callable[..., Any]
Role = Literal["anyone", "user", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
Match = Callable[[str], object | None]
"""Returns what a text means to a plugin, None when it means nothing. Must be quick: it runs in the
event loop, for every text that is no command."""
Locales = Mapping[str, Mapping[str, str | tuple[str, ...]]]
"""Translations by language, then by English text: one, or the plural forms of a text for one, as in
`{"ru": {"{n} read": ("{n} чтение", "{n} чтения", "{n} чтений")}}`, in the order of gettext."""


LONGEST_S = 366 * 86_400
"""Longest time that a plugin can declare, in seconds: it ends at a date, and dates end."""


@dataclass(frozen=True, slots=True)
class DeclaredCommand:
    """A command as declared; see `Plugin.command`."""

    handler: Handler
    name: str
    aliases: tuple[str, ...]
    role: Role
    private: bool
    controls_form: bool
    hidden: bool
    examples: Mapping[str, str]
    first: Handler | None
    guests: bool = False
    needs_setting: str = ""
    cooldown_s: float = 0
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeclaredButton:
    """A button handler as declared; see `Plugin.button`."""

    handler: Handler
    role: Role
    typed_as: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeclaredMessage:
    """A handler of free text as declared; see `Plugin.message`."""

    handler: Handler
    pattern: str
    role: Role
    match: Match | None = None
    in_user_mode: bool = True


@dataclass(frozen=True, slots=True)
class DeclaredInline:
    """A handler of inline queries as declared; see `Plugin.inline`."""

    message: DeclaredMessage
    cache_s: int
    switch: str
    start: str


@dataclass(frozen=True, slots=True)
class DeclaredTimer:
    """A repeated task as declared; see `Plugin.every`, and for `at` and `zone` `Plugin.daily`."""

    handler: Handler
    seconds: float = 0.0
    at: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class DeclaredHook:
    """A hook as declared; see `Plugin.before_message` and `Plugin.after_message`."""

    handler: Handler
    everywhere: bool
    order: int
    is_after: bool


@dataclass(frozen=True, slots=True)
class DeclaredKept:
    """What says what is kept of a person, as declared; see `Plugin.keeps`."""

    handler: Handler
    stays: bool


def seconds(name: str, given: Any) -> Any:
    """Return a length of time that a plugin declares.

    Raises:
        ValueError: it is no number from 0 to a year.

    """
    if not isinstance(given, int | float) or not 0 <= given <= LONGEST_S:  # nor is it `nan`
        raise ValueError(f"{name}={given!r}: write seconds, at most a year, {name}=60")
    return given


def several(name: str, given: Iterable[str]) -> tuple[str, ...]:
    """Return the texts of a list that a plugin declares.

    Raises:
        TypeError: it is one text, which would be taken letter by letter.

    """
    if isinstance(given, str):
        raise TypeError(f'{name}={given!r}: write a list, {name}=["{given}"]')
    return tuple(given)


def check_called(given: object, word: str) -> None:
    """Refuse a decorator that was given the handler itself, as its brackets are missing.

    Raises:
        PluginError: so; else the handler would be lost without a word.

    """
    code = getattr(given, "__code__", None)
    if code is not None:
        place = f"{code.co_filename}:{code.co_firstlineno}"
        raise PluginError(f"{place}: @plugin.{word} has no brackets: write @plugin.{word}(…)")
