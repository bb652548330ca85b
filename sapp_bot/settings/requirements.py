"""What `run` and `login` need to be set, beyond what is right by itself."""

from __future__ import annotations

from collections.abc import Iterator

from sapp_bot.errors import ConfigError

from .settings import Settings, list_of_faults
from .tracing import has_opentelemetry


def check_run(settings: Settings, *, ephemeral: bool = False, role: str = "all") -> None:
    """Check that all is set which `run` needs, beyond what other commands need.

    Args:
        settings: What is set.
        ephemeral: Whether a Redis that forgets will do.
        role: What the process is to be: "all", "gateway" or "worker".

    Raises:
        ConfigError: naming each variable that is missing, and where or how to get its value.

    """
    needs = [*_needs(settings, role, ephemeral=ephemeral), *_needs_of_role(settings, role)]
    missing = [text for absent, text in needs if absent]
    if missing:
        raise ConfigError(list_of_faults("`run` needs more", missing))


def check_login(settings: Settings) -> None:
    """Check that all is set which `login` needs.

    Raises:
        ConfigError: naming each variable that is missing or wrong.

    """
    missing = [text for absent, text in _needs_of_telegram(settings) if absent]
    if settings.sapp_mode != "user":
        missing.append("SAPP_MODE is bot: a bot signs in by its token; set SAPP_MODE=user")
    if missing:
        raise ConfigError(list_of_faults("`login` needs more", missing))


def _needs_of_telegram(settings: Settings) -> Iterator[tuple[bool, str]]:
    apps = "https://my.telegram.org/apps shows it"
    yield not settings.telegram_api_id, f"TELEGRAM_API_ID is not set; {apps}"
    yield not settings.telegram_api_hash, f"TELEGRAM_API_HASH is not set; {apps}"


def _needs_of_role(settings: Settings, role: str) -> Iterator[tuple[bool, str]]:
    if role == "all":
        return
    alone = f"SAPP_ROLE is {role}, and"
    yield (
        settings.sapp_mode == "user",
        f"{alone} SAPP_MODE is user: an own account is one process; set SAPP_ROLE=all",
    )
    yield (
        settings.sapp_redis_url.get_secret_value().startswith("memory:"),
        f"{alone} SAPP_REDIS_URL is memory://, which no other process sees; name a redis-server",
    )


def _needs(settings: Settings, role: str, *, ephemeral: bool) -> Iterator[tuple[bool, str]]:
    if role != "worker":  # the gateway does for it what Telegram is asked
        yield from _needs_of_telegram(settings)
    yield (
        settings.sapp_mode == "bot" and not settings.telegram_bot_token,
        "TELEGRAM_BOT_TOKEN is not set; @BotFather in Telegram makes one with /newbot",
    )
    yield (
        role != "gateway" and not settings.sapp_api_url,
        "SAPP_API_URL is not set: the address of the SAPP Finance API",
    )
    yield (
        not settings.sapp_secret_keys,
        "SAPP_SECRET_KEYS is not set; `python -m sapp_bot key` prints a new one",
    )
    yield (
        role != "gateway" and not settings.sapp_plugins.is_dir(),
        "SAPP_PLUGINS is not a folder; it is looked for from the working directory",
    )
    install = "`pip install --requirement requirements-otel.txt`, or leave the variable empty"
    yield (
        bool(settings.otel_exporter_otlp_endpoint) and not has_opentelemetry(),
        f"OTEL_EXPORTER_OTLP_ENDPOINT is set, and OpenTelemetry is not installed: {install}",
    )
    forgets = settings.sapp_redis_url.get_secret_value() == "memory://"
    yield (
        forgets and not ephemeral,
        "SAPP_REDIS_URL is memory://, which forgets all at exit; name a Redis, or say --ephemeral",
    )
