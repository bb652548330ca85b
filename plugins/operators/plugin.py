"""The plugin object, and what its screens share: pages, and where their buttons lead."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sapp_bot import Button, CommandButton, Ctx, Item, NextStep, Plugin, Rich, UserError

plugin = Plugin(version="1.0", sapp=">=1", title="Operators")

T = TypeVar("T")

HOME = CommandButton(command="start").key("‹ Home")

ROWS = 8
"""Rows of a page: as many buttons as a phone shows without scrolling."""

SEARCH_BYTES = 24
"""Longest search, in UTF-8: the buttons that turn its pages carry it along."""


def page_of(found: Sequence[T], page: int, rows: int = ROWS) -> tuple[int, int, Sequence[T]]:
    """Return the number of a page, from 0 on, how many there are, and what is on it.

    A page that is no longer there is the last one.
    """
    pages = max(1, -(-len(found) // rows))
    at = min(max(0, page), pages - 1)
    return at, pages, found[at * rows : (at + 1) * rows]


def checked(search: str, back: NextStep) -> str:
    """Return a search without blanks around it, and without the # of a number.

    Args:
        search: What was typed.
        back: Where who typed too much goes on.

    Raises:
        UserError: it is too long for a button.

    """
    words = search.strip().removeprefix("#")
    if len(words.encode("utf-8", "surrogatepass")) > SEARCH_BYTES:
        raise UserError("Please search with fewer letters: a part of the name will do.").offer(back)
    return words


def page_line(ctx: Ctx, at: int, pages: int) -> Rich | None:
    """Return which page is shown; None if there is only one."""
    return ctx.t("Page {n} of {pages}", n=at + 1, pages=pages) if pages > 1 else None


def page_turns(at: int, pages: int, turn_to: Callable[[int], Button]) -> list[Item]:
    """Return the buttons to the pages before and after; `turn_to` makes the button to a page."""
    turns: list[Item] = []
    if at > 0:
        turns.append(turn_to(at - 1).key("‹ Back"))
    if at + 1 < pages:
        turns.append(turn_to(at + 1).key("Next ›"))
    return turns
