"""Bodies as the SAPP API writes them, and the values tests put into its calls."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

from pydantic import SecretStr

from sapp_bot.domain.state import Session
from sapp_bot.sapp.models import Client
from sapp_bot.sapp.wire import Answer

JSON = "application/json; charset=utf-8"
KEY = "0615c0de-7a11-4bad-9e37-c0ffee001359"
PASSWORD = "canary-password-7f3a"
ENDS = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


def jwt(claims: object) -> str:
    """Make a token with these claims; nobody but the API checks its signature."""

    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    head = part(b'{"alg":"HS256","typ":"JWT"}')
    return f"{head}.{part(json.dumps(claims).encode())}.{part(b'canary-signature')}"


TOKEN = jwt({"sub": "7", "iss": "sapp", "iat": 1763798400, "exp": int(ENDS.timestamp())})

_GORM = """
    "ID": 7,
    "CreatedAt": "2026-01-02T03:04:05.123456789Z",
    "UpdatedAt": "2026-01-02T03:04:05.123456789Z",
    "DeletedAt": null,"""

USER = (
    "{"
    + _GORM
    + """
    "email": "ann@mail.test",
    "password": "canary-hash",
    "role": "client",
    "active": true
}"""
)
CLIENT = (
    "{"
    + _GORM
    + f"""
    "name": "Tom \\u003cb\\u003e \\u0026 Jerry",
    "api_key": "{KEY}",
    "user_id": 7,
    "reads_used": 3,
    "reads_available": 10,
    "domains": "*"
}}"""
)
SIGNED_IN = f'{{\n    "user": {USER},\n    "token": "{TOKEN}"\n}}'
LIVE = """{
    "meta": {
        "code": 200,
        "disclaimer": "Usage subject to terms"
    },
    "response": {
        "date": "2026-11-22T20:00:00Z",
        "base": "USD",
        "rates": {
            "BTC": 9.8e-06,
            "EUR": 0.8626,
            "LBP": 89500
        }
    }
}"""
RATE = """{
    "id": "65a1b2c3d4e5f60718293a4b",
    "currency": "EUR",
    "value": 0.8626,
    "timestamp": "2026-11-22T20:00:00Z",
    "created_at": "0001-01-01T00:00:00Z",
    "updated_at": "0001-01-01T00:00:00Z"
}"""
USAGE = """[
    {
        "name": "Desk",
        "reads_used": 3,
        "reads_available": 10,
        "client_id": 1,
        "user_id": 7,
        "created_at": "2026-01-02T03:04:05Z",
        "email": "ann@mail.test",
        "active": true
    }
]"""


def answer(body: str | bytes, status: int = 200, content_type: str = JSON) -> Answer:
    """Make an answer of a body."""
    return Answer(status, content_type, body.encode() if isinstance(body, str) else body)


def error(text: str) -> Answer:
    """Make the API's 400 with this text."""
    return answer(json.dumps({"error": text}, indent=4), 400)


def session(token: str = TOKEN) -> Session:
    """Make Ann's login."""
    return Session(1, 7, "ann@mail.test", "client", SecretStr(token), ENDS, 1)


def client(*, domains: str = "*", key: str = KEY) -> Client:
    """Make Ann's client."""
    return Client(
        id=7,
        name="Desk",
        api_key=SecretStr(key),
        user_id=7,
        reads_used=3,
        reads_available=10,
        domains=domains,
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
    )
