"""A book is a function of its facts: whatever order, however often."""

from __future__ import annotations

from random import Random

import pytest

from sapp_bot.ledger.books.book import Book
from sapp_bot.ledger.books.verdict import Agrees, CutOne, Shift, Stop, Verdict, Write, judge
from sapp_bot.ledger.values import MOST_READS, HoldReason, PaymentState

PAID = {"base": "10", "in:a": "1000 10 paid", "in:b": "2000 10 paid"}


def test_payments_and_gifts_are_added() -> None:
    """The client is to have base, payments and what was given beside them."""
    assert Book(1, PAID | {"shift:gift:g": "5", "shift:foreign:17": "-2"}).want == 3013


def test_a_refund_takes_its_payment_out() -> None:
    """What went back counts nothing, also when it came before the payment, or was not ours."""
    assert Book(1, PAID | {"out:a": "theirs"}).want == 2010
    assert Book(1, {"base": "10", "out:a": "theirs"}).want == 10
    assert Book(1, PAID | {"revoke:1:a": "1.0 asked"}).want == 2010
    assert Book(1, PAID | {"revoke:1:a": "1.0 asked", "restore:1:a": "1"}).want == 3010


def test_an_adopted_payment_is_in_the_base() -> None:
    """From before a loss: it adds nothing, and takes its reads away when it goes back."""
    adopted = {"base": "1010", "in:a": "1000 10 adopted"}

    assert Book(1, adopted).want == 1010
    assert Book(1, adopted | {"out:a": "theirs"}).want == 10
    assert Book(1, adopted | {"out:a": "adopted"}).want == 1010


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
        assert Book(1, dict(facts)).want == 2017


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
        ({"out:a": "ours", "out:b": "ours", "base": "0"}, 0, Agrees()),
        ({"out:a": "ours", "out:b": "ours", "base": "0", "wrote:3000": ""}, 3000, Write(1)),
        ({"out:a": "ours", "out:b": "ours", "base": "0", "wrote:1": ""}, 1, CutOne()),
        ({"out:a": "ours", "out:b": "ours", "base": "0", "wrote:1": "", "cut:1": ""}, 0, Agrees()),
        ({"base": "0", "wrote:3000": "", "wrote:1": "", "cut:1": ""}, 2999, Write(3000)),
        ({"shift:gift:x": str(MOST_READS)}, 10, Stop(HoldReason.LIMIT)),
    ],
)
def test_the_verdict(facts: dict[str, str], found: int, verdict: Verdict) -> None:
    """Right, brought back, a small gift of somebody else's, or nobody can tell."""
    assert judge(Book(1, PAID | facts), found, smallest_pack=1000) == verdict
