"""Calling one handler: permission, the values for its parameters, the time limit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from sapp_bot.errors import PluginError, UserError
from sapp_bot.languages import Languages, Speech
from sapp_bot.state import Session, Standing
from sapp_bot.text import Rich

from .buttons import Button, Mint
from .context import Ctx, ThreadCtx
from .declare import Handler, Role
from .inject import Parameter, Recipe, where
from .offers import Commands, Dialogues, Preferences, Sessions
from .questions import Form
from .run import Runner, in_its_thread
from .table import Table
from .visit import Impulse, Visit

Provider = Callable[[Visit], object]
StandingOf = Callable[[int], Awaitable[Standing]]
"""Reads what is known of a person."""

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
        standing_of: StandingOf,
    ) -> None:
        self._visit = visit
        self._table = table
        self._languages = languages
        self._mint = mint
        self._providers = providers
        self._runner = runner
        self._standing_of = standing_of
        self.plugin = ""
        """Whose handler was called last: its errors are in its words."""

    def speech(self, plugin: str = "") -> Speech:
        """Give the person's language with a plugin's own words; the core's without a name."""
        own = self._table.catalogues.get(plugin)
        return self._languages.speech(self._visit.language, own)

    def ctx(self, plugin: str = "", *, plain: bool = False) -> Ctx:
        """Make the view that a plugin's handler gets, a plain function's if so."""
        kind = ThreadCtx if plain else Ctx
        reach = partial(self._reach, plugin)
        return kind(self._visit, self.speech(plugin), self._mint, plugin=plugin, reach=reach)

    async def _reach(self, plugin: str, person: int) -> Ctx:
        there = Caller(
            self._visit.towards(person, await self._standing_of(person)),
            self._table,
            languages=self._languages,
            mint=self._mint,
            providers=self._providers,
            runner=self._runner,
            standing_of=self._standing_of,
        )
        return there.ctx(plugin)

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

    def may(self, role: Role) -> bool:
        """Tell whether an operator's handler is for this person; a login is asked for later."""
        return role != "admin" or self._visit.is_admin

    async def call(
        self,
        plugin: str,
        handler: Handler,
        recipe: Recipe,
        *,
        arguments: Mapping[str, Any] | None = None,
        given: Form | Button | None = None,
    ) -> None:
        """Call a handler with what its parameters ask for; a text that it returns is said.

        Of what it wrote into its stores nothing stays when it raises.
        """
        self.plugin = self._visit.plugin = plugin
        crew = self._table.crews.get(plugin)
        values = self.values(plugin, recipe, arguments=arguments, given=given)
        work = in_its_thread(handler, values, crew) if recipe.plain else handler(**values)
        still = self.speech().text("Still working on it…")
        with self._visit.all_or_nothing():
            said = await self._runner.run(work, self._visit, still, crew)
        if isinstance(said, str | Rich):
            await self.ctx(plugin).say(said)
        elif said is not None:
            kind = type(said).__name__
            raise PluginError(f"{where(handler)}: returned a {kind}; a text or nothing can be said")

    def values(
        self,
        plugin: str,
        recipe: Recipe,
        *,
        arguments: Mapping[str, Any] | None = None,
        given: Form | Button | None = None,
    ) -> dict[str, Any]:
        """Find the values for a handler's parameters."""
        ctx = self.ctx(plugin, plain=recipe.plain)
        return {
            p.name: value
            for p in recipe.parameters
            if (value := self._value(p, ctx, arguments or {}, given)) is not _ABSENT
        }

    def _value(
        self, p: Parameter, ctx: Ctx, arguments: Mapping[str, Any], given: Form | Button | None
    ) -> object:
        if p.source == "argument":
            return arguments.get(p.name, _ABSENT)
        if p.source in ("form", "button"):
            return given
        if p.source == "ctx":
            return ctx
        if p.made is not None:
            update = self._visit.update
            commits = not isinstance(update, Impulse) or update.commits
            return p.made(self._visit if commits else None)
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
