"""The rate desk: rates for whoever asks, and who pays when they have to be read from the API."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import NamedTuple, TypeVar

from sapp_bot import Ctx, Store
from sapp_bot.services import (
    Client,
    Clients,
    KeyRefused,
    Live,
    NoClientYet,
    NoReadsLeft,
    NotSignedIn,
    OriginRefused,
    Payer,
    Rate,
    Rates,
    SappError,
    ServiceAccount,
    Session,
)

from .cache import LiveCache, Snapshot
from .drawing.charts import Charts
from .money.faults import RatesError
from .reading.budget import ReadBudget
from .reading.history import HistoryCache, Missing
from .reading.hours import Hours, Line
from .tastes import Tastes

T = TypeVar("T")

LINES_KEPT = 64
"""Periods of a pair that are at hand, 10 KB each: twelve charts of five currencies."""

LineKey = tuple[tuple[str, str], datetime, datetime]
"""A pair, and the first and the last moment of a period."""


class LoginToPay(NotSignedIn):
    """Nobody pays for all, so somebody has to log in before rates can be read."""

    reply = (
        "Fresh rates cost a read of your own API client, as this bot has no service account. "
        "Please /login first."
    )


class NeedsServiceAccount(RatesError):
    """Something works only where a service account pays for all."""

    reply = (
        "That needs a service account, as nobody is there to pay when the time comes. Whoever runs "
        "this bot can set one: SAPP_SERVICE_EMAIL."
    )


class ServiceCannotPay(SappError):
    """The service account's client has no reads left, or is refused or gone."""

    reply = (
        "There are no fresh rates just now: the account that pays for all has no reads left, or "
        "its key is refused. Please tell whoever runs this bot."
    )


class Purse:
    """Pays for one question. `reads` and `left` are what it cost the asker, and what they have.

    `is_unsure` says that a call was begun at the asker's cost and has not brought anything, or not
    yet: the API counts the read in any case. `person` is the Telegram id of who asks, 0 for nobody.
    One that `is_closed` pays for nothing.
    """

    def __init__(
        self, desk: "RateDesk", me: Session | None, person: int = 0, *, is_closed: bool = False
    ) -> None:
        self.desk = desk
        self.me = me
        self.person = person
        self.is_closed = is_closed
        self.reads = 0
        self.left: int | None = None
        self.is_unsure = False
        self.missing: Missing | None = None
        """What of the past could not be had, where the rest of it is shown."""
        self._client: Client | None = None

    async def client(self) -> Client | None:
        """Return the client of who asks, as before the question; None for who is not logged in.

        Raises:
            NoClientYet: they have none.
            SappError: the API does not answer.

        """
        return None if self.me is None else await self._client_of(self.me)

    async def live(self) -> Live:
        """Read the live rates."""
        rates, budget = self.desk.rates, self.desk.budget
        return await self._pay(lambda payer: rates.live(payer.me, payer.client), budget.live)

    async def history(self, codes: Sequence[str], start: datetime, end: datetime) -> Sequence[Rate]:
        """Read past rates."""
        rates = self.desk.rates
        return await self._pay(
            lambda p: rates.historical(p.me, p.client, currencies=codes, start=start, end=end),
            lambda: self.desk.budget.past(self.person),
        )

    async def _pay(
        self,
        call: Callable[[Payer], Awaitable[T]],
        budgeted: Callable[[], AbstractAsyncContextManager[None]],
    ) -> T:
        """Make a metered call at the cost of the service account, or of who asks.

        Raises:
            DailyLimitReached, ShareUsedUp: the service account has paid enough for today.
            ServiceCannotPay: the service account's client cannot pay.
            LoginToPay: the asker has to pay, and is not logged in.
            NoClientYet: the asker has to pay, and has no client.

        """
        if self.is_closed:
            raise LoginToPay
        if self.desk.is_shared:

            async def counted(payer: Payer) -> T:
                async with budgeted():
                    return await call(payer)

            try:
                return await self.desk.account.spend(counted)
            except (KeyRefused, NoReadsLeft, OriginRefused, NoClientYet) as error:
                # Their words are about the asker's own client, which has nothing to do with it.
                raise ServiceCannotPay("service account", type(error).__name__) from error
        if self.me is None:
            raise LoginToPay
        self.is_unsure = True
        client = await self._client_of(self.me)
        found = await call(Payer(self.me, client))
        self.reads, self.is_unsure = self.reads + 1, False
        self.left = max(0, client.reads_left - self.reads)
        return found

    async def _client_of(self, me: Session) -> Client:
        if self._client is None:
            self._client = await self.desk.clients.mine(me)
        return self._client


