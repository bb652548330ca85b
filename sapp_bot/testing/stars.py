"""The simulated account of Stars of the test kit: what was paid and returned, in memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sapp_bot.domain.ports import Clock
from sapp_bot.domain.stars import (
    MOST_TRANSACTIONS,
    RefundResult,
    StarsPage,
    StarsTransaction,
)
from sapp_bot.domain.updates import Arrival, PaymentReceived, PaymentRefunded, Person
from sapp_bot.errors import StarsUnavailable, TelegramError


class SimulatedStars:
    """Implements `domain.stars.Stars` for a test.

    Tests read and set the public fields: `rows` (all transactions, oldest first), `refusals`
    (answers of the next `refund` calls, in order: nothing is returned then), `away` (raised by all
    other calls while it is set).

    Args:
        clock: Times of the transactions.
        arrives: Gives the bot an update.
        sells: False for a person's own account.

    """

    def __init__(
        self, clock: Clock, arrives: Callable[[Arrival], None], *, sells: bool = True
    ) -> None:
        self.rows: list[StarsTransaction] = []
        self.refusals: list[RefundResult] = []
        self.away: TelegramError | None = None
        self._people: dict[int, Person] = {}
        self._clock = clock
        self._arrives = arrives
        self._sells = sells

    def paid(self, person: Person, payload: bytes, stars: int) -> PaymentReceived:
        """Record a payment, and return the update that tells of it."""
        charge_id = f"stx{len(self.rows) + 1:06d}"
        at = self._second()
        row = StarsTransaction(charge_id, stars, at, person_id=person.id, payload=payload)
        self.rows.append(row)
        self._people[person.id] = person
        return PaymentReceived(person, charge_id, payload, stars, at)

    def knows(self, person: Person) -> None:
        """Take a person who has paid by a row that a test has added to `rows` itself."""
        self._people[person.id] = person

    def charge_back(self, charge_id: str) -> PaymentRefunded:
        """Return a payment from outside, as a bank does, and the update that tells of it.

        Raises:
            LookupError: there is no such payment, or it was returned before.

        """
        row = self._row(charge_id, is_refund=False)
        if row is None or self._row(charge_id, is_refund=True) is not None:
            raise LookupError(f"no payment {charge_id} that could be returned")
        return self._returned(row)

    async def refund(self, person_id: int, charge_id: str) -> RefundResult:
        """Return the Stars of one payment."""
        self._check_sells()
        if self.refusals:
            return self.refusals.pop(0)
        row = self._row(charge_id, is_refund=False)
        if row is None or row.person_id != person_id:
            return RefundResult("refused", "CHARGE_ID_INVALID")
        if self._row(charge_id, is_refund=True) is not None:
            return RefundResult("already_refunded", "CHARGE_ALREADY_REFUNDED")
        self._arrives(self._returned(row))
        return RefundResult("refunded")

    async def transactions(self, offset: int = 0, *, limit: int = MOST_TRANSACTIONS) -> StarsPage:
        """Return a part of the list, oldest first."""
        self._check()
        limit = max(1, min(limit, MOST_TRANSACTIONS))
        page = tuple(self.rows[offset : offset + limit])
        next_offset = offset + len(page)
        return StarsPage(page, next_offset, is_last=next_offset >= len(self.rows))

    async def transaction(
        self, charge_id: str, *, is_refund: bool = False
    ) -> StarsTransaction | None:
        """Return the row of a payment or of its refund; None if there is none."""
        self._check()
        return self._row(charge_id, is_refund=is_refund)

    async def balance(self) -> int:
        """Return the Stars that were paid and not returned."""
        self._check()
        return sum(row.stars for row in self.rows)

    def _row(self, charge_id: str, *, is_refund: bool) -> StarsTransaction | None:
        rows = (r for r in self.rows if (r.charge_id, r.is_refund) == (charge_id, is_refund))
        return next(rows, None)

    def _returned(self, row: StarsTransaction) -> PaymentRefunded:
        at = self._second()
        back = StarsTransaction(
            row.charge_id, -row.stars, at, True, person_id=row.person_id, payload=row.payload
        )
        self.rows.append(back)
        person = self._people[row.person_id]
        return PaymentRefunded(person, row.charge_id, row.payload, row.stars, at)

    def _second(self) -> datetime:
        return self._clock.now().replace(microsecond=0)

    def _check_sells(self) -> None:
        if not self._sells:
            raise StarsUnavailable("a person's account has no Stars to sell for")

    def _check(self) -> None:
        self._check_sells()
        if self.away is not None:
            raise self.away
