"""Layers of the API: reads what clients of older ones send, and writes what they understand.

The server itself works with the newest layer, that of the pinned Telethon. What differs in older
ones is a table, `layers.tl`.
Source: https://core.telegram.org/api/invoking#layers
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from telethon.extensions import BinaryReader
from telethon.tl import TLObject
from telethon.tl.alltlobjects import LAYER, tlobjects
from telethon.tl.core import core_objects

from .older_forms import OlderForm, Written, read_table

NEWEST: int = LAYER
"""The layer that the server itself works with."""

OLDEST = 220
"""The least layer that is spoken. A newer one than `NEWEST` is answered as that."""

_WITHOUT_CLASS = {0x997275B5, 0xBC799737, 0x1CB5C415, *core_objects}
"""True, False, a vector, and what Telethon reads by hand."""

_DEEPEST = 64
"""Objects inside each other; a real call has some ten."""

_TABLE = Path(__file__).with_name("layers.tl")


class _Forms:
    """The table, by what is looked up in it."""

    def __init__(self, text: str) -> None:
        self.by_number: dict[int, OlderForm] = {}
        self.by_class: dict[Any, list[OlderForm]] = {}
        self.absent: dict[Any, int] = {}
        for row in read_table(text):
            if isinstance(row, tuple):
                self.absent[row[1]] = row[0]
                continue
            if row.number not in tlobjects:
                self.by_number[row.number] = row
            self.by_class.setdefault(row.whole, []).append(row)
        for forms in self.by_class.values():
            forms.sort(key=lambda form: form.until)


_FORMS = _Forms(_TABLE.read_text())


class LayerReader(BinaryReader):  # type: ignore[misc]  # Telethon has no types
    """Reads objects of all supported layers: a number belongs to one form, whatever the layer."""

    _depth = 0

    def tgread_object(self) -> Any:
        """Return the next object, as one of the newest layer.

        Raises:
            ValueError: there is none, or objects are nested too deep.

        """
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("nested too deep")
        found = self._read_object()
        self._depth -= 1
        return found

    def _read_object(self) -> Any:
        number = self.read_int(signed=False)
        form = _FORMS.by_number.get(number)
        if form is not None:
            return form.read(self)
        if number not in tlobjects and number not in _WITHOUT_CLASS:
            raise ValueError("no constructor")  # Telethon's own error quotes all that follows
        self.seek(-4)
        return super().tgread_object()


def in_layer(value: Any, layer: int) -> Any:
    """Return an object, or a list of them, as a client of this layer is to be sent it.

    Bytes and other values stay as they are.
    """
    return value if layer >= NEWEST else _older(value, layer)


def _older(value: Any, layer: int) -> Any:
    if isinstance(value, list):
        parts = [(item, _older(item, layer)) for item in value if not _is_absent(item, layer)]
        same = len(parts) == len(value) and all(old is new for old, new in parts)
        return value if same else [new for _, new in parts]
    if not isinstance(value, TLObject) or isinstance(value, Written):
        return value
    changed = {}
    for name, part in vars(value).items():
        if isinstance(part, TLObject | list) and (older := _older(part, layer)) is not part:
            changed[name] = older
    form = _form_of(value, layer)
    if changed:
        value = copy.copy(value)
        vars(value).update(changed)
    return value if form is None else Written(form.write(value))


def _form_of(value: Any, layer: int) -> OlderForm | None:
    """Return the oldest form that the layer knows, None if it has the newest one."""
    part = type(getattr(value, "type", None))
    for form in _FORMS.by_class.get(_class_of(value), ()):
        if layer <= form.until and form.part in {None, part}:
            return form
    return None


def _class_of(value: Any) -> Any:
    # Telethon puts classes of its own over some, which have the number of theirs.
    return tlobjects.get(getattr(value, "CONSTRUCTOR_ID", 0), type(value))


def _is_absent(value: Any, layer: int) -> bool:
    """Return whether a layer has nothing like this object, so that a list goes without it."""
    if not isinstance(value, TLObject):
        return False
    if layer <= _FORMS.absent.get(type(value), 0):
        return True
    forms = _FORMS.by_class.get(_class_of(value), ())
    return any(form.part and layer <= form.until for form in forms) and not _form_of(value, layer)
