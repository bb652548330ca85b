"""A plain HTTP caller of the SAPP API's stand-in: no repeats, no redirects followed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp

from sapp_bot.sandbox.sapp_api import SappApi


@dataclass(frozen=True, slots=True)
class Seen:
    """What came back."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


def kept(row: dict[str, Any]) -> dict[str, Any]:
    """Read a row's times to the microsecond: the answer that made it has three decimals more."""
    times = ("CreatedAt", "UpdatedAt")
    return row | {name: datetime.fromisoformat(row[name]) for name in times}


class Caller:
    """Calls one API; `token` is sent along once it is set."""

    def __init__(self, api: SappApi, session: aiohttp.ClientSession) -> None:
        self.api = api
        self.token = ""
        self._session = session

    async def __call__(
        self,
        method: str,
        path: str,
        sent: object = None,
        *,
        key: str | None = None,
        origin: str | None = None,
        token: str | None = None,
    ) -> Seen:
        """Make one call; `sent` is a value for JSON, or the body's bytes as they are."""
        headers = {"Origin": origin} if origin is not None else {}
        if token or self.token:
            headers["Authorization"] = f"Bearer {token or self.token}"
        if key is not None:
            path += f"{'&' if '?' in path else '?'}apikey={key}"
        body = sent if isinstance(sent, bytes) or sent is None else json.dumps(sent).encode()
        async with self._session.request(
            method,
            f"{self.api.url}/api/v1{path}",
            data=body,
            headers=headers,
            allow_redirects=False,
        ) as answer:
            found = {name.title(): value for name, value in answer.headers.items()}
            return Seen(answer.status, await answer.read(), found)

    async def log_in_as_admin(self) -> None:
        """Send the administrator's token from now on."""
        admin = self.api.database.admin
        sent = {"email": admin.email, "password": admin.password}
        self.token = (await self("POST", "/auth/login", sent)).json["token"]
