"""An outage of the API's database looks like a lost login and a wrong password: it is neither."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from sapp_bot.sandbox.faults import Drop, Fail, Hang, Hold
from sapp_bot.sandbox.sapp_api import PROBE, SappApi, web_page
from sapp_bot.sapp import calls, errors
from sapp_bot.sapp.client import ApiClient, CallLimits
from sapp_bot.sapp.database_outage import AWAY_S
from sapp_bot.services import Admin, Auth, Clients, Rates, Session, SessionExpired
from tests.sapp_calls import Naps

EMAIL, PASSWORD, WRONG = "ann@mail.test", SecretStr("secret"), SecretStr("wrong")
LOGIN, ACCOUNT = "POST /auth/login", "GET /auth/user"
SHORT = CallLimits(budget_s=2.0, connect_s=0.3, free_try_s=0.8, write_s=0.5)


class Hands:
    """A clock whose hands the test moves."""

    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        """Give the time; each look takes a moment."""
        self.s += 1e-6
        return self.s


@pytest.fixture
async def api() -> AsyncIterator[SappApi]:
    """Give the stand-in."""
    async with SappApi(seed=1) as running:
        yield running


@pytest.fixture
def clock() -> Hands:
    """Give the clock of the client."""
    return Hands()


@pytest.fixture
async def edge(api: SappApi, clock: Hands) -> AsyncIterator[ApiClient]:
    """Give a client of that clock that does not wait between tries."""
    async with ApiClient(api.url, sleep=Naps(), monotonic=clock) as opened:
        yield opened


@pytest.fixture
async def me(edge: ApiClient) -> Session:
    """Give the session of a new account."""
    login = await Auth(edge).register(EMAIL, PASSWORD)
    return Session(1, login.user_id, login.email, login.role, login.token, login.expires_at, 1)


async def test_no_login_ends_in_an_outage(api: SappApi, edge: ApiClient, me: Session) -> None:
    """Whatever is called with a token, or with a password, fails and may be tried again."""
    auth, clients, admin = Auth(edge), Clients(edge), Admin(edge)
    api.database_away = True
    works: list[Callable[[], Awaitable[object]]] = [
        lambda: auth.user(me),
        lambda: auth.log_out(me),
        lambda: auth.deactivate(me),
        lambda: auth.log_in(EMAIL, PASSWORD),
        lambda: auth.register("bob@mail.test", PASSWORD),
        lambda: auth.change_password(me, current=PASSWORD, new=WRONG),
        lambda: clients.mine(me),
        lambda: clients.create(me, name="Desk", domains="*"),
        lambda: admin.users(me),
        lambda: admin.set_reads(me, 1, 5),
    ]
    for work in works:
        with pytest.raises(errors.UpstreamFailed) as caught:
            await work()
        assert caught.value.retry
    await api.settle()
    api.database_away = False

    assert (await auth.user(me)).email == EMAIL


async def test_no_key_is_refused_in_an_outage(api: SappApi, edge: ApiClient, me: Session) -> None:
    """Neither the key nor its reads are blamed, and nothing is spent."""
    client = await Clients(edge).create(me, name="Desk", domains="*")
    api.database_away = True
    with pytest.raises(errors.UpstreamFailed):
        await Rates(edge).live(me, client)
    api.database_away = False
    await Rates(edge).live(me, client)
    await api.settle()

    assert (await Clients(edge).mine(me)).reads_used == 1


async def test_added_reads_were_not_added_in_an_outage(
    api: SappApi, edge: ApiClient, me: Session
) -> None:
    """A refused credential did nothing: the outcome is known."""
    api.database_away = True
    with pytest.raises(errors.UpstreamFailed) as caught:
        await Admin(edge).add_reads(me, 1, 5)

    assert not caught.value.uncertain


async def test_a_true_no_is_believed(api: SappApi, edge: ApiClient, me: Session) -> None:
    """With the database there a wrong password is one, after one probe and one question more."""
    with pytest.raises(errors.BadCredentials):
        await Auth(edge).log_in(EMAIL, WRONG)
    assert (api.counts[PROBE], api.counts[LOGIN]) == (1, 2)
    api.database.expire_tokens()
    with pytest.raises(SessionExpired):
        await Auth(edge).user(me)

    assert len(api.database.users.all()) == 2  # the probe stores nothing


async def test_a_short_gap_is_bridged(api: SappApi, edge: ApiClient, me: Session) -> None:
    """When connections run short, the call that was refused is asked once more, and answered."""
    api.database_away = 0.25
    for _ in range(12):
        assert (await Auth(edge).user(me)).email == EMAIL
        assert (await Auth(edge).log_in(EMAIL, PASSWORD)).email == EMAIL


async def test_a_no_that_came_after_the_probe_began_is_not_proven_by_it(
    api: SappApi, edge: ApiClient, me: Session
) -> None:
    """The database may go between another's probe and this "no": it takes a probe of its own."""
    held = api.faults.add(PROBE, Hold("after"))
    first = asyncio.create_task(refused(Auth(edge).log_in(EMAIL, WRONG)))
    await held.held.wait()
    api.database_away = True
    second = asyncio.create_task(refused(Auth(edge).user(me)))
    while not api.counts[ACCOUNT]:
        await asyncio.sleep(0)
    held.release()

    assert isinstance(await second, errors.UpstreamFailed)
    assert isinstance(await first, errors.UpstreamFailed | errors.BadCredentials)
    assert api.counts[PROBE] == 2


