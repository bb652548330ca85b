"""Builds the environment variables of the bot's process. Reads no file."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from sapp_bot.paths import PACKAGE, shipped_plugins

PROJECT = PACKAGE.parent

REPLACEABLE = ("SAPP_API_URL", "SAPP_REDIS_URL", "SAPP_PLUGINS", "SAPP_MODE", "SAPP_ADMINS")
"""Variables whose value from the sandbox's own environment beats the sandbox's default."""


_DEFAULTS = {
    "SAPP_PLUGINS": str(shipped_plugins()),
    # Scripts and crowds type faster than people, and the local Telegram has no limits.
    "SAPP_MESSAGES_PER_MINUTE": "0",
    "SAPP_SENT_PER_S": "0",
}


def environment_for(given: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Return the bot's environment variables.

    Args:
        given: Variables that the sandbox was started with, and a script's settings. TELEGRAM_
            ones mean the real Telegram and never reach the bot; other SAPP_ settings pass through.
        own: Variables that lead to the local servers.

    """
    passed = {name: value for name, value in given.items() if not name.startswith("TELEGRAM_")}
    if not given.get("SAPP_REDIS_URL"):
        passed.pop("SAPP_REDIS_PASSWORD", None)
    kept = {name: given[name] for name in REPLACEABLE if given.get(name)}
    whole = {**_DEFAULTS, **passed, **own, **kept}
    # The bot runs in a folder of its own, so that it reads no `.env` from here: make the path
    # absolute, as it is relative to this folder.
    whole["SAPP_PLUGINS"] = str(Path(whole["SAPP_PLUGINS"] or shipped_plugins()).absolute())
    paths = [str(PROJECT), *filter(None, [given.get("PYTHONPATH")])]
    whole["PYTHONPATH"] = os.pathsep.join(paths)
    return whole


def make_key() -> str:
    """Return a key for SAPP_SECRET_KEYS. Source: https://github.com/fernet/spec, "Key Format"."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
