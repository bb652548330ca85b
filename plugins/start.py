"""Start: the home card, help, the language, and the ways out of a form."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from sapp_bot import (
    Button,
    CommandButton,
    Ctx,
    Item,
    Plugin,
    Rich,
    Screen,
    __version__,
    bold,
    code,
    join,
    lines,
)
from sapp_bot.services import (
    Clients,
    CommandInfo,
    Commands,
    Forgetting,
    FormControl,
    Maintenance,
    NoClientYet,
    Preferences,
    SappError,
    Session,
    Sessions,
    SettingRow,
    SettingsPage,
)

plugin = Plugin(version="1.0", sapp=">=1", title="General")

AS_IN_TELEGRAM = "auto"

HOME = CommandButton(command="start").key("‹ Home")

HOME_WAITS_S = 3
"""Seconds that the home card waits for the API: people open it when something is wrong."""


BUTTONS_IN_ROW = 3

_THANKS = r"(?:(?:many )?(?:thanks|thank you|thx)|(?:большое )?спасибо|благодарю)[ .!]*"


class HelpOn(Button):
    """Button that shows the commands of one plugin."""

    plugin: str


class Speak(Button):
    """Button that chooses a language.

    Attributes:
        language: Its code, or "auto" to follow the Telegram client.

    """

    language: str


@plugin.command(private=True, words=["‹ Home"])
async def start(
    ctx: Ctx,
    sessions: Sessions,
    commands: Commands,
    clients: Clients,
    preferences: Preferences,
    *,
    payload: str = "",
) -> None:
    """Show the home card."""
    preferences.greet(
        ctx.t("Hello! Press the buttons under my messages, or write to me; I ask for the rest.")
    )
    if payload and commands.start(
        payload, linked=True
    ):  # from a link: https://core.telegram.org/api/links
        return
    me = sessions.current
    screen = outside(ctx, sessions) if me is None else await inside(ctx, me, clients)
    if commands.offers("rates"):
        convert = ctx.t("Or send me a sum of money: 100 usd to eur")
        if ctx.settings.mode == "user":  # free text there is for people, not for the bot
            convert = ctx.t("Or convert money: /convert 100 usd to eur")
        rates: list[Item] = [CommandButton(command="rates").key("Rates")]
        rows = [*screen.rows[:-1], rates, screen.rows[-1]]
        screen = replace(screen, text=lines(screen.text, convert), rows=rows)
    await ctx.show(screen, name="home")


def outside(ctx: Ctx, sessions: Sessions) -> Screen:
    """Return the home card of a person who is not logged in."""
    login = CommandButton(command="login")
    last = [
        CommandButton(command="help").key("Help"),
        CommandButton(command="settings").key("Settings"),
    ]
    if sessions.ended is not None:
        text = lines(
            bold(ctx.t("Your login as {email} has ended.", email=sessions.ended.email)),
            ctx.t(
                "Please /login again: your account, your client and its key are as you left them."
            ),
        )
        return Screen(text, [[login.key("Log in", style="primary")], last])
    text = lines(
        bold(ctx.t("SAPP Finance: exchange rates for your programs.")),
        ctx.t("Make an account, create an API client, and you have a key to call the API with."),
        ctx.t("/register makes an account, /login opens the one you have."),
    )
    register = CommandButton(command="register").key("Register", style="primary")
    return Screen(text, [[register, login.key("Log in")], last])


async def inside(ctx: Ctx, me: Session, clients: Clients) -> Screen:
    """Return the home card of a person who is logged in: account, reads left, next step."""
    client = CommandButton(command="client").key("My client")
    try:
        async with asyncio.timeout(HOME_WAITS_S):
            mine = await clients.mine(me)
    except NoClientYet:
        status = ctx.t("Next: create your API client. That gives you the key.")
        client = CommandButton(command="newclient").key("Create a client", style="primary")
    except (SappError, TimeoutError):
        status = ctx.t("The SAPP service is not answering just now, so I can't see your client.")
    else:
        status = ctx.n(
            "Client “{name}”: {n} read left.",
            "Client “{name}”: {n} reads left.",
            mine.reads_left,
            name=mine.name,
        )
    text = lines(bold(ctx.t("You are logged in as {email}.", email=me.email)), status)
    account = CommandButton(command="me").key("My account")
    last = [
        CommandButton(command="help").key("Help"),
        CommandButton(command="settings").key("Settings"),
    ]
    return Screen(text, [[client, account], last], of_login=True)


@plugin.command(name="help", words=["Help"], examples={"/help": "/about", "/help about": "/about"})
async def show_help(ctx: Ctx, commands: Commands, command: str = "") -> None:
    """Show what I can do, or more about one command."""
    entries = commands.visible()
    wanted = command.lower().removeprefix("/")
    found = next((e for e in entries if wanted in (e.name, *e.aliases)), None)
    if not wanted:
        await ctx.show(help_card(ctx, entries), name="help")
    elif found is None:
        await tell_why_not(ctx, commands, wanted)
    else:
        await ctx.say(details(ctx, found), rows=[[HOME]])


async def tell_why_not(ctx: Ctx, commands: Commands, name: str) -> None:
    """Say why a command is not listed for the person, and what to do about it."""
    keys = [CommandButton(command="help").key("Help"), HOME]
    text = "I have no command /{name} for you. /help shows all."
    match commands.lacks(name):
        case "private chat":
            text = "/{name} is for our private chat."
            keys = [CommandButton(command=name).key("Open the chat with me")]
        case "login":
            text = "/{name} needs a login. /login opens your account."
            keys = [CommandButton(command="login").key("Log in"), HOME]
        case "logout":
            text = "/{name} is for who is not logged in, and you are. /logout ends your login."
            keys = [CommandButton(command="logout").key("Log out"), HOME]
    await ctx.say(text, name=name, rows=[keys])


@plugin.button(typed_as="/help")
async def help_on(ctx: Ctx, pressed: HelpOn, commands: Commands) -> None:
    """Show one plugin's commands as buttons."""
    entries = [entry for entry in commands.visible() if entry.plugin == pressed.plugin]
    if not entries:
        await ctx.show(help_card(ctx, commands.visible()), name="help")
        return
    text = lines(bold(entries[0].heading), *(f"/{e.name} – {e.summary}" for e in entries))
    begun = [CommandButton(command=e.name).key("/{name}", name=e.name) for e in entries if e.begins]
    rows = [begun[at : at + BUTTONS_IN_ROW] for at in range(0, len(begun), BUTTONS_IN_ROW)]
    back = CommandButton(command="help").key("Help")
    await ctx.show(Screen(text, [*rows, [back, HOME]]), name="help")


