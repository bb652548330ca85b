"""The stand-in on the wire: aiohttp on loopback, the call log, and scripted faults."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Coroutine
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from aiohttp import web

from sapp_bot.sandbox.faults import Delay, Fault, Faults, Hold
from sapp_bot.sandbox.lifetime import RunsInContext
from sapp_bot.sandbox.port import Port

from .context import ApiAnswer, RequestContext
from .database import Database
from .http_connection import (
    ConnectionDropped,
    HttpConnection,
    allow_foreign,
    answer_json,
    is_preflight,
    not_found,
    preflight,
    redirect,
    refuse,
)
from .refusals import ApiError, ApiForbidden, ApiPanic
from .routes import Found, Redirect, find

LOG_CALLS = 10_000
BODY_LIMIT = 64 * 1024 * 1024
KEEP_ALIVE_S = 3600.0
"""Go's server keeps an idle connection for ever; an hour is that for a test."""

PROBE = "POST /auth/register (probe)"
"""A registration that asks only whether the database is there: its e-mail holds a NUL."""

_BY_PASSWORD = {"POST /auth/register", "POST /auth/login"}
"""The routes that ask the database, though they take no token and no key."""


@dataclass(slots=True)
class ReceivedCall:
    """One call in the log. Never its address: the key travels there.

    Attributes:
        name: method and route, `GET /users/{id}`.
        at_s: when it came, on the event loop's clock.
        took_s: how long it took; None while it is in flight.
        status: what was answered; None when nothing was.
        traceparent: the header field of W3C Trace Context; "" without one.
    """

    name: str
    at_s: float
    took_s: float | None = None
    status: int | None = None
    traceparent: str = ""


