"""The book of one client: facts that are only ever added, and the number of reads they make.

    base               reads the client had beside all payments, before the first of them
    in:CHARGE          "READS BASE MARK": a payment; MARK is paid, recovered or adopted
    out:CHARGE         its Stars went back: "ours", "theirs", "recovered" or "adopted"
    revoke:N:CHARGE    "SECONDS REASON": its reads are taken back, for the Nth time
    restore:N:CHARGE   the Nth taking back was undone, as Telegram refused the refund
    refused:N:CHARGE   "SECONDS": Telegram refused the refund of what cannot be delivered, for the
                       Nth time; "" where it was not asked, as an operator has to look first
    hurry:N:CHARGE     an operator wants the refund now, after N refusals
    taken:N:CHARGE     reads that its Nth taking back takes; N is 0 where the Stars went without us
    lacks:CHARGE       reads of an adopted payment that the API did not have
    shift:KEY          reads given or taken beside payments: gift:ID, foreign:FOUND, fix:FOUND:ID
                       (0 where what was found is not kept, but replaced by what is wanted);
                       gift:lacks:CHARGE gives what an adopted payment lacked
    wrote:READS        a number that was to be written; noted before it is sent
    cut:N              the Nth time that one read was taken by adding -1; noted before, with a
                       word of whoever does it
    applied:CHARGE     "SECONDS": the API was seen to have the reads
    settled:CHARGE     "SECONDS": it still had them after some time
    told:KIND:CHARGE   a notice that was told

A field is written once and never changed: twice the same payment is one field, order does not
matter, and two books of one client merge by their union. So what the client should have is a
function of the facts, whatever crashed in between.

There are no debts. Whoever takes reads back takes no more than the client has left: what is used
is gone, and the next payment gives its full number. How much that is, is decided once, when the
client is looked at (`taken`); until then the payment counts as before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sapp_bot.ledger.values import PaymentState, RefundReason

LACK_GIVEN = "gift:lacks:"
"""Begin of the shift that gives what an adopted payment lacked; its charge follows."""

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
    is_unasked: bool = False
    lacks: int = 0
    has_lacks: bool = False
    is_given: bool = False
    takings: dict[int, int] = field(default_factory=dict)
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
    def is_back(self) -> bool:
        """Whether its reads have to go, as its Stars do; not if both went before an adoption."""
        return self.is_paid and (self.is_revoked or self.out not in {"", "adopted"})

    @property
    def is_adopted(self) -> bool:
        """Whether an adoption took it over, and its Stars are neither back nor on their way."""
        return self.mark == "adopted" and not self.is_back and not self.out

    @property
    def taking(self) -> int:
        """Number of the taking back that holds, 0 for Stars that went without us."""
        return max(self.revokes) if self.is_revoked else 0

    @property
    def taken(self) -> int | None:
        """Reads that were taken back; None while that is to be decided, or nothing is due."""
        if not self.is_back:
            return None
        holding = {self.taking, 0} if self.out else {self.taking}
        return max((n for number, n in self.takings.items() if number in holding), default=None)

    @property
    def counts(self) -> int:
        """Reads that it adds to the client's base; an adopted one is in it already."""
        if not self.is_paid:
            return 0
        own = 0 if self.mark == "adopted" or self.out == "adopted" else self.reads
        return own - (self.taken or 0)

    @property
    def lacking(self) -> int:
        """Reads that are still missing of an adopted payment."""
        return self.lacks if self.state is PaymentState.LACKING else 0

    @property
    def last_revoke(self) -> tuple[float, RefundReason]:
        """When and why its reads were last taken back."""
        return self.revokes[max(self.revokes)]

    @property
    def state(self) -> PaymentState:  # one line for each state
        """What became of it."""
        if self.out:
            is_ours = self.out == "ours" or (self.out != "adopted" and self.is_revoked)
            return PaymentState.REFUNDED if is_ours else PaymentState.REVERSED
        if self.is_revoked:
            if self.is_refused:
                is_unplaced = self.is_unasked and len(self.refusals) == 1
                return PaymentState.UNPLACED if is_unplaced else PaymentState.REFUND_REFUSED
            due = self.last_revoke[1] in GONE and not self.is_hurried
            return PaymentState.REFUND_DUE if due else PaymentState.REFUNDING
        if self.mark == "adopted":
            is_short = self.lacks > 0 and not self.is_given
            return PaymentState.LACKING if is_short else PaymentState.ADOPTED
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
        self._make_up()

    def plus(self, facts: Mapping[str, str]) -> Book:
        """Return the book with facts that were added since it was read."""
        return Book(self.client, {**self._facts, **facts}) if facts else self

    @property
    def is_blank(self) -> bool:
        """Whether there is no fact in it."""
        return not self._facts

    @property
    def is_recovered(self) -> bool:
        """Whether facts of it were lost once, and came back from Telegram's list."""
        return any(c.mark == "recovered" or c.out == "recovered" for c in self.charges)

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

    def first_base(self, available: int) -> int:
        """Return what a client has beside all payments, from what a first GET shows.

        What is more than its invoices say may be the payments themselves, delivered by facts that
        a Redis which is behind has lost: then the invoices count, and the rest is explained or
        held.
        """
        named = [c.base for c in self._charges.values() if c.base is not None and c.mark == "paid"]
        return min([available, *named])

    @property
    def lacks(self) -> int:
        """Reads that adopted payments promise, by their invoices, and the client does not have."""
        adopted = [c for c in self._charges.values() if c.is_paid and c.mark == "adopted"]
        if self.base is None or not adopted:
            return 0
        kept = sum(c.reads for c in adopted if not (c.is_back or c.out))
        gone = sum(c.taken or 0 for c in adopted)
        promised = min(c.base or 0 for c in adopted) + kept
        return max(0, promised - (self.base + sum(self.shifts.values()) - gone))

    @cached_property
    def known(self) -> frozenset[int]:
        """Numbers that the API may show by what is booked: base, all that was written or found."""
        return self._own | self._foreign

    @cached_property
    def _own(self) -> frozenset[int]:
        bases = () if self.base is None else (self.base,)
        return frozenset((*self._written, *bases, *self._set_by_others(is_kept=False)))

    @cached_property
    def _foreign(self) -> frozenset[int]:
        return frozenset(self._set_by_others(is_kept=True))

    def _set_by_others(self, *, is_kept: bool) -> Iterator[int]:
        for key, change in self.shifts.items():
            kind, _, number = key.partition(":")
            if kind in {"foreign", "fix"} and bool(change) is is_kept:
                yield int(number.partition(":")[0])

    def next_taking(self, used: int, found: int | None = None) -> tuple[str, int] | None:
        """Return the next fact of reads that are taken back, and their number; None for none.

        Args:
            used: Reads that the client has used by a GET: they cannot be taken.
            found: What that GET has shown as available, None if it does not matter.

        """
        for name in sorted(self._charges):
            charge = self._charges[name]
            if charge.is_back and charge.taken is None and self.base is not None:
                return f"taken:{charge.taking}:{name}", self._takes(charge, used, found)
        return None

    def all_taken(self, used: int) -> Book:
        """Return the book as it is when all is taken back that has to be."""
        book = self
        while taking := book.next_taking(used):
            book = book.plus({taking[0]: str(taking[1])})
        return book

    def _takes(self, charge: BookedCharge, used: int, found: int | None) -> int:
        if charge.out == "recovered" and found is not None and found <= used:
            # What is lost has taken it, down to what was used by then: only the API knows that.
            before = self.want - found
            if 0 <= before <= charge.reads:
                return before
        kept = max(used, self._promised(charge)) if charge.mark == "adopted" else used
        return min(charge.reads, max(0, self.want - kept))

    def _promised(self, returned: BookedCharge) -> int:
        """Return what a client keeps when an adopted payment goes back, which may be of those
        that were never delivered: what its invoices say it had, and its other payments.
        """
        paid = [charge for charge in self._charges.values() if charge.is_paid]
        bases = [charge.base or 0 for charge in paid if charge.mark == "adopted"]
        others = [charge for charge in paid if charge is not returned and not charge.is_back]
        return min(bases) + sum(charge.reads for charge in others if charge.out != "adopted")

    def has_fixed(self, key: str) -> bool:
        """Return whether an operator's act of this key has ended a hold."""
        return any(
            kind == "fix" and rest.partition(":")[2] == key
            for kind, _, rest in (name.partition(":") for name in self.shifts)
        )

    def has_noted(self, reads: int) -> bool:
        """Return whether a number was noted before it was, or is to be, written."""
        return reads in self._written

    def knows(self, found: int) -> bool:
        """Return whether a number at the API is one of ours, perhaps brought back."""
        return self._has(found, self.known)

    def heals(self, found: int) -> bool:
        """Return whether a number can only be one of ours that was brought back, or one that an
        operator had replaced: it is written over. One that was kept before may have been set again.
        """
        return self._has(found, self._own) and not self._has(found, self._foreign)

    def _has(self, found: int, numbers: frozenset[int]) -> bool:
        # A cut whose answer was lost may act late, on whatever stands there by then.
        return any(found + cut in numbers for cut in range(self.cuts + 1))

    def is_open(self) -> bool:
        """Return whether something of it is still to be done or to be watched."""
        return any(
            (charge.is_refund_open and not charge.is_refused)
            or charge.state in {PaymentState.SEEN, PaymentState.APPLIED}
            for charge in self.charges
            if charge.is_paid
        )

    def _make_up(self) -> None:
        """Count what adopted payments lacked as given, where grants have made up for all of it."""
        short = [charge for charge in self._charges.values() if charge.lacks]
        if short and not self.lacks:
            for charge in short:
                charge.is_given = True

    def _read(self, kind: str, rest: str, value: str) -> None:
        match kind:
            case "base":
                self.base = int(value)
            case "shift":
                self.shifts[rest] = int(value)
                if rest.startswith(LACK_GIVEN):
                    self._of(rest.removeprefix(LACK_GIVEN)).is_given = True
            case "wrote":
                self._written.add(int(rest))
            case "cut":
                self.cuts = max(self.cuts, int(rest))
            case "revoke" | "restore" | "refused" | "hurry" | "taken" | "told":
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
                charge.is_unasked |= not value
            case "hurry":
                charge.hurries.add(int(middle))
            case "taken":
                charge.takings[int(middle)] = int(value)
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
            case "lacks":
                charge.lacks, charge.has_lacks = int(value), True
            case "applied":
                charge.applied_at = float(value)
            case "settled":
                charge.settled_at = float(value)
            case _:
                raise ValueError(f"a fact of an unknown kind: {kind}")

    def _of(self, charge: str) -> BookedCharge:
        return self._charges.setdefault(charge, BookedCharge(charge))
