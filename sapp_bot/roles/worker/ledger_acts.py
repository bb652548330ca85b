"""What workers ask of the one that keeps the ledger: acts as values, done there, and as JSON.

An act may be done twice: each is named by its charge or its key, so twice counts once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, assert_never

from pydantic import TypeAdapter

from sapp_bot.errors import (
    KeeperReplaced,
    LedgerLost,
    SappBotError,
    StoreAway,
    TelegramAway,
)
from sapp_bot.ledger.audit import AuditReport
from sapp_bot.ledger.books.difference import ReadsDifference
from sapp_bot.ledger.errors import LedgerRecovers, NotForSale, NothingToAdopt, NotRefundable
from sapp_bot.ledger.ledger import Ledger
from sapp_bot.ledger.opening import AdoptReport
from sapp_bot.ledger.refunds import AskedRefund
from sapp_bot.values import dataclass


@dataclass(frozen=True, slots=True)
class AskRefund:
    """`Ledger.ask_refund`."""

    charge: str
    user: int


@dataclass(frozen=True, slots=True)
class ReturnStars:
    """`LedgerOperator.refund`."""

    charge: str


@dataclass(frozen=True, slots=True)
class GiveReads:
    """`LedgerOperator.gift`."""

    client: int
    reads: int
    key: str


@dataclass(frozen=True, slots=True)
class GiveLacking:
    """`LedgerOperator.give_lacking`."""

    charge: str


@dataclass(frozen=True, slots=True)
class FixReads:
    """`LedgerOperator.fix`."""

    client: int
    keep: bool
    adds_returned: bool
    seen: int | None
    key: str


@dataclass(frozen=True, slots=True)
class AdoptLedger:
    """`LedgerOperator.adopt`."""


@dataclass(frozen=True, slots=True)
class ReadList:
    """`LedgerOperator.reconcile`."""


@dataclass(frozen=True, slots=True)
class AuditClients:
    """`LedgerOperator.audit`."""


LedgerAct = (
    AskRefund
    | ReturnStars
    | GiveReads
    | GiveLacking
    | FixReads
    | AdoptLedger
    | ReadList
    | AuditClients
)

_ANSWERS: Mapping[type[LedgerAct], Any] = {
    AskRefund: AskedRefund,
    ReturnStars: None,
    GiveReads: int,
    GiveLacking: int,
    FixReads: ReadsDifference,
    AdoptLedger: AdoptReport,
    ReadList: int,
    AuditClients: AuditReport,
}

_ACTS: Mapping[str, tuple[TypeAdapter[Any], TypeAdapter[Any]]] = {
    act.__name__: (TypeAdapter(act), TypeAdapter(answer)) for act, answer in _ANSWERS.items()
}
"""Name of an act -> what reads and writes it, and its answer."""

_ERRORS: Mapping[str, type[SappBotError]] = {
    kind.__name__: kind
    for kind in (
        *(NotForSale, NotRefundable, LedgerRecovers, NothingToAdopt),
        *(KeeperReplaced, LedgerLost, StoreAway, TelegramAway),
    )
}
"""Errors that stay what they are on their way; of others only what the person is told."""


class ActFailed(SappBotError):
    """An act failed where it was done; `reply` says what the error there said."""


class ActMayWorkLater(ActFailed):
    """As `ActFailed`, and the same may succeed later."""

    retry = True


def perform(ledger: Ledger, act: LedgerAct) -> Awaitable[Any]:
    """Do an act with the ledger that is kept here, when awaited; return and raise as it does."""
    operator = ledger.operator
    work: Awaitable[Any]
    match act:
        case AskRefund(charge, user):
            work = ledger.ask_refund(charge, user=user)
        case ReturnStars(charge):
            work = operator.refund(charge)
        case GiveReads(client, reads, key):
            work = operator.gift(client, reads, key=key)
        case GiveLacking(charge):
            work = operator.give_lacking(charge)
        case FixReads():
            work = operator.fix(
                act.client,
                keep=act.keep,
                adds_returned=act.adds_returned,
                seen=act.seen,
                key=act.key,
            )
        case AdoptLedger():
            work = operator.adopt()
        case ReadList():
            work = operator.reconcile()
        case AuditClients():
            work = operator.audit()
        case _:
            assert_never(act)
    return work


def write_act(act: LedgerAct) -> str:
    """Return an act as JSON."""
    name = type(act).__name__
    return name + " " + _ACTS[name][0].dump_json(act).decode()


def read_act(text: str) -> LedgerAct:
    """Return the act that `write_act` has written."""
    name, _, words = text.partition(" ")
    act: LedgerAct = _ACTS[name][0].validate_json(words)
    return act


async def answer_to(text: str, ledger: Ledger | None) -> str:
    """Do an act that another worker asks for; return what came of it, an error, too, as JSON.

    `ledger` is the one that is kept here, None if another worker keeps it by now.
    """
    name = text.partition(" ")[0]
    try:
        if ledger is None:
            raise KeeperReplaced("another worker keeps the ledger")
        done = await perform(ledger, read_act(text))
    except SappBotError as error:
        return f"error {_FAILURE.dump_json(_Failure.of(error)).decode()}"
    return f"done {_ACTS[name][1].dump_json(done).decode()}"


def answer_of(act: LedgerAct, text: str) -> Any:
    """Return what `answer_to` says was returned.

    Raises:
        SappBotError: what was raised there.

    """
    word, _, words = text.partition(" ")
    if word == "error":
        raise _FAILURE.validate_json(words).error()
    return _ACTS[type(act).__name__][1].validate_json(words)


@dataclass(frozen=True, slots=True)
class _Failure:
    kind: str
    reply: str
    retry: bool
    values: Mapping[str, int | str]

    @classmethod
    def of(cls, error: SappBotError) -> _Failure:
        values = {
            name: value if isinstance(value, int) else str(value)
            for name, value in error.values.items()
        }
        return cls(type(error).__name__, error.reply, error.retry, values)

    def error(self) -> SappBotError:
        kind = _ERRORS.get(self.kind)
        if kind is None:
            return (ActMayWorkLater if self.retry else ActFailed)(
                f"the keeper met a {self.kind}", reply=self.reply, **self.values
            )
        if issubclass(kind, (NotForSale, NotRefundable)):
            return kind(reply=self.reply, **self.values)
        return kind("so says the keeper of the ledger", reply=self.reply)


_FAILURE = TypeAdapter(_Failure)
