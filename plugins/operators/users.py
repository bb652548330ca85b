"""/users: the accounts of the API, searched, in pages, and the card of one."""

from sapp_bot import Button, CommandButton, Ctx, Item, NextStep, Rich, Screen, bold, isolate, lines
from sapp_bot.services import Admin, Billing, Client, KnownPerson, People, Session, User

from .clients import OpenClient
from .orders import orders_lines, orders_of, orders_row
from .plugin import HOME, checked, page_line, page_of, page_turns, plugin


class UsersPage(Button):
    """Button that turns to a page of the accounts."""

    page: int
    search: str


class OpenUser(Button):
    """Button that shows the card of an account."""

    user: int


@plugin.command(role="admin", private=True)
async def users(
    ctx: Ctx,
    *,
    me: Session,
    admin: Admin,
    people: People,
    billing: Billing,
    search: str = "",
) -> None:
    """Find accounts: by a part of the e-mail, or by number."""
    wanted = checked(search, NextStep("users", "‹ Accounts"))
    if wanted.isdecimal():
        await show_user(ctx, int(wanted), me=me, admin=admin, people=people, billing=billing)
        return
    await ctx.show(listed(ctx, await admin.users(me), wanted, 0), name="users")


@plugin.button(role="admin", typed_as="/users {search}")
async def turn_users(ctx: Ctx, pressed: UsersPage, me: Session, admin: Admin) -> None:
    """Show another page."""
    found = await admin.users(me)
    await ctx.show(listed(ctx, found, pressed.search, pressed.page), name="users")


@plugin.button(role="admin", typed_as="/users {user}")
async def open_user(
    ctx: Ctx, pressed: OpenUser, *, me: Session, admin: Admin, people: People, billing: Billing
) -> None:
    """Show one account."""
    await show_user(ctx, pressed.user, me=me, admin=admin, people=people, billing=billing)


def listed(ctx: Ctx, everybody: list[User], search: str, page: int) -> Screen:
    """Return a page of the accounts whose e-mail has the words in it, the newest first."""
    words = search.casefold()
    found = sorted((u for u in everybody if words in u.email.casefold()), key=lambda u: -u.id)
    at, pages, shown = page_of(found, page)
    text = lines(
        bold(ctx.n("{n} account", "{n} accounts", len(found))),
        ctx.t("With “{search}” in the e-mail.", search=isolate(search)) if search else None,
        page_line(ctx, at, pages),
        None if search else ctx.t("/users and a part of an e-mail searches."),
    )
    rows: list[list[Item]] = [
        [OpenUser(user=u.id).key("#{id} {name}", id=str(u.id), name=u.email)] for u in shown
    ]
    turns = page_turns(at, pages, lambda to: UsersPage(page=to, search=search))
    everyone: list[Item] = [CommandButton(command="users").key("‹ Accounts")] if search else []
    return Screen(text, [*rows, turns, [*everyone, HOME]])


async def show_user(
    ctx: Ctx, user_id: int, *, me: Session, admin: Admin, people: People, billing: Billing
) -> None:
    """Show the card of an account: what the API says, what was paid, and what the bot has seen."""
    user = await admin.user(me, user_id)
    client = next((c for c in await admin.clients(me) if c.user_id == user_id), None)
    known = (await people.by_account()).get(user_id, [])
    orders = await orders_of(billing, client.id if client else None)
    leads: list[Item] = [OpenClient(client=client.id).key("Its client")] if client else []
    back = UsersPage(page=0, search="").key("‹ Accounts")
    paid = orders_lines(ctx, billing, orders) if client else None
    text = user_card(ctx, user, client, known, paid)
    await ctx.show(Screen(text, [[*leads, *orders_row(orders)], [back, HOME]]), name="users")


def user_card(
    ctx: Ctx, user: User, client: Client | None, known: list[KnownPerson], paid: Rich | None
) -> Rich:
    """Return what is known of an account; `paid` is about the payments for its client."""
    return lines(
        bold(ctx.t("Account #{id}: {email}", id=str(user.id), email=isolate(user.email))),
        ctx.t("Role: {role}", role=role_of(ctx, user)),
        None if user.active else ctx.t("It is not active."),
        ctx.t("Made: {created}", created=user.created_at),
        ctx.n(
            "Client “{name}”: {n} read left.",
            "Client “{name}”: {n} reads left.",
            client.reads_left,
            name=isolate(client.name),
        )
        if client
        else ctx.t("It has no client."),
        paid,
        *(telegram_line(ctx, person) for person in known),
        None if known else ctx.t("Nobody has used this account in this bot."),
        ctx.t("The API does not say when an account last logged in or called."),
    )


def role_of(ctx: Ctx, user: User) -> Rich | str:
    """Return an account's role in words; one that is not known as the API has it."""
    match user.role:
        case "admin":
            return ctx.t("administrator")
        case "client":
            return ctx.t("customer")
    return user.role


def telegram_line(ctx: Ctx, person: KnownPerson) -> Rich:
    """Return who uses an account in Telegram, and when the bot last saw them."""
    return ctx.t(
        "Telegram {id}, seen here on {day}", id=str(person.id), day=person.seen_on.isoformat()
    )
