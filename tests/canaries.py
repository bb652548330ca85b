"""Secrets that are easy to recognise, and the search for them in every guise they could take."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

from sapp_bot.sandbox.sapp_api import Database
from sapp_bot.sandbox.sapp_api.rows import UserRow

PASSWORD = "canary Pässword <1>"
NEW_PASSWORD = "canary Pässword <2>"
WRONG_PASSWORD = "canary Pässword <3>"
PASSWORDS = (PASSWORD, NEW_PASSWORD, WRONG_PASSWORD)
EMAIL, NAME, TELEGRAM_ID = "canary-ann@example.com", "Canary Ann", 7_310_552_941
"""Who a person is: no secret, and yet nothing for a log."""

_PIECE = 12
"""So many letters of a token's signature or of a key are more than chance."""


class TellingLedger(Database):
    """An API's state that remembers the tokens it gave out."""

    def __init__(self) -> None:
        super().__init__()
        # A whole day of these tests takes less than a second: a login after a logout would get the
        # token that has just been ended, as with the real API.
        self.coarse_tokens = False
        self.tokens: list[str] = []

    def token_for(self, user: UserRow) -> str:
        """Give a token, and remember it."""
        token = super().token_for(user)
        self.tokens.append(token)
        return token

    @property
    def keys(self) -> list[str]:
        """All API keys there are."""
        return [row.api_key for row in self.clients.all()]

    def secrets(self) -> list[str]:
        """List the passwords, and all tokens and keys so far."""
        assert self.tokens
        return [*PASSWORDS, *self.tokens, *self.keys]


def found(secrets: list[str], text: str | bytes) -> list[str]:
    """Give the guises of secrets that stand in a text."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return sorted({guise.decode() for s in secrets for guise in guises(s) if guise in data})


def guises(secret: str) -> set[bytes]:
    """Write a secret as it could slip through: quoted, escaped, encoded, or the end of it."""
    raw = secret.encode()
    forms = {
        raw,
        json.dumps(secret)[1:-1].encode(),
        ascii(secret)[1:-1].encode(),
        quote(secret, safe="").encode(),
        quote(secret).encode(),
        raw.hex().encode(),
        base64.b64encode(raw).rstrip(b"="),
        base64.urlsafe_b64encode(raw).rstrip(b"="),
    }
    # Inside a longer text base64 begins at any of three places; its borders mix with neighbours.
    forms |= {base64.b64encode(b"-" * shift + raw)[4:-4] for shift in (1, 2)}
    if secret.isascii() and " " not in secret:  # a token or a key: its end tells as much
        forms.add(raw[-_PIECE:])
    return forms
