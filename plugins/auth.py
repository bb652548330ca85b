"""Auth: make an account, log in and out, change the password."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import ClassVar, Literal

from pydantic import SecretStr, ValidationInfo, field_validator

from sapp_bot import (
    CommandButton,
    Confirmation,
    Ctx,
    Form,
    Plugin,
    Rich,
    Screen,
    ask,
    bold,
    lines,
)
from sapp_bot.services import (
    Auth,
    BadCredentials,
    Commands,
    EmailTaken,
    FormControl,
    LoginThrottle,
    SappError,
    Session,
    SessionExpired,
    Sessions,
    User,
    WrongPassword,
    normalise_email,
)

plugin = Plugin(version="1.0", sapp=">=1", title="Your account")

# Wider than the grammar of RFC 5321, as any script is allowed, but with its lengths.
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_EMAIL = re.compile(rf"[^\s@,;:<>()\[\]\\\"]{{1,64}}@(?:{_LABEL}\.)+{_LABEL}")
_ANY_EMAIL = re.compile(r"(?s:.+@.+)")
_FORGOT = (
    r"(?:(?:i(?:['’]ve| have)? )?(?:forgot(?:ten)?|lost|(?:don|can)['’]t remember|reset|restore)"
    r"(?: my| the)? password|(?:сбросить|восстановить|сброс|восстановление) парол[ья]"
    r"|(?:я )?(?:забыла?|потеряла?|не помню)(?: свой| мой)? пароль)[ .!?…]*"
)
"""What people type who cannot log in, in English or Russian."""
LONGEST_EMAIL = 254
SHORTEST, LONGEST = 8, 128
"""Lengths of a password. They are this bot's rule: the API takes any, even an empty one."""

LOG_IN = CommandButton(command="login").key("Log in")
REGISTER = CommandButton(command="register").key("Register")
HOME = CommandButton(command="start").key("‹ Home")
OUTSIDE = [[LOG_IN, HOME]]
"""Next steps of a person who is no longer logged in."""


class Registration(Form):
    """Form for a new account."""

    cancelled: ClassVar = "No account was made."
    confirm: ClassVar = Confirmation(
        "The address is how you log in, and it cannot be changed later.", button="Create"
    )

    email: str = ask(
        "Which e-mail address is the account for?", max_length=LONGEST_EMAIL, title="E-mail"
    )
    password: SecretStr = ask(
        "Choose a password of 8 to 128 characters. I delete your message at once.",
        secret=True,
        min_length=SHORTEST,
        max_length=LONGEST,
    )
    repeat: SecretStr = ask(
        "I took that as your password. Please send it once more.", secret=True, repeats="password"
    )

    @field_validator("email")
    @classmethod
    def _address(cls, email: str) -> str:
        return address(email)


def address(email: str, *, like: re.Pattern[str] = _EMAIL) -> str:
    """Return an e-mail address as the API keeps it.

    Raises:
        ValueError: it is not like one; the text is for the person.

    """
    email = normalise_email(email)
    if not like.fullmatch(email):
        raise ValueError("That is not an e-mail address. One looks like ann@example.com.")
    return email


class Credentials(Form):
    """Form for a login."""

    cancelled: ClassVar = "You did not log in."
    email: str = ask("What is the e-mail address of your account?", max_length=LONGEST_EMAIL)
    password: SecretStr = ask("And the password? I delete your message at once.", secret=True)

    @field_validator("email")
    @classmethod
    def _address(cls, email: str) -> str:
        address(email, like=_ANY_EMAIL)
        return email  # as typed: accounts made elsewhere are held in spellings of their own


class CurrentPassword(Form):
    """The password to change, which is checked before the new one is asked."""

    cancelled: ClassVar = "Your password stays as it is."
    current: SecretStr = ask("What is your current password?", secret=True)


class NewPassword(CurrentPassword):
    """The new password twice, because typed secrets are deleted at once."""

    new: SecretStr = ask(
        "Choose a new password of 8 to 128 characters.",
        secret=True,
        min_length=SHORTEST,
        max_length=LONGEST,
    )
    repeat: SecretStr = ask(
        "I took that as your new password. Please send it once more.", secret=True, repeats="new"
    )

    @field_validator("new")
    @classmethod
    def _another(cls, new: SecretStr, info: ValidationInfo) -> SecretStr:
        if info.data.get("current") == new:
            raise ValueError("That is the password you have. Please choose another.")
        return new


