"""Keeps secrets and people out of log lines, by key and by value. Imports nothing of ours."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any, Literal

HIDDEN = "[hidden]"

_SECRET_KEYS = (
    "api_hash",
    "api_key",
    "apikey",
    "authorization",
    "cookie",
    "email",
    "passphrase",
    "password",
    "secret",
    "token",
)
"""A field whose name holds one of these is hidden whole."""

_PERSON_KEYS = frozenset({"chat", "chat_id", "person", "person_id", "sender", "telegram_id"})
"""Fields that hold a Telegram id when they hold a number; a private chat has its person's id."""

_SHORTEST_SECRET = 4
"""A shorter text would be found in half of all words, and protects nothing."""

_PATTERNS = (
    # A JWT: base64url of `{"` is eyJ. Source: RFC 7519, section 3.1.
    re.compile(r"()eyJ[\w-]{4,}\.[\w-]+(?:\.[\w-]*)?"),
    # A bot token. Source: https://core.telegram.org/bots/api#authorizing-your-bot
    re.compile(r"()\d+:[A-Za-z0-9_-]{30,}"),
    # An API key is a random UUID. Source: RFC 9562, section 5.4.
    re.compile(r"()[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}", re.IGNORECASE),
    # In a query string or a form: the API takes its key as `?apikey=`.
    re.compile(r"((?:api_?key|password|token|secret)=)[^\s&\"']+", re.IGNORECASE),
    re.compile(r"(\bBearer\s+)[\w.~+/=-]+", re.IGNORECASE),
    # The part before the host in `redis://user:password@host`.
    re.compile(r"(://)[^\s/@]+(?=@)"),
    # pydantic's errors repeat what they refuse, unless a model says otherwise.
    re.compile(r"(input_value=).+?(?=, input_type=)", re.DOTALL),
)

_HARMLESS = re.compile(r"(?!.*(?:eyJ|bearer))[\w./: -]{0,31}", re.IGNORECASE | re.ASCII)
"""Texts in which none of the patterns above can find anything: most values are such words, and
to try all patterns on each made up half of what a log line costs."""

_REMEMBERED, _LONGEST_REMEMBERED = 2000, 100
"""Most texts without a secret that are remembered, and their length: names of events, modules,
commands come again and again, and to look at one costs more than all else of its field."""

_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
_LINE_ENDS = {ord("\n"): "\n", ord("\t"): "\t"}


def person_hash(person_id: int, key: bytes) -> str:
    """Return a name of 8 letters for a Telegram id, the same for the same key (at most 64 bytes).

    There are few enough ids to try them all, so it takes the key to tell who is meant.
    """
    return hashlib.blake2b(str(person_id).encode(), digest_size=4, key=key).hexdigest()


@lru_cache(maxsize=1000)
def _kind_of(key: str) -> Literal["person", "secret", "exception", "plain"]:
    """Return what a field of this name may hold; "secret" is hidden whole."""
    name = key.lower()
    if name in _PERSON_KEYS:
        return "person"
    if any(part in name for part in _SECRET_KEYS):
        return "secret"
    return "exception" if name == "exception" else "plain"


class Redactor:
    """A structlog processor that leaves only plain values, without secrets, in an event."""

    def __init__(self, secrets: Iterable[str], *, person_key: bytes) -> None:
        self._secrets: frozenset[str] = frozenset()
        self._fine: set[str] = set()
        self._known: re.Pattern[str] | None = None
        self.hide(secrets)
        self._person_key = hashlib.blake2b(person_key, person=b"log persons").digest()

    def hide(self, secrets: Iterable[str]) -> None:
        """Hide these texts, too, from now on."""
        self._fine.clear()
        self._secrets |= {text for text in secrets if len(text) >= _SHORTEST_SECRET}
        longest_first = sorted(self._secrets, key=len, reverse=True)
        if longest_first:
            self._known = re.compile("|".join(map(re.escape, longest_first)))

    def for_people(self, text: str) -> str:
        """Hide the same in a text that somebody is shown; its lines stay lines."""
        return self.scrub(text, keep=_LINE_ENDS)

    def __call__(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
        """Hide what must not be seen in all fields of an event."""
        del logger, method
        return {key: self._field(key, value) for key, value in event.items()}

    def _field(self, key: object, value: object) -> object:
        kind = _kind_of(key if isinstance(key, str) else str(key))
        if kind == "secret" and value is not None:
            return HIDDEN
        if kind == "person" and isinstance(value, int):
            return person_hash(value, self._person_key)
        if kind == "exception" and isinstance(value, str):
            return self.scrub(value, keep=_LINE_ENDS)
        return self._value(value)

    def _value(self, value: object) -> object:
        if type(value) is str:  # first, as most values are texts, and seen before
            return value if value in self._fine else self.scrub(value)
        match value:
            case None | bool() | int() | float():
                return value
            case str():
                return self.scrub(value)
            case Mapping():
                return {self.scrub(str(k)): self._field(k, v) for k, v in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self._value(item) for item in value]
            case _:
                return self.scrub(repr(value))

    def scrub(self, text: str, *, keep: Mapping[int, str] | None = None) -> str:
        """Hide known secrets and what looks like one; write control characters as escapes.

        A line end or a terminal code inside a value could forge lines of the log.
        """
        if text in self._fine:
            return text
        found = text if self._known is None else self._known.sub(HIDDEN, text)
        if not _HARMLESS.fullmatch(found):
            for pattern in _PATTERNS:
                found = pattern.sub(rf"\g<1>{HIDDEN}", found)
            found = found.translate(_CONTROLS | dict(keep or {}))
        if found == text and keep is None and len(text) <= _LONGEST_REMEMBERED:
            self._remember(text)
        return found

    def _remember(self, text: str) -> None:
        if len(self._fine) < _REMEMBERED:
            self._fine.add(text)
