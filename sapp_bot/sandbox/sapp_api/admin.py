"""Routes for administrators: all users, all clients, the report of both."""

from __future__ import annotations

import uuid

from .accounts import CLIENT_FIELDS, USER_FIELDS
from .context import Answer, Context
from .gojson import Bound, bind, required
from .refusals import Refused


async def list_users(ctx: Context) -> Answer:
    """List the users that are not deleted."""
    return Answer([user.to_json() for user in ctx.ledger.users.alive()])


async def add_user(ctx: Context) -> Answer:
    """Make a user of any role."""
    sent = bind("User", ctx.body, USER_FIELDS)
    user = ctx.ledger.new_user(
        sent.text("email"), sent.text("password"), role=sent.text("role"), row_id=sent.number("ID")
    )
    return Answer(ctx.ledger.users.insert(user).to_json())


async def get_user(ctx: Context) -> Answer:
    """Show one user."""
    return Answer(ctx.ledger.users.get(_id(ctx)).to_json())


async def edit_user(ctx: Context) -> Answer:
    """Write what was sent and is not zero. From then on `password` shows the stored hash."""
    sent = bind("User", ctx.body, USER_FIELDS)
    user = ctx.ledger.users.get(_id(ctx))
    password = sent.text("password")
    stored = ctx.ledger.hash(password) if password else user.hash
    changes = {
        "email": sent.text("email"),
        "role": sent.text("role"),
        "active": sent.fields.get("active"),
        "hash": stored,
        "password": stored,
    }
    return Answer(ctx.ledger.users.update(user.id, changes).to_json())


async def delete_user(ctx: Context) -> Answer:
    """Mark a user as deleted; the e-mail stays taken."""
    ctx.ledger.users.delete(_id(ctx))
    return Answer(value=True)


async def list_clients(ctx: Context) -> Answer:
    """List the clients that are not deleted."""
    return Answer([client.to_json() for client in ctx.ledger.clients.alive()])


async def add_client(ctx: Context) -> Answer:
    """Make a client for any user."""
    sent = bind("Client", ctx.body, CLIENT_FIELDS)
    client = ctx.ledger.new_client(
        sent.number("user_id"), name=sent.text("name"), domains=sent.text("domains")
    )
    client.id = sent.number("ID")
    client.reads_used = sent.number("reads_used")
    client.reads_available = sent.number("reads_available") or client.reads_available
    return Answer(ctx.ledger.clients.insert(client).to_json())


async def get_client(ctx: Context) -> Answer:
    """Show one client."""
    return Answer(ctx.ledger.clients.get(_id(ctx)).to_json())


async def edit_client(ctx: Context) -> Answer:
    """Write what was sent and is not zero, each column on its own: the safe way to set reads."""
    sent = bind("Client", ctx.body, CLIENT_FIELDS)
    changes = {name: value for name, value in sent.fields.items() if name != "ID"}
    if sent.text("api_key"):
        changes["api_key"] = _key(sent)
    return Answer(ctx.ledger.clients.update(_id(ctx), changes).to_json())


async def delete_client(ctx: Context) -> Answer:
    """Mark a client as deleted; its user cannot make another."""
    ctx.ledger.clients.delete(_id(ctx))
    return Answer(value=True)


async def add_reads(ctx: Context) -> Answer:
    """Load, add, save all columns: not safe to repeat, and not safe beside any other write."""
    sent = bind("ReadsChange", ctx.body, {"client": int, "reads": int})
    required("ReadsChange", sent, {"client": "Client", "reads": "Reads"})
    client = ctx.ledger.clients.get(sent.number("client"))
    await ctx.points.reach("save reads")
    client.reads_available += sent.number("reads")
    return Answer(ctx.ledger.clients.save(client).to_json())


async def users_clients(ctx: Context) -> Answer:
    """Report every client beside its user, deleted ones too."""
    users = {user.id: user for user in ctx.ledger.users.all()}
    return Answer(
        [
            {
                "name": client.name,
                "reads_used": client.reads_used,
                "reads_available": client.reads_available,
                "client_id": client.id,
                "user_id": client.user_id,
                "created_at": client.created_at,
                "email": users[client.user_id].email,
                "active": users[client.user_id].active,
            }
            for client in ctx.ledger.clients.all()
            if client.user_id in users
        ]
    )


def _id(ctx: Context) -> int:
    text = ctx.params["id"]
    if text.isascii() and text.isdigit():
        return int(text)
    raise Refused(f'strconv.Atoi: parsing "{text}": invalid syntax')


def _key(sent: Bound) -> str:
    text = sent.text("api_key")
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise Refused(f"invalid UUID length: {len(text)}") from error