class Deactivation(Form):
    """Form that asks before the API's "deactivate", which only ends the login."""

    cancelled: ClassVar = "Nothing was deactivated."
    sure: Literal["yes", "no"] = ask(
        "The SAPP service cannot close accounts: its “deactivate” only ends this login, as /logout "
        "does. Your account, your client and its key stay as they are. Shall I do that?",
        choices={"yes": "Yes, end this login", "no": "No, stay"},
    )


async def tell_who(ctx: Ctx, sessions: Sessions) -> None:
    """Send who is logged in, before another login replaces it."""
    text = "You are logged in as {email}, until another login succeeds. /cancel keeps it so."
    if sessions.current is not None:
        await ctx.say(text, email=sessions.current.email)


@plugin.command(first=tell_who, guests=True, words=["Register"])
async def register(
    ctx: Ctx,
    form: Registration,
    *,
    auth: Auth,
    sessions: Sessions,
    commands: Commands,
    dialogues: FormControl,
) -> None:
    """Make an account."""
    try:
        login = await auth.register(form.email, form.password, again=ctx.again)
    except EmailTaken:
        await ctx.say(taken(ctx, form.email), rows=[[LOG_IN]])
        ctx.ask_again("email", "")
        return
    sessions.open(login)
    await ctx.say("Your account is ready. Welcome, {email}.", email=login.email)
    go_home(commands, dialogues)


def taken(ctx: Ctx, email: str) -> Rich:
    """Return that an address has an account, and the ways out."""
    text = "{email} has an account already. If it is yours, log in; if not, send another address."
    return lines(ctx.t(text, email=email), support(ctx))


def forgotten(ctx: Ctx) -> Rich:
    """Return what can be done about a forgotten password: the API has no way to reset it."""
    if name := ctx.settings.support:
        return ctx.t("A forgotten password cannot be reset here; ask {support}.", support=name)
    return ctx.t("A forgotten password cannot be reset: the SAPP service has no way to do that.")


@plugin.message(_FORGOT, in_user_mode=False)
async def forgot_password(ctx: Ctx) -> None:
    """Say what can be done about a forgotten password."""
    await ctx.say(forgotten(ctx), rows=OUTSIDE)


def support(ctx: Ctx) -> Rich | None:
    """Return whom to ask for help; None if nobody is named."""
    name = ctx.settings.support
    return ctx.t("Help: {support}", support=name) if name else None


async def tell_who_if_free(ctx: Ctx, sessions: Sessions, throttle: LoginThrottle) -> None:
    """Refuse before anything is asked, after too many wrong tries; send who is logged in."""
    await throttle.check()
    await tell_who(ctx, sessions)


@plugin.command(name="login", first=tell_who_if_free, guests=True, words=["Log in"])
async def log_in(
    ctx: Ctx,
    form: Credentials,
    *,
    auth: Auth,
    throttle: LoginThrottle,
    sessions: Sessions,
    commands: Commands,
    dialogues: FormControl,
) -> None:
    """Log in to your account."""
    email = normalise_email(form.email)  # all its spellings count as one
    await throttle.check(email)
    try:
        login = await auth.log_in(form.email, form.password)
    except BadCredentials:
        await throttle.failed(email)
        await throttle.check(email)  # the failure that begins a wait is told at once
        text = ctx.t(
            "No account has the e-mail {email} and this password. Send the password again, or "
            "/back.",
            email=form.email,
        )
        ctx.ask_again("password", lines(text, forgotten(ctx)))
        return
    await throttle.passed(email)
    sessions.open(login)
    await ctx.say("Welcome back, {email}.", email=login.email)
    go_home(commands, dialogues)


def go_home(commands: Commands, dialogues: FormControl) -> None:
    """Start the home card, unless a form is open below, which the host resumes."""
    if not dialogues.open:
        commands.start("start")


@plugin.command(words=["Log out"])
async def logout(ctx: Ctx, auth: Auth, sessions: Sessions) -> None:
    """Log out."""
    me, ended = sessions.current, sessions.ended
    sessions.close()
    if me is None and ended is None:
        await ctx.say("Nobody is logged in here. /login or /register.", rows=[[LOG_IN, REGISTER]])
    elif me is None:
        text = "That login had ended by itself, and is forgotten now. /login anew."
        await ctx.say(text, rows=OUTSIDE)
    elif await is_revoked(auth, me):
        await ctx.say("You are logged out. /login opens your account again.", rows=OUTSIDE)
    else:
        await ctx.say(
            "You are logged out here, and I have forgotten the login. The SAPP service did "
            "not confirm it: there it may stay valid until {until}.",
            until=me.expires_at,
            rows=OUTSIDE,
        )