class RateDesk:
    """All that the handlers of this plugin share; one for each loaded version of it."""

    def __init__(
        self,
        *,
        live: LiveCache,
        history: HistoryCache,
        budget: ReadBudget,
        charts: Charts,
        account: ServiceAccount,
        rates: Rates,
        clients: Clients,
    ) -> None:
        self.live = live
        self.history = history
        self.budget = budget
        self.charts = charts
        self.account = account
        self.rates = rates
        self.clients = clients
        self.drawn: dict[str, bytes] = {}
        """Charts that were drawn, as PNG, by what they were drawn from."""
        self.lines: dict[LineKey, Line] = {}
        """What is shown of periods that are known in full, the latest last."""

    def keep_line(self, key: LineKey, line: Line) -> None:
        """Keep what is shown of a period; the oldest of many goes."""
        self.lines[key] = line
        while len(self.lines) > LINES_KEPT:
            del self.lines[next(iter(self.lines))]

    @property
    def is_shared(self) -> bool:
        """Whether a service account pays, so that rates are free for everybody."""
        return self.account.is_set

    def purse(self, me: Session | None, person: int = 0) -> Purse:
        """Return what pays for one question of a person, by their Telegram id."""
        return Purse(self, me, person)

    def closed_purse(self) -> Purse:
        """Return what pays for nothing, for what is made of rates that were paid for before."""
        return Purse(self, None, is_closed=True)

    async def now(self, purse: Purse) -> Snapshot:
        """Return the live rates.

        Raises:
            SappError, DailyLimitReached, LoginToPay: there are none, and none can be read.

        """
        return await self.live.get(purse.live)

    async def past(
        self, purse: Purse, codes: Sequence[str], start: datetime, end: datetime
    ) -> Mapping[str, Hours]:
        """Return the rates from `start` to `end` (aware), by currency; all of the same hours.

        Where some can't be had just now those that there are, and `purse.missing` says so.

        Raises:
            SappError, DailyLimitReached, ShareUsedUp, LoginToPay: some are missing, and cannot be
                read.

        """
        past = await self.history.get(codes, start, end, purse.history)
        purse.missing = past.missing or purse.missing
        return past.hours

    def need_service(self) -> None:
        """Check that somebody pays when nobody is there.

        Raises:
            NeedsServiceAccount: nobody does.

        """
        if not self.is_shared:
            raise NeedsServiceAccount


class Asker(NamedTuple):
    """One person with one question."""

    ctx: Ctx
    tastes: Tastes
    purse: Purse

    @property
    def desk(self) -> RateDesk:
        """The desk that the question is put to."""
        return self.purse.desk


async def tastes_of(ctx: Ctx, tastes: Store[Tastes]) -> Tastes:
    """Return what a person likes; their zone is the bot's, or one kept before the bot had any."""
    mine = await tastes.get(ctx.person.id) or Tastes()
    return mine.model_copy(update={"zone": ctx.zone}) if ctx.zone else mine


async def asker_of(ctx: Ctx, desk: RateDesk, me: Session | None, tastes: Store[Tastes]) -> Asker:
    """Return who asks."""
    return Asker(ctx, await tastes_of(ctx, tastes), desk.purse(me, ctx.person.id))
