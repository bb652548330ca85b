"""What the author of a plugin may have meant, behind the words of an error of Python."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from difflib import get_close_matches
from inspect import signature

from .names import PREFIX

PLUGIN_API = ("sapp_bot", "sapp_bot.services")
"""What plugins import from."""

_NAME = re.compile(r"cannot import name '(\w+)'")
_CALL = re.compile(r"(\w+\.\w+)\(\) (?:got an unexpected keyword argument '(\w+)'|takes |missing )")


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is most like another one; "" if none is."""
    found = get_close_matches(name, sorted({*known}), n=1)
    return found[0] if found else ""


def import_hint(error: BaseException) -> str:
    """Return what to write instead of what failed at a plugin's import; "" where that is unknown.

    It begins with a semicolon, to stand behind the error.
    """
    match error:
        case ModuleNotFoundError(name=str(name)):
            return _module_hint(name)
        case ImportError(name=str(name)) if name in PLUGIN_API:
            found = _NAME.search(str(error))
            return _name_hint(found[1], name) if found else ""
        case AttributeError(name=str(name), obj=owner):
            near = nearest(name, (n for n in dir(owner) if not n.startswith("_")))
            return f"; did you mean {near}?" if near else ""
        case NameError(name="plugin"):
            return "; begin with `plugin = Plugin(version=…)`"
        case TypeError():
            return _call_hint(error)
    return ""


def _module_hint(name: str) -> str:
    if name.startswith(PREFIX):
        return ""
    if name.partition(".")[0] == PLUGIN_API[0]:
        return f"; plugins import from {' and '.join(PLUGIN_API)}"
    return "; install it where the bot runs"


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
