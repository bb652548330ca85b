r"""Names and lifetimes of all keys in Redis.

Every name begins with `{sapp:<account>}:`, so that several accounts can share one Redis, and all
keys of an account are in one cluster slot, as the keys of a script must be. Source:
https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags

    owner              string  token of the process that works for the account
    workers            string  "workers" while a gateway has the account, and so workers may work;
                               else who has it: their writes are refused
    ready              stream  persons with updates that wait, once each, for one of the workers
    queued             set     "<lane>:<person>" of those that are in `ready`
    arrived            hash    update that waits for a worker -> Unix time in ms of its arrival
    staff              string  a worker lives; STAFF_S after the last sign of life
    outgoing           stream  replies and timers that the gateway has not seen yet
    calls              stream  what the gateway asks of any worker, sealed
    mail:<process>     stream  calls and answers to one process, sealed; MAIL_S after the last one
    me                 string  sealed: what workers know of the account
    alive              string  "<token> <place> <host> <process>", renewed by the owner; 30 s
    seen:<update>      string  the offer of an update that waits; SEEN_S. From older versions
                               also what became of it: "done" or "full"
    marks:<day>:<part> set     hashes of updates that ended on a day; MARKS_S after the last one
    box:<person>       list    updates that wait, oldest first: "<update>\n<sealed>"
    tries              hash    update in work -> "<starts> <process that began it last>"
    people             set     persons with updates that wait
    paid:<person>      list    payments and refunds that wait, oldest first, as in a box
    payers             set     persons with payments that wait
    told:<person>      string  the update that was answered with "slow down"; TOLD_S
    session:<person>   string  sealed, until the token runs out
    account:<person>   string  sealed, LAST_LOGIN_S longer than the token
    profile:<person>   string  sealed; PROFILE_S after the last change
    forms:<person>     string  sealed, FORMS_LINGER_S longer than the last form
    timers             hash    id -> sealed
    out:<chat>         list    replies that wait, oldest first: "<queued>\n<sealed>"
    chats              set     chats whose list is not empty
    pushed:<queued>    string  a reply that was added outside of a turn; PUSHED_S
    screens:<chat>     hash    screen -> message id; SCREENS_S after the last change
    kept:<collection>  hash    hash of the key -> sealed; what plugins keep, until they delete it
    ends:<collection>  zset    hash of the key -> Unix time at which it ends
    wrote:<id>         string  a change that was made outside of a turn; PUSHED_S
    attempts:<hash>    zset    attempt -> Unix time; the window of the last failure
    plugins            hash    plugin -> "<Unix time in ms> on|off", as the operators wish
    lease:<timer>      string  "<number of the span> <who took it>"; two spans
    lock:<name>        string  token of who holds it; as long as they asked for
    bill:<place>       ...     the ledger of payments; its places: `ledger.books.repository`
    bill:keeper        string  "<term> <mode>" of the worker that keeps it, of several; 5 s
    probe              string  written by every health check; PROBE_S
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from hashlib import blake2b

MINUTE_S = 60
HOUR_S = 60 * MINUTE_S
DAY_S = 24 * HOUR_S

SEEN_S = 48 * HOUR_S
"""How long the key of an update is remembered; longer than Telegram repeats unconfirmed updates."""

MARK_DAYS = 3
"""Days of marks that are looked at, today first: the third keeps the promise of `SEEN_S`."""

MARKS_S = MARK_DAYS * DAY_S
"""How long a day's marks are kept after the last one."""

MARK_PARTS = 8192
"""Sets that a day's marks are spread over. Redis keeps a set of whole numbers as an array of 8
bytes each while it has at most 512 (set-max-intset-entries), so at up to 48 updates a second.
Source: https://redis.io/docs/latest/operate/oss_and_stack/management/optimization/memory-optimization/"""

TOLD_S = HOUR_S
"""Interval between two "slow down" to one person, unless the inbox gets half empty before."""

LAST_LOGIN_S = 30 * DAY_S
"""How long an expired login is remembered, to tell "expired" from "never logged in"."""

PROFILE_S = 400 * DAY_S
"""How long a profile (language, count of logins) is kept after its last change."""

FORMS_LINGER_S = HOUR_S
"""How long an expired form is kept: a late message may be the password that it had asked for. When
a form expires is `HostSettings.form_lives_s`; its TTL in Redis is the sum of both."""

PUSHED_S = 10 * MINUTE_S
"""How long a call outside of a turn is remembered: longer than its repeats can take."""

