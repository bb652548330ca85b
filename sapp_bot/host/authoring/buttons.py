"""Buttons and screens: a button is a typed value that its handler gets when it is pressed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from sapp_bot.domain.replies import STYLES, Callback, Copy, Style, Url
from sapp_bot.domain.text import Rich
from sapp_bot.errors import PluginError
from sapp_bot.host.runtime.names import timeless
from sapp_bot.values import dataclass

from .pictures import Picture


class Button(BaseModel):
    """Base class of buttons; the fields are what a press brings to the handler.

    The JSON of all field values must fit into 49 bytes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    route: ClassVar[bytes] = b""
    of_login: ClassVar[bool] = True
    """Whether a press counts only under the login that the button was shown under. Set by the host:
    a button whose handler asks for no `Session` works on after a login or logout."""

    def key(self, label: str, /, *, style: Style = "", **values: object) -> ButtonLabel:
        """Return the button with a label, for a row of a screen.

        Args:
            label: English message id.
            style: Colour: "primary", "success", "danger", or "" for Telegram's usual one.
            values: Values of the label's placeholders.

        Raises:
            PluginError: there is no such colour, or the label is no message id.

        """
        if not isinstance(label, str):
            hint = 'write its values behind a message id: .key("{text}", text=…)'
            raise PluginError(f"button {type(self).__name__}: a label is a str; {hint}")
        if style not in STYLES:
            wanted = ", ".join(repr(one) for one in STYLES)
            raise PluginError(
                f"button {type(self).__name__}: style is {style!r}, not one of {wanted}"
            )
        return ButtonLabel(self, label, style, values)

    def typed(self, template: str) -> str:
        """Return the command that can be typed instead of pressing the button.

        Args:
            template: The handler's `typed_as`; its placeholders are fields of the button.

        """
        # Most have no field in theirs, and to dump a model costs more than the rest of a button.
        return template.format_map(self.model_dump()) if "{" in template else template

    @classmethod
    def bind(cls, owner: str, *, of_login: bool = False) -> None:
        """Set the route of the class, and whether it is bound to a login.

        Args:
            owner: The plugin's name.
            of_login: As the attribute.

        """
        cls.route = route_of(owner, cls)
        cls.of_login = of_login


class CommandButton(Button):
    """Starts a command of any plugin: `CommandButton(command="login").key("Log in")`.

    The host handles it, so it needs no `@plugin.button`. `words` stand behind the command, as if
    they were typed: `CommandButton(command="topup", words="5 100")`.
    """

    command: str
    words: str = ""

    def typed(self, template: str) -> str:  # noqa: ARG002  # has no handler, so no template
        """Return the command itself."""
        return f"/{self.command} {self.words}".rstrip()


@dataclass(frozen=True, slots=True)
class ButtonLabel:
    """A button with its label, an English message id, and the label's values."""

    button: Button
    text: str
    style: Style
    values: dict[str, object]


def route_of(owner: str, cls: type[Button]) -> bytes:
    """Return the route of a button class: 4 bytes, a hash of plugin, class name and fields."""
    fields = ",".join(f"{n}:{f.annotation!r}" for n, f in cls.model_fields.items())
    # The repr of an annotation may name the plugin's module, whose name differs by reload.
    name = timeless(f"{owner}.{cls.__name__}({fields})")
    return hashlib.blake2s(name.encode(), digest_size=4).digest()


CommandButton.bind("host")

Item = ButtonLabel | Copy | Url | Callback
"""What a row of a screen holds."""


def no_item(value: object) -> PluginError:
    """Return the error for a value that cannot stand in a row; it says what to write instead."""
    kind = type(value).__name__
    if isinstance(value, Button):
        return PluginError(f'button {kind} in a row has no label: write {kind}(…).key("Label")')
    return PluginError(
        f'a row of a screen holds buttons, not a {kind}: write rows=[[MyButton().key("Label")]]'
    )


def items_of(row: Sequence[Item]) -> Sequence[Item]:
    """Return a row of a screen.

    Raises:
        PluginError: it is no row but a button by itself.

    """
    if isinstance(row, ButtonLabel | Copy | Url):
        raise PluginError("a screen has rows of buttons, not buttons: write [[first, second]]")
    return row


@dataclass(frozen=True, slots=True)
class Screen:
    """A message's text and rows of buttons.

    Attributes:
        text: Translated text, made with `ctx.t` and the text builders. With a picture it is the
            caption (at most 1024 UTF-16 units, the rest is cut off), or the whole message if the
            picture cannot be drawn.
        rows: Rows of `Button.key(…)`, `Copy` and `Url`.
        picture: The picture above the text; None for none.
        of_login: Whether it shows what belongs to the person's login: it is taken out of the chat
            when that ends. So is each screen of a handler that asks for a `Session`.

    """

    text: Rich | str
    rows: Sequence[Sequence[Item]] = ()
    picture: Picture | None = None
    of_login: bool = False
