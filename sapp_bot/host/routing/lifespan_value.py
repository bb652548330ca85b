"""The object that a plugin's lifespan yields, kept for the handlers of the same generation."""

from __future__ import annotations

from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.turn import Turn


class LifespanValue:
    """The object that a lifespan yields, for the handlers of the same generation.

    Attributes:
        kind: Type of the object, by the lifespan's annotation.

    """

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self._value: object = None
        self._is_there = False

    def put(self, value: object) -> None:
        """Store the object.

        Raises:
            PluginError: the object is not of the annotated type; the text says what to write.

        """
        if not _is_instance(value, self.kind):
            found = type(value).__name__
            raise PluginError(
                f"yields a {found}, and its annotation promises a {self.kind.__name__}; write "
                f"`yield` with a {self.kind.__name__}, or `-> AsyncIterator[{found}]`"
            )
        self._value, self._is_there = value, True

    def get(self, _: Turn | None) -> object:
        """Return the object.

        Raises:
            PluginError: the lifespan has not started, or has ended.

        """
        if not self._is_there:
            raise PluginError(f"the lifespan that gives the {self.kind.__name__} is not running")
        return self._value

    def clear(self) -> None:
        """Drop the object when its lifespan has ended."""
        self._value, self._is_there = None, False


def _is_instance(value: object, kind: type) -> bool:
    try:
        return isinstance(value, kind)
    except TypeError:  # a Protocol without @runtime_checkable
        return value is not None
