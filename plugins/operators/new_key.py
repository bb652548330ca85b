"""A new key for a client, from its card. The key itself is seen by its owner only."""

from uuid import uuid4

from pydantic import SecretStr

from sapp_bot import Button, CommandButton, Ctx, Screen, Store, bold, isolate, lines
from sapp_bot.services import Admin, AuditLog, Client, People, Session

from .clients import AskNewKey, OpenClient, heading, to_client
from .kept_changes import KeptChange, watch, write
from .plugin import HOME, plugin


class ReplaceKey(Button):
    """Button that gives a client a new key, if it still has the one that was shown."""

    client: int
    ends: str


@plugin.button(role="admin", typed_as="/clients {client}")
async def ask_new_key(ctx: Ctx, pressed: AskNewKey, me: Session, admin: Admin) -> None:
    """Say what a new key means, and ask."""
    client = await admin.client(me, pressed.client)
    text = lines(
        heading(ctx, client),
        bold(ctx.t("Replace its key?")),
        ctx.t("The key it has stops at once: programs that use it are refused."),
        ctx.t("Its owner is told, and sees the new one with /client. You do not see it."),
    )
    yes = ReplaceKey(client=client.id, ends=ends_of(client)).key("Replace the key", style="danger")
    no = OpenClient(client=client.id).key("No, back")
    await ctx.show(Screen(text, [[yes], [no, HOME]]), name="clients")


@plugin.button(role="admin", typed_as="/clients {client}")
async def replace_key(
    ctx: Ctx,
    pressed: ReplaceKey,
    *,
    me: Session,
    admin: Admin,
    people: People,
    audit: AuditLog,
    changes: Store[KeptChange],
) -> None:
    """Replace the key, tell the owner, and watch that it stays."""
    client = await admin.client(me, pressed.client)
    if ends_of(client) != pressed.ends and not ctx.again:
        await ctx.toast("It has a new key already.", alert=True)
        return
    change = KeptChange(client=client.id, api_key=SecretStr(str(uuid4())))
    async with audit.act("newkey", f"client {client.id}"):
        client = await write(admin, me, change)
    owners = (await people.by_account()).get(client.user_id, [])
    for owner in owners:
        await tell_owner(await ctx.to(owner.id), client)
    text = lines(
        heading(ctx, client),
        ctx.t("It has a new key."),
        ctx.n("I told its owner.", "I told the {n} people who use it.", len(owners))
        if owners
        else ctx.t("I know nobody in Telegram to tell: its owner sees it after /login here."),
        ctx.t("I look for two minutes whether that stays, and set it again if not."),
    )
    await ctx.show(Screen(text, [to_client(client)]), name=f"kept {ctx.key}")
    await watch(ctx, changes, change)


async def tell_owner(there: Ctx, client: Client) -> None:
    """Tell an owner that the key is another one; the key itself only /client shows."""
    text = lines(
        bold(there.t("Your client “{name}” has a new key.", name=isolate(client.name))),
        there.t("An operator replaced it. The key before is no longer taken."),
        there.t("/client shows your client, with the new key."),
    )
    card = CommandButton(command="client").key("My client")
    await there.say(text, rows=[[card, HOME]])


def ends_of(client: Client) -> str:
    """Return what tells one key from another without giving it away."""
    return client.api_key.get_secret_value()[-4:]
