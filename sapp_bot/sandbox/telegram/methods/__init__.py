"""The calls a client can make, by subject."""

from __future__ import annotations

from . import (
    bots,
    contacts,
    groups,
    inline,
    media,
    payments,
    people,
    reading,
    sending,
    signing_in,
    stars,
)
from .registry import Method, name_of

__all__ = ["TABLE", "name_of"]

TABLE: dict[int, Method] = {
    constructor: method
    for subject in (
        *(signing_in, people, contacts, sending, media, reading, bots, inline),
        *(payments, stars, groups),
    )
    for constructor, method in subject.methods.table.items()
}
