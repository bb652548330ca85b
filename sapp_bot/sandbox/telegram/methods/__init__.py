"""The calls a client can make, by subject."""

from __future__ import annotations

from . import (
    albums,
    bots,
    contacts,
    groups,
    inline,
    media,
    payments,
    people,
    reading,
    scheduling,
    sending,
    signing_in,
    stars,
    temporary_keys,
)
from .registry import Method, name_of

__all__ = ["TABLE", "name_of"]

TABLE: dict[int, Method] = {
    constructor: method
    for subject in (
        *(signing_in, people, contacts, sending, media, reading, bots, inline),
        *(payments, stars, groups, temporary_keys, albums, scheduling),
    )
    for constructor, method in subject.methods.table.items()
}
