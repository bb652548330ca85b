"""The SAPP API's stand-in: what bites people who write against the real API."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

from sapp_bot.sandbox.faults import Hold
from sapp_bot.sandbox.sapp_api import PROBE, Database, SappApi
from sapp_bot.sandbox.sapp_api.usual_rates import USUAL
from tests.sandbox.caller import Caller

ANN = {"email": "ann@mail.com", "password": "correct horse"}
NUL = {"email": "\0"}
NOW = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)
YEAR = timedelta(days=365)
TWO_WEEKS = timedelta(days=14)


def fixed(*, seed: int = 1) -> Database:
    """Make a database whose clock stands still."""
    return Database(seed=seed, clock=lambda: NOW)


async def test_an_outage_looks_like_a_lost_login(call: Caller, sapp_api: SappApi) -> None:
    """Tokens are refused, right passwords called wrong; only the probe tells, and ping is well."""
    user = sapp_api.database.add_user(*ANN.values())
    token = sapp_api.database.token_for(user)
    before = await call("POST", "/auth/register", NUL)
    sapp_api.database_away = True
    account = await call("GET", "/auth/user", token=token)
    login = await call("POST", "/auth/login", ANN)
    after = await call("POST", "/auth/register", NUL)

    assert (account.status, account.body) == (403, b"{}")
    assert login.json == {"error": "no active user found with the given credentials"}
    assert "SQLSTATE 22021" in before.json["error"]
    assert (after.status, "SQLSTATE 22021" in after.json["error"]) == (400, False)
    assert (await call("GET", "/")).status == 200
    assert sapp_api.counts[PROBE] == 2
    assert sapp_api.counts["POST /auth/register"] == 0


async def test_an_outage_can_be_partial(call: Caller, sapp_api: SappApi) -> None:
    """When connections run short, three of twelve calls are hit, evenly; ping is not counted."""
    call.token = sapp_api.database.token_for(sapp_api.database.add_user(*ANN.values()))
    sapp_api.database_away = 0.25
    found = []
    for _ in range(12):
        found.append((await call("GET", "/auth/user")).status)
        await call("GET", "/")

    assert found == 3 * [200, 200, 200, 403]


async def test_reads_are_not_counted_in_an_outage(call: Caller, sapp_api: SappApi) -> None:
    """An outage between a metered answer and its save makes the read free."""
    user = sapp_api.database.add_user(*ANN.values())
    key = sapp_api.database.add_client(user).api_key
    held = sapp_api.inner.add("save client", Hold())
    assert (await call("GET", "/service/live", key=key)).status == 200
    sapp_api.database_away = True
    held.release()
    await sapp_api.settle()

    assert sapp_api.database.clients.get(1).reads_used == 0


async def test_a_read_undoes_whatever_was_committed_in_between(
    call: Caller, sapp_api: SappApi
) -> None:
    """A new name, another key and a deletion are gone: all columns are saved as they were."""
    user = sapp_api.database.add_user(*ANN.values())
    row = sapp_api.database.add_client(user)
    await call.log_in_as_admin()
    held = sapp_api.inner.add("save client", Hold())
    await call("GET", "/service/live", key=row.api_key)
    await call("PUT", "/clients/1", {"name": "New", "api_key": "other"})
    await call("DELETE", "/clients/1")
    held.release()
    await sapp_api.settle()
    found = sapp_api.database.clients.get(1)

    assert (found.name, found.api_key, found.deleted_at) == (row.name, row.api_key, None)
    assert found.reads_used == 1


async def test_an_empty_password_never_logs_in(call: Caller) -> None:
    """It is taken, and then no password is the right one, an administrator's edit neither."""
    sent = {"email": "ann@mail.com", "password": ""}
    assert (await call("POST", "/auth/register", sent)).status == 200
    await call.log_in_as_admin()
    await call("PUT", "/users/2", {"password": "new", "role": "client"})

    assert (await call("POST", "/auth/login", sent)).status == 400
    assert (await call("POST", "/auth/login", sent | {"password": "new"})).status == 400


async def test_an_edit_keeps_the_password(call: Caller, sapp_api: SappApi) -> None:
    """PUT takes a password and `active`, and writes neither."""
    sapp_api.database.add_user(*ANN.values())
    await call.log_in_as_admin()
    await call("PUT", "/users/2", {"password": "new", "active": False})

    assert (await call("POST", "/auth/login", ANN)).status == 200


async def test_lists_have_no_order(call: Caller, sapp_api: SappApi) -> None:
    """A row that was written moves to the end."""
    for name in ("a", "b", "c"):
        user = sapp_api.database.add_user(name, "x")
        sapp_api.database.add_client(user, name=name)
    await call.log_in_as_admin()
    await call("PUT", "/clients/1", {"name": "A"})
    await call("PUT", "/users/3", {"role": "admin"})
    names = [row["name"] for row in (await call("GET", "/clients/")).json]
    report = [row["name"] for row in (await call("GET", "/reports/users-clients")).json]
    emails = [row["email"] for row in (await call("GET", "/users/")).json]

    assert names == report == ["b", "c", "A"]
    assert emails[-1] == "b"


