"""What a way through the screens is made of: pictures, and what leads to each.

The ways themselves, for each who walks: `customer.py`, `staff.py`, `troubles.py`, `owner.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

GUEST = "ann"
OPERATOR = "operator"
EMAIL = "{person}@example.com"
PASSWORD = "correct horse 7"  # an account of a stand-in


@dataclass(frozen=True, slots=True)
class Photograph:
    """One picture: its name, and what leads to it, in this order.

    Attributes:
        name: What it shows; a name stands once in all ways.
        does: What happens behind the scene: a key of `backstage.ACTS`.
        says: Texts, one after another; `{person}` is who says them, `{language}` theirs.
        taps: Buttons, one after another: a part of the label, in English. Of the newest message
            that has it; in another language the button at the same place.
        pays: Whether the newest invoice is then paid.
        is_silent: Whether the bot rightly says nothing to it.
        script: What is then run in the page; nothing where there is no page.

    """

    name: str
    does: str = ""
    says: tuple[str, ...] = ()
    taps: tuple[str, ...] = ()
    pays: bool = False
    is_silent: bool = False
    script: str = ""


def shot(name: str, *says: str, taps: str = "", **about: Any) -> Photograph:
    """Return a picture; several taps are parted by `|`, `about` are the other attributes."""
    tapped = tuple(part for part in taps.split("|") if part)
    return Photograph(name, says=says, taps=tapped, **about)


def commands(way: Iterable[Photograph]) -> set[str]:
    """Return the commands that a way says, without their slashes."""
    says = [text for one in way for text in one.says]
    return {text[1:].split()[0] for text in says if text.startswith("/")}
