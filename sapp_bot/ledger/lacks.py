"""Notes what payments lack that an adoption took over: once for each, the newest first."""

from __future__ import annotations

from .books.book import Book
from .books.repository import Books


async def note_lacks(books: Books, book: Book) -> Book:
    """Return the book with what each adopted payment lacks, where that was not noted yet.

    At the adoption that is nearly all. Later it is a payment whose Stars were on their way back
    then, until Telegram refused to return them, and one whose client the API had lost for a while.
    The older ones were delivered before, so it is the newest that lack.

    Raises:
        StoreAway: the store could not be asked.

    """
    fresh = [one for one in book.charges if one.is_adopted and not one.has_lacks]
    if not fresh or book.base is None:
        return book
    missing = book.lacks - sum(charge.lacking for charge in book.charges)
    payments = await books.payments(book.client, fresh)
    for charge in sorted(fresh, key=lambda one: payments[one.charge].at, reverse=True):
        lacks = min(charge.reads, max(0, missing))
        fact = f"lacks:{charge.charge}"
        book = book.plus({fact: str(await books.add(book.client, fact, str(lacks)))})
        missing -= lacks
    return book
