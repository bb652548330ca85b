"""A plugin's own settings: a class whose fields are filled from the environment when it is loaded.

The field `warn_below` of the plugin `quota` is `SAPP_QUOTA_WARN_BELOW`. Lists, dicts and models
are written as JSON. The reading is that of pydantic-settings, as for the bot's own settings.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    SettingsConfigDict,
    SettingsError,
)
from pydantic_settings import PydanticBaseSettingsSource as Source

from sapp_bot.errors import PluginError, setting_reason

from .providers import Factory

Hide = Callable[[Iterable[str]], None]
"""Takes secrets that must not be seen in the log."""


def hide_nothing(secrets: Iterable[str]) -> None:
    """Take secrets where there is no log to keep them from."""


class Config(BaseSettings):
    """Base of a plugin's settings. `examples` of a `Field` are shown when its value is wrong.

    Factory by hand, as in a test, it takes what it is given and reads nothing.
    """

    # A rule that fails must not print what was set: it may be a password.
    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: Source, *_: Source, **__: Source
    ) -> tuple[Source, ...]:
        """Leave out every source but the arguments: the host reads the environment."""
        del settings_cls
        return (init_settings,)


class ConfigProvider:
    """Explains subclasses of `Config`, with the environment as it is at each load.

    `variables` reads the environment, `taken` holds the names of the bot's own settings; capitals.
    `hide` is told the secrets in what was read.
    """

    def __init__(
        self,
        variables: Callable[[], Mapping[str, str]],
        taken: frozenset[str] = frozenset(),
        hide: Hide = hide_nothing,
    ) -> None:
        self._variables = variables
        self._taken = taken
        self._hide = hide

    def bind(self, plugin: str, kind: Any) -> Factory:
        """Read a plugin's settings, once for this load.

        Raises:
            PluginError: a variable is missing, wrong, or the bot's own; the text holds no value.

        """
        if kind is Config:
            raise PluginError("Config itself has no settings; write a class below it")
        config = read_config(plugin, kind, self._variables(), self._taken)
        self._hide(list(_secrets(config)))
        return lambda _: config


def read_config(
    plugin: str,
    kind: type[Config],
    variables: Mapping[str, str],
    taken: frozenset[str] = frozenset(),
) -> Config:
    """Fill a class of settings.

    Raises:
        PluginError: see `ConfigProvider.bind`.

    """
    names = {field: variable_of(plugin, field) for field in kind.model_fields}
    clash = sorted(taken.intersection(names.values()))
    if clash:
        raise PluginError(f"{kind.__name__}: {clash[0]} is a setting of the bot; rename the field")
    wrong: list[str]
    try:
        return kind.model_validate(_texts(plugin, kind, variables))
    except ValidationError as error:
        wrong = [_explain(kind, names, e) for e in error.errors(include_input=False)]
    except SettingsError:
        wrong = list(_no_json(plugin, kind, variables))
    # Raised out here, so that no trace of the values hangs on to it as its context.
    raise PluginError("; ".join(wrong))


def variable_of(plugin: str, field: str) -> str:
    """Name the environment variable of a field."""
    return f"SAPP_{plugin}_{field}".upper()


def _secrets(value: object) -> Iterator[str]:
    """Find the texts of all secret fields, however deep they lie."""
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case SecretBytes():
            yield value.get_secret_value().decode(errors="replace")
        case BaseModel():
            for _, part in value:
                yield from _secrets(part)
        case Mapping():
            for part in value.values():
                yield from _secrets(part)
        case list() | tuple() | set() | frozenset():
            for part in value:
                yield from _secrets(part)


def _texts(plugin: str, kind: type[Config], variables: Mapping[str, str]) -> dict[str, Any]:
    source = EnvSettingsSource(kind, case_sensitive=False, env_prefix=f"sapp_{plugin}_")
    stripped = {name.lower(): value.strip() for name, value in variables.items()}
    source.env_vars = {name: value for name, value in stripped.items() if value}
    return source()


def _explain(kind: type[Config], names: Mapping[str, str], error: ErrorDetails) -> str:
    path = error["loc"]
    if not path:
        return f"{kind.__name__}: {setting_reason(error['msg'])}"
    name, field = names[str(path[0])], kind.model_fields[str(path[0])]
    inner = "".join(f"[{part}]" for part in path[1:])
    if error["type"] == "missing" and not inner:
        return f"{name} is not set{_example(name, field)}"
    return f"{name}{inner} {setting_reason(error['msg'])}{_example(name, field)}"


def _no_json(plugin: str, kind: type[Config], variables: Mapping[str, str]) -> Iterator[str]:
    """Find the variables that are no JSON: the library names only the first, by its field."""
    source = EnvSettingsSource(kind)
    for field, info in kind.model_fields.items():
        name = variable_of(plugin, field)
        if source.field_is_complex(info) and not _is_json(variables.get(name, "null")):
            yield f"{name} should be JSON{_example(name, info)}"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _example(name: str, field: FieldInfo) -> str:
    if field.examples:
        return f". Example: {name}={field.examples[0]}"
    simple = {int: "10", float: "1.5", bool: "true", str: "text", SecretStr: "secret"}
    example = simple.get(field.annotation) if isinstance(field.annotation, type) else None
    return f". Example: {name}={example}" if example else ""
