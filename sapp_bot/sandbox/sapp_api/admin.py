"""Routes for administrators: all users, all clients, the report of both."""

from __future__ import annotations

import uuid

from .accounts import CLIENT_FIELDS, USER_FIELDS
from .context import ApiAnswer, RequestContext
from .gojson import BoundBody, bind, required
from .refusals import ApiError


async def list_users(ctx: RequestContext) -> ApiAnswer:
    """List the users that are not deleted."""
    return ApiAnswer([user.to_json() for user in ctx.database.users.alive()])


async def add_user(ctx: RequestContext) -> ApiAnswer:
    """Make a user of any role."""
    sent = bind("User", ctx.body, USER_FIELDS)
    user = ctx.database.new_user(
        sent.text("email"), sent.text("password"), role=sent.text("role"), row_id=sent.number("ID")
    )
    return ApiAnswer(ctx.database.users.insert(user).to_json())


async def get_user(ctx: RequestContext) -> ApiAnswer:
    """Show one user."""
    return ApiAnswer(ctx.database.users.get(_id(ctx)).to_json())


async def edit_user(ctx: RequestContext) -> ApiAnswer:
    """Write what was sent and is not zero. From then on `password` shows the stored hash."""
    sent = bind("User", ctx.body, USER_FIELDS)
    user = ctx.database.users.get(_id(ctx))
    password = sent.text("password")
    stored = ctx.database.hash(password) if password else user.hash
    changes = {
        "email": sent.text("email"),
        "role": sent.text("role"),
        "active": sent.fields.get("active"),
        "hash": stored,
        "password": stored,
    }
    return ApiAnswer(ctx.database.users.update(user.id, changes).to_json())


async def delete_user(ctx: RequestContext) -> ApiAnswer:
    """Mark a user as deleted; the e-mail stays taken."""
    ctx.database.users.delete(_id(ctx))
    return ApiAnswer(value=True)


async def list_clients(ctx: RequestContext) -> ApiAnswer:
    """List the clients that are not deleted."""
    return ApiAnswer([client.to_json() for client in ctx.database.clients.alive()])


async def add_client(ctx: RequestContext) -> ApiAnswer:
    """Make a client for any user."""
    sent = bind("Client", ctx.body, CLIENT_FIELDS)
    client = ctx.database.new_client(
        sent.number("user_id"), name=sent.text("name"), domains=sent.text("domains")
    )
    client.id = sent.number("ID")
    client.reads_used = sent.number("reads_used")
    client.reads_available = sent.number("reads_available") or client.reads_available
    return ApiAnswer(ctx.database.clients.insert(client).to_json())


async def get_client(ctx: RequestContext) -> ApiAnswer:
    """Show one client."""
    return ApiAnswer(ctx.database.clients.get(_id(ctx)).to_json())


async def edit_client(ctx: RequestContext) -> ApiAnswer:
    """Write what was sent and is not zero, each column on its own: the safe way to set reads."""
    sent = bind("Client", ctx.body, CLIENT_FIELDS)
    changes = {name: value for name, value in sent.fields.items() if name != "ID"}
    if sent.text("api_key"):
        changes["api_key"] = _key(sent)
    return ApiAnswer(ctx.database.clients.update(_id(ctx), changes).to_json())


async def delete_client(ctx: RequestContext) -> ApiAnswer:
    """Mark a client as deleted; its user cannot make another."""
    ctx.database.clients.delete(_id(ctx))
    return ApiAnswer(value=True)


async def add_reads(ctx: RequestContext) -> ApiAnswer:
    """Load, add, save all columns: not safe to repeat, and not safe beside any other write."""
    sent = bind("ReadsChange", ctx.body, {"client": int, "reads": int})
    required("ReadsChange", sent, {"client": "Client", "reads": "Reads"})
    client = ctx.database.clients.get(sent.number("client"))
    await ctx.points.reach("save reads")
    client.reads_available += sent.number("reads")
    return ApiAnswer(ctx.database.clients.save(client).to_json())


async def users_clients(ctx: RequestContext) -> ApiAnswer:
    """Report every client beside its user, deleted ones too."""
    users = {user.id: user for user in ctx.database.users.all()}
    return ApiAnswer(
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
            for client in ctx.database.clients.all()
            if client.user_id in users
        ]
    )


def _id(ctx: RequestContext) -> int:
    text = ctx.params["id"]
    if text.isascii() and text.isdigit():
        return int(text)
    raise ApiError(f'strconv.Atoi: parsing "{text}": invalid syntax')


def _key(sent: BoundBody) -> str:
    text = sent.text("api_key")
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise ApiError(f"invalid UUID length: {len(text)}") from error
