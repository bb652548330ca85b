"""What the author of a plugin may have meant, behind the words of an error of Python."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from difflib import get_close_matches
from inspect import signature
from pathlib import Path

from pydantic import PydanticUserError

from .names import PREFIX, folder_of, name_of

PLUGIN_API = ("sapp_bot", "sapp_bot.services")
"""What plugins import from."""

_NAME = re.compile(r"cannot import name '(\w+)'")
_CALL = re.compile(r"(\w+\.\w+)\(\) (?:got an unexpected keyword argument '(\w+)'|takes |missing )")


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is most like another one; "" if none is."""
    found = get_close_matches(name, sorted({*known}), n=1)
    return found[0] if found else ""


_PYDANTIC = {
    "decorator-missing-field": "@field_validator names a field that the class has not",
    "decorator-missing-arguments": 'name the field: @field_validator("field")',
    "validator-instance-method": "write @classmethod below it, and cls as its first parameter",
    "validator-signature": "it takes cls and the value: def check(cls, value)",
    "model-field-missing-annotation": "write its type: `name: str = ask(…)`",
}
"""What to write instead, by the code of pydantic's error.

Source: https://docs.pydantic.dev/latest/errors/usage_errors/
"""


def import_hint(error: BaseException, path: Path) -> str:
    """Return what to write instead of what failed at a plugin's import; "" where that is unknown.

    It begins with a semicolon, to stand behind the error.

    Args:
        error: What the import raised.
        path: The plugin's file.

    """
    match error:
        case ImportError():
            return _import_hint(error, path)
        case AttributeError(name=str(name), obj=owner):
            return _attribute_hint(name, owner)
        case NameError(name="plugin"):
            return f"; {_BEGIN}"
        case PydanticUserError():
            return pydantic_hint(error)
        case TypeError():
            return _call_hint(error)
    return ""


def pydantic_hint(error: PydanticUserError | NameError) -> str:
    """Return what to write instead of a class that pydantic refuses; "" where that is unknown."""
    hint = _PYDANTIC.get(str(getattr(error, "code", "")), "")
    return f"; {hint}" if hint else ""


def _import_hint(error: ImportError, path: Path) -> str:
    name = error.name or ""
    if isinstance(error, ModuleNotFoundError):
        return _module_hint(name, path)
    if name in PLUGIN_API:
        found = _NAME.search(str(error))
        return _name_hint(found[1], name) if found else ""
    return _neighbour_hint(error, path)


_BEGIN = "begin with `plugin = Plugin(version=…)`"


def _attribute_hint(name: str, owner: object) -> str:
    kind = getattr(sys.modules.get(PLUGIN_API[0]), "Plugin", None)
    if kind is not None and not isinstance(owner, kind) and callable(getattr(kind, name, None)):
        return f"; {_BEGIN}"
    near = nearest(name, (n for n in dir(owner) if not n.startswith("_")))
    return f"; did you mean {near}?" if near else ""


OTHER_PLUGIN = (
    "a plugin may not import another one: ask for what it offers by type, or put what both need "
    "into a package of its own, or into one plugin's folder"
)


def other_plugin(module: str, path: Path) -> str:
    """Return the name of another plugin of the folder that an import names; "" for none.

    Args:
        module: What is imported, with dots: `tip`, `tip.words`, `plugins.tip`.
        path: The file of the plugin that imports.

    """
    folder = folder_of(path)
    first, _, rest = module.partition(".")
    below = [rest.partition(".")[0]] if first in {folder.name, "plugins"} else []
    for name in (first, *below):
        there = (folder / f"{name}.py", folder / name / "__init__.py")
        is_plugin = bool(name) and not name.startswith("_") and any(p.is_file() for p in there)
        if is_plugin and name != name_of(path):
            return name
    return ""


def _module_hint(name: str, path: Path) -> str:
    if name.startswith(PREFIX):
        _, _, missing = name.partition(".")
        return f"; there is no {missing}.py beside {path}" if missing else ""
    if name.partition(".")[0] == PLUGIN_API[0]:
        return f"; plugins import from {' and '.join(PLUGIN_API)}"
    if other_plugin(name, path) or name in {folder_of(path).name, "plugins"}:
        return f"; {OTHER_PLUGIN}"
    return "; install it where the bot runs"


def _neighbour_hint(error: ImportError, path: Path) -> str:
    """Return what to write instead of an import of what lies beside the plugin."""
    found = _NAME.search(str(error))
    if error.name and found and other_plugin(f"{error.name}.{found[1]}", path):
        return f"; {OTHER_PLUGIN}"
    if "no known parent package" in str(error):
        own = folder_of(path) / name_of(path) / "__init__.py"
        return f"; {OTHER_PLUGIN}; modules of its own stand in its own folder, beside {own}"
    return f"; {OTHER_PLUGIN}" if "beyond top-level package" in str(error) else ""


def _name_hint(name: str, module: str) -> str:
    """Return where a name of the plugin API is, or which one is near."""
    homes = {m: set(getattr(sys.modules.get(m), "__all__", ())) for m in PLUGIN_API}
    for home, names in homes.items():
        if name in names:
            return f"; it is in {home}"
    for home in (module, *PLUGIN_API):
        if near := nearest(name, homes[home]):
            return f"; did you mean {near}, of {home}?"
    return ""


def _call_hint(error: TypeError) -> str:
    """Return what a function of the plugin API takes, where it was called otherwise."""
    found = _CALL.search(str(error))
    if found is None:
        return ""
    owner, _, method = found[1].partition(".")
    function = getattr(getattr(sys.modules.get(PLUGIN_API[0]), owner, None), method, None)
    if function is None:
        return ""
    known = [name for name in signature(function).parameters if name != "self"]
    near = nearest(found[2], known) if found[2] else ""
    return f"; did you mean {near}=?" if near else f"; it takes {', '.join(known)}"
