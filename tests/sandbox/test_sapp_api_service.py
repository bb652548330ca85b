"""The SAPP API's stand-in: metered reads, rates and administration."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from sapp_bot.sandbox.faults import Delay, Drop, Hold
from sapp_bot.sandbox.sapp_api import SappApi
from tests.sandbox.caller import Caller, kept


def seed(api: SappApi, *, domains: str = "*", available: int = 10) -> str:
    """Make a user with a client; the client's key."""
    user = api.database.add_user("ann@mail.com", "x")
    return api.database.add_client(user, domains=domains, available=available).api_key


def used(api: SappApi) -> int:
    """Tell how many reads the first client has used."""
    return api.database.clients.get(1).reads_used


async def test_each_service_call_costs_a_read(call: Caller, sapp_api: SappApi) -> None:
    """All of /service and using-key cost one, a refused question too; using-token is free."""
    key = seed(sapp_api)
    paths = ["live", "currencies", "convert/EUR/USD/5", "convert/EUR/USD/x", "prevailing"]
    for path in paths:
        await call("GET", f"/service/{path}", key=key)
        await sapp_api.settle()
    await call("GET", "/account/client/using-key", key=key)
    await sapp_api.settle()

    assert used(sapp_api) == 6


async def test_keys_are_refused_without_a_word(call: Caller, sapp_api: SappApi) -> None:
    """Unknown, missing and used-up keys are all `403 {}`, and cost nothing."""
    key = seed(sapp_api, available=1)
    assert (await call("GET", "/service/live", key=key)).status == 200
    await sapp_api.settle()
    answers = [await call("GET", "/service/live", key=other) for other in (key, "no", "", None)]

    assert {(seen.status, seen.body) for seen in answers} == {(403, b"{}")}
    assert used(sapp_api) == 1


@pytest.mark.parametrize(
    ("domains", "origin", "status"),
    [
        ("*", None, 200),
        ("shop.com,site.org", "site.org", 200),
        ("shop.com,site.org", "op.c", 200),
        ("shop.com", "https://shop.com", 403),
        ("shop.com", "", 403),
        ("shop.com", None, 403),
    ],
)
async def test_domains_are_matched_as_text(
    call: Caller, sapp_api: SappApi, domains: str, origin: str | None, status: int
) -> None:
    """`Origin` must be a piece of `domains`, whatever piece."""
    key = seed(sapp_api, domains=domains)

    assert (await call("GET", "/service/live", key=key, origin=origin)).status == status


async def test_a_read_overwrites_a_credit(call: Caller, sapp_api: SappApi) -> None:
    """A credit between a metered call's load and its save is gone: the whole row is saved."""
    key = seed(sapp_api)
    save = sapp_api.inner.add("save client", Hold())
    assert (await call("GET", "/service/live", key=key)).status == 200
    await call.log_in_as_admin()
    assert (await call("PUT", "/clients/1", {"reads_available": 500})).json[
        "reads_available"
    ] == 500
    save.release()
    await sapp_api.settle()

    assert sapp_api.database.clients.get(1).reads_available == 10


async def test_a_credit_right_after_an_answer_is_undone(call: Caller, sapp_api: SappApi) -> None:
    """A metered call saves its row after the answer: what is written in between is gone."""
    assert SappApi()._waits_s["save client"] > 0
    sapp_api.inner.add("save client", Delay(0.1), times=None)
    key = seed(sapp_api)
    await call.log_in_as_admin()
    for method, path, body in (
        ("PUT", "/clients/1", {"reads_available": 500}),
        ("PATCH", "/clients/", {"client": 1, "reads": 490}),
    ):
        await call("GET", "/service/live", key=key)
        assert (await call(method, path, body)).json["reads_available"] == 500
        await sapp_api.settle()
        assert sapp_api.database.clients.get(1).reads_available == 10


async def test_two_reads_at_once_count_once(call: Caller, sapp_api: SappApi) -> None:
    """Reads that overlap are counted as one; with the atomic switch each is counted."""
    key = seed(sapp_api)
    for atomic, expected in ((False, 1), (True, 3)):
        sapp_api.database.atomic_reads = atomic
        held = sapp_api.inner.add("fetch rates", Hold(), times=2)
        both = [asyncio.create_task(call("GET", "/service/live", key=key)) for _ in range(2)]
        async with asyncio.timeout(30):
            while held.seen < 2:
                await asyncio.sleep(0.001)
        held.release()
        await asyncio.gather(*both)
        await sapp_api.settle()

        assert used(sapp_api) == expected


async def test_a_lost_save_makes_a_read_free(call: Caller, sapp_api: SappApi) -> None:
    """When the save behind the answer fails, nobody notices and nothing is counted."""
    key = seed(sapp_api)
    sapp_api.inner.add("save client", Drop())
    await call("GET", "/service/live", key=key)
    await sapp_api.settle()

    assert used(sapp_api) == 0


