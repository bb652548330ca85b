"""Amounts: what is understood, what is refused and where, what is none of our business."""

from __future__ import annotations

from decimal import Decimal

import pytest

from plugins.rates.money.amounts import LONGEST, Assumption, Conversion, parse
from plugins.rates.money.faults import AmountError, Fault
from tests.plugins.rates.accepted import ACCEPTED
from tests.plugins.rates.refused import REFUSED
from tests.plugins.rates.talk import TALK


def shown(found: Conversion) -> str:
    """Write a conversion as the table has it."""
    text = found.echo
    if found.targets:
        text += " > " + " ".join(found.targets)
    if found.assumed:
        text += " ? " + " ".join(dict.fromkeys(a.code or str(a.number) for a in found.assumed))
    return text


def refusal(text: str) -> AmountError:
    """Parse what must be refused."""
    with pytest.raises(AmountError) as caught:
        parse(text)
    return caught.value


@pytest.mark.parametrize("text", ACCEPTED)
def test_conversions_are_understood(text: str) -> None:
    """Each text of the table is the conversion it says."""
    found = parse(text)

    assert found is not None
    assert shown(found) == ACCEPTED[text]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_wrong_is_said_with_its_place(text: str) -> None:
    """Each text of the table is refused, for the reason and at the place it says."""
    error = refusal(text)

    assert f"{error.fault.name} {error.start}:{error.end}" == REFUSED[text]


@pytest.mark.parametrize("text", TALK)
def test_talk_is_left_alone(text: str) -> None:
    """What people say without thinking of money is neither a sum nor an error."""
    assert parse(text) is None


def test_the_tables_are_large_enough() -> None:
    """At least 200 texts are tried, of both languages."""
    texts = [*ACCEPTED, *REFUSED]

    assert len(texts) >= 200
    assert sum(any("а" <= letter <= "я" for letter in text) for text in texts) >= 60


@pytest.mark.parametrize("text", [text for text in ACCEPTED if "/" not in text])
def test_the_echo_means_the_same(text: str) -> None:
    """What is echoed can be sent again, and is the same sum."""
    first = parse(text)
    assert first is not None
    again = parse(first.echo)

    assert again is not None
    assert again.terms == first.terms


def test_sums_are_exact_and_frozen() -> None:
    """A conversion holds decimals as they were written."""
    assert parse("0.1 usd + 0.2 usd") == Conversion(((Decimal("0.3"), "USD"),))


def test_an_assumption_names_the_others() -> None:
    """Who writes `$` hears that it was taken for USD, and what else it is."""
    found = parse("$5")

    assert found is not None
    assert found.assumed[0].text == "$"
    assert found.assumed[0].code == "USD"
    assert {"AUD", "CAD"} <= set(found.assumed[0].others)


def test_a_doubtful_number_is_told() -> None:
    """`1,000` was read as a thousand, `1.000` as one; both are said."""
    thousand, one = parse("1,000 usd"), parse("1.000 usd")
    assert thousand is not None
    assert one is not None

    assert thousand.assumed == (Assumption("1,000", number=Decimal(1000)),)
    assert one.assumed == (Assumption("1.000", number=Decimal(1)),)


def test_the_other_layout_is_told() -> None:
    """What was typed in the other keyboard layout is understood, and said."""
    found = parse("100 he,")

    assert found is not None
    assert found.assumed == (Assumption("he,", "RUB"),)


def test_errors_can_be_translated() -> None:
    """An error has the message's id and its values apart."""
    error = refusal("100 usdd")

    assert error.reply == Fault.SIMILAR
    assert error.values == {"text": "usdd", "codes": "USD"}


def test_a_long_sum_is_refused() -> None:
    """257 characters of a sum are too long; the place is what is too much."""
    error = refusal("1 usd" + " + 1 usd" * 32)

    assert (error.fault, error.start, error.end) == (Fault.TOO_LONG, LONGEST, 261)


def test_a_long_talk_is_talk() -> None:
    """A long message that begins with a number is no sum."""
    assert parse("2 dogs were walking in the park " * 20) is None


@pytest.mark.parametrize("count", [17, 100, 2000])
def test_brackets_are_counted(count: int) -> None:
    """Two thousand brackets are an error like any other, and no endless recursion."""
    error = refusal("(" * count + "1" + ")" * count + " usd")

    assert error.fault == (Fault.TOO_DEEP if count < 120 else Fault.TOO_LONG)