async def is_revoked(auth: Auth, me: Session) -> bool:
    """End the login at the API, too; return whether the API confirmed it."""
    try:
        await auth.log_out(me)
    except SappError:
        return False
    return True


@plugin.command(name="me", aliases=["user"], private=True, words=["My account"])
async def user(ctx: Ctx, me: Session, auth: Auth) -> None:
    """Show your account."""
    await ctx.show(card(ctx, await auth.user(me), me), name="user")


def card(ctx: Ctx, account: User, me: Session) -> Screen:
    """Return the screen of an account: address, role, and the end of the login."""
    text = lines(
        bold(ctx.t("Account {email}", email=account.email)),
        ctx.t("Administrator of the SAPP service") if account.role == "admin" else None,
        ctx.t("This account was made on {created}.", created=account.created_at),
        None if account.active else ctx.t("It is switched off by the SAPP service."),
        ctx.t("You are logged in until {until}.", until=me.expires_at),
    )
    change = CommandButton(command="password").key("Change password")
    leave = CommandButton(command="logout").key("Log out")
    return Screen(text, [[change, leave], [CommandButton(command="start").key("‹ Home")]])


async def check_free(me: Session, throttle: LoginThrottle) -> None:
    """Refuse before anything is asked, after too many wrong tries."""
    await throttle.check(me.email)


@plugin.command(first=check_free, words=["Change password"])
async def password(
    ctx: Ctx, form: CurrentPassword, me: Session, auth: Auth, throttle: LoginThrottle
) -> None:
    """Change your password."""
    await throttle.check(me.email)
    try:
        # The token that this gives is left to expire: logging it out could end the person's own,
        # as the API gives equal tokens to two logins within one second.
        await auth.log_in(me.email, form.current)
    except BadCredentials:
        await wrong_password(ctx, me, throttle)
        return
    ctx.start(new_password, current=form.current.get_secret_value())


async def wrong_password(ctx: Ctx, me: Session, throttle: LoginThrottle) -> None:
    """Count a wrong current password, and ask for it again."""
    await throttle.failed(me.email)
    await throttle.check(me.email)
    ctx.ask_again("current", "That is not your current password. Send it again, or /cancel.")


@plugin.command(hidden=True)
async def new_password(
    ctx: Ctx, form: NewPassword, me: Session, auth: Auth, throttle: LoginThrottle
) -> None:
    """Choose your new password."""
    await throttle.check(me.email)
    try:
        await auth.change_password(me, current=form.current, new=form.new, again=ctx.again)
    except WrongPassword:
        await wrong_password(ctx, me, throttle)
        return
    await throttle.passed(me.email)
    text = "Your password is changed. Logins on other devices last until they end."
    await ctx.say(text, rows=[[HOME]])


@plugin.command
async def deactivate(ctx: Ctx, form: Deactivation, me: Session, auth: Auth, out: Sessions) -> None:
    """End this login; accounts cannot be closed."""
    if form.sure == "no":
        await ctx.say("Nothing was done, you are still logged in.", rows=[[HOME]])
        return
    with suppress(SessionExpired):  # then it has ended already, which is what was asked for
        await auth.deactivate(me, again=ctx.again)
    out.close()
    text = "This login is ended. Your account is still there: /login opens it again."
    await ctx.say(text, rows=OUTSIDE)


@plugin.keeps()
async def keeps_login(ctx: Ctx, sessions: Sessions) -> Rich | None:
    """Say whose login is kept, also when it has ended."""
    if sessions.current is not None:
        text = "your login as {email}, encrypted, until it ends or you /logout"
        return ctx.t(text, email=sessions.current.email)
    if sessions.ended is not None:
        return ctx.t("that you were logged in as {email}", email=sessions.ended.email)
    return None


@plugin.keeps(stays=True)
async def keeps_failures(throttle: LoginThrottle) -> str | None:
    """Say that wrong passwords stay counted: else who forgets could go on guessing."""
    if not await throttle.failures():
        return None
    return "how often you gave a wrong password, for six hours, so that nobody can guess on"
