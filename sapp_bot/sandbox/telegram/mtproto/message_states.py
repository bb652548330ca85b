"""What a session knows of its messages: which came, which were sent and not acknowledged yet.

Source: https://core.telegram.org/mtproto/service_messages_about_messages
"""

from __future__ import annotations

import bisect
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

RECEIVED_KEPT = 500
SENT_KEPT = 500
SENT_BYTES_KEPT = 2 * 1024 * 1024
REPEATABLE_S = 240.0
"""How long a message may be sent again: clients refuse what is older than five minutes."""

_TOO_LOW, _TOO_HIGH, _ODD_DUE = 32, 33, 35
_UNKNOWN, _NOT_RECEIVED, _NOT_YET, _RECEIVED = 1, 2, 3, 4
_ACKNOWLEDGED, _NEEDS_NO_ACK, _IN_WORK, _ANSWERED = 8, 16, 32, 64


class ReceivedMessages:
    """Messages that came in a session, by id, with what became of them."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._numbers: dict[int, int] = {}
        self._states: dict[int, int] = {}
        self._forgotten = 0

    def __contains__(self, msg_id: int) -> bool:
        """Return whether a message came before."""
        return msg_id in self._numbers or msg_id <= self._forgotten

    def fault_of(self, msg_id: int, seq_no: int, *, content: bool | None) -> int:
        """Return what is wrong with a new message's number, 0 for nothing.

        Args:
            msg_id: Its id.
            seq_no: Its number in the session.
            content: Whether it demands an acknowledgement; None where both is usual.

        """
        if content and not seq_no & 1:
            return _ODD_DUE
        place = bisect.bisect(self._ids, msg_id)
        if place and not self._may_follow(self._numbers[self._ids[place - 1]], seq_no):
            return _TOO_LOW
        if place < len(self._ids) and not self._may_follow(seq_no, self._numbers[self._ids[place]]):
            return _TOO_HIGH
        return 0

    @staticmethod
    def _may_follow(earlier: int, later: int) -> bool:
        return later > earlier or (later == earlier and not later & 1)

    def add(self, msg_id: int, seq_no: int) -> None:
        """Note a message; the oldest are forgotten."""
        bisect.insort(self._ids, msg_id)
        self._numbers[msg_id] = seq_no
        self._states[msg_id] = _RECEIVED | (_ACKNOWLEDGED if seq_no & 1 else _NEEDS_NO_ACK)
        if len(self._ids) > RECEIVED_KEPT:
            oldest = self._ids.pop(0)
            del self._numbers[oldest], self._states[oldest]
            self._forgotten = oldest

    def begin(self, msg_id: int) -> None:
        """Note that a call is being worked on."""
        self._mark(msg_id, _IN_WORK)

    def end(self, msg_id: int) -> None:
        """Note that a call's answer exists."""
        self._mark(msg_id, _IN_WORK | _ANSWERED)

    def _mark(self, msg_id: int, state: int) -> None:
        if msg_id in self._states:
            self._states[msg_id] |= state

    def states(self, ids: Iterable[int]) -> bytes:
        """Return one byte for each id, as msgs_state_info has it."""
        return bytes(map(self._state, ids))

    def _state(self, msg_id: int) -> int:
        if msg_id in self._states:
            return self._states[msg_id]
        if msg_id <= self._forgotten:
            return _UNKNOWN
        return _NOT_YET if not self._ids or msg_id > self._ids[-1] else _NOT_RECEIVED


@dataclass(slots=True)
class SentMessage:
    """A message that the client has not acknowledged; `answers` is the id of its request, or 0."""

    msg_id: int
    seq_no: int
    body: bytes
    answers: int
    made_at: float
    sent_at: float


class SentMessages:
    """Messages that may have to be sent again, oldest first.

    Attributes:
        lost_some: Whether some were dropped as there were too many; a client that comes back has
            to ask for what it missed.

    """

    def __init__(self) -> None:
        self._messages: OrderedDict[int, SentMessage] = OrderedDict()
        self._answers: dict[int, int] = {}
        self._bytes = 0
        self.lost_some = False

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._messages)

    def add(self, message: SentMessage) -> None:
        """Note a message; the oldest are dropped when there are too many."""
        self._messages[message.msg_id] = message
        self._bytes += len(message.body)
        if message.answers:
            self._answers[message.answers] = message.msg_id
        while len(self._messages) > SENT_KEPT or (
            self._bytes > SENT_BYTES_KEPT and len(self._messages) > 1
        ):
            self._drop(next(iter(self._messages)))
            self.lost_some = True

    def acknowledge(self, ids: Iterable[int]) -> None:
        """Forget what the client has."""
        for msg_id in ids:
            self._drop(msg_id)

    def _drop(self, msg_id: int) -> None:
        message = self._messages.pop(msg_id, None)
        if message is not None:
            self._bytes -= len(message.body)
            self._answers.pop(message.answers, None)

    def find(self, msg_id: int) -> SentMessage | None:
        """Return a message by its id."""
        return self._messages.get(msg_id)

    def answer_to(self, request_id: int) -> SentMessage | None:
        """Return the answer to a request, if the client has not acknowledged it."""
        return self._messages.get(self._answers.get(request_id, 0))

    def due(self, now: float, after_s: float) -> Iterator[SentMessage]:
        """Yield what was sent `after_s` seconds ago or earlier; what is too old is dropped."""
        for message in list(self._messages.values()):
            if now - message.made_at > REPEATABLE_S:
                self._drop(message.msg_id)
                self.lost_some = True
            elif now - message.sent_at >= after_s:
                yield message
