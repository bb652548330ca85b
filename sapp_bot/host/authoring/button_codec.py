"""Signs buttons into callback data, and reads them back.

Wire form, at most 64 bytes (https://core.telegram.org/bots/api#inlinekeyboardbutton):
4 bytes route, 3 bytes hour of issue (the highest bit tells that the button hangs under a picture),
8 bytes MAC, then the field values as a JSON list without
its brackets. The route names plugin, class and fields, so that a button whose class changed since
is out of date and never misread. The MAC covers account, person and login: a button works for
the person it was made for, under the login it was made under, for seven days.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from sapp_bot.domain.ports import Signer
from sapp_bot.errors import PluginError, UserError

from .buttons import Button

DATA_BYTES = 64
VALID = timedelta(days=7)
_HEAD = 15
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)

_UNDER_PICTURE = 1 << 23
"""In the hour of issue, which needs this bit in the year 2980."""


class ButtonExpired(UserError):
    """The button is forged, foreign, too old, of another login, or of a plugin that changed."""

    reply = "This button is out of date. Send /start for a fresh screen."


@dataclass(frozen=True, slots=True)
class ButtonOwner:
    """Whom a button is made for: account, person and login."""

    account: int
    person: int
    generation: int

    def text(self) -> bytes:
        """Give what the MAC covers of the holder."""
        return f"{self.account}:{self.person}:{self.generation}:".encode()


class ButtonCodec:
    """Makes the data of buttons, and reads it back."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def data(
        self,
        button: Button,
        button_owner: ButtonOwner,
        now: datetime,
        *,
        under_picture: bool = False,
    ) -> bytes:
        """Write a button for its holder; `under_picture` tells what message it hangs under.

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
        hours = int((now - _EPOCH).total_seconds() // 3600)
        head = route + (hours | _UNDER_PICTURE * under_picture).to_bytes(3, "big")
        data = head + self._mac(head, body, button_owner) + body
        if len(data) > DATA_BYTES:
            room = DATA_BYTES - _HEAD
            raise PluginError(
                f"button {kind.__name__}: its values take {len(body)} bytes, {room} fit"
            )
        return data

    def read(
        self,
        data: bytes,
        known: dict[bytes, type[Button]],
        button_owner: ButtonOwner,
        now: datetime,
    ) -> Button:
        """Read a pressed button.

        Raises:
            ButtonExpired: it is not one of ours, or no longer.

        """
        head, mac, body = data[:7], data[7:_HEAD], data[_HEAD:]
        cls = known.get(head[:4])
        if cls is None or len(data) < _HEAD:
            raise ButtonExpired
        if not self._signer.verify(b"button:" + button_owner.text() + head + body, mac):
            raise ButtonExpired
        issued = _EPOCH + timedelta(hours=_stamp(data) & ~_UNDER_PICTURE)
        if now - issued > VALID:
            raise ButtonExpired
        return _build(cls, body)

    def trusted(self, data: bytes, known: dict[bytes, type[Button]]) -> Button:
        """Read a button that waited in our own store, whatever its age and login.

        Raises:
            ButtonExpired: its plugin is gone or changed.

        """
        cls = known.get(data[:4])
        if cls is None:
            raise ButtonExpired
        return _build(cls, data[_HEAD:])

    def _mac(self, head: bytes, body: bytes, button_owner: ButtonOwner) -> bytes:
        return self._signer.sign(b"button:" + button_owner.text() + head + body)[:8]


def is_under_picture(data: bytes) -> bool:
    """Tell whether the message a button hangs under is a picture; `data` was read before."""
    return bool(_stamp(data) & _UNDER_PICTURE)


def _stamp(data: bytes) -> int:
    return int.from_bytes(data[4:7], "big")


def _values(button: Button) -> bytes:
    values = list(button.model_dump(mode="json").values())
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False)[1:-1].encode()


def _build(cls: type[Button], body: bytes) -> Button:
    try:
        values = json.loads(b"[" + body + b"]")
        return cls.model_validate(dict(zip(cls.model_fields, values, strict=True)))
    except (ValueError, ValidationError) as error:
        raise ButtonExpired from error
