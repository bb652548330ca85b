"""`values.dataclass` makes what the standard library's makes, and does not fall back unseen."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field, fields, is_dataclass, replace
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from sapp_bot import values

T = TypeVar("T")

Make = Callable[..., Any]


@values.dataclass(frozen=True, slots=True)
class Price:
    """A price, for the tests of copies and pickles, which find it by name."""

    sum: int
    currency: str = "EUR"
    notes: list[str] = field(default_factory=list)


def price(dataclass: Make) -> Any:
    """Define a value with all that fields can have."""

    @dataclass(frozen=True, slots=True)
    class Price:
        """A price."""

        sum: int
        currency: str = "EUR"
        secret: str = field(default="s", repr=False)
        notes: tuple[str, ...] = field(default_factory=tuple)
        seen: int = field(default=0, compare=False)

        @property
        def twice(self) -> int:
            """Twice the sum."""
            return 2 * self.sum

    return Price


@pytest.fixture(params=[dataclasses.dataclass, values.dataclass], ids=["library", "ours"])
def kind(request: pytest.FixtureRequest) -> Any:
    """Give the same value, defined by the library and by us."""
    return price(request.param)


def test_it_is_made_and_shown_as_ever(kind: Any) -> None:
    """Positions, names, defaults and what is not shown are as the library's."""
    one = kind(5, notes=("a",))

    assert (one.sum, one.currency, one.notes, one.twice) == (5, "EUR", ("a",), 10)
    assert repr(one) == f"{kind.__qualname__}(sum=5, currency='EUR', notes=('a',), seen=0)"
    with pytest.raises(TypeError, match=r"Price.__init__\(\) missing 1 required .* 'sum'"):
        kind()
    with pytest.raises(TypeError, match="unexpected keyword"):
        kind(1, other=2)


def test_it_is_equal_and_hashed_by_what_is_compared(kind: Any) -> None:
    """A field with `compare=False` counts for nothing; another class is never equal."""
    assert kind(5, seen=1) == kind(5, seen=2)
    assert hash(kind(5, seen=1)) == hash(kind(5, seen=2))
    assert kind(5) != kind(6)
    assert kind(5) != (5, "EUR", "s", (), 0)
    assert kind(5) != price(values.dataclass)(5)
    nan = float("nan")
    assert kind(nan) == kind(nan)


def test_it_is_frozen_and_slotted(kind: Any) -> None:
    """Nothing is set, deleted or added."""
    one = kind(5)

    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'sum'"):
        one.sum = 6
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'sum'"):
        del one.sum
    with pytest.raises((FrozenInstanceError, TypeError)):
        one.other = 1
    assert not hasattr(one, "__dict__")


def test_the_librarys_functions_know_it(kind: Any) -> None:
    """`fields`, `replace`, `asdict`, `match` and signatures work on it."""
    one = kind(5)

    assert is_dataclass(kind) is True
    assert [f.name for f in fields(one)] == ["sum", "currency", "secret", "notes", "seen"]
    assert replace(one, sum=6) == kind(6)
    assert dataclasses.asdict(one)["currency"] == "EUR"
    assert list(inspect.signature(kind).parameters)[:2] == ["sum", "currency"]
    match one:
        case kind(5, currency):
            assert currency == "EUR"
        case _:
            pytest.fail("no match")


def test_it_is_copied_and_pickled() -> None:
    """Copies are equal, and each has its own default."""
    one = Price(5, notes=["a"])

    assert copy.copy(one) == one
    assert copy.deepcopy(one).notes is not one.notes
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301  # just made
    assert Price(1).notes is not Price(1).notes


@pytest.mark.parametrize("dataclass", [dataclasses.dataclass, values.dataclass])
def test_what_a_class_writes_itself_stays(dataclass: Make) -> None:
    """Its own `__eq__`, `__repr__` and `__post_init__` are taken; a hash is made beside them."""

    @dataclass(frozen=True, slots=True)
    class Name:  # noqa: PLW1641  # the hash is what is asked for
        """A name."""

        text: str

        def __post_init__(self) -> None:
            if not self.text:
                raise ValueError("empty")

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Name) and self.text.lower() == other.text.lower()

        def __repr__(self) -> str:
            return self.text

    assert Name("A") == Name("a")
    assert repr(Name("A")) == "A"
    assert hash(Name("A")) == hash(Name("A"))
    with pytest.raises(ValueError, match="empty"):
        Name("")


@pytest.mark.parametrize("dataclass", [dataclasses.dataclass, values.dataclass])
def test_what_is_not_plain_is_as_the_librarys(dataclass: Make) -> None:
    """Class variables, keyword-only fields, classes below and generic ones."""

    @dataclass(frozen=True, slots=True)
    class Base(Generic[T]):
        """One above."""

        inner: T

    @dataclass(frozen=True, slots=True)
    class Below(Base[int]):
        """One below."""

        KIND: ClassVar[str] = "k"
        more: int = field(default=1, kw_only=True)

    one = Below(1, more=2)

    assert (one.inner, one.more, one.KIND) == (1, 2, "k")
    with pytest.raises(FrozenInstanceError):
        one.inner = 2  # type: ignore[misc]  # that is the point
    with pytest.raises(TypeError):
        Below(1, 2)  # type: ignore[call-arg]  # that is the point
    with pytest.raises(TypeError, match="cannot inherit non-frozen"):
        dataclass()(type("Loose", (Base,), {"__annotations__": {}, "__doc__": ""}))


def test_the_bots_values_are_made_here() -> None:
    """A frozen value has the shared methods: the library's would be compiled one by one."""
    shared = Price.__setattr__

    from sapp_bot.domain.replies import Send  # noqa: PLC0415
    from sapp_bot.ledger.values import Payment  # noqa: PLC0415

    assert Send.__setattr__ is shared
    assert Payment.__setattr__ is shared


def test_fields_are_replaced_as_by_the_library() -> None:
    """The others stay; an unknown one is refused; other dataclasses are left to the library."""
    before = Price(1, "USD", ["n"])

    after = values.replace(before, sum=2)
    assert (after, after.notes is before.notes) == (Price(2, "USD", ["n"]), True)
    assert after == replace(before, sum=2)
    assert before.sum == 1
    with pytest.raises(TypeError):
        values.replace(before, price=2)  # type: ignore[call-arg]  # refused
    others = dataclasses.make_dataclass("Other", [("sum", int)])
    assert values.replace(others(1), sum=2) == others(2)
    with pytest.raises(TypeError):
        values.replace("no value", sum=2)  # type: ignore[type-var]  # refused
