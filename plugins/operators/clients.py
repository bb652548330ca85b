"""/clients: the API's clients, searched, in pages, and the card of one, which leads to its acts."""

from sapp_bot import Button, CommandButton, Ctx, Item, NextStep, Rich, Screen, bold, isolate, lines
from sapp_bot.services import Admin, Billing, Client, Session, User

from .orders import orders_lines, orders_of, orders_row
from .plugin import HOME, checked, page_line, page_of, page_turns, plugin

GIFTS = (100, 1_000, 10_000)
"""Reads that the card offers to give; /topup gives any number."""


class ClientsPage(Button):
    """Button that turns to a page of the clients."""

    page: int
    search: str


class OpenClient(Button):
    """Button that shows the card of a client."""

    client: int


class AskTopUp(Button):
    """Button that asks whether a client is to get reads."""

    client: int
    reads: int


class AskNewKey(Button):
    """Button that asks whether a client is to get a new key."""

    client: int


@plugin.command(role="admin", private=True)
async def clients(ctx: Ctx, me: Session, admin: Admin, billing: Billing, search: str = "") -> None:
    """Find clients: by a part of the name or the owner's e-mail, or by number."""
    wanted = checked(search, NextStep("clients", "‹ Clients"))
    if wanted.isdecimal():
        await show_client(ctx, me, admin, billing, int(wanted))
        return
    await show_list(ctx, me, admin, wanted, 0)


@plugin.button(role="admin", typed_as="/clients {search}")
async def turn_clients(ctx: Ctx, pressed: ClientsPage, me: Session, admin: Admin) -> None:
    """Show another page."""
    await show_list(ctx, me, admin, pressed.search, pressed.page)


@plugin.button(role="admin", typed_as="/clients {client}")
async def open_client(
    ctx: Ctx, pressed: OpenClient, me: Session, admin: Admin, billing: Billing
) -> None:
    """Show one client."""
    await show_client(ctx, me, admin, billing, pressed.client)


async def show_list(ctx: Ctx, me: Session, admin: Admin, search: str, page: int) -> None:
    """Show a page of the clients that a search finds, the newest first."""
    owners = {user.id: user.email for user in await admin.users(me)}
    everybody = sorted(await admin.clients(me), key=lambda client: -client.id)
    words = search.casefold()
    found = [c for c in everybody if words in f"{c.name}\n{owners.get(c.user_id, '')}".casefold()]
    at, pages, shown = page_of(found, page)
    text = lines(
        bold(ctx.n("{n} client", "{n} clients", len(found))),
        ctx.t("With “{search}” in name or e-mail.", search=isolate(search)) if search else None,
        page_line(ctx, at, pages),
        None if search else ctx.t("/clients and a part of a name searches."),
    )
    rows: list[list[Item]] = [
        [OpenClient(client=c.id).key("#{id} {name}", id=str(c.id), name=c.name)] for c in shown
    ]
    turns = page_turns(at, pages, lambda to: ClientsPage(page=to, search=search))
    everyone = [CLIENTS] if search else []
    await ctx.show(Screen(text, [*rows, turns, [*everyone, HOME]]), name="clients")


async def show_client(
    ctx: Ctx, me: Session, admin: Admin, billing: Billing, client_id: int
) -> None:
    """Show the card of a client. Its key is its owner's: of it only the ends are shown."""
    client = await admin.client(me, client_id)
    orders = await orders_of(billing, client.id)
    owner = next((u for u in await admin.users(me) if u.id == client.user_id), None)
    gives: list[Item] = [
        AskTopUp(client=client.id, reads=reads).key("+{n}", n=reads) for reads in GIFTS
    ]
    acts: list[Item] = [
        AskNewKey(client=client.id).key("New key…"),
        OpenClient(client=client.id).key("Refresh"),
    ]
    back = ClientsPage(page=0, search="").key("‹ Clients")
    text = client_card(ctx, client, owner, orders_lines(ctx, billing, orders))
    screen = Screen(text, [gives, acts, orders_row(orders), [back, HOME]])
    await ctx.show(screen, name="clients")


def client_card(ctx: Ctx, client: Client, owner: User | None, orders: Rich | None) -> Rich:
    """Return what the API says of a client, and what was paid for it."""
    who = owner.email if owner is not None else "?"
    return lines(
        heading(ctx, client),
        ctx.t("Owner: {email}, account #{id}", email=isolate(who), id=str(client.user_id)),
        ctx.t(
            "Reads: {used} of {total} used, {left} left",
            used=client.reads_used,
            total=client.reads_available,
            left=client.reads_left,
        ),
        orders,
        ctx.t("Key: {key}", key=masked(client)),
        ctx.t("Domains: {domains}", domains=isolate(client.domains)),
        ctx.t("Made: {created}", created=client.created_at),
        ctx.t("As of: {now}", now=ctx.now),
        ctx.t("The API does not say when a client last called it."),
    )


def heading(ctx: Ctx, client: Client) -> Rich:
    """Return the first line of what is about a client."""
    return bold(ctx.t("Client #{id}: “{name}”", id=str(client.id), name=isolate(client.name)))


def masked(client: Client) -> str:
    """Return the ends of a key, as its owner sees them on a card: 0615…1359."""
    key, shortest = client.api_key.get_secret_value(), 20
    return f"{key[:4]}…{key[-4:]}" if len(key) >= shortest else "…"


def to_client(client: Client) -> list[Item]:
    """Return the buttons below what was done to a client."""
    return [OpenClient(client=client.id).key("The client"), CLIENTS, HOME]


CLIENTS = CommandButton(command="clients").key("‹ Clients")
