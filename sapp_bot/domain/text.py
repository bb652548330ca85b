"""Text with formatting entities, measured in UTF-16 units as Telegram does.

Source of the unit: https://core.telegram.org/api/entities#entity-length
Must not parse markup: a `Rich` is built from parts, so that a `<`, `*` or `_` that a person typed
stays as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from string import Formatter
from typing import Literal

from sapp_bot.values import dataclass, replace

_SURROGATE = re.compile("[\ud800-\udfff]")

Kind = Literal["bold", "italic", "code", "pre", "spoiler", "link", "quote", "strike"]

MESSAGE_UNITS = 4096
"""Longest message, in UTF-16 units. Source: https://core.telegram.org/api/config,
`message_length_max`."""

CAPTION_UNITS = 1024
"""Longest text under a picture, in UTF-16 units. Source: ibid., `caption_length_limit_default`."""

_ONE_UNIT = 0xFFFF
"""The last code point that UTF-16 writes in one unit."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One stretch of formatting: `offset` and `length` in UTF-16 units, `url` for a link."""

    kind: Kind
    offset: int
    length: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class Rich:
    """Plain text and its entities; `+` and `join` shift the entities with the text."""

    plain: str = ""
    entities: tuple[Entity, ...] = ()

    def __add__(self, other: Rich | str) -> Rich:
        """Return this text followed by `other`."""
        return _row((self, other))

    def __radd__(self, other: str) -> Rich:
        """Return plain text followed by this text."""
        return rich(other) + self

    def __str__(self) -> str:
        """Return the text without its formatting."""
        return self.plain

    def __repr__(self) -> str:
        """Mask the text under a spoiler, which is often an API key, so that no log holds it."""
        wide = self.plain.encode("utf-16-le", "surrogatepass")
        for e in self.entities:
            if e.kind == "spoiler":
                start, end = 2 * e.offset, 2 * (e.offset + e.length)
                wide = wide[:start] + ("▒" * e.length).encode("utf-16-le") + wide[end:]
        return f"Rich({wide.decode('utf-16-le', 'surrogatepass')!r}, {self.entities!r})"

    def after(self, characters: int) -> Rich:
        """Return the text without its first characters, with what is left of its formatting."""
        return _divide(self, characters)[1]

    def __bool__(self) -> bool:
        """Return whether the text is not empty."""
        return bool(self.plain)


def rich(value: object) -> Rich:
    """Return any value as a `Rich`; a `Rich` is returned unchanged."""
    return value if isinstance(value, Rich) else Rich(str(value))


def units(text: str) -> int:
    """Return the length in UTF-16 units: an emoji has two, a lone surrogate one."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _row(parts: Iterable[Rich | str]) -> Rich:
    texts: list[str] = []
    entities: list[Entity] = []
    shift, measured = 0, 0
    for part in parts:
        if not isinstance(part, Rich):
            texts.append(str(part))
            continue
        if part.entities:
            # Only now, as most parts have no entities, and to measure a text costs more than it.
            shift, measured = shift + units("".join(texts[measured:])), len(texts)
            entities += [Entity(e.kind, e.offset + shift, e.length, e.url) for e in part.entities]
        texts.append(part.plain)
    return Rich("".join(texts), tuple(entities))


def _marked(kind: Kind, value: object, url: str = "") -> Rich:
    inner = rich(value)
    length = units(inner.plain)
    if not length:
        return inner
    return Rich(inner.plain, (Entity(kind, 0, length, url), *inner.entities))


def bold(value: object) -> Rich:
    """Return the text in bold."""
    return _marked("bold", value)


def italic(value: object) -> Rich:
    """Return the text in italics."""
    return _marked("italic", value)


def code(value: object) -> Rich:
    """Return the text monospaced; a tap copies it."""
    return _marked("code", value)


def pre(value: object) -> Rich:
    """Return the text as a monospaced block."""
    return _marked("pre", value)


def spoiler(value: object) -> Rich:
    """Return the text hidden until it is tapped."""
    return _marked("spoiler", value)


def quote(value: object) -> Rich:
    """Return the text as a quotation block."""
    return _marked("quote", value)


def link(label: object, url: str) -> Rich:
    """Return a link to `url`, shown as `label`."""
    return _marked("link", label, url)


def join(parts: Iterable[Rich | str], between: Rich | str = "") -> Rich:
    """Return the parts as one text, with `between` as separator."""
    whole: list[Rich | str] = []
    for part in parts:
        whole += [between, part] if whole else [part]
    return _row(whole)


def lines(*parts: Rich | str | None) -> Rich:
    """Return the parts as lines; None is left out, "" makes an empty line."""
    return join((p for p in parts if p is not None), "\n")


def fill(template: str, values: dict[str, object]) -> Rich:
    """Return a template with its placeholders replaced.

    Args:
        template: Text with placeholders as for `str.format`: `{name}`, `{n:,}`. A placeholder
            without a value stays as it stands: a text may contain braces that a person typed.
        values: Values by name; a `Rich` one keeps its formatting.

    """
    return _row(_filled(template, values)) if values else _bare(template)


@lru_cache(maxsize=1000)
def _bare(template: str) -> Rich:
    """Return a template without values; cached, as most texts of a screen are labels."""
    return _row(_filled(template, {}))


def _filled(template: str, values: dict[str, object]) -> Iterator[Rich | str]:
    for literal, name, spec, place in _parsed(template):
        yield literal
        if name not in values:
            yield place
            continue
        value = values[name]
        yield value if isinstance(value, Rich) else format(value, spec)


@lru_cache(maxsize=1000)
def _parsed(template: str) -> tuple[tuple[str, str, str, str], ...]:
    """Return the parts of a template: literal, then name, format and source of the placeholder.

    Cached, as there are few templates and each is filled many times.
    """
    try:
        return tuple(_places(template))
    except ValueError:  # an unpaired brace
        return ((template, "", "", ""),)


def _places(template: str) -> Iterator[tuple[str, str, str, str]]:
    for literal, name, spec, conversion in Formatter().parse(template):
        if name is None:
            yield literal, "", "", ""
        else:
            how = (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
            yield literal, name, spec or "", f"{{{name}{how}}}"


# C0 and C1 controls except tab and line feed; bidirectional overrides and isolates, which could
# reverse the bot's own words; lone surrogates, which neither Redis nor Telegram accepts.
# Source: https://unicode.org/reports/tr9/, explicit directional formatting characters.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u061c\u200e\u200f\ud800-\udfff]"
)


def clean(text: str) -> str:
    """Return a text without control characters, direction overrides and lone surrogates."""
    return _UNSAFE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def isolate(name: str) -> str:
    """Return a right-to-left name in FSI … PDI, so that it does not reorder the line around it."""
    if not name.isascii() and any(unicodedata.bidirectional(c) in {"R", "AL", "AN"} for c in name):
        return f"\u2068{name}\u2069"
    return name


_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Hangul fillers and the Braille pattern without dots: letters and symbols that show nothing."""


