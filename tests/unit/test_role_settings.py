"""What a gateway and a worker need to be set, and what they refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sapp_bot.errors import ConfigError
from sapp_bot.settings.requirements import check_run
from sapp_bot.settings.settings import Settings
from tests.service.store_kit import KEY


def complete(folder: Path, **others: Any) -> Settings:
    """Return all that `run` needs, with some replaced."""
    values = {
        "telegram_api_id": 1234567,
        "telegram_api_hash": "0123456789abcdef0123456789abcdef",
        "telegram_bot_token": "1234567890:AAabcdefghijklmnopqrstuvwxyz0123456",
        "sapp_api_url": "https://api.example.com",
        "sapp_secret_keys": KEY,
        "sapp_plugins": folder,
    }
    return Settings.model_validate(values | others)


def test_a_role_needs_less_than_the_whole(tmp_path: Path) -> None:
    """A gateway no API and no plugins; a worker nothing of Telegram but the bot's number."""
    gateway = complete(tmp_path, sapp_api_url="", sapp_plugins="nowhere")
    worker = complete(tmp_path, telegram_api_id=0, telegram_api_hash="")

    check_run(gateway, role="gateway")
    check_run(worker, role="worker")
    for settings, lacking in ((gateway, "SAPP_API_URL"), (worker, "TELEGRAM_API_ID")):
        with pytest.raises(ConfigError, match=lacking):
            check_run(settings)


@pytest.mark.parametrize("role", ["gateway", "worker"])
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("SAPP_MODE", "user"),
        ("SAPP_REDIS_URL", "memory://"),
    ],
)
def test_what_is_one_process_is_refused_to_a_role(
    tmp_path: Path, role: str, setting: str, value: str
) -> None:
    """A person's own account, and a Redis in the process; the text says what to do."""
    settings = complete(tmp_path, **{setting.lower(): value})

    check_run(settings, ephemeral=True)
    with pytest.raises(ConfigError, match=f"SAPP_ROLE is {role}, and {setting} is .*; "):
        check_run(settings, ephemeral=True, role=role)
