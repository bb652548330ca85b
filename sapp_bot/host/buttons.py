"""Buttons: typed values that travel through Telegram and come back, signed.

Wire form, at most 64 bytes (https://core.telegram.org/bots/api#inlinekeyboardbutton):
4 bytes route, 3 bytes hour of issue, 8 bytes MAC, then the field values as a JSON list without
its brackets. The route names plugin, class and fields, so that a button whose class changed since
is out of date and never misread. The MAC covers account, person and login: a button works for
the person it was made for, under the login it was made under, for seven days.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from sapp_bot.errors import PluginError, UserError
from sapp_bot.ports import Signer
from sapp_bot.replies import Style

from .modules import timeless

DATA_BYTES = 64
VALID = timedelta(days=7)
_HEAD = 15
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)


class OutOfDate(UserError):
    """The button is forged, foreign, too old, of another login, or of a plugin that changed."""

    reply = "This button is out of date. Send /start for a fresh screen."


class Button(BaseModel):
    """Base of all buttons: its fields are what the press carries back to the handler."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    route: ClassVar[bytes] = b""

    def key(self, label: str, /, *, style: Style = "", **values: object) -> Label:
        """Put the button on a screen: `label` is translated and filled with `values`."""
        return Label(self, label, style, values)

    def typed(self, template: str) -> str:
        """Say what a person can type instead of pressing; `template` is the handler's `twin`."""
        return template.format_map(self.model_dump())

    @classmethod
    def bind(cls, owner: str) -> None:
        """Give the class its route. `owner` is the plugin's name."""
        cls.route = route_of(owner, cls)


@dataclass(frozen=True, slots=True)
class Label:
    """A button with the words on it."""

    button: Button
    text: str
    style: Style
    values: dict[str, object]


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a button is made for: account, person and login."""

    account: int
    person: int
    generation: int

    def text(self) -> bytes:
        """Give what the MAC covers of the holder."""
        return f"{self.account}:{self.person}:{self.generation}:".encode()


def route_of(owner: str, cls: type[Button]) -> bytes:
    """Name a button class by its plugin, its name and its fields."""
    fields = ",".join(f"{n}:{f.annotation!r}" for n, f in cls.model_fields.items())
    name = timeless(f"{owner}.{cls.__name__}({fields})")
    return hashlib.blake2s(name.encode(), digest_size=4).digest()


class Mint:
    """Makes the data of buttons, and reads it back."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def data(self, button: Button, holder: Holder, now: datetime) -> bytes:
        """Write a button for its holder.

        Raises:
            PluginError: it has no handler, or its values take more than 64 bytes together.

        """
        kind = type(button)
        route: bytes = kind.__dict__.get("route", b"")  # a parent's is not its own
        if not route:
            raise PluginError(
                f"button {kind.__name__} has no handler: write a @plugin.button for it"
            )
        body = _values(button) if kind.model_fields else b""
        hours = int((now - _EPOCH).total_seconds() // 3600).to_bytes(3, "big")
        head = route + hours
        data = head + self._mac(head, body, holder) + body
        if len(data) > DATA_BYTES:
            room = DATA_BYTES - _HEAD
            raise PluginError(
                f"button {kind.__name__}: its values take {len(body)} bytes, {room} fit"
            )
        return data

    def read(
        self, data: bytes, known: dict[bytes, type[Button]], holder: Holder, now: datetime
    ) -> Button:
        """Read a pressed button.

        Raises:
            OutOfDate: it is not one of ours, or no longer.

        """
        head, mac, body = data[:7], data[7:_HEAD], data[_HEAD:]
        cls = known.get(head[:4])
        if cls is None or len(data) < _HEAD:
            raise OutOfDate
        if not self._signer.verify(b"button:" + holder.text() + head + body, mac):
            raise OutOfDate
        issued = _EPOCH + timedelta(hours=int.from_bytes(head[4:7], "big"))
        if now - issued > VALID:
            raise OutOfDate
        return _build(cls, body)

    def trusted(self, data: bytes, known: dict[bytes, type[Button]]) -> Button:
        """Read a button that waited in our own store, whatever its age and login.

        Raises:
            OutOfDate: its plugin is gone or changed.

        """
        cls = known.get(data[:4])
        if cls is None:
            raise OutOfDate
        return _build(cls, data[_HEAD:])

    def _mac(self, head: bytes, body: bytes, holder: Holder) -> bytes:
        return self._signer.sign(b"button:" + holder.text() + head + body)[:8]


def _values(button: Button) -> bytes:
    values = list(button.model_dump(mode="json").values())
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False)[1:-1].encode()


def _build(cls: type[Button], body: bytes) -> Button:
    try:
        values = json.loads(b"[" + body + b"]")
        return cls.model_validate(dict(zip(cls.model_fields, values, strict=True)))
    except (ValueError, ValidationError) as error:
        raise OutOfDate from error
