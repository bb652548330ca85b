"""A book is a function of its facts: whatever order, however often."""

from __future__ import annotations

from random import Random

import pytest

from sapp_bot.ledger.books.book import Book
from sapp_bot.ledger.books.verdict import Agrees, CutOne, Shift, Stop, Verdict, Write, judge
from sapp_bot.ledger.values import MOST_READS, HoldReason, PaymentState

PAID = {"base": "10", "in:a": "1000 10 paid", "in:b": "2000 10 paid"}
BACK = {"out:a": "ours", "taken:0:a": "1000", "out:b": "ours", "taken:0:b": "2000", "base": "0"}
"""Both are returned, of a client that had nothing before."""


def test_payments_and_gifts_are_added() -> None:
    """The client is to have base, payments and what was given beside them."""
    assert Book(1, PAID | {"shift:gift:g": "5", "shift:foreign:17": "-2"}).want == 3013


def wanted(facts: dict[str, str], *, used: int = 0) -> int:
    """Return what a book wants when all is taken back that has to be."""
    return Book(1, facts).all_taken(used).want


def test_a_refund_takes_its_payment_out() -> None:
    """What went back counts nothing, also when it came before the payment, or was not ours."""
    assert wanted(PAID | {"out:a": "theirs"}) == 2010
    assert wanted({"base": "10", "out:a": "theirs"}) == 10
    assert wanted(PAID | {"revoke:1:a": "1.0 asked"}) == 2010
    assert wanted(PAID | {"revoke:1:a": "1.0 asked", "restore:1:a": "1"}) == 3010


def test_what_is_used_is_not_taken() -> None:
    """A refund leaves at most nothing, never a debt: the next payment gives its full number."""
    one = {"base": "10", "in:a": "1000 10 paid", "out:a": "theirs"}

    assert wanted(one, used=500) == 500
    assert wanted(one | {"in:b": "2000 10 paid"}, used=500) == 2010
    assert Book(1, one).next_taking(500) == ("taken:0:a", 510)
    decided = one | {"taken:0:a": "510", "in:b": "2000 10 paid"}
    assert wanted(decided, used=900) == 2500
    assert Book(1, decided).next_taking(900) is None


def test_a_removal_is_no_debt_for_the_next_payment() -> None:
    """Reads that an operator took are not taken once more when the payment goes back."""
    removed = {"base": "10", "in:a": "1000 10 paid", "shift:gift:g": "-1000"}
    refunded = Book(1, removed | {"revoke:1:a": "1.0 operator"}).all_taken(0)

    assert refunded.want == 0
    assert refunded.plus({"in:b": "1000 10 paid"}).want == 1000


def test_each_taking_back_is_decided_anew() -> None:
    """What a refused refund gave back is whole again, and a later refund counts by its own time."""
    refused = {"revoke:1:a": "1.0 asked", "taken:1:a": "7", "restore:1:a": ""}

    assert wanted(PAID | refused) == 3010
    assert wanted(PAID | refused | {"revoke:2:a": "2.0 operator"}) == 2010
    assert wanted(PAID | refused | {"out:a": "theirs"}) == 2010
    both = {"revoke:1:a": "1.0 asked", "out:a": "theirs", "taken:0:a": "300"}
    assert wanted(PAID | both) == 2710


def test_an_adopted_payment_is_in_the_base() -> None:
    """From before a loss: it adds nothing, and takes its reads away when it goes back."""
    adopted = {"base": "1010", "in:a": "1000 10 adopted"}

    assert wanted(adopted) == 1010
    assert wanted(adopted | {"out:a": "theirs"}) == 10
    assert wanted(adopted | {"out:a": "adopted"}) == 1010