async def test_live_rates(call: Caller, sapp_api: SappApi) -> None:
    """Live rates are numbers for one US dollar, and the same for an hour."""
    key = seed(sapp_api)
    sapp_api.database.rates.pin("EUR", 0.92)
    first = (await call("GET", "/service/live", key=key)).json
    second = (await call("GET", "/service/live", key=key)).json

    assert first == second
    assert (first["response"]["base"], first["response"]["rates"]["EUR"]) == ("USD", 0.92)
    assert first["meta"]["code"] == 200


async def test_the_market_moves_from_now_on(call: Caller, sapp_api: SappApi) -> None:
    """What a rate was before stays, which a rate that is pinned does not leave; bases have none."""
    key, database = seed(sapp_api), sapp_api.database
    rates, since = database.rates, database.now() - timedelta(hours=5)
    before = {row.timestamp: row.value for row in rates.historical(["EUR"], since, database.now())}
    database.advance(3600)
    rates.move("EUR", 0.25)
    rates.move("EUR", 0.5)
    live = (await call("GET", "/service/live", key=key)).json
    database.advance(3600)
    after = {row.timestamp: row.value for row in rates.historical(["EUR"], since, database.now())}

    assert {at: after[at] for at in before} == before
    assert [value for at, value in sorted(after.items()) if at not in before] == [0.5, 0.5]
    assert live["response"]["rates"]["EUR"] == 0.5
    assert rates.convert("EUR", "USD", 2) == 1
    for unknown in ("USD", "QQQ"):
        with pytest.raises(LookupError, match=f"no rate of {unknown}"):
            rates.move(unknown, 2)


async def test_currencies_come_in_any_order(call: Caller, sapp_api: SappApi) -> None:
    """The list is shuffled each time and may be cached for a year."""
    key = seed(sapp_api)
    first, second = [await call("GET", "/service/currencies", key=key) for _ in range(2)]

    assert first.json != second.json
    assert sorted(first.json) == sorted(second.json)
    assert first.headers["Cache-Control"] == "max-age=31560000"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("EUR/USD/10", b"5"),
        ("USD/EUR/0.5", b"1"),
        ("XXX/USD/10", b"0"),
        ("EUR/XXX/10", b"0"),
        ("EUR/USD/1e30", b"5e+29"),
        ("EUR/USD/NaN", b""),
    ],
)
async def test_convert_is_to_before_from(
    call: Caller, sapp_api: SappApi, path: str, body: bytes
) -> None:
    """A bare number; an unknown code is a silent 0; what JSON cannot say is an empty 200."""
    key = seed(sapp_api)
    sapp_api.database.rates.pin("EUR", 0.5)
    seen = await call("GET", f"/service/convert/{path}", key=key)

    assert (seen.status, seen.body) == (200, body)


async def test_stored_rates(call: Caller, sapp_api: SappApi) -> None:
    """Prevailing is the first that lies within an hour; historical gives all as they lie, or
    null.
    """
    key = seed(sapp_api, available=50)
    now = sapp_api.database.now()
    start, end = (f"{now - timedelta(hours=h):%Y-%m-%dT%H:%M:%SZ}" for h in (5, 1))
    codes = "currencies=EUR&currencies=GBP"
    one = await call("GET", f"/service/prevailing?currency=EUR&timestamp={start}", key=key)
    many = await call("GET", f"/service/historical?{codes}&start={start}&end={end}", key=key)
    none = await call("GET", f"/service/historical?{codes}&start={end}&end={start}", key=key)
    gone = await call("GET", f"/service/prevailing?currency=XXX&timestamp={start}", key=key)

    until = f"{now - timedelta(hours=4):%Y-%m-%dT%H:%M:%SZ}"
    found = [row for row in many.json if row["currency"] == "EUR" and row["timestamp"] <= until]
    assert one.json == found[0]
    assert one.json["created_at"] == "0001-01-01T00:00:00Z"
    assert len({(row["currency"], row["timestamp"]) for row in many.json}) == 8
    assert none.body == b"null"
    assert (gone.status, gone.json) == (400, {"error": "mongo: no documents in result"})


async def test_a_bare_plus_in_a_time_is_a_blank(call: Caller, sapp_api: SappApi) -> None:
    """A time whose `+` was not escaped is not RFC 3339 any more."""
    key = seed(sapp_api)
    at = "2026-01-01T00:00:00+00:00"
    history = f"/service/historical?currencies=EUR&start={at}&end={at}"
    seen = await call("GET", history, key=key)
    one = await call("GET", f"/service/prevailing?currency=EUR&timestamp={at}", key=key)

    assert "parsing time" in seen.json["error"]
    assert seen.headers["Content-Type"].startswith("text/plain")
    assert (one.status, one.json["error"]) == (400, "mongo: no documents in result")


