"""Command menus of bots: by scope and language.

Source: https://core.telegram.org/api/bots/commands
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from telethon.tl import types

from sapp_bot.sandbox.telegram.refusal import RpcError

_NAME = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)
_LANGUAGE = re.compile(r"([a-z]{2})?", re.ASCII)
_DESCRIPTION_CHARS = 256
_COMMANDS = 100

Scope = tuple[str, int]
"""Name of the scope's TL type, and the id of its person (0 for none)."""


class Menus:
    """Command menus of all bots."""

    def __init__(self) -> None:
        self._lists: dict[tuple[int, Scope, str], list[Any]] = {}

    def set(self, bot: int, scope: Scope, language: str, commands: list[Any]) -> None:
        """Set a menu. Raises RpcError for commands that Telegram does not accept."""
        _check_language(language)
        if len(commands) > _COMMANDS:
            raise RpcError("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not _NAME.fullmatch(command.command):
                raise RpcError("BOT_COMMAND_INVALID")
            if not 1 <= len(command.description) <= _DESCRIPTION_CHARS:
                raise RpcError("BOT_COMMAND_DESCRIPTION_INVALID")
        self._lists[bot, scope, language] = commands

    def get(self, bot: int, scope: Scope, language: str) -> list[Any]:
        """Return the menu of exactly this scope and language."""
        _check_language(language)
        return self._lists.get((bot, scope, language), [])

    def reset(self, bot: int, scope: Scope, language: str) -> None:
        """Delete a menu."""
        _check_language(language)
        self._lists.pop((bot, scope, language), None)

    def seen_by(self, bot: int, person: int, language: str) -> list[Any]:
        """Return the menu that a person sees in the private chat: the most specific one.

        Source: https://core.telegram.org/bots/api#determining-list-of-commands
        """
        scopes: list[Scope] = [
            (types.BotCommandScopePeer.__name__, person),
            (types.BotCommandScopeUsers.__name__, 0),
            (types.BotCommandScopeDefault.__name__, 0),
        ]
        for scope in scopes:
            for tongue in (language, ""):
                if found := self._lists.get((bot, scope, tongue)):
                    return found
        return []


def scope_of(scope: Any, resolve: Callable[[Any], int]) -> Scope:
    """Return the key of a TL scope; `resolve` returns the id of the person it is for."""
    peer = getattr(scope, "peer", None)
    return type(scope).__name__, resolve(peer) if peer is not None else 0


def _check_language(language: str) -> None:
    if not _LANGUAGE.fullmatch(language):
        raise RpcError("LANG_CODE_INVALID")
