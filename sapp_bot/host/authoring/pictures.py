"""Pictures: typed values that a plugin's renderer draws when the reply is delivered."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from sapp_bot.domain.replies import PictureSource
from sapp_bot.errors import PluginError

ARGUMENTS_BYTES = 8192
"""Longest JSON of a picture's fields, which is stored with each reply that shows the picture."""


class Picture(BaseModel):
    """Base class of pictures; the fields are the only input of the renderer."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    renderer: ClassVar[str] = ""

    @classmethod
    def bind(cls, owner: str) -> None:
        """Set the renderer's name of the class. `owner` is the plugin's name."""
        cls.renderer = f"{owner}.{cls.__name__}"

    def source(self) -> PictureSource:
        """Return the stored form of the picture: its renderer and its fields.

        Raises:
            PluginError: the picture has no renderer, or the JSON of its fields is longer than 8192
                bytes.

        """
        name = type(self).__name__
        renderer: str = type(self).__dict__.get("renderer", "")  # not a base class's renderer
        if not renderer:
            raise PluginError(f"picture {name} has no renderer: write a @plugin.picture for it")
        arguments = self.model_dump_json()
        if (size := len(arguments.encode())) > ARGUMENTS_BYTES:
            hint = f"{ARGUMENTS_BYTES} fit: keep the data in a Store and name its key"
            raise PluginError(f"picture {name}: its fields take {size} bytes, {hint}")
        return PictureSource(renderer, arguments)
