"""Clients: make the API client, see its key and what is left of its reads."""

from __future__ import annotations

import asyncio
import re
from typing import ClassVar, Literal

from pydantic import field_validator

from sapp_bot import (
    Button,
    CommandButton,
    Confirmation,
    Copy,
    Ctx,
    Form,
    Item,
    NextStep,
    Plugin,
    Rich,
    Screen,
    ask,
    bold,
    code,
    lines,
    spoiler,
)
from sapp_bot.services import (
    Client,
    ClientExists,
    Clients,
    NoClientYet,
    SappError,
    Session,
    SessionExpired,
    UserError,
)

plugin = Plugin(version="1.0", sapp=">=1", title="Your API client")

LONGEST_NAME = 255
DOMAINS_BYTES = 1024
BAR_CELLS = 20
SHORTEST_MASKED = 12
FEW_PERCENT, FEW_READS = 25, 100
"""With fewer left, the button to where more are stands out."""

HIDING_WAITS_S = 2
"""Seconds that hiding a key waits for the API's numbers; then the card comes without them."""

# What browsers leave out of an origin. Source: RFC 6454, section 6.2.
_PORTS = {"http": "80", "https": "443"}
# Source: RFC 1123, section 2.1.
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"localhost|(?=.{{1,253}}$)(?:{_LABEL}\.)+{_LABEL}")


def as_typed(domains: str) -> str:
    """Return origins with hosts in their own letters, which the API keeps in ASCII."""
    return ",".join(_decoded(entry) for entry in domains.split(","))


def _decoded(entry: str) -> str:
    scheme, separator, place = entry.rpartition("://")
    try:
        return f"{scheme}{separator}{place.encode('ascii').decode('idna')}"
    except UnicodeError:
        return entry


class NewClient(Form):
    """Form for a new client."""

    cancelled: ClassVar = "No client was made."
    confirm: ClassVar = Confirmation(
        "Each account has one client, and neither its name nor its websites can be changed later.",
        button="Create",
    )
    shown_as: ClassVar = {"domains": as_typed}

    name: str = ask(
        "What shall the client be called? Its name cannot be changed later.",
        max_length=LONGEST_NAME,
        title="Name of the client",
    )
    domains: str = ask(
        "From which websites may its key be used? A server, an app or a spreadsheet needs none. "
        "For websites send their addresses, like https://shop.example.com, separated by commas. "
        "This cannot be changed later.",
        default="*",
        default_label="Any website, or none",
        title="Websites",
    )

    @field_validator("name")
    @classmethod
    def _one_line(cls, name: str) -> str:
        if "\n" in name:
            raise ValueError("A name is one line. Please send it without line breaks.")
        return name

    @field_validator("domains")
    @classmethod
    def _normal(cls, domains: str) -> str:
        return origins(domains)


def origins(text: str) -> str:
    """Return a list of origins, separated by commas, as browsers send them; "*" stays as it is.

    The API compares letter by letter. A host without a scheme gets https, as the allowed text then
    contains the bare host, too.

    Args:
        text: Origins, separated by spaces or commas, or "*".

    Raises:
        ValueError: an entry is no origin, or the list is too long; the text is for the person.

    """
    entries = text.replace(",", " ").split()
    if entries == ["*"]:
        return "*"
    listed = ",".join(dict.fromkeys(origin(entry) for entry in entries))
    if not listed or len(listed) > DOMAINS_BYTES:
        raise ValueError("That list is too long. Please send fewer origins, or * for any.")
    return listed


def origin(entry: str) -> str:
    """Return an origin: scheme, host in ASCII, and port unless it is the scheme's default.

    Raises:
        ValueError: the entry is no origin; the text is for the person.

    """
    scheme, has_scheme, place = entry.lower().rpartition("://")
    host, has_port, port = place.removesuffix("/").partition(":")
    if not has_scheme:
        scheme = "http" if host == "localhost" else "https"
    try:
        host = host.encode("idna").decode()
    except UnicodeError:
        host = ""
    is_port = re.fullmatch("[1-9][0-9]{0,4}", port, re.ASCII) or not has_port
    if scheme not in _PORTS or not _HOST.fullmatch(host) or not is_port:
        raise ValueError(
            "That is not a list of origins. One looks like https://shop.example.com, without a "
            "path; * stands alone for any."
        )
    return f"{scheme}://{host}" + (f":{port}" if port and port != _PORTS[scheme] else "")


