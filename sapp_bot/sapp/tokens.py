"""When a token of the API ends, read from the token itself. Its signature is the API's business."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime

_JWT = re.compile(r"[\w-]+\.([\w-]+)\.[\w-]+", re.ASCII)
"""Source: RFC 7519, 3 and RFC 7515, 7.1: three parts of base64url, without padding."""


def expiry(token: str) -> datetime:
    """Return the time the token ends, aware UTC.

    Raises:
        ValueError: it is no JWT, or has no usable `exp`. The text holds nothing of it.

    """
    parts = _JWT.fullmatch(token)
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "==")) if parts else None
        ends = claims.get("exp") if isinstance(claims, dict) else None
        if isinstance(ends, int) and not isinstance(ends, bool):
            return datetime.fromtimestamp(ends, UTC)
    except (ValueError, OverflowError, OSError, RecursionError):
        pass  # raised below, without the error that holds the token
    raise ValueError("not a JWT with an end")
