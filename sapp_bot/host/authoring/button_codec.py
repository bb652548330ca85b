"""Encodes buttons as signed callback data, and decodes pressed ones.

Callback data holds 64 bytes (https://core.telegram.org/bots/api#inlinekeyboardbutton):

    4 bytes   route: a hash of plugin, class and fields, so that the data of a class that has
              changed since is refused and never misread
    3 bytes   hours since 2024-01-01 UTC; the highest bit is set under a picture
    8 bytes   MAC of the above and of account, person and login generation: a button works for
              one person for seven days, under one login only if its handler asks for that
    0-49      field values as a JSON list, without its brackets

Must not trust any of it before the MAC is verified: anybody can send any callback data.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from sapp_bot.domain.ports import Signer
from sapp_bot.errors import PluginError, UserError
from sapp_bot.host.runtime.names import place_of
from sapp_bot.values import dataclass

from .buttons import Button

DATA_BYTES = 64
"""Longest callback data."""

BUTTON_LIFETIME = timedelta(days=7)
"""How long a button works."""

_HEAD_BYTES = 15
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)

# One for all buttons: `json.dumps` makes one for each as soon as it gets an option.
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)

_UNDER_PICTURE = 1 << 23
"""Highest bit of the hour of issue, which will need it in the year 2980."""


class ButtonOutdated(UserError):
    """The button is forged, expired, of another person or login, or of a plugin that changed."""

    reply = "This button is out of date. Send /start for a fresh screen."


@dataclass(frozen=True, slots=True)
class ButtonOwner:
    """Whom a button is made for.

    Attributes:
        account: Telegram id of the bot's account.
        person: Telegram user id.
        generation: `Profile.generation`, the number of the login.

    """

    account: int
    person: int
    generation: int

    def text(self) -> bytes:
        """Return the owner as the MAC covers it."""
        return f"{self.account}:{self.person}:{self.generation}:".encode()


class ButtonCodec:
    """Encodes buttons as callback data, and decodes callback data."""

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
        """Return the callback data of a button.

        Args:
            button: The button.
            button_owner: Whom it works for.
            now: Time of issue, aware UTC.
            under_picture: Whether its message is a picture. Signed, as a press does not tell, and
                a picture cannot be edited into a text.

        Returns:
            At most 64 bytes.

        Raises:
            PluginError: the button has no handler, or its values take more than 49 bytes.

        """
        kind = type(button)
        route: bytes = kind.__dict__.get("route", b"")  # not a base class's route
        if not route:
            raise PluginError(
                f"{place_of(kind)}: button {kind.__name__} has no handler: write a @plugin.button "
                "for it"
            )
        body = _values(button) if kind.model_fields else b""
        hours = int((now - _EPOCH).total_seconds() // 3600)
        head = route + (hours | _UNDER_PICTURE * under_picture).to_bytes(3, "big")
        data = head + self._mac(head, body, _owner(kind, button_owner)) + body
        if len(data) > DATA_BYTES:
            room = DATA_BYTES - _HEAD_BYTES
            raise PluginError(
                f"button {kind.__name__}: its values take {len(body)} bytes, {room} fit: shorten "
                "them, or keep the data in a Store and carry its key"
            )
        return data

    def read(
        self,
        data: bytes,
        known: dict[bytes, type[Button]],
        button_owner: ButtonOwner,
        now: datetime,
    ) -> Button:
        """Return the button that was pressed.

        Args:
            data: Callback data as Telegram sent it.
            known: Button classes by route.
            button_owner: Who pressed it.
            now: Current time, aware UTC.

        Raises:
            ButtonOutdated: the button is forged, expired, or of another person or login, or its
                class is gone or changed.

        """
        head, mac, body = data[:7], data[7:_HEAD_BYTES], data[_HEAD_BYTES:]
        cls = known.get(head[:4])
        if cls is None or len(data) < _HEAD_BYTES:
            raise ButtonOutdated
        if not self._signer.verify(
            b"button:" + _owner(cls, button_owner).text() + head + body, mac
        ):
            raise ButtonOutdated
        issued = _EPOCH + timedelta(hours=_issue_field(data) & ~_UNDER_PICTURE)
        if now - issued > BUTTON_LIFETIME:
            raise ButtonOutdated
        return _build(cls, body)

    def trusted(self, data: bytes, known: dict[bytes, type[Button]]) -> Button:
        """Return the button of a delayed press: from the bot's own store, so not verified again.

        A delay may be longer than a button's seven days, and outlast the login.

        Args:
            data: Callback data as stored.
            known: Button classes by route.

        Raises:
            ButtonOutdated: the button's class is gone or changed.

        """
        cls = known.get(data[:4])
        if cls is None:
            raise ButtonOutdated
        return _build(cls, data[_HEAD_BYTES:])

    def _mac(self, head: bytes, body: bytes, button_owner: ButtonOwner) -> bytes:
        return self._signer.sign(b"button:" + button_owner.text() + head + body)[:8]


def is_under_picture(data: bytes) -> bool:
    """Return whether a button's message is a picture; `data` must be verified already."""
    return bool(_issue_field(data) & _UNDER_PICTURE)


def _owner(kind: type[Button], button_owner: ButtonOwner) -> ButtonOwner:
    """Return whom a button is signed for: what no login matters to works under any."""
    if kind.of_login:
        return button_owner
    return ButtonOwner(button_owner.account, button_owner.person, generation=0)


def _issue_field(data: bytes) -> int:
    return int.from_bytes(data[4:7], "big")


def _values(button: Button) -> bytes:
    values = list(button.model_dump(mode="json").values())
    return _ENCODER.encode(values)[1:-1].encode()


def _build(cls: type[Button], body: bytes) -> Button:
    try:
        values = json.loads(b"[" + body + b"]")
        return cls.model_validate(dict(zip(cls.model_fields, values, strict=True)))
    except (ValueError, ValidationError) as error:
        raise ButtonOutdated from error
