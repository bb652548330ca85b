"""The only file that knows aiohttp: sends an `ApiCall`, keeps its time, repeats what may be.

It never lets an aiohttp error out: they carry the URL, and the API key travels there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
import structlog
from aiohttp.connector import Connection
from yarl import URL

from sapp_bot.errors import ConfigError, SappBotError
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.observability.trace import traceparent
from sapp_bot.retry import Backoff
from sapp_bot.values import dataclass

from .breaker import Breaker
from .database_outage import DOUBTED, PROBE, DatabaseProbe, is_proof
from .errors import BadAnswer, SappError, UpstreamFailed, UpstreamUnreachable
from .wire import ID_COLLISION, Answer, ApiCall, Request

T = TypeVar("T")

CONNECTIONS = 16
"""At 20 ms a call that is 800 calls a second. Idle ones stay open for `KEEP_ALIVE_S`."""

KEEP_ALIVE_S = 50.0
"""Go keeps idle connections for ever, common proxies 60 s or more: we are to close first."""

BACKOFF = Backoff(first_s=0.1, factor=4.0, jitter=0.5)
"""Between the tries of one call."""

RETRIES = 2
"""So often a call is tried again at most."""

_PREFIX = "/api/v1"
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CallLimits:
    """How long things may take, in seconds.

    `budget_s` is for all calls of one intent: a person's answer is due within 8 s, and Telegram
    needs the rest. `connect_s` is for a TCP connection and the least a further try is worth.
    `free_try_s` is for one try of a free GET: two fit, so one lost packet is not the end.
    `write_s` is for a write: the rest of the budget is for reading back what became of it.
    """

    budget_s: float = 7.5
    connect_s: float = 2.0
    free_try_s: float = 3.5
    write_s: float = 5.0

    def of(self, request: Request) -> float:
        """Return the limit of one try."""
        limits = {"free": self.free_try_s, "write": self.write_s, "metered": self.budget_s}
        return limits[request.kind]


CALL_LIMITS = CallLimits()


@dataclass(frozen=True, slots=True)
class Budget:
    """The time that all calls of one intent share. `ends_at` is on the clock of `monotonic`."""

    ends_at: float
    monotonic: Callable[[], float]

    def left_s(self) -> float:
        """Seconds left, 0 when it is over."""
        return max(0.0, self.ends_at - self.monotonic())


@dataclass(slots=True)
class _Try:
    """What is known of one try: whether a connection stood, so that something may have left."""

    sent: bool = False


_attempt: ContextVar[_Try | None] = ContextVar("attempt", default=None)
"""The try that the running task makes."""


class _Connector(aiohttp.TCPConnector):
    """Notes when a try got its connection: what fails before never left us.

    Not aiohttp's tracing, which calls a dozen coroutines for each request.
    """

    async def connect(self, *args: Any, **kwargs: Any) -> Connection:
        """Return a connection, new or kept open."""
        connection = await super().connect(*args, **kwargs)
        attempt = _attempt.get()
        if attempt is not None:
            attempt.sent = True
        return connection


class ApiClient:
    """The way to the API: `async with ApiClient(url) as api: await api.call(calls.ping())`."""

    def __init__(
        self,
        base_url: str,
        *,
        limits: CallLimits = CALL_LIMITS,
        proxy: str | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        """Take the address of the API, without `/api/v1`, and of the proxy before it, if any.

        Raises:
            ConfigError: it is not http(s)://host[:port][/path].

        """
        self._base = _checked(base_url)
        self._limits = limits
        self._proxy = proxy
        self._sleep = sleep
        self._monotonic = monotonic
        self._metrics = metrics
        self._breaker = Breaker(monotonic, metrics)
        self._database = DatabaseProbe(self._probe, monotonic)
        self._session: aiohttp.ClientSession | None = None
        self.unanswered = 0
        """Tries that had no answer, of all calls so far."""

    async def __aenter__(self) -> Self:
        """Open the session; connections are made when needed."""
        self._session = aiohttp.ClientSession(
            connector=_Connector(limit=CONNECTIONS, keepalive_timeout=KEEP_ALIVE_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=self._proxy,
            headers={"User-Agent": "sapp-bot", "Accept-Encoding": "gzip, deflate"},
        )
        # aiohttp sends a GET, PUT or DELETE a second time, without a word, when a kept connection
        # breaks: people would pay for two reads. There is no public switch.
        # Source: aiohttp/client.py, ClientSession._request, `retry_persistent_connection`.
        self._session._retry_connection = False  # noqa: SLF001  # see above; pinned by a test
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def budget(self) -> Budget:
        """Begin the time of one intent."""
        return Budget(self._monotonic() + self._limits.budget_s, self._monotonic)

    async def pause(self, seconds: float) -> None:
        """Wait, on the clock of the calls."""
        await self._sleep(seconds)

    async def call(self, call: ApiCall[T], budget: Budget | None = None) -> T:
        """Send a call and read its answer, within `budget`.

        A free GET is tried up to three times, a metered one only again when it never left us, a
        write only when its row's number was taken. A refused credential is asked about once more,
        after a probe of the API's database: see `database_outage`.

        Raises:
            SappError: the family, see `errors`. `UpstreamUnreachable` at once, with nothing sent,
                while the API rests as it did not answer. `UpstreamFailed` for a refused credential
                while the API's database is away, which proves nothing about the credential.
            SessionExpired: the token was refused.

        """
        budget = budget or self.budget()
        if not budget.left_s():
            raise UpstreamUnreachable(call.request.name, "no time left", sent=False)
        with self._breaker.watch(call.request):
            try:
                result = await self._call_with_retries(call, budget)
            except DOUBTED:
                heard_at = self._monotonic()
            else:
                if call.request.asks_database:
                    self._database.seen()
                return result
            if not await self._database.is_there(heard_at, budget.left_s()):
                raise UpstreamFailed(call.request.name, "its database is away", undone=True)
            return await self._call_with_retries(call, budget)

    async def has_database(self) -> bool:
        """Return whether the API's database answers now; False also when the API does not."""
        return await self._database.is_there(self._monotonic(), self.budget().left_s())

    async def _probe(self) -> bool:
        """Ask whether the API's database is there. Takes no longer than a write."""
        answer = await self._send(PROBE, self._limits.write_s / 2)
        return isinstance(answer, Answer) and is_proof(answer)

    async def _call_with_retries(self, call: ApiCall[T], budget: Budget) -> T:
        retries = 0 if call.request.kind == "write" else RETRIES
        retry = 0
        may_collide = True
        while True:
            result = await self._try(call, budget)
            if not isinstance(result, SappBotError):
                return result
            if may_collide and getattr(result, "detail", "") == ID_COLLISION:
                may_collide = False
                continue
            if retry == retries or not _repeatable(call.request, result):
                raise result
            wait_s = BACKOFF.wait_s(retry)
            if budget.left_s() <= wait_s + self._limits.connect_s:
                raise result
            await self._sleep(wait_s)
            retry += 1

    async def _try(self, call: ApiCall[T], budget: Budget) -> T | SappBotError:
        """Send once. Errors are returned, not raised: see `_send`."""
        limit_s = min(self._limits.of(call.request), budget.left_s())
        if not limit_s:
            # A kept connection would take the request before any timeout strikes.
            return UpstreamUnreachable(call.request.name, "no time left", sent=False)
        answer = await self._send(call.request, limit_s)
        if isinstance(answer, SappError):
            return answer
        try:
            return call.read(answer)
        except SappBotError as error:
            return error

    async def _send(self, request: Request, limit_s: float) -> Answer | SappError:
        """Send once within `limit_s` seconds and log it.

        Errors are returned: raised inside `except`, they would carry aiohttp's as their context,
        with the URL in it.
        """
        began = self._monotonic()
        attempt = _Try()
        result: Answer | SappError
        try:
            async with asyncio.timeout(limit_s):
                result = await self._exchange(request, attempt, limit_s)
        except (aiohttp.ClientResponseError, aiohttp.ClientPayloadError) as error:
            result = BadAnswer(request.name, type(error).__name__)
        except (aiohttp.ClientError, OSError) as error:
            # TimeoutError is an OSError.
            result = UpstreamUnreachable(request.name, type(error).__name__, sent=attempt.sent)
            self.unanswered += 1
        self._note(request, result, self._monotonic() - began)
        return result

    def _note(self, request: Request, result: Answer | SappError, taken_s: float) -> None:
        """Log and measure one try."""
        answer = result if isinstance(result, Answer) else None
        log.info(
            "sapp.called",
            method=request.method,
            path=request.template,
            status=answer.status if answer else None,
            problem=None if isinstance(result, Answer) else result.detail,
            ms=round(taken_s * 1000),
        )
        self._metrics.observe(
            "api_seconds",
            taken_s,
            method=request.method,
            route=request.template,
            status=f"{answer.status // 100}xx" if answer else "none",
        )

    async def _exchange(
        self, request: Request, attempt: _Try, limit_s: float
    ) -> Answer | SappError:
        if self._session is None:
            raise RuntimeError("ApiClient is not open")
        # The whole is timed by `_send`, as aiohttp rounds times above 5 s up to whole seconds.
        # `connect` includes the wait for a free connection: what got none in half its time is
        # not sent, as its answer would come too late and might have cost a read.
        timeout = aiohttp.ClientTimeout(
            total=None, connect=limit_s / 2, sock_connect=min(self._limits.connect_s, limit_s / 2)
        )
        _attempt.set(attempt)
        async with self._session.request(
            request.method,
            # Encoded already; yarl would otherwise undo some of it.
            URL(self._base + request.target(), encoded=True),
            headers=_traced(request.headers()),
            data=request.body(),
            timeout=timeout,
            allow_redirects=False,
        ) as response:
            body = await _read(response, request.max_bytes)
            if body is None:
                response.close()
                return BadAnswer(request.name, f"over {request.max_bytes} bytes")
            return Answer(response.status, response.headers.get("Content-Type", ""), body)


def _checked(base_url: str) -> str:
    try:
        url = URL(base_url)
        fine = url.scheme in {"http", "https"} and url.host and url.port
    except ValueError:
        fine = False
    if not fine or url.user or url.password or url.query_string or url.fragment:
        # Not quoted: somebody may have put a password into it.
        raise ConfigError("SAPP_API_URL must be like https://api.example.com")
    return str(url).rstrip("/").removesuffix(_PREFIX) + _PREFIX


def _traced(headers: dict[str, str]) -> dict[str, str]:
    """Tell the API which of our log's lines a call belongs to; it names nobody."""
    parent = traceparent()
    if parent:
        headers["traceparent"] = parent
    return headers


def _repeatable(request: Request, error: SappBotError) -> bool:
    if request.kind == "free":
        return error.retry
    return isinstance(error, UpstreamUnreachable) and not error.sent


async def _read(response: aiohttp.ClientResponse, max_bytes: int) -> bytes | None:
    """Read the unpacked body; None when it is longer than allowed."""
    body = bytearray()
    # aiohttp unpacks in small steps as we read, so a bomb does not go off.
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > max_bytes:
            return None
    return bytes(body)
