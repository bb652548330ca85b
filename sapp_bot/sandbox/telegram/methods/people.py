"""Methods that return users, and the server's configuration."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from telethon.tl import functions, types

from sapp_bot.sandbox.telegram.refusal import RpcError
from sapp_bot.sandbox.telegram.state.accounts import Account
from sapp_bot.sandbox.telegram.state.world import RpcCaller

from .registry import Methods

methods = Methods()

_DC = 2


@methods.on(functions.help.GetConfigRequest, "all")
def get_config(caller: RpcCaller, _: Any) -> Any:
    """Return the configuration; every data centre in it is this server.

    Source: https://core.telegram.org/api/config, the values Telegram's servers give.
    """
    now = datetime.now(UTC)
    port = caller.world.port
    return types.Config(
        date=now,
        expires=now + timedelta(hours=1),
        test_mode=False,
        this_dc=_DC,
        dc_options=[types.DcOption(dc, "127.0.0.1", port, static=True) for dc in range(1, 6)],
        dc_txt_domain_name="",
        chat_size_max=200,
        megagroup_size_max=200_000,
        forwarded_count_max=100,
        online_update_period_ms=210_000,
        offline_blur_timeout_ms=5_000,
        offline_idle_timeout_ms=30_000,
        online_cloud_timeout_ms=300_000,
        notify_cloud_delay_ms=30_000,
        notify_default_delay_ms=1_500,
        push_chat_period_ms=60_000,
        push_chat_limit=2,
        edit_time_limit=172_800,
        revoke_time_limit=2_147_483_647,
        revoke_pm_time_limit=2_147_483_647,
        rating_e_decay=2_419_200,
        stickers_recent_limit=200,
        channels_read_media_period=604_800,
        call_receive_timeout_ms=20_000,
        call_ring_timeout_ms=90_000,
        call_connect_timeout_ms=30_000,
        call_packet_timeout_ms=10_000,
        me_url_prefix="https://t.me/",
        caption_length_max=1_024,
        message_length_max=4_096,
        webfile_dc_id=_DC,
    )


@methods.on(functions.help.GetNearestDcRequest, "all")
def get_nearest_dc(_: RpcCaller, __: Any) -> Any:
    """Return this server as the nearest data centre."""
    return types.NearestDc(country="", this_dc=_DC, nearest_dc=_DC)


@methods.on(functions.account.UpdateStatusRequest, "people")
def update_status(_: RpcCaller, __: Any) -> bool:
    """Accept and ignore the online status: nobody can see it here."""
    return True


@methods.on(functions.users.GetUsersRequest)
def get_users(caller: RpcCaller, request: Any) -> list[Any]:
    """Return users; one that the caller may not see is empty."""
    return [_user_or_empty(caller, peer) for peer in request.id]


def _user_or_empty(caller: RpcCaller, peer: Any) -> Any:
    try:
        return caller.world.accounts.show(caller.account, caller.resolve(peer))
    except RpcError:
        return types.UserEmpty(getattr(peer, "user_id", 0))


@methods.on(functions.users.GetFullUserRequest)
def get_full_user(caller: RpcCaller, request: Any) -> Any:
    """Return one user with all details; a bot with its menu for this person."""
    account = caller.resolve(request.id)
    me = caller.account
    full = types.UserFull(
        id=account.id,
        settings=types.PeerSettings(),
        notify_settings=types.PeerNotifySettings(),
        common_chats_count=0,
        blocked=account.id in me.blocked or None,
        bot_info=_bot_info(caller, account) if account.bot else None,
    )
    return types.users.UserFull(full, chats=[], users=caller.users({account.id, me.id}))


def _bot_info(caller: RpcCaller, bot: Account) -> Any:
    me = caller.account
    commands = caller.world.menus.seen_by(bot.id, me.id, me.language)
    return types.BotInfo(user_id=bot.id, commands=commands or None)
