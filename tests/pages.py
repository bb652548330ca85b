"""The pages made from settings and plugins: `python -m tests.pages` writes them anew."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from sapp_bot.host.built_in import SHIPPED
from sapp_bot.host.routing.arguments import usage
from sapp_bot.i18n import Translator
from sapp_bot.monitoring.catalogue import CATALOGUE
from sapp_bot.service_wiring import check, offered_services
from sapp_bot.settings.settings import Settings, variable_names
from tests.service_pages import api_page, services_page

ROOT = Path(__file__).parent.parent

_NEEDED = {
    "telegram_api_id",
    "telegram_api_hash",
    "telegram_bot_token",
    "sapp_api_url",
    "sapp_redis_password",
    "sapp_secret_keys",
}
"""What `run` or docker-compose.yml cannot do without; the rest stands commented out."""

_ENV_HEAD = """\
# Settings of sapp_bot: copy this file to .env. What `run` can need stands empty without # in
# front, and the line above it says when; the lines with # show the defaults. The environment
# wins over .env; an empty value means the default.
# `python -m sapp_bot sandbox` needs none of this.
"""

_TABLE_HEAD = """\
# Settings

Each is an environment variable, or a line of `.env` in the working directory.
The environment wins; an empty value means the default.
`python -m sapp_bot run` needs those marked with *, the token only with SAPP_MODE=bot.
A wrong one is refused by name, with exit code 78; one that nothing reads is warned of, with the
nearest name. What is marked as secret may stand in a file of its own: `SAPP_SECRET_KEYS_FILE`, and
so on, names it. Values stand without quotes: `docker run --env-file` would keep them.
`HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` hold for the API; Telegram has `TELEGRAM_PROXY`.

The sandbox needs none and reads no `.env`.
What begins with `SAPP_` and is set in its environment holds for its bot, too, the settings of
plugins included: `SAPP_SUPPORT=@me python -m sapp_bot sandbox`. `SAPP_API_URL`, `SAPP_REDIS_URL`,
`SAPP_PLUGINS`, `SAPP_MODE` and `SAPP_ADMINS` replace what the sandbox would set itself; nothing
that begins with `TELEGRAM_` reaches it. In a script and in a pipe `:set NAME VALUE` does the same,
before the first line that is said.

| Variable | Default | Example | Meaning |
|---|---|---|---|
"""


def default_of(name: str) -> str:
    """Give a setting's default as it would be written in `.env`."""
    value = Settings.model_fields[name].get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return "" if value in (None, 0, (), frozenset()) else str(value)


def example_env() -> str:
    """Make `.env.example`."""
    parts = [_ENV_HEAD]
    for name, field in setting_fields():
        sign = "" if name in _NEEDED else "#"
        parts.append(f"# {field.description}\n{sign}{name.upper()}={default_of(name)}\n")
    return "\n".join(parts)


def setting_fields() -> list[tuple[str, FieldInfo]]:
    """List the settings in the order of the pages."""
    return [(name.lower(), Settings.model_fields[name.lower()]) for name in variable_names()]


def settings_table() -> str:
    """Make docs/settings.md."""
    rows = [_TABLE_HEAD]
    for name, field in setting_fields():
        star = "*" if name in _NEEDED - {"sapp_redis_password"} else ""
        default = f"`{default_of(name)}`" if default_of(name) else ""
        example = f"`{(field.examples or [''])[0]}`"
        rows.append(f"| `{name.upper()}`{star} | {default} | {example} | {field.description} |\n")
    return "".join(rows)


_COMMANDS_HEAD = """\
# Commands

What the built-in plugins offer in a private chat; `/help` shows each person theirs.
Words in brackets can be left out: the bot asks for what it needs, and never takes a password
behind a command.

| Command | Also | Who | What it does |
|---|---|---|---|
"""

_WHO = {"anyone": "everybody", "user": "logged in", "admin": "operators"}


def commands_table() -> str:
    """Make docs/commands.md."""
    rows = [_COMMANDS_HEAD]
    for plugin in check(ROOT / "plugins").table.plugins:
        for command in plugin.commands:
            if command.hidden and not command.controls_form:
                continue  # a step of another command, which begins it
            also = " ".join(f"`/{alias}`" for alias in command.aliases)
            who = _WHO[command.role]
            line = usage(command, Translator("en")).replace("|", r"\|")  # a bare one ends the cell
            rows.append(f"| `{line}` | {also} | {who} | {command.summary} |\n")
    return "".join(rows)


_SERVICES_HEAD = "| Service | For whom | In timers and lifespans | |\n|---|---|---|---|\n"


def services_table() -> str:
    """Make the table of services in docs/plugins.md."""
    rows = [_SERVICES_HEAD]
    for service in offered_services():
        summary = (inspect.getdoc(service.kind) or "").partition("\n")[0]
        who = "operators" if service.operators else "everybody"
        timers = "no" if service.personal else "yes"
        rows.append(f"| `{service.kind.__name__}` | {who} | {timers} | {summary} |\n")
    return "".join(rows)


def plugins_guide() -> str:
    """Make docs/plugins.md: as it is, with the table of services that there are."""
    text = (ROOT / "docs/plugins.md").read_text("utf-8")
    head = re.escape(_SERVICES_HEAD)
    return re.sub(rf"{head}(?:\|.*\n)*", lambda _: services_table(), text)


def built_in_manifest() -> str:
    """Make sapp_bot/host/built_in.txt: each plugin's file, and the names of its commands."""
    rows = [
        f"{plugin.path.relative_to(SHIPPED).as_posix()}: {' '.join(names)}\n"
        for plugin in check(SHIPPED).table.plugins
        if (names := [n for c in plugin.commands for n in (c.name, *c.aliases)])
    ]
    return "".join(rows)


_METRICS_HEAD = """\
# Metrics

What `/metrics` shows where `SAPP_MONITORING` is set; [operations.md](operations.md#with-prometheus)
says how. This page is made from the code.

A histogram has `_bucket`, `_count` and `_sum`. Labels are few and fixed: no person, no id, no text.
What plugins measure themselves is called `sapp_bot_plugin_<plugin>_<name>`
([plugins.md](plugins.md#metrics-metrics)); `process_*` are prometheus-client's own.

| Name | Type | Labels | What |
|---|---|---|---|
"""

_TYPES = {"count": "counter", "observe": "histogram", "gauge": "gauge"}


def metrics_page() -> str:
    """Make docs/metrics.md."""
    rows = [_METRICS_HEAD]
    for measured in CATALOGUE:
        labels = ", ".join(f"`{label}`" for label in measured.labels)
        kind = _TYPES[measured.method]
        rows.append(f"| `{measured.prometheus_name}` | {kind} | {labels} | {measured.about} |\n")
    return "".join(rows)


PAGES = {
    "sapp_bot/host/built_in.txt": built_in_manifest,
    ".env.example": example_env,
    "docs/settings.md": settings_table,
    "docs/commands.md": commands_table,
    "docs/plugins.md": plugins_guide,
    "docs/services.md": services_page,
    "docs/metrics.md": metrics_page,
    "docs/api.md": api_page,
}


if __name__ == "__main__":
    for path, make in PAGES.items():
        (ROOT / path).write_text(make(), "utf-8")
