"""What a plugin file declares. Importing it does nothing but fill these lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, overload

Handler = Callable[..., Any]
H = TypeVar("H", bound=Handler)
Role = Literal["anyone", "user", "admin"]
Locales = Mapping[str, Mapping[str, str]]


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


@dataclass(frozen=True, slots=True)
class DeclaredButton:
    """A button handler as declared; see `Plugin.button`."""

    handler: Handler
    role: Role
    typed_as: str


@dataclass(frozen=True, slots=True)
class DeclaredMessage:
    """A handler of free text as declared; see `Plugin.message`."""

    handler: Handler
    pattern: str
    role: Role


@dataclass(frozen=True, slots=True)
class DeclaredInline:
    """A handler of inline queries as declared; see `Plugin.inline`."""

    message: DeclaredMessage
    cache_s: int
    switch: str
    start: str


@dataclass(frozen=True, slots=True)
class DeclaredTimer:
    """A repeated task as declared; see `Plugin.every`."""

    handler: Handler
    seconds: float


@dataclass(slots=True)
class Plugin:
    """One plugin: its declarations, and what the host must know of it.

    Args:
        version: The plugin's own version, shown to operators.
        sapp: The plugin API it was written for: `>=1` or `==1`.
        needs: Other plugins, by name; without them this one waits.
        packages: Python packages it imports later, by name on the index; missing ones are told,
            and never installed.
        locales: Translations, for a plugin in one file: {"ru": {english: russian}}.

    """

    version: str
    sapp: str = ">=1"
    needs: Sequence[str] = ()
    packages: Sequence[str] = ()
    locales: Locales = field(default_factory=dict)
    commands: list[DeclaredCommand] = field(default_factory=list, init=False)
    buttons: list[DeclaredButton] = field(default_factory=list, init=False)
    messages: list[DeclaredMessage] = field(default_factory=list, init=False)
    inlines: list[DeclaredInline] = field(default_factory=list, init=False)
    timers: list[DeclaredTimer] = field(default_factory=list, init=False)
    lifespans: list[Handler] = field(default_factory=list, init=False)
    pictures: list[Handler] = field(default_factory=list, init=False)

    @overload
    def command(self, handler: H, /) -> H: ...

    @overload
    def command(
        self,
        *,
        name: str = "",
        aliases: Sequence[str] = (),
        role: Role = "anyone",
        private: bool = False,
        controls_form: bool = False,
        hidden: bool = False,
        examples: Mapping[str, str] | None = None,
        first: Handler | None = None,
    ) -> Callable[[H], H]: ...

    def command(
        self,
        handler: Handler | None = None,
        *,
        name: str = "",
        aliases: Sequence[str] = (),
        role: Role = "anyone",
        private: bool = False,
        controls_form: bool = False,
        hidden: bool = False,
        examples: Mapping[str, str] | None = None,
        first: Handler | None = None,
    ) -> Any:
        """Declare a command. The first line of the docstring is its help.

        Args:
            handler: The function, when used without brackets.
            name: The command's name; the function's name if left out.
            aliases: Other names.
            role: Who may use it: anyone, a logged-in user, or an operator (`SAPP_ADMINS`).
            private: Answer in private chats only; a group gets a link there. Commands with a
                form are private by themselves.
            controls_form: Works even where a secret is being asked, as /cancel does.
            hidden: Left out of /help and the menus.
            examples: What to type, and a text that the answer must hold.
            first: Called before the form's first question, with services and session by type. An
                error it raises is told in the form's place.

        """

        def declare(handler: Handler) -> Handler:
            self.commands.append(
                DeclaredCommand(
                    handler,
                    name or handler.__name__,
                    tuple(aliases),
                    role,
                    private,
                    controls_form,
                    hidden,
                    dict(examples or {}),
                    first,
                )
            )
            return handler

        return declare(handler) if handler is not None else declare

    @overload
    def button(self, handler: H, /) -> H: ...

    @overload
    def button(self, *, role: Role = "anyone", typed_as: str = "") -> Callable[[H], H]: ...

    def button(
        self, handler: Handler | None = None, *, role: Role = "anyone", typed_as: str = ""
    ) -> Any:
        """Declare what a button does. Its parameter of a `Button` class says which.

        Args:
            handler: The function, when used without brackets.
            role: Who may press it.
            typed_as: The command that does the same when typed ("/client show"); `{field}` is a
                value of the button.

        """

        def declare(handler: Handler) -> Handler:
            self.buttons.append(DeclaredButton(handler, role, typed_as))
            return handler

        return declare(handler) if handler is not None else declare

    def message(self, pattern: str, *, role: Role = "anyone") -> Callable[[H], H]:
        """Declare an answer to free text: no command, no form is open, and it fits the pattern.

        Args:
            pattern: A regular expression for the whole text; upper and lower case are the same.
                Its named groups, `(?P<amount>.+)`, are the handler's arguments. A text that an
                argument's type cannot read does not fit.
            role: Who is answered; to others the text is not understood.

        """

        def declare(handler: H) -> H:
            self.messages.append(DeclaredMessage(handler, pattern, role))
            return handler

        return declare

    def inline(
        self,
        pattern: str = r"(?s:.*)",
        *,
        role: Role = "anyone",
        cache_s: int = 0,
        switch: str = "",
        start: str = "help",
    ) -> Callable[[H], H]:
        """Declare an answer to what people type behind the bot's name in any chat.

        The handler returns a list of `InlineResult`, within seven seconds. It may ask for the
        `InlineQuery`, and for services; what it changes of the person's state is not kept.

        Args:
            pattern: As for `message`; any text if left out.
            role: Who is answered; others get the button that leads to the bot.
            cache_s: How long, in seconds, Telegram may repeat the results to the same person.
            switch: Words of a button above the results that leads to the bot, "" for none.
            start: What that button sends behind /start: a command's name opens the command.

        """

        def declare(handler: H) -> H:
            message = DeclaredMessage(handler, pattern, role)
            self.inlines.append(DeclaredInline(message, cache_s, switch, start))
            return handler

        return declare

    def every(self, seconds: float) -> Callable[[H], H]:
        """Declare a repeated task: once in each span of so many seconds, however many processes.

        The spans are those of the clock (`every(3600)` begins with each hour, UTC); one that began
        while the bot was away is made up for at once, the ones before it are not. A run may take
        as long as its span, but a minute at least. It has nobody before it: `await ctx.to(person)`
        speaks to somebody.
        """

        def declare(handler: H) -> H:
            self.timers.append(DeclaredTimer(handler, seconds))
            return handler

        return declare

    def picture(self, handler: H, /) -> H:
        """Declare what draws a picture. Its parameter of a `Picture` class says which.

        It returns the bytes of a PNG or JPEG. It is called when the reply is delivered, perhaps
        again, and perhaps after a restart: so it draws the same from the same fields. It has
        nobody before it, so what a person may see must be in the fields. A plain function (`def`)
        runs in a thread, where drawing holds up nobody.
        """
        self.pictures.append(handler)
        return handler

    def lifespan(self, handler: H, /) -> H:
        """Declare what is open while the plugin is: an async generator that yields once.

        What stands before the `yield` is done before the first message comes, what stands after it
        when the plugin goes. `raise NotReady("why")` before it has the host try again later. While
        a plugin is reloaded, the new one's begins before the old one's ends.
        """
        self.lifespans.append(handler)
        return handler
