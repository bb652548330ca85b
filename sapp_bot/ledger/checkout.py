"""Orders, and the decision whether one may be paid now: in time, and no when in doubt.

A payment that is refused here costs nobody anything. Telegram cancels a pre-checkout query that is
not answered within 10 s. Source: https://core.telegram.org/bots/api#answerprecheckoutquery.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from sapp_bot.domain.checkout_refusal import CheckoutRefusal
from sapp_bot.domain.ports import Signer
from sapp_bot.errors import SappBotError
from sapp_bot.values import dataclass, field

from .books.payload import read_payload
from .books.repository import ORDER_LIVES_S, Books
from .errors import NotForSale
from .ports import ReadsApi
from .values import MOST_READS, PackOrder

ANSWER_S = 6.0
"""Longest time that a decision takes, in seconds."""

LOOK_S = 3.0
"""Longest time that the look at the client takes of it, in seconds."""

FRESH = timedelta(seconds=30)
"""A client that was seen within this time is there."""

ORDER_LIVES = timedelta(seconds=ORDER_LIVES_S)

CURRENCY = "XTR"
"""Telegram Stars. Source: https://core.telegram.org/bots/payments-stars."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CheckoutQuery:
    """Somebody has pressed "Pay": Telegram's pre-checkout query."""

    id: int
    user: int = field(repr=False)
    currency: str
    stars: int
    payload: bytes = field(repr=False)


class Checkout:
    """Makes orders, and says whether they may be paid."""

    def __init__(
        self,
        books: Books,
        api: ReadsApi,
        signer: Signer,
        is_in_doubt: Callable[[int], Awaitable[bool]],
    ) -> None:
        self._books = books
        self._api = api
        self._signer = signer
        self._is_in_doubt = is_in_doubt
        self._seen: dict[int, datetime] = {}

    async def order(self, *, user: int, client: int, reads: int, stars: int) -> PackOrder:
        """Make an order that can be paid for a day.

        Raises:
            NotForSale: the client is gone, in doubt, or would have more reads than can be counted.
            SappBotError: the API or the store could not be asked.

        """
        if await self._is_in_doubt(client):
            raise NotForSale(
                reply="The reads of this client do not add up, so an operator looks at it first."
                " Nothing was charged, please try again later."
            )
        book = await self._books.book(client)
        found = await self._api.reads(client)
        if found is None:
            raise NotForSale(reply="This client is not there any more. /client shows yours.")
        if max(book.want, found.available) + reads > MOST_READS:
            raise NotForSale(reply="This client has as many reads as can be counted.")
        base = max(0, found.available) if book.base is None else book.foundation
        order = PackOrder(
            id=secrets.token_hex(8),
            user=user,
            client=client,
            reads=reads,
            stars=stars,
            base=min(base, MOST_READS),
            made_at=self._books.now,
        )
        await self._books.keep_order(order)
        self._seen[client] = self._books.now
        return order

    async def decide(self, query: CheckoutQuery) -> CheckoutRefusal | None:
        """Return why an order cannot be paid now, None if it can. Never fails, never takes long."""
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._decide(query)
        except TimeoutError:
            return CheckoutRefusal.TOO_SLOW
        except SappBotError as error:
            log.warning("ledger.checkout_refused", reason=str(error))
            return CheckoutRefusal.PAUSED
        except Exception as error:  # a border: a query without an answer shows people nothing
            log.error("ledger.checkout_failed", exc_info=error)  # noqa: TRY400  # given
            return CheckoutRefusal.PAUSED

    async def _decide(self, query: CheckoutQuery) -> CheckoutRefusal | None:
        payload = read_payload(query.payload, self._signer)
        order = None if payload is None else await self._books.order(payload.order)
        if order is None or order.payload != payload:
            return CheckoutRefusal.UNKNOWN_ORDER
        if self._books.now - order.made_at > ORDER_LIVES:
            return CheckoutRefusal.UNKNOWN_ORDER
        refusal = _differs(order, query) or await self._stands(order) or await self._look(order)
        if refusal is None and not await self._books.begin_checkout(order.id, str(query.id)):
            return CheckoutRefusal.IN_CHECKOUT
        return refusal

    async def _stands(self, order: PackOrder) -> CheckoutRefusal | None:
        """See that sales go on, and that this order was not paid before."""
        if await self._books.is_paused():
            return CheckoutRefusal.PAUSED
        if await self._books.is_paid(order.id):
            return CheckoutRefusal.ALREADY_PAID
        if await self._books.store.is_durable() is not True:
            return CheckoutRefusal.NOT_DURABLE
        return None

    async def _look(self, order: PackOrder) -> CheckoutRefusal | None:
        """See that the client is there and has room; what was seen of late still holds."""
        if await self._is_in_doubt(order.client):
            return CheckoutRefusal.IN_DOUBT
        book = await self._books.book(order.client)
        if book.want + order.reads > MOST_READS:
            return CheckoutRefusal.TOO_MANY_READS
        now = self._books.now
        if now - self._seen.get(order.client, datetime.min.replace(tzinfo=now.tzinfo)) < FRESH:
            return None
        try:
            async with asyncio.timeout(LOOK_S):
                found = await self._api.reads(order.client)
        except (SappBotError, TimeoutError):
            return CheckoutRefusal.API_AWAY
        if found is None:
            return CheckoutRefusal.CLIENT_GONE
        self._seen[order.client] = now
        return None


def _differs(order: PackOrder, query: CheckoutQuery) -> CheckoutRefusal | None:
    if order.user != query.user:
        return CheckoutRefusal.OTHER_PERSON
    if (query.currency, query.stars) != (CURRENCY, order.stars):
        return CheckoutRefusal.WRONG_AMOUNT
    return None
