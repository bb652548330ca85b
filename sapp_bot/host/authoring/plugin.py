"""Declarations of a plugin file. Importing a plugin must do nothing but fill these lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar, overload

from .declarations import (
    DeclaredButton,
    DeclaredCommand,
    DeclaredHook,
    DeclaredInline,
    DeclaredKept,
    DeclaredMessage,
    DeclaredTimer,
    Handler,
    Locales,
    Match,
    Role,
    check_called,
    seconds,
    several,
)

H = TypeVar("H", bound=Handler)


@dataclass(slots=True)
class Plugin:
    """A plugin and its declarations.

    Args:
        version: The plugin's own version, shown to operators.
        sapp: The version of the plugin API that it was written for: `>=1` or `==1`.
        needs: Names of other plugins; until they are loaded, this one waits.
        packages: Names (on PyPI) of Python packages that it imports later; missing ones are
            reported, never installed.
        locales: Translations, for a plugin in one file: {"ru": {english: russian}}.
        title: Heading of its commands in /help (message id); its name if left out.

    """

    version: str
    sapp: str = ">=1"
    needs: Sequence[str] = ()
    packages: Sequence[str] = ()
    locales: Locales = field(default_factory=dict)
    title: str = ""
    commands: list[DeclaredCommand] = field(default_factory=list, init=False)
    buttons: list[DeclaredButton] = field(default_factory=list, init=False)
    messages: list[DeclaredMessage] = field(default_factory=list, init=False)
    inlines: list[DeclaredInline] = field(default_factory=list, init=False)
    timers: list[DeclaredTimer] = field(default_factory=list, init=False)
    lifespans: list[Handler] = field(default_factory=list, init=False)
    settings: list[Handler] = field(default_factory=list, init=False)
    pictures: list[Handler] = field(default_factory=list, init=False)
    files: list[Handler] = field(default_factory=list, init=False)
    pre_checkouts: list[Handler] = field(default_factory=list, init=False)
    payments: list[Handler] = field(default_factory=list, init=False)
    refunds: list[Handler] = field(default_factory=list, init=False)
    forgets: list[Handler] = field(default_factory=list, init=False)
    kept: list[DeclaredKept] = field(default_factory=list, init=False)
    notices: list[Handler] = field(default_factory=list, init=False)
    hooks: list[DeclaredHook] = field(default_factory=list, init=False)

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
        guests: bool = False,
        needs_setting: str = "",
        cooldown_s: float = 0,
        words: Sequence[str] = (),
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
        guests: bool = False,
        needs_setting: str = "",
        cooldown_s: float = 0,
        words: Sequence[str] = (),
    ) -> Any:
        """Declare a command. The first line of the docstring is its help.

        Args:
            handler: The function, if the decorator is used without brackets.
            name: Name of the command; the function's name if left out.
            aliases: Other names.
            role: Who may use it: anyone, a logged-in user, or an operator (`SAPP_ADMINS`).
            private: Whether to answer in private chats only; in a group the answer is a link to
                the private chat. Commands with a form are always private.
            controls_form: Whether it works even while a secret is asked, as /cancel does.
            hidden: Whether it is left out of /help and the menus.
            examples: Texts that the answers must contain, by what is typed; `check` runs them.
            first: Called before the form's first question, with services and session by type. If
                it raises an error, the person gets the error's reply, and no form is opened.
            guests: Whether /help leaves it out for those who are logged in, as /login.
            needs_setting: Field of `ctx.settings` without which it is in no list, as "docs_url".
            cooldown_s: Seconds that a person waits after a use that ended well.
            words: What else means it when typed, as the labels of buttons that begin it (message
                ids). Its names without a slash and the docstring's first line do so anyway.

        """
        # In groups, as one argument a line would make this twice as long.
        made = partial(DeclaredCommand, role=role, private=private, guests=guests, hidden=hidden)
        made = partial(made, needs_setting=needs_setting, controls_form=controls_form)
        made = partial(made, first=first, cooldown_s=seconds("cooldown_s", cooldown_s))
        made = partial(made, aliases=several("aliases", aliases), words=several("words", words))

        def declare(handler: Handler) -> Handler:
            known = dict(examples or {})
            self.commands.append(made(handler, name or handler.__name__, examples=known))
            return handler

        return declare(handler) if handler is not None else declare

    @overload
    def button(self, handler: H, /) -> H: ...

    @overload
    def button(
        self, *, role: Role = "anyone", typed_as: str = "", words: Sequence[str] = ()
    ) -> Callable[[H], H]: ...

    def button(
        self,
        handler: Handler | None = None,
        *,
        role: Role = "anyone",
        typed_as: str = "",
        words: Sequence[str] = (),
    ) -> Any:
        """Declare the handler of a button: of the class that one of its parameters has.

        Args:
            handler: The function, if the decorator is used without brackets.
            role: Who may press it.
            typed_as: Command that does the same when typed ("/client show {id}"); placeholders
                are fields of the button.
            words: What means that command when typed, as the button's label (message ids).

        """

        def declare(handler: Handler) -> Handler:
            self.buttons.append(DeclaredButton(handler, role, typed_as, several("words", words)))
            return handler

        return declare(handler) if handler is not None else declare

    def message(
        self,
        pattern: str = r"(?s:.*)",
        *,
        match: Match | None = None,
        role: Role = "anyone",
        in_user_mode: bool = True,
    ) -> Callable[[H], H]:
        """Declare a handler of free text: of messages that are no commands, while no form is open.

        Args:
            pattern: Regular expression for the whole text, case-insensitive. Its named groups,
                `(?P<amount>.+)`, are the handler's arguments. A text whose groups the arguments'
                types cannot parse does not match.
            match: Function that reads the text where a pattern is not enough. What it returns is
                given to the handler's parameter of that type; None means that the text does not
                match. It is called for every text that is no command, so it must be quick.
            role: Who is answered; others are told that the text was not understood.
            in_user_mode: Whether a userbot answers, too. There people write to people, and a text
                that only looks like one for the bot must stay unanswered.

        """
        check_called(pattern, "message")

        def declare(handler: H) -> H:
            self.messages.append(DeclaredMessage(handler, pattern, role, match, in_user_mode))
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
        """Declare a handler of inline queries: of text typed behind the bot's name in any chat.

        The handler returns a list of `InlineResult` within seven seconds. It may ask for the
        `InlineQuery` and for services. Changes that it makes to the person's state are dropped.

        Args:
            pattern: As for `message`; any text if left out.
            role: Who is answered; others get the button that opens the bot's chat.
            cache_s: Seconds for which Telegram may repeat the results to the same person.
            switch: Label of a button above the results that opens the bot's chat, "" for none.
            start: Start parameter of that button: the name of a command starts the command.

        """
        check_called(pattern, "inline")

        def declare(handler: H) -> H:
            message = DeclaredMessage(handler, pattern, role)
            self.inlines.append(DeclaredInline(message, seconds("cache_s", cache_s), switch, start))
            return handler

        return declare

    def setting(self, handler: H, /) -> H:
        """Declare a line of the /settings page: a function that returns a `SettingRow`.

        It is called each time the page is shown, for the person who looks at it, and may ask for
        services and stores. One that fails is left out of the page.
        """
        self.settings.append(handler)
        return handler

    def every(self, seconds: float) -> Callable[[H], H]:
        """Declare a periodic task: it runs once in each time slot, in one process only.

        The slots follow the clock: `every(3600)` runs at each full hour, UTC. A slot that began
        while the bot was stopped is made up for at the start; earlier ones are not. A run may take
        as long as its slot, and always a minute. No person wrote to the task: to write to one, use
        `await ctx.to(person)`.

        Args:
            seconds: Length of a slot in seconds, at least 1.

        """
        check_called(seconds, "every")

        def declare(handler: H) -> H:
            self.timers.append(DeclaredTimer(handler, seconds))
            return handler

        return declare

    def daily(self, *, at: str, zone: str = "UTC") -> Callable[[H], H]:
        """Declare a task that runs once a day at a clock time, in one process only.

        Where the clock is put forward over it, it runs as long after midnight as ever; a time that
        comes twice that night counts the first time. A time that passed while the bot was stopped
        is made up for at the start, unless the timer is new. All else is as for `every`.

        Args:
            at: Time of the day, as "09:00".
            zone: Name of a time zone in the IANA database, as "Europe/Berlin".

        """

        def declare(handler: H) -> H:
            self.timers.append(DeclaredTimer(handler, at=at or "?", zone=zone))
            return handler

        return declare

    def picture(self, handler: H, /) -> H:
        """Declare the renderer of a picture: of the class that one of its parameters has.

        It returns PNG or JPEG bytes. It is called when the reply is delivered, perhaps twice, and
        perhaps after a restart, so it must draw the same picture from the same fields. It gets no
        session: everything that the person may see must be in the fields. A plain function (`def`)
        runs in a thread, where slow drawing does not block the bot.
        """
        self.pictures.append(handler)
        return handler

    def file(self, handler: H, /) -> H:
        """Declare the renderer of a file: of the class below `File` that a parameter has.

        It returns the bytes of the file. All else is as for a `picture`.
        """
        self.files.append(handler)
        return handler

    def pre_checkout(self, handler: H, /) -> H:
        """Declare who decides whether an invoice may be paid: the last look before the money.

        The handler gets the `PreCheckoutQuery` and returns `AcceptPayment()` or
        `DeclinePayment("why")`; a `UserError` declines with its text. It has five seconds. An
        error, an end of the time and a plugin that is off decline, too: nothing is charged then.
        It is called outside of the person's queue; changes that it makes are dropped.
        """
        self.pre_checkouts.append(handler)
        return handler

    def payment(self, handler: H, /) -> H:
        """Declare the handler of payments, which gets a `PaymentReceived`.

        The payment is stored before, and stays stored until the handler ends without an error:
        whatever it raises, it is called again, after a second at first and a minute at last. It
        must do its work once for each `charge_id`.
        """
        self.payments.append(handler)
        return handler

    def refund(self, handler: H, /) -> H:
        """Declare the handler of refunds, which gets a `PaymentRefunded`; else as `payment`.

        It is called for each payment that was returned, by the bot or by somebody else.
        """
        self.refunds.append(handler)
        return handler

    def forget(self, handler: H, /) -> H:
        """Declare what deletes all that the plugin keeps of a person: of `ctx.person`, at /forget.

        Without it the host deletes the values of the plugin's stores whose key is the person's
        Telegram id. With it the host leaves that to the function; it may return what stays.
        """
        self.forgets.append(handler)
        return handler

    def keeps(self, *, stays: bool = False) -> Callable[[H], H]:
        """Declare what says what is kept of `ctx.person`: "your alerts", or None for nothing.

        Args:
            stays: It stays at /forget, and the text says why; /about and /forget list both.

        """

        def declare(handler: H) -> H:
            self.kept.append(DeclaredKept(handler, stays))
            return handler

        return declare

    def before_message(self, *, everywhere: bool = False, order: int = 0) -> Callable[[H], H]:
        """Declare what is called before a handler, for what a person wrote or pressed.

        It may ask for the `HandlerCall`. A `UserError` is said instead of calling the handler.

        Args:
            everywhere: Before the handlers of all plugins, not just of this one.
            order: Those with a lower number are called first.

        """
        return self._hook(everywhere=everywhere, order=order, is_after=False)

    def after_message(self, *, everywhere: bool = False, order: int = 0) -> Callable[[H], H]:
        """Declare what is called after a handler, however it ended: `HandlerCall.outcome` tells.

        Args:
            everywhere: After the handlers of all plugins, not just of this one.
            order: Those with a lower number are called last.

        """
        return self._hook(everywhere=everywhere, order=order, is_after=True)

    def _hook(self, *, everywhere: bool, order: int, is_after: bool) -> Callable[[H], H]:
        def declare(handler: H) -> H:
            self.hooks.append(DeclaredHook(handler, everywhere, order, is_after))
            return handler

        return declare

    def notice(self, handler: H, /) -> H:
        """Declare who makes words of the ledger's notices, in the plugin that sells.

        The handler gets a `LedgerNotice`, each at least once, and again until it has ended without
        an error. Nobody wrote to it: it speaks by `await ctx.to(person)`.
        """
        self.notices.append(handler)
        return handler

    def lifespan(self, handler: H, /) -> H:
        """Declare the plugin's setup and teardown: an async generator that yields once.

        The code before the `yield` runs before the plugin gets its first update, the code after it
        when the plugin is unloaded. `raise NotReady("why")` before the `yield` makes the host retry
        later. In a reload, the new generation's setup runs before the old one's teardown.
        """
        self.lifespans.append(handler)
        return handler
