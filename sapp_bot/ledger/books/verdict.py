"""Decides what to do when a client was looked at: pure, from the book and the number found."""

from __future__ import annotations

from sapp_bot.ledger.values import MOST_READS, HoldReason
from sapp_bot.values import dataclass

from .book import Book


@dataclass(frozen=True, slots=True)
class Agrees:
    """The API has what the book wants."""


@dataclass(frozen=True, slots=True)
class Write:
    """Set the reads to this number. `is_rollback`: the number found is one of before."""

    reads: int


@dataclass(frozen=True, slots=True)
class CutOne:
    """Take the last read away: the API ignores it when reads are set to 0."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody else gave a few reads: book them."""

    key: str
    reads: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Nobody can tell what is right: an operator has to."""

    reason: HoldReason


Verdict = Agrees | Write | CutOne | Shift | Stop


def judge(book: Book, found: int, smallest_pack: int, used: int = 0) -> Verdict:
    """Return what to do about the reads that a client has at the API.

    Args:
        book: The client's, with a base.
        found: What a GET has just shown.
        smallest_pack: Reads of the smallest pack on sale. Less than half of it, given by somebody
            else, is taken for the API's own gift; more may be a payment made by hand.
        used: Reads that the client has used.

    """
    want = book.want
    if found == want:
        return Agrees()
    if want > MOST_READS:
        return Stop(HoldReason.LIMIT)
    if book.knows(found):
        if want > 0:
            return Write(want)
        return CutOne() if found == 1 else Write(1)
    lower = [number for number in book.known if number < found]
    gift = found - max(lower, default=found)
    if 0 < 2 * gift < smallest_pack:
        # Down to what is used, by facts that were lost with Redis: taken back, and no gift.
        is_rest = book.is_recovered and found <= used
        return Write(want) if is_rest else Shift(f"foreign:{found}", gift)
    return Stop(HoldReason.DRIFT)
