"""Checks that a call's fields hold objects of the types that the schema wants.

Telethon reads whatever object stands somewhere; Telegram refuses a wrong one.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import Any, get_args

from telethon.tl import TLObject, types

_NAMED = re.compile(r"(?:(\w+)\.)?(Type[A-Z]\w*)")


def is_well_typed(value: TLObject) -> bool:
    """Return whether all objects in an object are of the types of their fields, to any depth."""
    for name, (kinds, is_list) in _fields(value.__class__).items():
        found = getattr(value, name, None)
        if found is None:
            continue
        if is_list is not isinstance(found, list):
            return False
        parts = found if is_list else [found]
        if not all(_fits(part, kinds) for part in parts):
            return False
    return True


def _fits(part: Any, kinds: frozenset[int]) -> bool:
    if not isinstance(part, TLObject) or part.SUBCLASS_OF_ID not in kinds:
        return False
    return is_well_typed(part)


@cache
def _fields(kind: Any) -> dict[str, tuple[frozenset[int], bool]]:
    """Return for each field that holds objects the ids of their types, and if it is a list."""
    fields = {}
    for name, parameter in inspect.signature(kind.__init__).parameters.items():
        hint = str(parameter.annotation)
        kinds = frozenset(id_ for match in _NAMED.finditer(hint) for id_ in _ids(*match.groups()))
        if kinds:
            fields[name] = (kinds, "List[" in hint)
    return fields


def _ids(family: str | None, name: str) -> set[int]:
    home = getattr(types, family, types) if family else types
    union = getattr(home, name, None)
    return {one.SUBCLASS_OF_ID for one in get_args(union) or ((union,) if union else ())}