def test_an_adopted_payment_that_was_never_delivered_takes_nothing() -> None:
    """Neither what the client had before its payments goes with it, nor another payment's reads."""
    undelivered = {"base": "1010", "in:a": "1000 10 adopted", "in:b": "2000 10 adopted"}

    assert wanted(undelivered | {"out:b": "theirs"}) == 1010
    assert wanted(undelivered | {"out:b": "theirs", "in:c": "4000 10 paid"}) == 5010
    assert wanted(undelivered | {"out:a": "theirs", "out:b": "theirs"}) == 10
    given = undelivered | {"shift:gift:missed": "2000"}
    assert wanted(given | {"out:b": "theirs"}) == 1010


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, PaymentState.SEEN),
        ({"applied:a": "2.0"}, PaymentState.APPLIED),
        ({"applied:a": "2.0", "settled:a": "9.0"}, PaymentState.SETTLED),
        ({"revoke:1:a": "1.0 gone"}, PaymentState.REFUND_DUE),
        ({"revoke:1:a": "1.0 stray", "hurry:0:a": "2.0"}, PaymentState.REFUNDING),
        ({"revoke:1:a": "1.0 asked"}, PaymentState.REFUNDING),
        ({"revoke:1:a": "1.0 gone", "refused:1:a": "", "hurry:1:a": ""}, PaymentState.REFUNDING),
        ({"revoke:1:a": "1.0 gone", "refused:1:a": "3.0"}, PaymentState.REFUND_REFUSED),
        ({"revoke:1:a": "1.0 asked", "restore:1:a": ""}, PaymentState.SEEN),
        ({"revoke:1:a": "1.0 asked", "out:a": "ours"}, PaymentState.REFUNDED),
        ({"revoke:1:a": "1.0 asked", "out:a": "theirs"}, PaymentState.REFUNDED),
        ({"out:a": "theirs", "applied:a": "2.0"}, PaymentState.REVERSED),
    ],
)
def test_each_payment_has_one_state(facts: dict[str, str], state: PaymentState) -> None:
    """The state is worked out of the facts, so that there is always exactly one."""
    charge = Book(1, {"in:a": "1000 10 paid"} | facts).charge("a")

    assert charge is not None
    assert charge.state is state


def test_order_does_not_matter() -> None:
    """Facts in any order make the same book."""
    facts = list((PAID | {"out:a": "ours", "revoke:1:a": "1.0 asked", "shift:gift:x": "7"}).items())
    for seed in range(20):
        Random(seed).shuffle(facts)  # noqa: S311  # some orders, the same each time
        assert wanted(dict(facts)) == 2017


@pytest.mark.parametrize(
    ("facts", "found", "verdict"),
    [
        ({}, 3010, Agrees()),
        ({}, 10, Write(3010)),
        ({"wrote:1010": ""}, 1010, Write(3010)),
        ({}, 1010, Stop(HoldReason.DRIFT)),
        ({}, 13, Shift("foreign:13", 3)),
        ({"shift:foreign:13": "3"}, 13, Write(3013)),
        ({"wrote:3010": ""}, 3015, Shift("foreign:3015", 5)),
        ({"wrote:3010": ""}, 3510, Stop(HoldReason.DRIFT)),
        ({}, 9, Stop(HoldReason.DRIFT)),
        (BACK, 0, Agrees()),
        (BACK | {"wrote:3000": ""}, 3000, Write(1)),
        (BACK | {"wrote:1": ""}, 1, CutOne()),
        (BACK | {"wrote:1": "", "cut:1": ""}, 0, Agrees()),
        ({"base": "0", "wrote:3000": "", "wrote:1": "", "cut:1": ""}, 2999, Write(3000)),
        ({"shift:gift:x": str(MOST_READS)}, 10, Stop(HoldReason.LIMIT)),
        ({"in:b": "2000 10 recovered"}, 30, Shift("foreign:30", 20)),
    ],
)
def test_the_verdict(facts: dict[str, str], found: int, verdict: Verdict) -> None:
    """Right, brought back, a small gift of somebody else's, or nobody can tell."""
    assert judge(Book(1, PAID | facts), found, smallest_pack=1000) == verdict


def test_the_rest_of_a_taking_is_no_gift() -> None:
    """After a loss of Redis: what is left of reads that were taken back is nobody's gift."""
    recovered = Book(1, {"base": "10", "in:a": "1000 10 recovered"})

    assert judge(recovered, 110, 1000, used=110) == Write(1010)
    assert judge(recovered, 110, 1000, used=109) == Shift("foreign:110", 100)
    assert judge(Book(1, {"base": "10", "in:a": "1000 10 paid"}), 110, 1000, used=110) == Shift(
        "foreign:110", 100
    )


def test_a_first_payment_that_is_there_already_counts_once() -> None:
    """A Redis that is behind has lost it: what its invoice says is the base, not what is found."""
    assert Book(1, {"in:a": "1000 10 paid"}).first_base(1010) == 10
    assert Book(1, {"in:a": "1000 10 paid"}).first_base(7) == 7
    assert Book(1, {}).first_base(1010) == 1010


def test_what_adopted_payments_promise_is_known_until_it_is_given() -> None:
    """By their invoices, whatever became of the answer to the adoption; returned Stars end it."""
    facts = {"base": "1010", "in:a": "1000 10 adopted", "in:b": "2000 10 adopted"}

    assert Book(1, facts).lacks == 2000
    assert Book(1, facts | {"shift:gift:g": "2000"}).lacks == 0
    assert Book(1, facts | {"out:b": "theirs", "taken:0:b": "0"}).lacks == 0
    assert Book(1, PAID).lacks == 0
