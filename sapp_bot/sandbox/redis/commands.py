"""Names Redis commands, for faults and counts.

`GET` is `GET`; `SCRIPT LOAD` goes by `SCRIPT` too; a script whose text begins with the line
`-- name` is `EVALSHA:name`, and `EVALSHA` too, once its `SCRIPT LOAD` was seen.
"""

from __future__ import annotations

import hashlib
import re

_FIRST_LINE = re.compile(rb"\s*--\s*([\w.-]+)")
_WITH_SUBCOMMAND = frozenset(
    {"ACL", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "FUNCTION", "LATENCY", "MEMORY", "OBJECT"}
    | {"PUBSUB", "SCRIPT", "SLOWLOG", "XGROUP", "XINFO"}
)
_WAITING = frozenset(
    {"BLMOVE", "BLMPOP", "BLPOP", "BRPOP", "BRPOPLPUSH", "BZMPOP", "BZPOPMAX", "BZPOPMIN"}
    | {"MONITOR", "PSUBSCRIBE", "SSUBSCRIBE", "SUBSCRIBE", "WAIT", "WAITAOF"}
)


class CommandCounts:
    """Names commands; remembers the names of scripts that it has seen loaded."""

    def __init__(self) -> None:
        self._scripts: dict[str, str] = {}

    def of(self, words: tuple[bytes, ...]) -> tuple[str, ...]:
        """Return the names of a command, the most specific first; never one of its arguments."""
        name = _word(words, 0)
        if name in _WITH_SUBCOMMAND and len(words) > 1:
            if (name, _word(words, 1)) == ("SCRIPT", "LOAD"):
                self._learn(words)
            return (f"{name} {_word(words, 1)}", name)
        script = self._script(name.removesuffix("_RO"), words)
        return (f"{name}:{script}", name) if script else (name,)

    def _learn(self, words: tuple[bytes, ...]) -> None:
        for text in words[2:3]:
            name = script_name(text)
            if name:
                self._scripts[hashlib.sha1(text, usedforsecurity=False).hexdigest()] = name

    def _script(self, name: str, words: tuple[bytes, ...]) -> str | None:
        if len(words) == 1:
            return None
        if name == "EVALSHA":
            return self._scripts.get(words[1].decode("latin-1").lower())
        if name == "EVAL":
            return script_name(words[1])
        return words[1].decode("latin-1") if name == "FCALL" else None


def script_name(text: bytes) -> str | None:
    """Return the name in a script's first line, `-- name`; None when there is none."""
    found = _FIRST_LINE.match(text)
    return found[1].decode("latin-1") if found else None


def waits(words: tuple[bytes, ...]) -> bool:
    """Return whether a command may block on purpose (BLPOP), so that it is not in flight."""
    name = _word(words, 0)
    blocks = name in {"XREAD", "XREADGROUP"} and b"BLOCK" in {word.upper() for word in words}
    return blocks or name in _WAITING


def _word(words: tuple[bytes, ...], at: int) -> str:
    return words[at].decode("latin-1").upper()
