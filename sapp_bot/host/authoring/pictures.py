"""Pictures: typed values that say what to draw; a plugin's renderer draws them at delivery."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from sapp_bot.domain.replies import PictureSource
from sapp_bot.errors import PluginError

ARGUMENTS_BYTES = 8192
"""Longest JSON of a picture's fields: it is stored with each reply that shows it."""


class Picture(BaseModel):
    """Base of all pictures: its fields are what the renderer draws from, and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    renderer: ClassVar[str] = ""

    @classmethod
    def bind(cls, owner: str) -> None:
        """Give the class its renderer's name. `owner` is the plugin's name."""
        cls.renderer = f"{owner}.{cls.__name__}"

    def source(self) -> PictureSource:
        """Return what is stored of the picture until it is drawn.

        Raises:
            PluginError: it has no renderer, or its fields take too much room.

        """
        name = type(self).__name__
        renderer: str = type(self).__dict__.get("renderer", "")  # a parent's is not its own
        if not renderer:
            raise PluginError(f"picture {name} has no renderer: write a @plugin.picture for it")
        arguments = self.model_dump_json()
        if (size := len(arguments.encode())) > ARGUMENTS_BYTES:
            hint = f"{ARGUMENTS_BYTES} fit: keep the data in a Store and name its key"
            raise PluginError(f"picture {name}: its fields take {size} bytes, {hint}")
        return PictureSource(renderer, arguments)
