"""Routes of /auth and /account: users and their one client."""

from __future__ import annotations

from .context import ApiAnswer, RequestContext
from .gojson import bind, required
from .refusals import DATABASE_AWAY, NO_ACTIVE_USER, ApiError

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


async def register(ctx: RequestContext) -> ApiAnswer:
    """Make a user. Nothing is checked, and most columns can come with the body; not the role."""
    sent = bind("models.User", ctx.body, USER_FIELDS, is_pointer=True)
    if ctx.is_missed:
        raise ApiError(DATABASE_AWAY)
    user = ctx.database.users.insert(
        ctx.database.new_user(sent.text("email"), sent.text("password"), row_id=sent.number("ID"))
    )
    return ApiAnswer({"user": user.to_json(), "token": ctx.database.token_for(user)})


async def login(ctx: RequestContext) -> ApiAnswer:
    """Trade credentials for a token. An error of the database is not looked at."""
    fields: dict[str, type] = {"email": str, "password": str}
    sent = bind("structs.LoginPayload", ctx.body, fields, is_pointer=True)
    if ctx.is_missed:
        raise ApiError(NO_ACTIVE_USER)
    user = ctx.database.log_in(sent.text("email"), sent.text("password"))
    return ApiAnswer({"user": user.to_json(), "token": ctx.database.token_for(user)})


async def me(ctx: RequestContext) -> ApiAnswer:
    """Show who is logged in."""
    return ApiAnswer(ctx.user.to_json())


async def logout(ctx: RequestContext) -> ApiAnswer:
    """Answer yes, and blacklist the token afterwards. The route /auth/deactivate is the same."""
    ctx.points.spawn(_blacklist(ctx, ctx.token))
    return ApiAnswer(value=True)


async def _blacklist(ctx: RequestContext, token: str) -> None:
    if await ctx.points.reach("blacklist token"):
        ctx.database.blacklist(token)


async def change_password(ctx: RequestContext) -> ApiAnswer:
    """Set another password; tokens issued before stay good."""
    sent = bind("structs.UpdateUserPasswordPayload", ctx.body, dict.fromkeys(_PASSWORDS, str))
    required("UpdateUserPasswordPayload", sent, _PASSWORDS)
    if ctx.database.hash(sent.text("current_password")) != ctx.user.hash:
        raise ApiError("passwords don't match")
    if sent.text("new_password") != sent.text("new_password_confirmation"):
        raise ApiError("passwords confirmation failed")
    ctx.database.set_password(ctx.user, sent.text("new_password"))
    return ApiAnswer(value=True)


async def client_using_token(ctx: RequestContext) -> ApiAnswer:
    """Show the caller's client; free."""
    return ApiAnswer(ctx.database.client_of(ctx.user).to_json())


async def client_using_key(ctx: RequestContext) -> ApiAnswer:
    """Show the key's client; costs a read, which the answer does not count yet."""
    return ApiAnswer(ctx.client.to_json())


async def register_client(ctx: RequestContext) -> ApiAnswer:
    """Make the caller's client, with ten reads whatever is sent; other columns may come along."""
    sent = bind("models.Client", ctx.body, CLIENT_FIELDS, is_pointer=True)
    client = ctx.database.new_client(
        ctx.user.id, name=sent.text("name"), domains=sent.text("domains")
    )
    client.id = sent.number("ID")
    client.reads_used = sent.number("reads_used")
    return ApiAnswer(ctx.database.clients.insert(client).to_json())
