"""Calling one handler: permission, the values for its parameters, the time limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sapp_bot.errors import UserError
from sapp_bot.languages import Languages, Speech
from sapp_bot.state import Session

from .buttons import Button, Mint
from .context import Ctx
from .declare import Handler, Role
from .inject import Parameter, Recipe
from .offers import Commands, Dialogues, Preferences, Sessions
from .questions import Form
from .run import Runner
from .table import Table
from .visit import Visit

Provider = Callable[[Visit], object]
HOST_SERVICES: tuple[type, ...] = (Sessions, Preferences, Commands, Dialogues)


class Caller:
    """Calls handlers for one visit."""

    def __init__(
        self,
        visit: Visit,
        table: Table,
        *,
        languages: Languages,
        mint: Mint,
        providers: Mapping[type, Provider],
        runner: Runner,
    ) -> None:
        self._visit = visit
        self._table = table
        self._languages = languages
        self._mint = mint
        self._providers = providers
        self._runner = runner
        self.plugin = ""
        """Whose handler was called last: its errors are in its words."""

    def speech(self, plugin: str = "") -> Speech:
        """Give the person's language with a plugin's own words; the core's without a name."""
        own = self._table.catalogues.get(plugin)
        return self._languages.speech(self._visit.language, own)

    def ctx(self, plugin: str = "") -> Ctx:
        """Make the view that a plugin's handler gets."""
        return Ctx(self._visit, self.speech(plugin), self._mint, plugin=plugin)

    def permit(self, role: Role) -> None:
        """Check that the person may do this.

        Raises:
            NotSignedIn: a login is needed.
            UserError: it is for operators.

        """
        if role == "user":
            self._visit.signed_in()
        elif role == "admin" and not self._visit.is_admin:
            raise UserError("That command is for the operators of this bot.")

    async def call(
        self,
        plugin: str,
        handler: Handler,
        recipe: Recipe,
        *,
        arguments: Mapping[str, Any] | None = None,
        given: Form | Button | None = None,
    ) -> None:
        """Call a handler with what its parameters ask for."""
        self.plugin = plugin
        ctx = self.ctx(plugin)
        values = {
            p.name: value
            for p in recipe.parameters
            if (value := self._value(p, ctx, arguments or {}, given)) is not _ABSENT
        }
        still = self.speech().text("Still working on it…")
        await self._runner.run(handler(**values), self._visit, still)

    def _value(
        self, p: Parameter, ctx: Ctx, arguments: Mapping[str, Any], given: Form | Button | None
    ) -> object:
        if p.source == "argument":
            return arguments.get(p.name, _ABSENT)
        if p.source in ("form", "button"):
            return given
        if p.source == "ctx":
            return ctx
        return self._session(p) if p.source != "service" else self._service(p.kind)

    def _session(self, p: Parameter) -> Session | None:
        return self._visit.signed_in() if p.source == "session" else self._visit.session

    def _service(self, kind: type) -> object:
        if kind is Commands:
            speeches = {name: self.speech(name) for name in self._table.catalogues}
            return Commands(self._visit, self._table, speeches)
        if kind in HOST_SERVICES:
            return kind(self._visit)
        return self._providers[kind](self._visit)


_ABSENT = object()
