"""A plugin's own settings: a class whose fields are read from the environment at load.

The field `warn_below` of the plugin `quota` is `SAPP_QUOTA_WARN_BELOW`. Lists, dicts and models
are written as JSON. pydantic-settings parses them.
Must not put a value into an error or a log: it may be a password.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, SecretBytes, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from sapp_bot.errors import PluginError, setting_reason
from sapp_bot.host.runtime.hints import nearest

from .providers import Factory

if TYPE_CHECKING:
    from pydantic_settings import EnvSettingsSource

Hide = Callable[[Iterable[str]], None]
"""Registers secrets for redaction in the log."""


def hide_nothing(secrets: Iterable[str]) -> None:
    """Do nothing: for callers without a log."""


class Config(BaseModel):
    """Base class of a plugin's settings.

    An invalid value's error shows the `examples` of its `Field`. An object that is made by a call,
    as in a test, has the arguments' values and does not read the environment.
    """

    # A rule that fails must not print what was set: it may be a password. The rest is as in
    # pydantic-settings' own base class.
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        arbitrary_types_allowed=True,
        validate_default=True,
        hide_input_in_errors=True,
    )


class ConfigProvider:
    """Type provider of `Config` subclasses; reads the environment at each load.

    Args:
        variables: Returns the environment's variables by name.
        taken: Names of the bot's own settings, in capitals; a plugin cannot have them.
        hide: Called with the secrets that were read.

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
        """Return the factory of a plugin's settings, which are read now, once for this load.

        Raises:
            PluginError: a variable is missing, invalid, or a setting of the bot; the text
                contains no value.

        """
        if kind is Config:
            hint = "write a class below it: `class Settings(Config):`"
            raise PluginError(f"Config itself has no settings; {hint}")
        config = read_config(plugin, kind, self._variables(), self._taken)
        self._hide(list(_secrets(config)))
        return lambda _: config

    def has_any(self, plugin: str) -> bool:
        """Return whether any variable has a plugin's prefix."""
        return any(name.startswith(prefix_of(plugin)) for name in self._variables())

    def unread(self, plugin: str, read: Iterable[str], others: Iterable[str]) -> Iterator[str]:
        """Return a sentence for each variable with a plugin's prefix that nothing reads.

        Args:
            plugin: Name of the plugin.
            read: Names of the variables that its settings read.
            others: Names of the other plugins in the folder, loaded or not. What begins with the
                longer name of one of them may be theirs.

        """
        own, known = prefix_of(plugin), {*read, *self._taken}
        longer = tuple(prefix_of(other) for other in others if prefix_of(other).startswith(own))
        settings = ", ".join(sorted({*read}))
        ends = {known_name.removeprefix(own): known_name for known_name in known}
        for name in sorted(self._variables()):
            if not name.startswith(own) or name in known or (longer and name.startswith(longer)):
                continue
            # Without the prefix: with it all of the plugin's names are alike.
            near = nearest(name.removeprefix(own), ends)
            hint = f"the plugin {plugin} has {f'only {settings}' if settings else 'no settings'}"
            yield f"{name} is read by nothing; {f'did you mean {ends[near]}?' if near else hint}"


def read_config(
    plugin: str,
    kind: type[Config],
    variables: Mapping[str, str],
    taken: frozenset[str] = frozenset(),
) -> Config:
    """Return a plugin's settings.

    Args:
        plugin: Name of the plugin, which is part of the variables' names.
        kind: Class of the settings.
        variables: The environment's variables by name.
        taken: Names of the bot's own settings, in capitals.

    Raises:
        PluginError: a variable is missing, invalid, or a setting of the bot; the text names all
            such variables and contains no value.

    """
    from pydantic_settings import SettingsError  # noqa: PLC0415  # as in `_source`

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
        wrong = list(_json_errors(plugin, kind, variables))
    # Raised outside of the `except`: pydantic's error, which holds the values, would otherwise be
    # its `__context__`, and be logged with its traceback.
    raise PluginError("; ".join(wrong))


def variable_of(plugin: str, field: str) -> str:
    """Return the name of a field's environment variable."""
    return f"{prefix_of(plugin)}{field.upper()}"


def prefix_of(plugin: str) -> str:
    """Return what the names of a plugin's variables begin with."""
    return f"SAPP_{plugin.upper()}_"


def variables_of(plugin: str, kind: type[Config]) -> Iterator[str]:
    """Return the names of the environment variables that a class of settings reads."""
    for field, info in kind.model_fields.items():
        alias = info.validation_alias  # pydantic-settings reads it as it stands, with no prefix
        yield alias.upper() if isinstance(alias, str) else variable_of(plugin, field)


def _secrets(value: object) -> Iterator[str]:
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


def _source(kind: type[Config], **how: Any) -> EnvSettingsSource:
    """Return what reads the fields of a class from variables."""
    from pydantic_settings import EnvSettingsSource  # noqa: PLC0415  # 0.03 s; few plugins have any

    # It asks a class for its fields and configuration only, which every model has.
    return EnvSettingsSource(kind, **how)  # type: ignore[arg-type]


def _texts(plugin: str, kind: type[Config], variables: Mapping[str, str]) -> dict[str, Any]:
    source = _source(kind, case_sensitive=False, env_prefix=f"sapp_{plugin}_")
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


def _json_errors(plugin: str, kind: type[Config], variables: Mapping[str, str]) -> Iterator[str]:
    # pydantic-settings reports only the first such variable, and by its field's name.
    source = _source(kind)
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


_HIDDEN = re.compile("TOKEN|SECRET|PASS|KEY|AUTH")
"""What a name has whose value the log hides, behind a `=`."""


def _example(name: str, field: FieldInfo) -> str:
    begin = "Example of a value: " if _HIDDEN.search(name) else f"Example: {name}="
    if field.examples:
        return f". {begin}{field.examples[0]}"
    simple = {int: "10", float: "1.5", bool: "true", str: "text", SecretStr: "secret"}
    example = simple.get(field.annotation) if isinstance(field.annotation, type) else None
    return f". {begin}{example}" if example else ""