async def test_times_are_in_the_zone_of_the_server() -> None:
    """Nine decimals in the answer that made the row, six later, with the server's offset."""
    zone = timezone(timedelta(hours=3))
    database = Database(seed=1, clock=lambda: NOW.replace(microsecond=123456), zone=zone)
    made = database.users.insert(database.new_user("a", "x"))
    first, later = made.to_json(), database.users.get(made.id).to_json()

    assert str(first["CreatedAt"]).startswith("2026-11-29T15:30:00.123456")
    assert len(str(first["CreatedAt"])) == len("2026-11-29T15:30:00.123456789+03:00")
    assert later["CreatedAt"] == later["UpdatedAt"] == "2026-11-29T15:30:00.123456+03:00"


async def test_a_token_ends_at_the_very_second(call: Caller, sapp_api: SappApi) -> None:
    """It is refused from `exp` on."""
    clock = sapp_api.database.now().replace(microsecond=0)
    api = SappApi(Database(seed=1, clock=lambda: clock))
    token = api.database.token_for(api.database.users.get(1))
    api.database.advance(3600 * 60 - 1)
    assert api.database.user_of(token).id == 1
    api.database.advance(1)
    async with api:
        call.api = api

        assert (await call("GET", "/auth/user", token=token)).status == 403


async def test_a_long_body_is_chunked(call: Caller, sapp_api: SappApi) -> None:
    """Go's server does not know the length of a long answer; a short one has it."""
    key = sapp_api.database.add_client(sapp_api.database.add_user(*ANN.values())).api_key
    long, short = await call("GET", "/service/live", key=key), await call("GET", "/")

    assert long.headers["Transfer-Encoding"] == "chunked"
    assert short.headers["Content-Length"] == str(len(short.body))


async def test_a_mongo_that_is_gone_is_waited_for(call: Caller) -> None:
    """`prevailing` holds the call, then fails; live rates go on."""
    path = "/service/prevailing?currency=EUR&timestamp=2026-11-28T10:00:00Z"
    async with SappApi(seed=1, mongo_s=0.05) as api:
        call.api = api
        key = api.database.add_client(api.database.add_user(*ANN.values())).api_key
        api.database.mongo_up = False
        began = time.monotonic()
        seen = await call("GET", path, key=key)
        waited_s = time.monotonic() - began

        assert (seen.status, waited_s >= 0.05) == (400, True)
        assert (await call("GET", "/service/live", key=key)).status == 200


def implausible(currency: str) -> list[str]:
    """Look at two weeks of a currency's rates; return what is wrong with them."""
    found = fixed().rates.historical([currency], NOW - TWO_WEEKS, NOW)
    values = [row.value for row in found]
    rules = {
        "moves a little from hour to hour": max(values) / min(values) < 1.6,
        "is near what is usual": 0.5 < values[0] / USUAL[currency] < 2,
        "is there for each hour": len({row.timestamp for row in found}) == TWO_WEEKS.days * 24,
        "repeats": found == fixed().rates.historical([currency], NOW - TWO_WEEKS, NOW),
    }
    return [f"{currency}: not so: it {rule}" for rule, holds in rules.items() if not holds]


def test_two_weeks_of_rates_are_plausible() -> None:
    """Each rate stays near what is usual, moves a little from hour to hour, and repeats."""
    assert len(USUAL) > 150
    assert [fault for currency in sorted(USUAL) for fault in implausible(currency)] == []


def test_rates_lie_as_they_were_stored() -> None:
    """Currencies are mixed, hours not always in order, some rows more than once, for a year."""
    found = fixed().rates.historical(["EUR", "JPY", "EUR"], NOW - YEAR, NOW)
    hours = [row.timestamp for row in found if row.currency == "EUR"]
    firsts = {found[n].currency for n in range(0, 40, 2)}

    assert len(set(hours)) == 365 * 24
    assert len(hours) > len(set(hours))
    assert hours != sorted(hours)
    assert firsts == {"EUR", "JPY"}
    assert len({row.id for row in found}) == len(found)


def test_prevailing_is_the_first_stored() -> None:
    """Where the later hour was stored first, it is the later one that comes."""
    rates = fixed().rates
    found = rates.historical(["EUR"], NOW - YEAR, NOW)
    late = [a for a, b in pairwise(found) if a.timestamp > b.timestamp]
    assert late
    asked = late[0].timestamp - timedelta(hours=1)

    assert rates.prevailing("EUR", asked) == late[0]


def test_the_newest_rate_is_the_live_one() -> None:
    """Live rates are those of the current hour, for some 170 currencies."""
    rates = fixed().rates
    date, live = rates.live()
    assert live is not None

    assert len(live) > 160
    assert live["USD"] == 1
    stored = rates.historical(["EUR"], date, NOW)
    assert {row.value for row in stored} == {live["EUR"]}


def test_another_seed_is_another_market() -> None:
    """Rates depend on the seed, not on when the market was made."""
    one, two = fixed(seed=1).rates.live()[1], fixed(seed=2).rates.live()[1]
    later = Database(seed=1, clock=lambda: NOW + timedelta(days=3))
    at = NOW - timedelta(hours=5)

    assert one != two
    assert [row.value for row in later.rates.historical(["EUR"], at, NOW)] == [
        row.value for row in fixed().rates.historical(["EUR"], at, NOW)
    ]