async def test_put_writes_only_what_is_not_zero(call: Caller, sapp_api: SappApi) -> None:
    """PUT sets reads absolutely, so twice is once; 0 is ignored; a key can be given."""
    seed(sapp_api)
    await call.log_in_as_admin()
    new_key = "7f3c1d52-8b0e-4c1c-9f7e-0d7b3f5f1a11"
    for sent in ({"reads_available": 70}, {"reads_available": 70}, {"reads_available": 0}):
        seen = await call("PUT", "/clients/1", sent)
    renamed = await call("PUT", "/clients/1", {"api_key": new_key})

    assert seen.json["reads_available"] == 70
    assert (renamed.json["api_key"], renamed.json["reads_available"]) == (new_key, 70)


async def test_patch_adds_each_time(call: Caller, sapp_api: SappApi) -> None:
    """PATCH is not safe to repeat, takes negative numbers, and refuses zero."""
    seed(sapp_api)
    await call.log_in_as_admin()
    for reads in (5, 5, -3):
        seen = await call("PATCH", "/clients/", {"client": 1, "reads": reads})

    assert seen.json["reads_available"] == 17
    assert (await call("PATCH", "/clients/", {"client": 1, "reads": 0})).status == 400


async def test_patch_brings_a_deleted_client_back(call: Caller, sapp_api: SappApi) -> None:
    """A client deleted between PATCH's load and save is there again."""
    seed(sapp_api)
    await call.log_in_as_admin()
    held = sapp_api.inner.add("save reads", Hold())
    patch = asyncio.create_task(call("PATCH", "/clients/", {"client": 1, "reads": 1}))
    await held.reached.wait()
    assert (await call("DELETE", "/clients/1")).json is True
    held.release()
    await patch

    assert (await call("GET", "/clients/1")).json["DeletedAt"] is None


async def test_an_edited_user_shows_a_hash(call: Caller, sapp_api: SappApi) -> None:
    """After an admin's edit `password` carries the hash, which begins with the signing secret."""
    seed(sapp_api)
    await call.log_in_as_admin()
    before = (await call("GET", "/users/2")).json["password"]
    edited = (await call("PUT", "/users/2", {"email": "anne@mail.com"})).json

    assert before == ""
    assert edited["password"] == sapp_api.database.hash("x")
    assert (await call("GET", "/users/2")).json == edited


async def test_deleted_rows_stay_in_the_report(call: Caller, sapp_api: SappApi) -> None:
    """Lists leave deleted rows out, the report does not, and the user cannot make another."""
    seed(sapp_api)
    await call.log_in_as_admin()
    await call("DELETE", "/clients/1")
    report = (await call("GET", "/reports/users-clients")).json
    ann = sapp_api.database.token_for(sapp_api.database.users.get(2))
    again = await call("POST", "/account/register", {"name": "x"}, token=ann)

    assert (await call("GET", "/clients/")).json == []
    assert [(row["client_id"], row["email"]) for row in report] == [(1, "ann@mail.com")]
    assert list(report[0]) == [
        *("name", "reads_used", "reads_available", "client_id"),
        *("user_id", "created_at", "email", "active"),
    ]
    assert "uni_clients_user_id" in again.json["error"]


async def test_admin_makes_users_and_clients(call: Caller) -> None:
    """An administrator can make, show and list users and clients."""
    await call.log_in_as_admin()
    user = (await call("POST", "/users/", {"email": "bob", "role": "admin"})).json
    client = (await call("POST", "/clients/", {"name": "B", "user_id": user["ID"]})).json

    assert kept((await call("GET", f"/users/{user['ID']}")).json) == kept(user)
    assert kept((await call("GET", f"/clients/{client['ID']}")).json) == kept(client)
    assert client["reads_available"] == 0
    assert len((await call("GET", "/users/")).json) == 2
    assert (await call("DELETE", f"/users/{user['ID']}")).json is True
    assert (await call("GET", f"/users/{user['ID']}")).json == {"error": "record not found"}


@pytest.mark.parametrize(
    ("method", "path", "status", "location"),
    [
        ("GET", "/clients", 301, "/api/v1/clients/"),
        ("PATCH", "/clients", 307, "/api/v1/clients/"),
        ("POST", "/users", 307, "/api/v1/users/"),
        ("GET", "/auth/user/?a=1", 301, "/api/v1/auth/user?a=1"),
        ("GET", "/payments/5", 404, None),
        ("DELETE", "/auth/user", 404, None),
        ("POST", "/auth/logout", 404, None),
    ],
)
async def test_slashes_and_unknown_paths(
    call: Caller, method: str, path: str, status: int, location: str | None
) -> None:
    """A missing or extra slash redirects, GET by 301, others by 307; all else is a plain 404."""
    seen = await call(method, path)

    assert (seen.status, seen.headers.get("Location")) == (status, location)
    assert (seen.body == b"404 page not found") == (status == 404)
