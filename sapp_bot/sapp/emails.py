"""E-mail addresses as people type them, and as the API compares them: letter by letter."""

from __future__ import annotations

import unicodedata


def normalise_email(text: str) -> str:
    """Return an address without blanks around it and invisible characters, its domain folded.

    The part before the `@` stays as it is: the API holds `Ann@x` and `ann@x` for two accounts.
    Domains are equal in any case (RFC 1035, 2.3.3), so theirs is no loss.

    Invisible is what Unicode calls format (Cf) or control (Cc): U+200B, U+FEFF, the marks of
    direction, soft hyphens. They come with copied text and cannot be seen to be wrong.
    """
    seen = "".join(char for char in text if unicodedata.category(char) not in {"Cf", "Cc"})
    local, at, domain = seen.strip().rpartition("@")
    return f"{local}{at}{domain.lower()}" if at else domain


def spellings(text: str) -> list[str]:
    """Return the ways to try an address at a login: normalised, as typed, in small letters.

    Accounts that were made elsewhere may hold capitals, and keyboards of phones make them.
    """
    tidy = normalise_email(text)
    return list(dict.fromkeys([tidy, text.strip(), tidy.lower()]))