def visible(text: str) -> bool:
    """Return whether a text has more than spaces, zero-width characters and empty letters."""
    return any(unicodedata.category(c)[0] not in "ZC" and c not in _BLANK_LETTERS for c in text)


def _widths(text: str) -> Iterator[int]:
    return (2 if ord(c) > _ONE_UNIT else 1 for c in text)


def wire_text(text: str) -> str:
    """Return a text with each lone surrogate replaced by U+FFFD, as UTF-8 cannot encode it.

    The length in UTF-16 code units stays, so entity offsets remain right.
    """
    return _SURROGATE.sub("\ufffd", text)


def cut(text: str, limit: int) -> str:
    """Return at most `limit` UTF-16 units of a text; a cut one ends in "…"."""
    if units(text) <= limit:
        return text
    total = 0
    for index, width in enumerate(_widths(text)):
        if total + width > limit - 1:
            return text[:index] + "…"
        total += width
    return text


def cut_rich(whole: Rich, limit: int) -> Rich:
    """Return a text cut as by `cut`, with its entities."""
    plain = cut(whole.plain, limit)
    if plain == whole.plain:
        return whole
    end = units(plain)
    kept = (e for e in whole.entities if e.offset < end)
    return Rich(plain, tuple(replace(e, length=min(e.length, end - e.offset)) for e in kept))


def split(whole: Rich, limit: int = MESSAGE_UNITS) -> list[Rich]:
    """Return a text as parts of at most `limit` UTF-16 units, split at line ends or else at blanks.

    An entity that spans a border is continued in the next part.
    """
    parts: list[Rich] = []
    rest = whole
    while units(rest.plain) > limit:
        at = _border(rest.plain, limit)
        head, rest = _divide(rest, at)
        parts.append(head)
    return [*parts, rest]


def _border(text: str, limit: int) -> int:
    total = last_line = last_word = 0
    for index, width in enumerate(_widths(text)):
        if total + width > limit:
            return last_line or last_word or index
        total += width
        if text[index] == "\n":
            last_line = index + 1
        elif text[index] == " ":
            last_word = index + 1
    return len(text)


def _divide(whole: Rich, at: int) -> tuple[Rich, Rich]:
    border = units(whole.plain[:at])
    head, tail = [], []
    for e in whole.entities:
        end = e.offset + e.length
        if e.offset < border:
            head.append(replace(e, length=min(end, border) - e.offset))
        if end > border:
            start = max(e.offset, border)
            tail.append(replace(e, offset=start - border, length=end - start))
    return Rich(whole.plain[:at], tuple(head)), Rich(whole.plain[at:], tuple(tail))