async def refused(work: Awaitable[object]) -> BaseException:
    """Await what fails; gives the error."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  # the test looks at it
        await work
    return caught.value


async def test_two_hundred_people_cost_few_probes(api: SappApi, me: Session, clock: Hands) -> None:
    """They share a probe, and its answer for a few seconds; then one looks again."""
    api.database_away = True
    slow = CallLimits(budget_s=60, connect_s=30, free_try_s=50, write_s=50)  # on a busy machine
    async with ApiClient(api.url, limits=slow, monotonic=clock) as edge:
        auth = Auth(edge)
        found = await asyncio.gather(
            *(refused(auth.user(me)) for _ in range(100)),
            *(refused(auth.log_in(EMAIL, PASSWORD)) for _ in range(100)),
        )
        assert {type(error) for error in found} == {errors.UpstreamFailed}
        await refused(auth.user(me))
        assert api.counts[PROBE] == 1
        clock.s += AWAY_S
        await refused(auth.user(me))

    assert api.counts[PROBE] == 2


async def test_the_end_of_an_outage_is_noticed_at_once(
    api: SappApi, edge: ApiClient, me: Session
) -> None:
    """A call that worked needs the database: a "no" after it is looked into anew."""
    api.database_away = True
    await refused(Auth(edge).user(me))
    api.database_away = False
    await Auth(edge).user(me)

    assert isinstance(await refused(Auth(edge).log_in(EMAIL, WRONG)), errors.BadCredentials)


async def test_an_outage_is_two_lines_in_the_log(
    api: SappApi, edge: ApiClient, me: Session
) -> None:
    """One when it begins, one when it is over."""
    with capture_logs() as lines:
        api.database_away = True
        for _ in range(3):
            await refused(Auth(edge).user(me))
        api.database_away = False
        await Auth(edge).user(me)

    told = [line["event"] for line in lines if line["event"] != "sapp.called"]
    assert told == ["sapp.database_away", "sapp.database_back"]


@pytest.mark.parametrize(
    "fault", [Drop(), Fail(500), Hang(), web_page(403), Fail(400, "else")], ids=repr
)
async def test_without_proof_no_no_is_believed(api: SappApi, fault: Any) -> None:
    """A probe that is not answered, or by somebody else, proves nothing."""
    api.faults.add(PROBE, fault, times=None)
    async with ApiClient(api.url, limits=SHORT) as edge:
        found = await refused(Auth(edge).log_in(EMAIL, WRONG))

    assert isinstance(found, errors.UpstreamFailed)


async def test_a_hanging_probe_keeps_within_the_budget(api: SappApi) -> None:
    """The first answer comes within the budget, whoever probes; the next one comes at once."""
    api.faults.add(PROBE, Hang(), times=None)
    loop = asyncio.get_running_loop()
    async with ApiClient(api.url, limits=SHORT) as edge:
        began = loop.time()
        both = [refused(Auth(edge).log_in(EMAIL, WRONG)) for _ in range(5)]
        await asyncio.gather(*both)
        first_s, began = loop.time() - began, loop.time()
        await refused(Auth(edge).log_in(EMAIL, WRONG))
        second_s = loop.time() - began

    assert first_s < SHORT.budget_s + 0.5
    assert second_s < first_s / 2
    assert api.counts[PROBE] == 1


async def test_a_probe_that_is_given_up_leaves_nobody_waiting(
    api: SappApi, edge: ApiClient, me: Session
) -> None:
    """Who waits with them asks for themselves when the one that probes goes away."""
    held = api.faults.add(PROBE, Hold())
    first = asyncio.create_task(Auth(edge).log_in(EMAIL, WRONG))
    await held.held.wait()
    second = asyncio.create_task(refused(Auth(edge).log_in(EMAIL, WRONG)))
    first.cancel()
    await asyncio.wait([first])
    held.release()

    assert isinstance(await second, errors.BadCredentials)
    assert (await Auth(edge).user(me)).email == EMAIL


async def test_a_taken_number_is_tried_once_more(api: SappApi, edge: ApiClient) -> None:
    """A new row whose number somebody took by hand gets the next one; twice is a failure."""
    row = api.database.new_user("hand@mail.test", "x", row_id=2)
    api.database.users.insert(row)
    assert (await Auth(edge).register(EMAIL, PASSWORD)).user_id == 3
    for number in (4, 5):
        row = api.database.new_user(f"{number}@mail.test", "x", row_id=number)
        api.database.users.insert(row)
    found = await refused(edge.call(calls.register("bob@mail.test", PASSWORD)))

    assert isinstance(found, errors.UpstreamFailed)
    assert (await Auth(edge).register("bob@mail.test", PASSWORD)).user_id == 6