SCREENS_S = 30 * DAY_S
"""How long the message of a screen is remembered: longer than a button on it is valid."""

STAFF_S = 5
"""How long after its last sign of life a worker counts as there; it gives one every second."""

MAIL_S = HOUR_S
"""How long the mail of a process is kept that reads it no more."""

PROBE_S = MINUTE_S
"""How long the key of a health check is kept."""

WAITING_LIMIT = 50
"""Most updates that wait per person; further ones are rejected with "slow down"."""


@lru_cache(maxsize=1024)
def mark_of(update: str) -> tuple[int, int]:
    """Return the part of an update's mark, and the mark: a hash of 64 bits.

    Two of a million updates have the same one with a probability of one in ten million.
    """
    digest = blake2b(update.encode(), digest_size=10).digest()
    part = int.from_bytes(digest[:2], "big") % MARK_PARTS
    return part, int.from_bytes(digest[2:], "big", signed=True)


class Keys:
    """Key names of one account.

    Args:
        account: The account's own Telegram user id.

    """

    def __init__(self, account: int) -> None:
        prefix = f"{{sapp:{account}}}:"
        self.prefix = prefix
        self.owner = prefix + "owner"
        self.alive = prefix + "alive"
        self.people = prefix + "people"
        self.payers = prefix + "payers"
        self.tries = prefix + "tries"
        self.timers = prefix + "timers"
        self.chats = prefix + "chats"
        self.plugins = prefix + "plugins"
        self.probe = prefix + "probe"
        self.workers = prefix + "workers"
        self.ready = prefix + "ready"
        self.queued = prefix + "queued"
        self.arrived = prefix + "arrived"
        self.staff = prefix + "staff"
        self.outgoing = prefix + "outgoing"
        self.calls = prefix + "calls"
        self.me = prefix + "me"

    def mail(self, process: str) -> str:
        """Return the key of what is sent to one process of the bot."""
        return f"{self.prefix}mail:{process}"

    def seen(self, update: str) -> str:
        """Return the key of an update's outcome."""
        return f"{self.prefix}seen:{update}"

    def marks(self, update: str, now: datetime) -> tuple[str, ...]:
        """Return the keys of the sets in which an update may be marked, today's first."""
        part, _ = mark_of(update)
        today = int(now.timestamp()) // DAY_S
        return tuple(f"{self.prefix}marks:{today - n}:{part}" for n in range(MARK_DAYS))

    def inbox(self, person: int) -> str:
        """Return the key of a person's waiting updates."""
        return f"{self.prefix}box:{person}"

    def payments(self, person: int) -> str:
        """Return the key of a person's waiting payments."""
        return f"{self.prefix}paid:{person}"

    def told(self, person: int) -> str:
        """Return the key of the mark that a person was asked to slow down."""
        return f"{self.prefix}told:{person}"

    def person_state(self, person: int) -> tuple[str, str, str, str]:
        """Return the keys of a person's session, account, profile and forms."""
        prefix = self.prefix
        return (
            f"{prefix}session:{person}",
            f"{prefix}account:{person}",
            f"{prefix}profile:{person}",
            f"{prefix}forms:{person}",
        )

    def out(self, chat: int) -> str:
        """Return the key of a chat's waiting replies."""
        return f"{self.prefix}out:{chat}"

    def pushed(self, queued: str) -> str:
        """Return the key of the mark that a reply was added outside of a turn."""
        return f"{self.prefix}pushed:{queued}"

    def screens(self, chat: int) -> str:
        """Return the key of a chat's screens."""
        return f"{self.prefix}screens:{chat}"

    def collection(self, collection: str) -> tuple[str, str]:
        """Return the keys of a collection's values and of the times at which they expire."""
        return f"{self.prefix}kept:{collection}", f"{self.prefix}ends:{collection}"

    def wrote(self, token: str) -> str:
        """Return the key of the mark that a change was made outside of a turn."""
        return f"{self.prefix}wrote:{token}"

    def attempts(self, digest: str) -> str:
        """Return the key of the failures counted under a hash."""
        return f"{self.prefix}attempts:{digest}"

    def ledger(self, place: str) -> str:
        """Return the key of a place of the ledger."""
        return f"{self.prefix}bill:{place}"

    def lock(self, name: str) -> str:
        """Return the key of a lock."""
        return f"{self.prefix}lock:{name}"

    def lease(self, timer: str) -> str:
        """Return the key of the newest lease of a periodic task."""
        return f"{self.prefix}lease:{timer}"
