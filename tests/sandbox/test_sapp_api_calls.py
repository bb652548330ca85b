"""The SAPP API's stand-in answers each recorded call as the real API did.

`sapp_api_calls.json` was written by hand from what was measured; its first line says where. Each
row is a call, who makes it and what is sent; then status, content type and the shape of the body.
`from` stands where a row rests on the API's code or Go's, as the measuring left it open.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sapp_bot.sandbox.sapp_api import UPSTREAM_ERRORS, Database, SappApi

RECORD = json.loads((Path(__file__).parent / "sapp_api_calls.json").read_text())
CALLS: list[dict[str, Any]] = RECORD["calls"]
LEAST = 200
NOW = datetime(2026, 11, 26, tzinfo=UTC)
LIFE_S = 3600 * 60

_ROW: dict[str, Any] = {"ID": int, "CreatedAt": str, "UpdatedAt": str, "DeletedAt": type(None)}
USER = _ROW | {"email": str, "password": str, "role": str, "active": bool}
CLIENT = _ROW | {
    "name": str,
    "api_key": str,
    "user_id": int,
    "reads_used": int,
    "reads_available": int,
    "domains": str,
}
RATE = {
    "id": str,
    "currency": str,
    "value": float,
    "timestamp": str,
    "created_at": str,
    "updated_at": str,
}
REPORT = {
    "name": str,
    "reads_used": int,
    "reads_available": int,
    "client_id": int,
    "user_id": int,
    "created_at": str,
    "email": str,
    "active": bool,
}
ROWS: Mapping[str, Mapping[str, Any]] = {
    "user": USER,
    "edited user": USER,
    "client": CLIENT,
    "rate": RATE,
    "report": REPORT,
}
EXACT = {
    "{}": b"{}",
    "true": b"true",
    "null": b"null",
    "empty": b"",
    "not found": b"404 page not found",
    "hello": b'{\n    "message": "Hello"\n}',
}


@dataclass(slots=True)
class World:
    """One of each kind of account; `keys` are by whose they are, and so are `tokens`."""

    database: Database
    tokens: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def fill(self) -> None:
        """Make the accounts: Ann has a client, Bob none, each other lacks something."""
        made = self.database
        names = ("ann", "bob", "cy", "dan", "eve", "fay", "gus")
        rows = {
            name: made.add_user(f"{name}@mail.test", "" if name == "fay" else "secret")
            for name in names
        }
        made.add_user("ira@mail.test", "secret", active=False)
        rows["admin"] = made.add_user("admin@mail.test", "secret", role="admin")
        for name in ("ann", "cy", "dan", "eve", "gus"):
            domains = "shop.com,site.org" if name == "cy" else "*"
            used = 10 if name == "dan" else 0
            client = made.add_client(rows[name], domains=domains, used=used)
            self.keys[name] = client.api_key
        self.keys["unknown"] = made.new_key()
        self.tokens["expired"] = made.token_for(rows["ann"])
        made.advance(LIFE_S)
        self.tokens |= {name: made.token_for(row) for name, row in rows.items()}
        self.tokens["forged"] = self.tokens["ann"][:-4] + "abcd"
        made.advance(1)
        self.tokens["blacklisted"] = made.token_for(rows["ann"])
        made.blacklist(self.tokens["blacklisted"])
        made.users.delete(rows["eve"].id)
        made.clients.delete(5)
        for currency, value in (("EUR", 0.5), ("HUGE", 1e200), ("TINY", 1e-7)):
            made.rates.pin(currency, value)

    def set(self, given: str) -> None:
        """Bring about what a call was made under."""
        if given == "database away":
            self.database.away = True
        elif given == "no rates":
            self.database.rates.is_empty = True
        elif given == "next number taken":
            taken = len(self.database.users.all()) + 1
            row = self.database.new_user("hand@mail.test", "x", row_id=taken)
            self.database.users.insert(row)
        elif given:
            self.database.rates.error = UPSTREAM_ERRORS[given.removeprefix("upstream: ")]

    def used(self, key: str) -> int:
        """Count the reads of whose key it is."""
        row = self.database.clients.find_by("api_key", self.keys[key])
        assert row is not None
        return row.reads_used


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str]


async def make(api: SappApi, world: World, row: dict[str, Any]) -> Heard:
    """Make one recorded call."""
    method, _, path = row["call"].partition(" ")
    headers = {"Origin": row["origin"]} if "origin" in row else {}
    if "token" in row:
        headers["Authorization"] = f"Bearer {world.tokens[row['token']]}"
    if "key" in row:
        path += f"{'&' if '?' in path else '?'}apikey={world.keys[row['key']]}"
    body = row["raw"].encode() if "raw" in row else None
    if "send" in row:
        body = json.dumps(row["send"]).encode()
    url = f"{api.url}/api/v1{path}"
    async with (
        aiohttp.ClientSession(skip_auto_headers=["Content-Type"]) as session,
        session.request(method, url, data=body, headers=headers, allow_redirects=False) as answer,
    ):
        content_type = answer.headers.get("Content-Type", "").partition(";")[0]
        return Heard(answer.status, content_type, await answer.read(), answer.headers)


def check(shape: str, body: bytes) -> dict[str, Any]:
    """Compare a body with a shape; gives the row in it, if it is one."""
    if shape in EXACT:
        assert body == EXACT[shape]
        return {}
    if shape == "page":
        assert body.startswith(b"<a href=")
        return {}
    if shape.startswith("= "):
        assert body.decode() == shape.removeprefix("= ")
        return {}
    return check_value(shape, json.loads(body))


def check_value(shape: str, value: Any) -> dict[str, Any]:
    """Compare what JSON holds with a shape; gives the row in it, if it is one."""
    if shape.startswith("error: "):
        assert list(value) == ["error"]
        assert shape.removeprefix("error: ") in value["error"]
        return {}
    if shape == "number":
        assert isinstance(value, int | float)
        return {}
    if shape == "[text]":
        assert {type(text) for text in value} == {str}
        return {}
    if shape.startswith("live"):
        assert list(value) == ["meta", "response"]
        assert list(value["response"]) == ["date", "base", "rates"]
        rates = value["response"]["rates"]
        assert rates is None if shape == "live without rates" else list(rates) == sorted(rates)
        return {}
    return check_rows(shape, value)


def check_rows(shape: str, value: Any) -> dict[str, Any]:
    """Compare a row, or each of a list, with the columns it has."""
    if shape == "signed in":
        assert list(value) == ["user", "token"]
        return check_rows("user", value["user"])
    if shape.startswith("["):
        assert value
        rows = [check_rows(shape[1:-1], row) for row in value]
        return rows[0]
    columns = ROWS[shape]
    assert list(value) == list(columns)
    for name, kind in columns.items():
        assert isinstance(value[name], int | float if kind is float else kind), name
    if "user" in shape:
        assert bool(value["password"]) == (shape == "edited user")
    return dict(value)


@pytest.mark.parametrize(
    "row", CALLS, ids=[f"{number} {row['call'][:60]}" for number, row in enumerate(CALLS)]
)
async def test_a_recorded_call_is_answered_the_same(row: dict[str, Any]) -> None:
    """Status, content type, the shape of the body, and what it costs are those of the real API."""
    world = World(Database(seed=1, clock=lambda: NOW))
    world.fill()
    world.set(row.get("given", ""))
    used = world.used(row["key"]) if "costs" in row else 0
    async with SappApi(world.database) as api:
        heard = await make(api, world, row)
        world.database.away = False
        await api.settle()
    found = check(row["body"], heard.body)

    assert (heard.status, heard.content_type) == (row["status"], row["type"])
    assert {name: found[name] for name in row.get("holds", {})} == row.get("holds", {})
    assert heard.headers.get("Location", "") == row.get("location", "")
    assert heard.headers.get("Access-Control-Allow-Origin", "") == row.get(
        "allows", "*" if row.get("origin") else ""
    )
    if "costs" in row:
        assert world.used(row["key"]) - used == row["costs"]


def test_the_record_is_long_and_names_its_source() -> None:
    """At least 200 different calls, from one commit of the API."""
    assert len({json.dumps(row, sort_keys=True) for row in CALLS}) >= LEAST
    assert "1044593" in RECORD["source"]