class ShowKey(Button):
    """Button that shows the key for `key_shown_s` seconds."""


class HideKey(Button):
    """Button that removes the key from the card; also a delayed press."""


class HowToCall(Button):
    """Button that shows how a program calls the API."""


class Refresh(Button):
    """Button that reads the client again."""


async def check_none(me: Session, clients: Clients) -> None:
    """Refuse a person who has a client, before a form asks in vain.

    Raises:
        UserError: the person has a client.

    """
    try:
        await clients.mine(me)
    except NoClientYet:
        return
    text = "You have a client already, and each account has one."
    raise UserError(text).offer(NextStep("client", "My client"), NextStep("start", "‹ Home"))


@plugin.command(
    name="newclient",
    aliases=["add_client"],
    private=True,
    first=check_none,
    words=["Create a client"],
)
async def add_client(ctx: Ctx, form: NewClient, me: Session, clients: Clients) -> None:
    """Create your API client."""
    try:
        client = await clients.create(me, name=form.name, domains=form.domains, again=ctx.again)
    except ClientExists:
        await check_none(me, clients)
        # There is none, and yet there is: the row of a deleted client bars a new one.
        text = (
            "This account had a client, and its operators removed it. It bars a new one, so only "
            "they can help."
        )
        raise UserError(text).offer(NextStep("start", "‹ Home")) from None
    if ctx.settings.mode == "user":
        await ctx.say("Your client is ready. /client show shows its key.")
    else:
        await ctx.say(
            "Your client is ready. Its key is on the card: tap Show key, or /client show."
        )
    await ctx.show(card(ctx, client), name="client")


@plugin.command(name="client", aliases=["get_client"], private=True, words=["My client"])
async def get_client(
    ctx: Ctx, me: Session, clients: Clients, show: Literal["show"] | None = None
) -> None:
    """Show your API client; with “show” its key, too."""
    client = await clients.mine(me)
    if show is None:
        await ctx.show(card(ctx, client), name="client")
    else:
        await reveal(ctx, client)


async def reveal(ctx: Ctx, client: Client) -> None:
    """Send the card with the key, and have it hidden after `key_shown_s` seconds."""
    # Each card with a key has its own name: the delayed press must hide this card, no newer one.
    await ctx.show(card(ctx, client, key_shown=True), name=f"key {ctx.key}")
    await ctx.later(ctx.settings.key_shown_s, HideKey())


@plugin.button(typed_as="/client show", words=["Show key"])
async def show_key(ctx: Ctx, _pressed: ShowKey, me: Session, clients: Clients) -> None:
    """Show the key on this card."""
    await reveal(ctx, await clients.mine(me))


@plugin.button(typed_as="/client", words=["Hide key"])
async def hide_key(ctx: Ctx, _pressed: HideKey, me: Session | None, clients: Clients) -> None:
    """Hide the key, whatever became of the login or the API."""
    screen = bare_card(ctx, me)
    if me is not None:
        try:
            async with asyncio.timeout(HIDING_WAITS_S):
                screen = card(ctx, await clients.mine(me))
        except (SappError, SessionExpired, TimeoutError):
            ctx.log.info("key.hidden_without_numbers")
    await ctx.show(screen, name="client")


@plugin.button(typed_as="/client")
async def how_to_call(ctx: Ctx, _pressed: HowToCall, me: Session, clients: Clients) -> None:
    """Show a command line that calls the API, and what the API looks at."""
    client = await clients.mine(me)
    line = f"curl '{ctx.settings.api_url}/api/v1/service/live?apikey=YOUR_KEY'"
    sites = [] if client.domains == "*" else client.domains.split(",")
    if sites:
        line += f" -H 'Origin: {sites[0]}'"
    help_with_reads = ctx.settings.support
    text = lines(
        bold(ctx.t("How a program calls the API:")),
        code(line),
        ctx.t("Put your key in the place of YOUR_KEY: /client show."),
        ctx.t(
            "Each call has to name one of the client's domains as its Origin. Browsers do that by "
            "themselves."
        )
        if sites
        else None,
        ctx.t("A read is one call of the API with this key. What I show you here costs none."),
        ctx.t("More reads: {support}", support=help_with_reads) if help_with_reads else None,
    )
    home = CommandButton(command="client").key("My client")
    await ctx.say(text, rows=[[Copy("Copy the line", line), home]])


