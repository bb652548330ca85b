"""Makes the edge of the Telegram account that the settings name."""

from __future__ import annotations

from sapp_bot.settings.settings import Settings
from sapp_bot.telegram.account import UserAccount
from sapp_bot.telegram.edge import EdgeConfig, TelegramEdge
from sapp_bot.telegram.sign_in import Asker


def telegram_edge(settings: Settings, *, ask: Asker | None = None) -> TelegramEdge:
    """Make the edge of the account that is set; `ask` is who can sign in to a person's own."""
    is_user = settings.sapp_mode == "user"
    account = UserAccount(settings.sapp_userbot_allow, ask=ask) if is_user else None
    return TelegramEdge(_edge_config(settings), account=account)


def _edge_config(settings: Settings) -> EdgeConfig:
    server = settings.telegram_server
    return EdgeConfig(
        api_id=settings.telegram_api_id,
        api_hash=settings.telegram_api_hash,
        bot_token=settings.telegram_bot_token,
        folder=settings.sapp_data,
        server=f"{server.host}:{server.port}" if server else None,
        server_key=settings.telegram_server_key or None,
        proxy=settings.telegram_proxy.get_secret_value(),
    )
