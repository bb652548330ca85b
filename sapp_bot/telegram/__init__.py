"""Telegram adapter: signs in, receives updates and makes calls; the only package with Telethon."""

import sys
from importlib import import_module


def _import_telethon_without_pillow() -> None:
    """Hide Pillow, which matplotlib brings, from the only part of Telethon that asks for it.

    It would draw photos anew before it sends them; ours have their size, and are sent past that.
    Its import takes a tenth of the bot's start and 4 MiB.
    Source: telethon/client/uploads.py, `_resize_photo_if_needed`.
    """
    pillow = sys.modules.get("PIL")
    # None makes an import fail. Source: https://docs.python.org/3/reference/import.html
    sys.modules["PIL"] = None  # type: ignore[assignment]  # the stubs know modules only
    try:
        import_module("telethon.client.uploads")
    finally:
        del sys.modules["PIL"]
        if pillow is not None:
            sys.modules["PIL"] = pillow


_import_telethon_without_pillow()
