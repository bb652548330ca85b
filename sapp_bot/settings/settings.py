"""Every environment variable the bot knows: its unit, default and meaning.

A field's name in capitals is the variable's name, and its description is the documentation.
A variable that is set but empty counts as not set; it still hides the same name in `.env`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from sapp_bot.errors import ConfigError, setting_reason
from sapp_bot.paths import usual_plugins

from .advice import exposed, misspelt, quoted
from .billing import BillingSettings
from .parsers import (
    Address,
    check_api_address,
    check_hash,
    check_proxy,
    check_public_address,
    check_redis_address,
    check_token,
    read_address,
    read_ids,
    read_keys,
    read_listen_address,
    read_server_key,
    read_word,
)
from .secret_files import SUFFIX, read_secret_files
from .tracing import TracingSettings

Ids = Annotated[frozenset[int], BeforeValidator(read_ids)]
Keys = Annotated[tuple[SecretStr, ...], BeforeValidator(read_keys)]
Server = Annotated[Address | None, BeforeValidator(read_address)]
Listener = Annotated[Address | None, BeforeValidator(read_listen_address)]
Role = Annotated[Literal["all", "gateway", "worker"], BeforeValidator(read_word)]
Mode = Annotated[Literal["bot", "user"], BeforeValidator(read_word)]
LogFormat = Annotated[Literal["auto", "json", "text"], BeforeValidator(read_word)]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(read_word)]


class Settings(TracingSettings, BillingSettings):
    """The settings of one process. Absent is empty: `""`, 0, an empty tuple, or None.

    `model_fields_set` names what was set, as opposed to what stands at its default.
    """

    model_config = ConfigDict(
        frozen=True,
        defer_build=False,
        extra="ignore",
        validate_default=True,  # a default can be wrong beside what is set
        hide_input_in_errors=True,
    )

    telegram_api_id: int = Field(
        0,
        ge=0,
        description="The number of your Telegram application, from https://my.telegram.org/apps."
        " Always needed.",
        examples=["1234567"],
    )
    telegram_api_hash: Annotated[SecretStr, AfterValidator(check_hash)] = Field(
        SecretStr(""),
        description="The hash that my.telegram.org shows beside that number. Secret. Always"
        " needed.",
        examples=["0123456789abcdef0123456789abcdef"],
    )
    telegram_bot_token: Annotated[SecretStr, AfterValidator(check_token)] = Field(
        SecretStr(""),
        description="The bot's token, from @BotFather. Secret. Needed for a bot; leave it"
        " empty when SAPP_MODE is user.",
        examples=["1234567890:AAabcdefghijklmnopqrstuvwxyz0123456"],
    )
    telegram_server: Server = Field(
        None,
        description="host:port of another MTProto server. Empty: Telegram's own.",
        examples=["127.0.0.1:8443"],
    )
    telegram_server_key: Annotated[str, BeforeValidator(read_server_key)] = Field(
        "",
        description="RSA public key of that server, PKCS#1 PEM: the text or the path of a file.",
        examples=["./server_key.pem"],
    )
    telegram_proxy: Annotated[SecretStr, AfterValidator(check_proxy)] = Field(
        SecretStr(""),
        description="The way to Telegram where it is blocked: socks5://, http:// (each with"
        " [user:password@]host:port) or mtproxy://SECRET@host:port. Secret.",
        examples=["socks5://127.0.0.1:1080"],
    )
    sapp_api_url: Annotated[str, AfterValidator(check_api_address)] = Field(
        "",
        description="Address of the SAPP Finance API, without /api/v1. Always needed; whoever"
        " runs that service knows it.",
        examples=["https://api.example.com"],
    )
    sapp_api_public_url: Annotated[str, AfterValidator(check_api_address)] = Field(
        "",
        description="Address at which people's programs reach that API, if it is another one,"
        " without /api/v1. Shown to people.",
        examples=["https://api.example.com"],
    )
    sapp_redis_password: SecretStr = Field(
        SecretStr(""),
        description="Password of Redis, put into SAPP_REDIS_URL. Secret. Needed with Docker, where"
        " docker-compose.yml gives it to both sides: think up letters and digits. Without Docker"
        " leave it empty, unless your Redis has a password.",
        examples=["aLongRandomText"],
    )
    sapp_redis_url: SecretStr = Field(
        SecretStr("redis://127.0.0.1:6379/0"),
        description="Where Redis is: redis://, rediss:// (TLS) or unix:///path/of/its.sock?db=0;"
        " redis-sentinel://host:26379,host:26379/0#name (rediss-sentinel://) asks Sentinels."
        " memory:// forgets all at exit,"
        " and `run` takes it only with --ephemeral.",
        examples=["rediss://redis.example.com:6380/0"],
    )
    sapp_plugins: Path = Field(
        default_factory=usual_plugins,
        description="Folder of the plugins; each .py file and package in it is one. Where"
        " neither this nor the folder is there, the built-in plugins run.",
        examples=["/srv/plugins"],
    )
    sapp_secret_keys: Keys = Field(
        (),
        description="Keys that seal what is stored, separated by commas, newest first, or the"
        " path of a file that holds them, where # begins a comment. `python -m sapp_bot key` makes"
        " one. Secret. Needed without Docker; docker-compose.yml takes the file secret_keys"
        " instead, so leave it empty there.",
        examples=["./secret_keys"],
    )
    sapp_admins: Ids = Field(
        frozenset(),
        description="Telegram user ids of the operators, separated by commas.",
        examples=["123456789,987654321"],
    )
    sapp_mode: Mode = Field(
        "bot",
        description="bot: with a bot token. user: on a person's own account (userbot).",
        examples=["user"],
    )
    sapp_role: Role = Field(
        "all",
        description="all: the whole bot in one process. gateway: the part that talks to Telegram."
        " worker: one of those that run the plugins, as many as you like beside a gateway"
        " (docs/operations.md). `run --role` wins over it.",
        examples=["worker"],
    )
    sapp_userbot_allow: Ids = Field(
        frozenset(),
        description="Telegram user ids that a userbot answers beside its owner, separated by"
        " commas. Its operator can read what they type.",
        examples=["123456789"],
    )
    sapp_key_shown_s: int = Field(
        60,
        ge=1,
        le=3600,
        description="How long an API key stays visible after Show: seconds, 1 to 3600.",
        examples=["30"],
    )
    sapp_data: Path = Field(
        Path("data"),
        description="Folder of the Telegram session file and the heartbeat. Keep it private:"
        " the session file is as good as the token.",
        examples=["/srv/sapp_bot"],
    )
    sapp_handler_limit_s: float = Field(
        15,
        gt=0,
        le=600,
        description="How long a handler may work on one message: seconds, up to 600.",
        examples=["10"],
    )
    sapp_loop_limit_s: float = Field(
        30,
        ge=0,
        le=600,
        description="How long a plugin's code may hold up the whole bot until the process ends"
        " itself, with exit code 70, to be started again: seconds, up to 600. 0 for no limit.",
        examples=["60"],
    )
    sapp_messages_per_minute: int = Field(
        120,
        ge=0,
        description="How many messages one person may send in a minute; more are turned away with a"
        " request to slow down. Presses are counted apart. 0 for no limit.",
        examples=["60"],
    )
    sapp_sent_per_s: float = Field(
        25,
        ge=0,
        le=1000,
        description="How many replies go out in a second over all chats; Telegram allows about 30."
        " In one chat it is one a second after a burst of five. 0 for no limit.",
        examples=["20"],
    )
    sapp_drain_s: float = Field(
        20,
        ge=0,
        le=600,
        description="How long messages in work may finish after SIGTERM: seconds, up to 600. Keep"
        " it under the time until SIGKILL (docker-compose.yml: 30).",
        examples=["10"],
    )
    sapp_log_format: LogFormat = Field(
        "auto",
        description="json, text, or auto: text on a terminal, JSON elsewhere.",
        examples=["json"],
    )
    sapp_log_level: LogLevel = Field(
        "info",
        description="The least that is logged: debug, info, warning or error.",
        examples=["warning"],
    )
    sapp_monitoring: Listener = Field(
        None,
        description="Where /metrics, /livez and /readyz are served: a port of 127.0.0.1, or"
        " host:port. They name no person and hold no secret, and ask for no password. Empty:"
        " nowhere, and nothing is measured.",
        examples=["9464"],
    )
    sapp_support: str = Field(
        "",
        max_length=200,
        description="Whom people can ask for help: a text shown to them, up to 200 characters.",
        examples=["@example_support"],
    )
    sapp_service_email: str = Field(
        "",
        max_length=255,
        description="E-mail of the API account that pays for rates which all people share."
        " Empty: everybody pays with their own client.",
        examples=["bot@example.com"],
    )
    sapp_service_password: SecretStr = Field(
        SecretStr(""),
        description="Password of that account. Secret.",
        examples=["aLongRandomText"],
    )
    sapp_docs_url: Annotated[str, AfterValidator(check_public_address)] = Field(
        "",
        description="Public address of the API's documentation, shown to people.",
        examples=["https://docs.example.com"],
    )

    @model_validator(mode="before")
    @classmethod
    def _leave_out_empty(cls, values: Mapping[str, object]) -> dict[str, object]:
        stripped = {k: v.strip() if isinstance(v, str) else v for k, v in values.items()}
        return {k: v for k, v in stripped.items() if v != ""}

    @field_validator("telegram_server_key")
    @classmethod
    def _belongs_to_server(cls, value: str, info: ValidationInfo) -> str:
        # Beside Telegram's own servers a foreign key would be one more that is trusted.
        if value and "telegram_server" in info.data and info.data["telegram_server"] is None:
            raise ValueError("is set without TELEGRAM_SERVER; set both or none")
        return value

    @field_validator("sapp_redis_url")
    @classmethod
    def _with_password(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        return check_redis_address(value, info.data.get("sapp_redis_password", SecretStr("")))

    def secret_values(self) -> frozenset[str]:
        """List every secret text, so that the log can hide it wherever it turns up."""
        found = set(self._secrets())
        redis = urlsplit(self.sapp_redis_url.get_secret_value())
        proxy = urlsplit(self.telegram_proxy.get_secret_value())
        for secret in (redis.password, proxy.password, proxy.username):
            if secret:
                found |= {secret, unquote(secret)}
        for field in self.otlp_headers().values():
            found |= {field, field.rpartition(" ")[2]}  # behind a word such as Bearer, too
        for name in ("password", "sentinel_password"):
            found |= set(parse_qs(redis.query).get(name, []))
        return frozenset(found - {""})

    def _secrets(self) -> Iterator[str]:
        for name in type(self).model_fields:
            value = getattr(self, name)
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, SecretStr) and name != "sapp_redis_url":
                    yield part.get_secret_value()


SECRETS = (
    "TELEGRAM_API_HASH",
    "TELEGRAM_BOT_TOKEN",
    "TELEGRAM_PROXY",
    "SAPP_REDIS_PASSWORD",
    "SAPP_REDIS_URL",
    "SAPP_ADMIN_PASSWORD",
    "SAPP_SECRET_KEYS",
    "SAPP_SERVICE_PASSWORD",
    "OTEL_EXPORTER_OTLP_HEADERS",
)
"""What may stand in a file that `<name>_FILE` names."""


def variable_names() -> tuple[str, ...]:
    """Return the names of every variable, in the order of the documentation."""
    own = Settings.__annotations__  # before those of `BillingSettings`, which pydantic puts first
    return tuple(name.upper() for name in sorted(Settings.model_fields, key=lambda n: n not in own))


def known_names() -> tuple[str, ...]:
    """Return the names of every variable that the bot reads, those of secret files included."""
    return (*variable_names(), *(name + SUFFIX for name in SECRETS))


def advice(settings: Settings, plugins: Iterable[str]) -> Iterator[str]:
    """List what looks like a mistake, in sentences without values.

    Args:
        settings: What was read.
        plugins: The names of the plugins, which have settings of their own.

    """
    variables = read_environment()
    yield from misspelt(variables, known_names(), plugins)
    yield from quoted(variables, variable_names())
    yield from exposed(settings.sapp_api_url, settings.sapp_redis_url.get_secret_value())


def read_environment() -> dict[str, str]:
    """Read all variables there are, names in capitals, for the settings of plugins.

    The environment wins over `.env` in the working directory, also where it is empty.

    Raises:
        ConfigError: `.env` cannot be read.

    """
    try:
        file = dotenv_values(".env", encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigError(".env: cannot be read as UTF-8 text") from None
    found = {name.upper(): value for name, value in (*file.items(), *os.environ.items())}
    return {name: value for name, value in found.items() if value}


def load_settings() -> Settings:
    """Read the environment and `.env` in the working directory; the environment wins.

    Raises:
        ConfigError: naming each wrong variable, what is wrong with it and how it should look.

    """
    variables = read_environment()
    found, wrong = read_secret_files(variables, SECRETS)
    if wrong:
        raise ConfigError(list_of_faults("These settings are wrong", wrong))
    given: dict[str, Any] = {name.lower(): value for name, value in (variables | found).items()}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        wrong = [_explain(detail) for detail in error.errors(include_input=False)]
    # Raised out here, so that no trace of the values hangs on to it as its context.
    raise ConfigError(list_of_faults("These settings are wrong", wrong))


def _explain(detail: ErrorDetails) -> str:
    field = str(detail["loc"][0])
    example = (Settings.model_fields[field].examples or [""])[0]
    reason = setting_reason(detail["msg"])
    hint = "".join(f" {text}." for text in quoted(os.environ, [field.upper()]))
    return f"{field.upper()} {reason}. Example: {field.upper()}={example}{hint}"


def list_of_faults(title: str, entries: list[str]) -> str:
    """Return a title and its entries, one a line, with the page that explains them."""
    return "\n".join([f"{title} (all of them: docs/settings.md):", *(f"  {e}" for e in entries)])