def help_card(ctx: Ctx, entries: list[CommandInfo]) -> Screen:
    """Return the list of commands, with a button for those of each plugin."""
    headings = {entry.plugin: entry.heading for entry in entries}
    groups = [HelpOn(plugin=name).key("{it}", it=title) for name, title in headings.items()]
    rows = [groups[at : at + 2] for at in range(0, len(groups), 2)]
    if ctx.private:
        return Screen(overview(ctx, entries), [*rows, [HOME]])
    text = lines(overview(ctx, entries), "", ctx.t("The rest works in our private chat only."))
    way_out = CommandButton(command="start").key("Open the chat with me")
    return Screen(text, [*rows, [way_out]])


def overview(ctx: Ctx, entries: list[CommandInfo]) -> Rich:
    """Return the list of commands, grouped by plugin, each under its first name."""
    text = ctx.t("Tap a command, or type it. /help and a name tells more about one.")
    if ctx.settings.mode == "user":
        text = ctx.t(
            "A person's own account has no menu and no buttons: type a command, or the number of "
            "a choice. /help and a name tells more about one."
        )
    group = ""
    for entry in entries:
        if entry.plugin != group:
            group = entry.plugin
            text = lines(text, "", bold(entry.heading))
        text = lines(text, f"/{entry.name} – {entry.summary}")
    if not ctx.private:
        return text
    ways_out = ctx.t("While I ask you something: /back, /skip, /continue and /cancel.")
    return lines(text, "", ways_out)


def details(ctx: Ctx, entry: CommandInfo) -> Rich:
    """Return how one command is typed, and its other names."""
    others = ", ".join(f"/{name}" for name in entry.aliases)
    return lines(
        bold(entry.example or entry.usage),
        entry.summary,
        ctx.t("Also: {names}", names=others) if others else None,
    )


@plugin.command(examples={"/about": "SAPP"})
async def about(
    ctx: Ctx, maintenance: Maintenance, forgetting: Forgetting, commands: Commands
) -> None:
    """Say what I am and what I keep of you."""
    support = ctx.settings.support
    text = lines(
        bold(ctx.t("The SAPP Finance API in Telegram, version {version}.", version=__version__)),
        ctx.t("Your account, your API client, its key, and the reads that are left."),
        "",
        *await what_is_kept(ctx, forgetting),
        ctx.t(
            "I keep a password, encrypted, only while a form needs it, two hours at most, and "
            "delete the message it came in at once. For ten minutes I recognise its text, to "
            "delete it again."
        ),
        read_along(ctx),
        ctx.t("I am in maintenance: only operators are answered.") if maintenance.is_on else None,
        ctx.t("In any chat you can type my name and a sum, 100 usd to eur, and send the answer.")
        if commands.offers("convert") and ctx.settings.mode == "bot"
        else None,
        ctx.t("Your Telegram id: {id}", id=code(str(ctx.person.id))),
        ctx.t("Questions: {support}", support=support) if support else None,
    )
    forget = CommandButton(command="forget").key("Forget me")
    await ctx.show(Screen(text, [[forget, HOME]]), name="about")


