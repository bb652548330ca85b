"""Routes of /auth and /account: users and their one client."""

from __future__ import annotations

from .context import Answer, Context
from .gojson import bind, required
from .refusals import Refused

USER_FIELDS: dict[str, type] = {
    "ID": int,
    "email": str,
    "password": str,
    "role": str,
    "active": bool,
}
CLIENT_FIELDS: dict[str, type] = {
    "ID": int,
    "name": str,
    "api_key": str,
    "user_id": int,
    "reads_used": int,
    "reads_available": int,
    "domains": str,
}
_PASSWORDS = {
    "current_password": "CurrentPassword",
    "new_password": "NewPassword",
    "new_password_confirmation": "NewPasswordConfirmation",
}


async def register(ctx: Context) -> Answer:
    """Make a user. Nothing is checked, and any column can come with the body, role and id too."""
    sent = bind("User", ctx.body, USER_FIELDS)
    user = ctx.ledger.users.insert(
        ctx.ledger.new_user(
            sent.text("email"),
            sent.text("password"),
            role=sent.text("role"),
            row_id=sent.number("ID"),
        )
    )
    return Answer({"user": user.to_json(), "token": ctx.ledger.token_for(user)})


async def login(ctx: Context) -> Answer:
    """Trade credentials for a token."""
    sent = bind("Credentials", ctx.body, {"email": str, "password": str})
    user = ctx.ledger.log_in(sent.text("email"), sent.text("password"))
    return Answer({"user": user.to_json(), "token": ctx.ledger.token_for(user)})


async def me(ctx: Context) -> Answer:
    """Show who is logged in."""
    return Answer(ctx.user.to_json())


async def logout(ctx: Context) -> Answer:
    """Say yes, and blacklist the token afterwards. The route /auth/deactivate is this as well."""
    ctx.points.spawn(_blacklist(ctx, ctx.token))
    return Answer(value=True)


async def _blacklist(ctx: Context, token: str) -> None:
    if await ctx.points.reach("blacklist token"):
        ctx.ledger.blacklist(token)


async def change_password(ctx: Context) -> Answer:
    """Set another password; tokens issued before stay good."""
    sent = bind("PasswordChange", ctx.body, dict.fromkeys(_PASSWORDS, str))
    required("PasswordChange", sent, _PASSWORDS)
    if ctx.ledger.hash(sent.text("current_password")) != ctx.user.hash:
        raise Refused("passwords don't match")
    if sent.text("new_password") != sent.text("new_password_confirmation"):
        raise Refused("passwords confirmation failed")
    ctx.ledger.set_password(ctx.user, sent.text("new_password"))
    return Answer(value=True)


async def client_using_token(ctx: Context) -> Answer:
    """Show the caller's client; free."""
    return Answer(ctx.ledger.client_of(ctx.user).to_json())


async def client_using_key(ctx: Context) -> Answer:
    """Show the key's client; costs a read, which the answer does not count yet."""
    return Answer(ctx.client.to_json())


async def register_client(ctx: Context) -> Answer:
    """Make the caller's client; the counters can come with the body, for whoever tries."""
    sent = bind("Client", ctx.body, CLIENT_FIELDS)
    client = ctx.ledger.new_client(
        ctx.user.id, name=sent.text("name"), domains=sent.text("domains")
    )
    client.id = sent.number("ID")
    client.reads_used = sent.number("reads_used")
    client.reads_available = sent.number("reads_available") or client.reads_available
    return Answer(ctx.ledger.clients.insert(client).to_json())