class SappApi(RunsInContext):
    """A SAPP API on loopback: `async with SappApi() as api: api.url`.

    Attributes:
        database: its state.
        faults: planned per route name, `POST /account/register`; other paths are
            `GET (redirect)` and `GET (unknown)`. A registration whose e-mail holds a NUL stores
            nothing and goes by the name `POST /auth/register (probe)`.
        inner: planned for moments inside a call. `fetch rates`: a metered call has loaded its
            client and waits for the upstream. `ask mongo`: Mongo is gone and waited for, 30 s
            unless told otherwise. `save client`: it has answered and is about to save
            the client. `save reads`: the top-up of an administrator, between load and save.
            `blacklist token`: a logout has answered. Hold and Delay act there; Drop, Fail and
            Hang lose what would follow, of the two that come after an answer.
        calls: the newest calls; `counts`: all of them, by name.
        connections: TCP connections accepted so far.
        in_flight: calls being worked on.
    """

    def __init__(
        self,
        database: Database | None = None,
        *,
        seed: int | str | None = None,
        atomic_reads: bool = False,
        upstream_s: float = 0.0,
        save_s: float = 0.001,
        mongo_s: float = 30.0,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Make an API that does not listen yet.

        Args:
            database: its state; a new one with this `seed` otherwise.
            seed: makes keys, tokens and rates repeatable.
            atomic_reads: count reads safely, which the real API does not.
            upstream_s: how long a metered call takes between loading the client and answering.
            save_s: how long after its answer a metered call saves the client, over whatever was
                written since it was loaded. Source: measured at the API, 0.9 ms as a rule.
            mongo_s: how long `prevailing` waits for a Mongo that is gone.
            host: the address to listen on.
            port: 0 takes a free one, and keeps it over `refuse` and `accept`.
        """
        self.database = database or Database(seed=seed)
        self.database.atomic_reads = self.database.atomic_reads or atomic_reads
        self.faults = Faults()
        self.inner = Faults()
        self.calls: deque[ReceivedCall] = deque(maxlen=LOG_CALLS)
        self.counts: Counter[str] = Counter()
        self.connections = 0
        self.in_flight = 0
        self._port = Port(port, host=host)
        self._waits_s = {"fetch rates": upstream_s, "save client": save_s, "ask mongo": mongo_s}
        self._runner: web.AppRunner | None = None
        self._work: set[asyncio.Task[Any]] = set()
        self._behind: set[asyncio.Task[Any]] = set()

    @property
    def database_away(self) -> float:
        """The share of calls, 0 to 1, that find the database gone; True is all of them."""
        return self.database.away

    @database_away.setter
    def database_away(self, share: float) -> None:
        self.database.away = share

    @property
    def url(self) -> str:
        """Address of the API, without `/api/v1`."""
        return f"http://{self._port.host}:{self._port.number}"

    def count(self, pattern: str) -> int:
        """Count the calls whose name fits a shell pattern."""
        return sum(n for name, n in self.counts.items() if fnmatchcase(name, pattern))

    async def settle(self) -> None:
        """Wait until everything that goes on behind the answers is done."""
        while self._behind:
            await asyncio.wait(self._behind)

    async def start(self) -> None:
        """Listen."""
        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            handler_cancellation=True,
            keepalive_timeout=KEEP_ALIVE_S,
            shutdown_timeout=0.1,
        )
        await self._runner.setup()
        await self._port.open(self._accept)

    async def stop(self) -> None:
        """Stop for good: let go all that is held, cut every connection, give the port back."""
        self.faults.clear()
        self.inner.clear()
        await self.refuse()
        self._port.give_back()

    async def refuse(self) -> None:
        """Be an API that is gone: cut connections and work, refuse callers until `accept`."""
        self._port.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        left = [*self._work, *self._behind]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def accept(self) -> None:
        """Be back, on the same port and with the same state."""
        await self.start()

    # Points inside a call: see `inner`.

    async def reach(self, name: str) -> bool:
        """Pass a moment inside a call; False when what follows it is lost."""
        kept = True
        await asyncio.sleep(self._waits_s.get(name, 0.0))
        for fault in self.inner.take(name):
            if isinstance(fault.do, Delay):
                await asyncio.sleep(fault.do.seconds)
            elif isinstance(fault.do, Hold):
                await fault.hold()
            else:
                kept = False
        return kept

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do work that nobody waits for."""
        task = asyncio.create_task(work)
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)

    # The wire

    def _accept(self) -> asyncio.Protocol:
        assert self._runner is not None  # noqa: S101  # the listener lives shorter than the runner
        assert self._runner.server is not None  # noqa: S101  # set up before the listener
        self.connections += 1
        return self._runner.server()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """Work in a task of its own: a caller that hangs up does not stop the work, as in gin."""
        wire = HttpConnection(request)
        task = asyncio.create_task(self._call(wire))
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            wire.gone.set()
            raise
        except ConnectionDropped:
            return web.Response()

    async def _call(self, wire: HttpConnection) -> web.StreamResponse:
        found = find(wire.request.method, wire.request.path)
        name = _name(wire.request.method, found)
        if name == "POST /auth/register" and await wire.is_probe():
            name = PROBE
        loop = asyncio.get_running_loop()
        parent = wire.request.headers.get("traceparent", "")
        call = ReceivedCall(name, loop.time(), traceparent=parent)
        self.calls.append(call)
        self.counts[name] += 1
        self.in_flight += 1
        try:
            response = await self._respond(wire, found, self.faults.take(name))
            call.status = response.status
        finally:
            call.took_s = loop.time() - call.at_s
            self.in_flight -= 1
        return response

    async def _respond(
        self, wire: HttpConnection, found: Found | Redirect | None, faults: list[Fault]
    ) -> web.StreamResponse:
        await wire.receive()
        response = await wire.strike(faults, "before")
        if response is None:
            response = await self._answer(wire.request, found)
            response = await wire.strike(faults, "after") or response
        return response

    async def _answer(
        self, request: web.Request, found: Found | Redirect | None
    ) -> web.StreamResponse:
        if is_preflight(request):
            return preflight()
        if found is None:
            response: web.StreamResponse = not_found()
        elif isinstance(found, Redirect):
            response = redirect(request, found)
        else:
            response = await self._route(request, found)
        return allow_foreign(request, response)

    async def _route(self, request: web.Request, found: Found) -> web.StreamResponse:
        asks_database = found.route.auth != "nobody" or found.route.name in _BY_PASSWORD
        ctx = RequestContext(
            database=self.database,
            points=self,
            params=found.params,
            query={name: request.query.getall(name) for name in request.query},
            authorization=request.headers.get("Authorization", ""),
            origin=request.headers.get("Origin", ""),
            body=await request.read(),
            is_missed=asks_database and self.database.is_missed(),
        )
        try:
            ctx.authorise(found.route.auth)
        except ApiForbidden:
            return answer_json(ApiAnswer({}, 403))
        metered = found.route.auth == "key"
        if metered:
            await self.reach("fetch rates")
        try:
            response = answer_json(await found.route.handler(ctx))
        except ApiError as error:
            response = refuse(error)
        except ApiPanic:
            response = web.Response(status=500)
        if metered:
            self.spawn(self._count_read(ctx))
        return response

    async def _count_read(self, ctx: RequestContext) -> None:
        if await self.reach("save client"):
            self.database.count_read(ctx.client)


def _name(method: str, found: Found | Redirect | None) -> str:
    if isinstance(found, Found):
        return found.route.name
    return f"{method} (redirect)" if found else f"{method} (unknown)"