@plugin.button(typed_as="/client")
async def refresh(ctx: Ctx, _pressed: Refresh, me: Session, clients: Clients) -> None:
    """Show the client as it is now."""
    await ctx.show(card(ctx, await clients.mine(me)), name="client")
    await ctx.toast("Up to date: {now}", now=ctx.now)


def card(ctx: Ctx, client: Client, *, key_shown: bool = False) -> Screen:
    """Return the screen of a client, with the key masked unless `key_shown`."""
    left, total, key = client.reads_left, client.reads_available, client.api_key.get_secret_value()
    one, many = (
        "Client “{name}”: {n} read left of {total}",
        "Client “{name}”: {n} reads left of {total}",
    )
    percent = share(left, total)
    text = lines(
        bold(ctx.n(one, many, left, name=client.name, total=total)),
        ctx.t("{bar} {percent}%", bar=code(bar(percent)), percent=percent),
        None if left else ctx.t("The SAPP service refuses this key until reads are added."),
        ctx.t("Key: {key}", key=spoiler(key) if key_shown else Rich(masked(key))),
        hiding(ctx) if key_shown else None,
        replacing(ctx) if key_shown else None,
        ctx.t("Websites: {websites}", websites=websites(ctx, client.domains)),
        ctx.t("This client was made on {created}.", created=client.created_at),
        ctx.t("As of {now}.", now=ctx.now),
    )
    home: list[Item] = [CommandButton(command="start").key("‹ Home")]
    if ctx.settings.sells:
        few = percent <= FEW_PERCENT or left < FEW_READS
        style: Literal["primary", ""] = "primary" if few else ""
        home.insert(0, CommandButton(command="buy").key("Buy reads", style=style))
    if key_shown:
        return Screen(text, [[Copy("Copy key", key), HideKey().key("Hide key")], home])
    keys = [ShowKey().key("Show key"), Refresh().key("Refresh")]
    use = CommandButton(command="balance").key("Usage")
    return Screen(text, [keys, [HowToCall().key("How to call"), use], home])


def websites(ctx: Ctx, domains: str) -> Rich | str:
    """Return from where a key may be used, in the words of the question that asked for it."""
    return ctx.t("Any website, or none") if domains == "*" else as_typed(domains)


def hiding(ctx: Ctx) -> Rich:
    """Return how long the key stays visible, as a text."""
    return ctx.t("I hide it again {when}.", when=ctx.ahead(ctx.settings.key_shown_s))


def replacing(ctx: Ctx) -> Rich:
    """Return who can replace a key: the API has no way for its owner."""
    helper = ctx.settings.support
    if helper:
        return ctx.t("Has it leaked? Only an operator can replace it: {support}", support=helper)
    return ctx.t("Has it leaked? Only an operator of this bot can replace it.")


def bare_card(ctx: Ctx, me: Session | None) -> Screen:
    """Return the screen of a hidden key when the client cannot be read."""
    text = lines(bold(ctx.t("The key is hidden again.")), ctx.t("/client shows your client."))
    home = CommandButton(command="start").key("‹ Home")
    return Screen(text, [[Refresh().key("Refresh"), home] if me is not None else [home]])


def masked(key: str) -> str:
    """Return the ends of a key, enough to recognise it: 0615…1359."""
    return f"{key[:4]}…{key[-4:]}" if len(key) >= SHORTEST_MASKED else "…"


def share(left: int, total: int) -> int:
    """Return what is left in per cent, 0-100; 0 only when nothing is left."""
    if left <= 0 or total <= 0:
        return 0
    return min(100, max(1, left * 100 // total))


def bar(percent: int) -> str:
    """Return per cents as a bar of 20 cells, with at least one full cell above 0."""
    full = -(-percent * BAR_CELLS // 100)
    return "▓" * full + "░" * (BAR_CELLS - full)
