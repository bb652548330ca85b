"""What the ledger needs of the outside: a store, the API's reads, Telegram's Stars, a listener."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from sapp_bot.domain.client_reads import ClientReads
from sapp_bot.domain.ledger_entry import LedgerEntry

from .notices import Notice
from .values import RefundAnswer, StarsRecord


class LedgerStore(Protocol):
    """A durable store of facts: maps of text whose fields are written once.

    Every call may be repeated; a call that fails may have been carried out all the same. A write
    names the epoch that its caller believes in, and does nothing when another one, or none, stands
    there: so a store that was emptied under a running process is found out.

    Raises:
        StoreAway: from each call, if there is no answer in time.
        LedgerLost: from each call that takes `epoch`, if another one stands.

    """

    async def epoch(self) -> str:
        """Return the epoch, "" if there is none."""

    async def change_epoch(self, before: str, after: str) -> str:
        """Replace an epoch ("" for none) if it still stands; return the one that stands then."""

    async def add(self, epoch: str, place: str, field: str, value: str) -> str:
        """Write a field, if it is not there; return the value that stands then."""

    async def add_all(self, epoch: str, entries: Sequence[LedgerEntry]) -> Sequence[str]:
        """Write entries at one moment; where the first then stands otherwise, it alone counts.

        Returns:
            The values that stand, in order, sealed ones as they are kept; only the first one's
            where that is not the one given: nothing else was written then.

        """

    async def put(self, epoch: str, place: str, field: str, value: str) -> None:
        """Write a field over what may be there."""

    async def remove(self, epoch: str, place: str, field: str, value: str) -> None:
        """Remove a field, if it still has this value."""

    async def read(self, place: str) -> Mapping[str, str]:
        """Return all fields of a place, of one moment."""

    async def size(self, place: str) -> int:
        """Return how many fields a place has."""

    async def one(self, place: str, field: str) -> str | None:
        """Return one field of a place, None if it is not there."""

    async def read_sealed(self, place: str, fields: Sequence[str]) -> Mapping[str, str]:
        """Return personal values; those that are not there or cannot be decrypted are left out."""

    async def keep(self, epoch: str, name: str, value: str, ttl_s: int) -> None:
        """Keep a personal value for some seconds: encrypted."""

    async def kept(self, name: str) -> str | None:
        """Return a value of `keep`."""

    async def lock(self, epoch: str, name: str, token: str, ttl_s: int) -> bool:
        """Lock a name for some seconds; False while another token holds it."""

    async def note(self, epoch: str, token: str, entry: str) -> None:
        """Append an entry to the journal, once per token."""

    async def journal(self, count: int) -> Sequence[str]:
        """Return the newest entries of the journal, the newest first."""

    async def is_durable(self) -> bool | None:
        """Return whether the store keeps all over a crash; None if it does not say."""


class ReadsApi(Protocol):
    """The reads of clients at the SAPP API, as its administrator sees them.

    In the running bot it is `sapp.accounts.admin_reads`.

    Raises:
        SappBotError: from each call, if it could not be done or nobody knows; `retry` tells
            whether the same may work later by itself. Never for a client that is missing.

    """

    async def reads(self, client: int) -> ClientReads | None:
        """Return the reads of a client; None if the API says that there is no such client."""

    async def all_reads(self) -> Mapping[int, ClientReads]:
        """Return the reads of all clients that are not deleted."""

    async def set_reads(self, client: int, reads: int) -> None:
        """Set the reads ever made available, 1 to 2^53. No proof that they stay so."""

    async def add_reads(self, client: int, reads: int) -> None:
        """Add reads, or take them away. Counts twice when done twice."""


class LedgerStars(Protocol):
    """The bot's Stars at Telegram.

    Raises:
        SappBotError: from each call, if it could not be done or nobody knows.

    """

    async def transactions(self, offset: int, limit: int) -> Sequence[StarsRecord]:
        """Return rows of Telegram's list from number `offset` on, the oldest first.

        Every row is in it, those that are no payments, too: the ledger counts them.
        """

    async def find(self, charge: str) -> StarsRecord | None:
        """Return the payment of a charge; None if Telegram knows none."""

    async def refund(self, user: int, charge: str) -> RefundAnswer:
        """Return all Stars of a payment."""


class NoticeListener(Protocol):
    """Whoever turns notices into words."""

    async def tell(self, notice: Notice) -> None:
        """Take a notice; one that fails with an error is told again later.

        Raises:
            SappBotError: it could not be taken now.

        """
