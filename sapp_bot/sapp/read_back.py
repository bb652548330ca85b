"""Reading back what became of a write, where its answer does not tell: writes are sent once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from .errors import SappError

T = TypeVar("T")


async def read_back(
    write: Awaitable[T],
    read: Callable[[SappError], Awaitable[T]],
    *,
    doubted: tuple[type[SappError], ...] = (),
) -> T:
    """Do a write, and where its outcome is not known let `read` find it out.

    Args:
        write: The write, not begun yet.
        read: Gets the error of the write. Returns the result when the write was done after all;
            raises that error when it was not.
        doubted: Refusals that are not believed either, as an earlier try of the same write may
            have caused them.

    Raises:
        SappError: the write failed for certain, or so `read` says.

    """
    try:
        return await write
    except SappError as error:
        if not (error.uncertain or isinstance(error, doubted)):
            raise
        unsure = error
    # Out here, so that what `read` raises does not carry the first error as its context.
    return await read(unsure)
