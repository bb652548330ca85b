"""Frozen values that a gateway and its workers send each other; they are never kept.

Each call is a value of `GatewayCall` or `WorkerCall`, and each answer `Returned` or `Failed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sapp_bot.values import dataclass, field

from .answers import Answer, PressAnswer
from .replies import FileSource, PictureSource, Reply
from .stars import RefundResult, StarsPage, StarsTransaction
from .updates import InlineQuery, PreCheckoutQuery


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What workers know of the bot's account: its Telegram user id and its user names."""

    id: int
    username: str
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deliver:
    """`TelegramPort.deliver`: returns a message id or None."""

    reply: Reply
    random_id: int
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RemoveMessage:
    """`TelegramPort.remove`: returns whether the message is gone."""

    chat_id: int = field(repr=False)
    message_id: int


@dataclass(frozen=True, slots=True)
class AnswerPress:
    """`ImmediateAnswers.give`: returns whether the answer came in time."""

    query_id: int
    answer: PressAnswer


@dataclass(frozen=True, slots=True)
class ShowTyping:
    """`TelegramPort.typing`: returns None."""

    chat_id: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class SetMenu:
    """`TelegramPort.set_menu`: returns None."""

    commands: Mapping[str, str]
    language: str
    person: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class RefundStars:
    """`Stars.refund`: returns a `RefundResult`."""

    person_id: int = field(repr=False)
    charge_id: str


@dataclass(frozen=True, slots=True)
class ListStars:
    """`Stars.transactions`: returns a `StarsPage`."""

    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class FindStars:
    """`Stars.transaction`: returns a `StarsTransaction` or None."""

    charge_id: str
    is_refund: bool


@dataclass(frozen=True, slots=True)
class CountStars:
    """`Stars.balance`: returns a number."""


StarsCall = RefundStars | ListStars | FindStars | CountStars

GatewayCall = Deliver | RemoveMessage | AnswerPress | ShowTyping | SetMenu | StarsCall
"""What a worker asks of the gateway."""


@dataclass(frozen=True, slots=True)
class AnswerQuery:
    """Asks for the answer to a query that Telegram wants answered within seconds."""

    query: InlineQuery | PreCheckoutQuery


@dataclass(frozen=True, slots=True)
class MakeContent:
    """Asks for the bytes of a picture or a file: returns None when it can never be made."""

    source: PictureSource | FileSource


@dataclass(frozen=True, slots=True)
class AskKeeper:
    """Asks the worker that keeps the ledger to do something with it: returns what came of it.

    `act` and the answer are JSON, in the words of `roles.worker.ledger_acts`.
    """

    act: str = field(repr=False)


WorkerCall = AnswerQuery | MakeContent | AskKeeper
"""What the gateway asks of any worker, and workers of the one that keeps the ledger."""

Value = bool | int | bytes | str | Answer | RefundResult | StarsPage | StarsTransaction | None


@dataclass(frozen=True, slots=True)
class Returned:
    """The answer of a call that went well."""

    value: Value = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """The answer of a call that went wrong.

    Attributes:
        kind: Which error of `TelegramError` it was.
        text: What the error says; for the log.
        wait_s: `ChatPaused.wait_s`.
        for_its_form: `Undeliverable.for_its_form`.

    """

    kind: Literal["paused", "undeliverable", "away", "other"]
    text: str = ""
    wait_s: float = 0.0
    for_its_form: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """A call or an answer on its way.

    Attributes:
        id: Of the call; its answer has the same.
        sender: Name of the process that sends it, and gets the answer.
        within_s: How long the sender waits for the answer: later the call is left out.
        body: The call or the answer.

    """

    id: str
    sender: str
    within_s: float
    body: GatewayCall | WorkerCall | Returned | Failed