async def what_is_kept(ctx: Ctx, forgetting: Forgetting) -> list[Rich]:
    """Return what is kept of this very person, which is nothing for a group to read."""
    if not ctx.private:
        return [ctx.t("What I keep of you I say in our private chat: /about.")]
    kept = await forgetting.kept()
    text = "What “{name}” keeps I cannot see just now."
    return [
        ctx.t("What I keep of you:"),
        *(join(["• ", what]) for what in kept.deleted),
        *(join(["• ", ctx.t("{what}; it stays after /forget", what=what)]) for what in kept.stays),
        *(ctx.t(text, name=name) for name in kept.unknown),
        Rich(),
    ]


def read_along(ctx: Ctx) -> Rich | None:
    """Return a warning for people who write to a person's own account; None for anybody else."""
    if ctx.settings.mode != "user" or ctx.person.id == ctx.settings.account:
        return None
    return ctx.t(
        "I work on a person's own account: its owner can read what you type here, passwords too."
    )


@plugin.message(_THANKS, in_user_mode=False)
async def thanked(ctx: Ctx) -> None:
    """Take thanks as such: it is no text that was not understood."""
    await ctx.say("You are welcome.", rows=[[HOME]])


@plugin.command(
    aliases=["language"],
    private=True,
    words=["Settings"],
    examples={"/settings": "English", "/settings en": "English"},
)
async def settings(
    ctx: Ctx, preferences: Preferences, page: SettingsPage, language: str = ""
) -> None:
    """Choose your language, and more."""
    wanted = language.lower()
    own = {name.casefold(): short for short, name in preferences.languages.items()}
    wanted = {**own, "english": "en", "russian": "ru"}.get(wanted, wanted)
    if not wanted:
        await ctx.show(language_card(ctx, preferences, await page.rows()), name="settings")
    elif wanted in preferences.languages or (wanted == AS_IN_TELEGRAM and follows_telegram(ctx)):
        choose(ctx, preferences, wanted)
    else:
        auto = [AS_IN_TELEGRAM] if follows_telegram(ctx) else []
        known = ", ".join(f"/settings {name}" for name in (*preferences.languages, *auto))
        rows = language_card(ctx, preferences, []).rows
        await ctx.say("I don't speak that yet. Choose one: {known}", known=known, rows=rows)


@plugin.button(typed_as="/settings {language}")
async def speak(ctx: Ctx, pressed: Speak, preferences: Preferences) -> None:
    """Choose the language, and show the card in it."""
    choose(ctx, preferences, pressed.language)


def choose(ctx: Ctx, preferences: Preferences, language: str) -> None:
    """Store the choice and start /settings: only a new handler uses the new language."""
    preferences.set_language("" if language == AS_IN_TELEGRAM else language)
    ctx.start(settings)


def language_card(ctx: Ctx, preferences: Preferences, rows: list[SettingRow]) -> Screen:
    """Show the language and the others, and what other plugins let people choose."""
    known = preferences.languages
    text = lines(
        bold(ctx.t("Language: {language}", language=known[ctx.language])),
        whence(ctx, preferences),
        *(ctx.t("{label}: {value}", label=row.label, value=row.value) for row in rows),
    )
    more = [CommandButton(command=row.command).key("{label}", label=row.label) for row in rows]
    chosen = preferences.language
    choices = [
        Speak(language=k).key("✓ {name}" if k == chosen else "{name}", name=v)
        for k, v in known.items()
    ]
    auto: list[Item] = []
    if follows_telegram(ctx):
        label = "As in Telegram" if chosen else "✓ As in Telegram"
        auto = [Speak(language=AS_IN_TELEGRAM).key(label)]
    home = CommandButton(command="start").key("‹ Home")
    return Screen(text, [choices, auto, more[:2], more[2:4], more[4:8], [home]])


def follows_telegram(ctx: Ctx) -> bool:
    """Return whether Telegram tells the person's language, so that it can be followed."""
    return ctx.settings.mode == "bot" or bool(ctx.person.language)


def whence(ctx: Ctx, preferences: Preferences) -> Rich:
    """Return where the language comes from, as a text."""
    if preferences.language:
        return ctx.t("You chose it.")
    if not follows_telegram(ctx):
        return ctx.t("Telegram tells only bots which language yours has, so please choose.")
    if ctx.person.language.partition("-")[0].lower() not in {"", *preferences.languages}:
        return ctx.t("I don't speak the language of your Telegram yet.")
    return ctx.t("It follows your Telegram.")


@plugin.command(controls_form=True)
async def cancel(dialogues: FormControl) -> None:
    """Leave the form you are in."""
    dialogues.cancel()


@plugin.command(controls_form=True, hidden=True)
async def back(dialogues: FormControl) -> None:
    """Go back to the question before."""
    dialogues.back()


@plugin.command(name="continue", controls_form=True, hidden=True)
async def go_on(dialogues: FormControl) -> None:
    """Show the question that is open."""
    dialogues.resume()


@plugin.command(controls_form=True, hidden=True)
async def skip(dialogues: FormControl) -> None:
    """Answer the question with its default."""
    dialogues.skip()


@plugin.command(hidden=True)
async def retry(dialogues: FormControl) -> None:
    """Try the last step of the form again."""
    dialogues.retry()
