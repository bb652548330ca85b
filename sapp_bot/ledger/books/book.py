"""The book of one client: facts that are only ever added, and the number of reads they make.

    base               reads the client had beside all payments, before the first of them
    in:CHARGE          "READS BASE MARK": a payment; MARK is paid, recovered or adopted
    out:CHARGE         its Stars went back: "ours", "theirs" or "adopted"
    revoke:N:CHARGE    "SECONDS REASON": its reads are taken back, for the Nth time
    restore:N:CHARGE   the Nth taking back was undone, as Telegram refused the refund
    refused:N:CHARGE   Telegram refused the refund of what cannot be delivered, for the Nth time
    hurry:N:CHARGE     an operator wants the refund now, after N refusals
    shift:KEY          reads given or taken beside payments: gift:ID, foreign:FOUND, fix:FOUND
    wrote:READS        a number that was to be written; noted before it is sent
    cut:N              the Nth time that one read was taken by adding -1; noted before
    applied:CHARGE     "SECONDS": the API was seen to have the reads
    settled:CHARGE     "SECONDS": it still had them after some time
    told:KIND:CHARGE   a notice that was told

A field is written once and never changed: twice the same payment is one field, order does not
matter, and two books of one client merge by their union. So what the client should have is a
function of the facts, whatever crashed in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sapp_bot.ledger.values import PaymentState, RefundReason

GONE = frozenset({RefundReason.CLIENT_GONE, RefundReason.STRAY})
"""Reasons of refunds that nobody asked for: they cannot be delivered."""


@dataclass(slots=True)
class BookedCharge:
    """What the book knows of one payment; times are Unix seconds."""

    charge: str
    reads: int = 0
    base: int | None = None
    mark: str = ""
    out: str = ""
    revokes: dict[int, tuple[float, RefundReason]] = field(default_factory=dict)
    restores: set[int] = field(default_factory=set)
    applied_at: float | None = None
    settled_at: float | None = None
    refusals: set[int] = field(default_factory=set)
    hurries: set[int] = field(default_factory=set)
    told: set[str] = field(default_factory=set)

    @property
    def is_paid(self) -> bool:
        """Whether the payment itself was seen; a refund can come before it."""
        return bool(self.mark)

    @property
    def is_revoked(self) -> bool:
        """Whether its reads are taken back."""
        return len(self.revokes) > len(self.restores)

    @property
    def is_hurried(self) -> bool:
        """Whether an operator wants the refund, and Telegram has not answered that yet."""
        return len(self.refusals) in self.hurries

    @property
    def is_refused(self) -> bool:
        """Whether Telegram has refused to return what cannot be delivered; nobody tries again."""
        if not self.refusals or self.is_hurried or not self.is_revoked:
            return False
        return self.last_revoke[1] in GONE

    @property
    def is_refund_open(self) -> bool:
        """Whether its Stars have still to be returned by us."""
        return self.is_paid and self.is_revoked and not self.out

    @property
    def counts(self) -> int:
        """Reads that it adds to the client's base."""
        if not self.is_paid:
            return 0
        is_back = bool(self.out) or self.is_revoked
        if self.mark == "adopted":
            return -self.reads if is_back and self.out != "adopted" else 0
        return 0 if is_back else self.reads

    @property
    def last_revoke(self) -> tuple[float, RefundReason]:
        """When and why its reads were last taken back."""
        return self.revokes[max(self.revokes)]

    @property
    def state(self) -> PaymentState:  # one line for each state
        """What became of it."""
        if self.out:
            is_ours = self.out == "ours" or (self.out == "theirs" and self.is_revoked)
            return PaymentState.REFUNDED if is_ours else PaymentState.REVERSED
        if self.is_revoked:
            if self.is_refused:
                return PaymentState.REFUND_REFUSED
            due = self.last_revoke[1] in GONE and not self.is_hurried
            return PaymentState.REFUND_DUE if due else PaymentState.REFUNDING
        if self.mark == "adopted":
            return PaymentState.ADOPTED
        if self.settled_at is not None:
            return PaymentState.SETTLED
        return PaymentState.SEEN if self.applied_at is None else PaymentState.APPLIED


