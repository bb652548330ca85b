"""The API's login tokens: JSON Web Tokens signed with HS256 (RFC 7515, RFC 7519)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

_PARTS = 3


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says; both times in seconds since 1970."""

    user_id: int
    issued: int
    expires: int


def sign(secret: bytes, claims: Claims, *, issuer: str) -> str:
    """Make the token."""
    head = {"alg": "HS256", "typ": "JWT"}
    body = {
        "exp": claims.expires,
        "iat": claims.issued,
        "iss": issuer,
        "sub": str(claims.user_id),
    }
    signed = f"{_pack(head)}.{_pack(body)}"
    return f"{signed}.{_b64(_mac(secret, signed))}"


def read(secret: bytes, token: str, *, now: datetime) -> Claims | None:
    """Read a token; None when forged, of another shape, or expired at `now`."""
    parts = token.split(".")
    if len(parts) != _PARTS:
        return None
    head, body, mac = parts
    try:
        genuine = hmac.compare_digest(_mac(secret, f"{head}.{body}"), _unb64(mac))
        fields = json.loads(_unb64(body))
        if not genuine or json.loads(_unb64(head)).get("alg") != "HS256":
            return None
        claims = Claims(int(fields["sub"]), int(fields["iat"]), int(fields["exp"]))
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        return None
    return claims if claims.expires > now.timestamp() else None


def _mac(secret: bytes, text: str) -> bytes:
    return hmac.new(secret, text.encode(), hashlib.sha256).digest()


def _pack(value: Mapping[str, object]) -> str:
    return _b64(json.dumps(value, separators=(",", ":")).encode())


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
