"""Files: typed values that a plugin's renderer turns into bytes when the reply is delivered."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from sapp_bot.domain.replies import FileSource
from sapp_bot.errors import PluginError

from .pictures import ARGUMENTS_BYTES

_FILENAME = re.compile(r"[^/\\\x00-\x1f\x7f]{1,100}")


class File(BaseModel):
    """Base class of files; the fields are the only input of the renderer.

    `filename` is what the person gets it as; its end tells the kind: "report.csv".
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    renderer: ClassVar[str] = ""
    filename: str

    @classmethod
    def bind(cls, owner: str) -> None:
        """Set the renderer's name of the class. `owner` is the plugin's name."""
        cls.renderer = f"{owner}.{cls.__name__}"

    def source(self) -> FileSource:
        """Return the stored form of the file: its renderer, its fields and its name.

        Raises:
            PluginError: the file has no renderer, its name is none, or the JSON of its fields is
                longer than 8192 bytes.

        """
        name = type(self).__name__
        renderer: str = type(self).__dict__.get("renderer", "")  # not a base class's renderer
        if not renderer:
            raise PluginError(f"file {name} has no renderer: write a @plugin.file for it")
        if not _FILENAME.fullmatch(self.filename):
            rule = "1-100 characters without slashes, as in report.csv"
            raise PluginError(f"file {name}: {self.filename!r} is no name of a file: {rule}")
        arguments = self.model_dump_json()
        if (size := len(arguments.encode())) > ARGUMENTS_BYTES:
            hint = f"{ARGUMENTS_BYTES} fit: keep the data in a Store and name its key"
            raise PluginError(f"file {name}: its fields take {size} bytes, {hint}")
        return FileSource(renderer, arguments, self.filename)