class Book:
    """The facts of one client, read."""

    def __init__(self, client: int, facts: Mapping[str, str]) -> None:
        self.client = client
        self._facts = facts
        self.base: int | None = None
        self.shifts: dict[str, int] = {}
        self.cuts = 0
        self._charges: dict[str, BookedCharge] = {}
        self._written: set[int] = set()
        for name, value in facts.items():
            kind, _, rest = name.partition(":")
            self._read(kind, rest, value)

    def plus(self, facts: Mapping[str, str]) -> Book:
        """Return the book with facts that were added since it was read."""
        return Book(self.client, {**self._facts, **facts}) if facts else self

    @property
    def is_blank(self) -> bool:
        """Whether there is no fact in it."""
        return not self._facts

    @property
    def charges(self) -> Iterator[BookedCharge]:
        """Go through all payments."""
        return iter(self._charges.values())

    def charge(self, charge: str) -> BookedCharge | None:
        """Return one payment, None if the book does not know it."""
        return self._charges.get(charge)

    @property
    def want(self) -> int:
        """Reads that the client should have been given in all: base, shifts and payments."""
        paid = sum(charge.counts for charge in self._charges.values())
        return max(0, (self.base or 0) + sum(self.shifts.values()) + paid)

    @property
    def foundation(self) -> int:
        """Reads beside all payments, as a new order notes them in its payload."""
        return max(0, (self.base or 0) + sum(self.shifts.values()))

    @cached_property
    def known(self) -> frozenset[int]:
        """Numbers that the API may show by what is booked: base, all that was written or found."""
        found = set(self._written)
        if self.base is not None:
            found.add(self.base)
        for key in self.shifts:
            kind, _, number = key.partition(":")
            if kind in {"foreign", "fix"}:
                found.add(int(number))
        return frozenset(found)

    def has_noted(self, reads: int) -> bool:
        """Return whether a number was noted before it was, or is to be, written."""
        return reads in self._written

    def knows(self, found: int) -> bool:
        """Return whether a number at the API is one of ours, perhaps brought back."""
        # A cut whose answer was lost may act late, on whatever stands there by then.
        return any(found + cut in self.known for cut in range(self.cuts + 1))

    def is_open(self) -> bool:
        """Return whether something of it is still to be done or to be watched."""
        return any(
            (charge.is_refund_open and not charge.is_refused)
            or charge.state in {PaymentState.SEEN, PaymentState.APPLIED}
            for charge in self.charges
            if charge.is_paid
        )

    def _read(self, kind: str, rest: str, value: str) -> None:
        match kind:
            case "base":
                self.base = int(value)
            case "shift":
                self.shifts[rest] = int(value)
            case "wrote":
                self._written.add(int(rest))
            case "cut":
                self.cuts = max(self.cuts, int(rest))
            case "revoke" | "restore" | "refused" | "hurry" | "told":
                middle, _, charge = rest.partition(":")
                self._note(self._of(charge), kind, middle, value)
            case _:
                self._set(self._of(rest), kind, value)

    def _note(self, charge: BookedCharge, kind: str, middle: str, value: str) -> None:
        match kind:
            case "told":
                charge.told.add(middle)
            case "restore":
                charge.restores.add(int(middle))
            case "refused":
                charge.refusals.add(int(middle))
            case "hurry":
                charge.hurries.add(int(middle))
            case _:
                at, _, reason = value.partition(" ")
                charge.revokes[int(middle)] = (float(at), RefundReason(reason))

    def _set(self, charge: BookedCharge, kind: str, value: str) -> None:
        match kind:
            case "in":
                reads, base, mark = value.split(" ")
                charge.reads, charge.base, charge.mark = int(reads), int(base), mark
            case "out":
                charge.out = value
            case "applied":
                charge.applied_at = float(value)
            case "settled":
                charge.settled_at = float(value)
            case _:
                raise ValueError(f"a fact of an unknown kind: {kind}")

    def _of(self, charge: str) -> BookedCharge:
        return self._charges.setdefault(charge, BookedCharge(charge))
