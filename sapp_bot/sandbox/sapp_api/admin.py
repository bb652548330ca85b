"""Routes for administrators: all users, all clients, the report of both."""

from __future__ import annotations

from .accounts import CLIENT_FIELDS, USER_FIELDS
from .context import ApiAnswer, RequestContext
from .gojson import bind, required
from .refusals import ApiError


async def list_users(ctx: RequestContext) -> ApiAnswer:
    """List the users that are not deleted, in no order."""
    return ApiAnswer([user.to_json() for user in ctx.database.users.alive()])


async def add_user(ctx: RequestContext) -> ApiAnswer:
    """Make a user of any role."""
    sent = bind("models.User", ctx.body, USER_FIELDS)
    user = ctx.database.new_user(
        sent.text("email"), sent.text("password"), role=sent.text("role"), row_id=sent.number("ID")
    )
    return ApiAnswer(ctx.database.users.insert(user).to_json())


async def get_user(ctx: RequestContext) -> ApiAnswer:
    """Show one user."""
    return ApiAnswer(ctx.database.users.get(_id(ctx)).to_json())


async def edit_user(ctx: RequestContext) -> ApiAnswer:
    """Write what was sent and is not zero, but never the password, nor `active`.

    An `ID` gives the row another number. From then on `password` shows the stored hash.
    Source: the API's internal/services/users.go, UpdateUser.
    """
    sent = bind("models.User", ctx.body, USER_FIELDS)
    user = ctx.database.users.get(_id(ctx))
    changes = {
        "id": sent.number("ID"),
        "email": sent.text("email"),
        "role": sent.text("role"),
        "password": user.hash,
    }
    return ApiAnswer(ctx.database.users.update(user.id, changes).to_json())


async def delete_user(ctx: RequestContext) -> ApiAnswer:
    """Mark a user as deleted; the e-mail stays taken."""
    ctx.database.users.delete(_id(ctx))
    return ApiAnswer(value=True)


async def list_clients(ctx: RequestContext) -> ApiAnswer:
    """List the clients that are not deleted, in no order."""
    return ApiAnswer([client.to_json() for client in ctx.database.clients.alive()])


async def add_client(ctx: RequestContext) -> ApiAnswer:
    """Make a client for any user: without reads, unless they are sent."""
    sent = bind("models.Client", ctx.body, CLIENT_FIELDS)
    client = ctx.database.new_client(
        sent.number("user_id"),
        name=sent.text("name"),
        domains=sent.text("domains"),
        reads=sent.number("reads_available"),
    )
    client.id = sent.number("ID")
    client.reads_used = sent.number("reads_used")
    return ApiAnswer(ctx.database.clients.insert(client).to_json())


async def get_client(ctx: RequestContext) -> ApiAnswer:
    """Show one client."""
    return ApiAnswer(ctx.database.clients.get(_id(ctx)).to_json())


async def edit_client(ctx: RequestContext) -> ApiAnswer:
    """Write what was sent and is not zero, each column on its own: the safe way to set reads.

    The key may be any text.
    """
    sent = bind("models.Client", ctx.body, CLIENT_FIELDS)
    changes = {("id" if name == "ID" else name): value for name, value in sent.fields.items()}
    return ApiAnswer(ctx.database.clients.update(_id(ctx), changes).to_json())


async def delete_client(ctx: RequestContext) -> ApiAnswer:
    """Mark a client as deleted; its user cannot make another."""
    ctx.database.clients.delete(_id(ctx))
    return ApiAnswer(value=True)


async def add_reads(ctx: RequestContext) -> ApiAnswer:
    """Load, add, save all columns: not safe to repeat, and not safe beside any other write."""
    struct = "UpdateClientReadsBody"
    sent = bind(f"structs.{struct}", ctx.body, {"client": int, "reads": int})
    required(struct, sent, {"client": "Client", "reads": "Reads"})
    client = ctx.database.clients.get(sent.number("client"))
    await ctx.points.reach("save reads")
    client.reads_available = _wrapped(client.reads_available + sent.number("reads"))
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
    """Read the number of a row, which goes to Postgres as it came."""
    text = ctx.params["id"]
    if text.isascii() and text.isdigit():
        return int(text)
    raise ApiError(f'ERROR: invalid input syntax for type bigint: "{text}" (SQLSTATE 22P02)')


def _wrapped(value: int) -> int:
    """Wrap around as Go's int does, in silence."""
    return (value + 2**63) % 2**64 - 2**63
