"""By what a client's reads at the API differ from its book: what operators decide on."""

from __future__ import annotations

from sapp_bot.domain.client_reads import ClientReads
from sapp_bot.ledger.errors import NotForSale
from sapp_bot.ledger.values import MOST_READS, PaymentState
from sapp_bot.values import dataclass

from .book import Book


@dataclass(frozen=True, slots=True)
class ReadsDifference:
    """By what a client's reads at the API differ from its book.

    Attributes:
        found: Reads ever made available, at the API.
        wanted: What the book wants there, with all that follows.
        waiting: Of that, payments that were not yet seen at the API.
        returned: Of that, payments that came back from Telegram's list after a loss of Redis: the
            API may have them by what was lost.
        heals: Whether the ledger puts the number found right by itself: it is one of before, which
            a metered call has brought back.

    """

    found: int
    wanted: int
    waiting: int
    returned: int
    heals: bool = False

    @property
    def kept(self) -> int:
        """What the client has when the number found is kept: with what waits on top."""
        return self.found + self.waiting

    @property
    def all_kept(self) -> int:
        """What it has when payments that came back come on top, too."""
        return self.kept + self.returned

    @classmethod
    def of(cls, book: Book, reads: ClientReads) -> ReadsDifference:
        """Return the difference of a book and a GET.

        Raises:
            NotForSale: nothing was ever booked.

        """
        if book.base is None:
            raise NotForSale(reply="Nothing was paid for this client.")
        book = book.all_taken(reads.used)
        unseen = [charge for charge in book.charges if charge.state is PaymentState.SEEN]
        came_back = sum(charge.counts for charge in unseen if charge.mark == "recovered")
        waiting = sum(charge.counts for charge in unseen) - came_back
        heals = book.want <= MOST_READS and book.heals(reads.available)
        return cls(reads.available, book.want, waiting, came_back, heals)
