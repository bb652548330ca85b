"""Buttons: typed values that a handler puts under its words and gets back when they are pressed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from sapp_bot.domain.replies import Callback, Copy, Style, Url
from sapp_bot.domain.text import Rich
from sapp_bot.host.runtime.names import timeless

from .pictures import Picture


class Button(BaseModel):
    """Base of all buttons: its fields are what the press carries back to the handler."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    route: ClassVar[bytes] = b""

    def key(self, label: str, /, *, style: Style = "", **values: object) -> ButtonLabel:
        """Put the button on a screen: `label` is translated and filled with `values`."""
        return ButtonLabel(self, label, style, values)

    def typed(self, template: str) -> str:
        """Return what can be typed instead of pressing; `template` is the handler's `typed_as`."""
        return template.format_map(self.model_dump())

    @classmethod
    def bind(cls, owner: str) -> None:
        """Give the class its route. `owner` is the plugin's name."""
        cls.route = route_of(owner, cls)


class CommandButton(Button):
    """Begins a command, of whichever plugin has it: `CommandButton(command="login").key("Log in")`.

    The host handles it, so it needs no `@plugin.button`.
    """

    command: str

    def typed(self, template: str) -> str:  # noqa: ARG002  # has no handler, so no template
        """Return the command itself."""
        return f"/{self.command}"


@dataclass(frozen=True, slots=True)
class ButtonLabel:
    """A button with the words on it."""

    button: Button
    text: str
    style: Style
    values: dict[str, object]


def route_of(owner: str, cls: type[Button]) -> bytes:
    """Name a button class by its plugin, its name and its fields."""
    fields = ",".join(f"{n}:{f.annotation!r}" for n, f in cls.model_fields.items())
    name = timeless(f"{owner}.{cls.__name__}({fields})")
    return hashlib.blake2s(name.encode(), digest_size=4).digest()


CommandButton.bind("host")

Item = ButtonLabel | Copy | Url | Callback


@dataclass(frozen=True, slots=True)
class Screen:
    """A text and rows of buttons. `text` is ready: made with `ctx.t` and the text builders.

    A row holds what `Button.key(…)`, `Copy` and `Url` give. Under a picture the text is its
    caption (1024 UTF-16 units, the rest is cut), and stands alone when it cannot be drawn.
    """

    text: Rich | str
    rows: Sequence[Sequence[Item]] = ()
    picture: Picture | None = None
