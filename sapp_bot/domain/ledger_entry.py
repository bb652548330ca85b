"""An entry of the ledger's store, as the ledger and what keeps it speak of it."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One field of a place, to be written with others at one moment.

    Attributes:
        place: Name of the map.
        field: Name of the field in it.
        value: What to write.
        is_sealed: Whether the value names a person, and is kept encrypted.
        replaces: Whether it is written over what may be there, instead of once.

    """

    place: str
    field: str
    value: str = dataclasses.field(repr=False)
    is_sealed: bool = False
    replaces: bool = False
