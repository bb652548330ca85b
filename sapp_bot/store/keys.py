r"""Names and lifetimes of everything that is kept in Redis.

Every name begins with `{sapp:<account>}:`, so that two accounts share one Redis without meeting,
and all keys of an account fall into one cluster slot, as a script's keys must. Source:
https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags

    owner              string  token of the process that works for the account
    seen:<update>      string  what became of an update: its offer, "done" or "full"; SEEN_S
    box:<person>       list    updates that wait, oldest first: "<update>\n<sealed>"
    people             set     persons with updates that wait
    told:<person>      string  the update that was answered with "slow down"; TOLD_S
    session:<person>   string  sealed, until the token runs out
    account:<person>   string  sealed, ACCOUNT_S longer than the token
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
    probe              string  written by every health check; PROBE_S
"""

from __future__ import annotations

MINUTE_S = 60
HOUR_S = 60 * MINUTE_S
DAY_S = 24 * HOUR_S

SEEN_S = 48 * HOUR_S
"""How long an update is known. Telegram repeats what it has not been told of for less."""

TOLD_S = HOUR_S
"""How long one "slow down" stands, should the inbox never get half empty."""

ACCOUNT_S = 30 * DAY_S
"""How long after a login ran out its stub is kept, so that "expired" is not "never logged in"."""

PROFILE_S = 400 * DAY_S
"""How long the language and the count of logins outlive their last change."""

FORMS_LINGER_S = HOUR_S
"""How long a form that ran out is known: what comes late may be the password it had asked for."""

PUSHED_S = 10 * MINUTE_S
"""Longer than any repeat of one call can take."""

SCREENS_S = 30 * DAY_S
"""Longer than a button on the screen is valid."""

PROBE_S = MINUTE_S

WAITING_LIMIT = 50
"""Most updates that wait per person; the next ones are turned away."""


class Keys:
    """The names for one account (its numeric Telegram id)."""

    def __init__(self, account: int) -> None:
        prefix = f"{{sapp:{account}}}:"
        self.prefix = prefix
        self.owner = prefix + "owner"
        self.people = prefix + "people"
        self.timers = prefix + "timers"
        self.chats = prefix + "chats"
        self.plugins = prefix + "plugins"
        self.probe = prefix + "probe"

    def seen(self, update: str) -> str:
        """Name what became of an update."""
        return f"{self.prefix}seen:{update}"

    def inbox(self, person: int) -> str:
        """Name a person's waiting updates."""
        return f"{self.prefix}box:{person}"

    def told(self, person: int) -> str:
        """Name the mark that a person was asked to slow down."""
        return f"{self.prefix}told:{person}"

    def person_state(self, person: int) -> tuple[str, str, str, str]:
        """Name what is remembered of a person: session, account, profile, forms."""
        prefix = self.prefix
        return (
            f"{prefix}session:{person}",
            f"{prefix}account:{person}",
            f"{prefix}profile:{person}",
            f"{prefix}forms:{person}",
        )

    def out(self, chat: int) -> str:
        """Name a chat's waiting replies."""
        return f"{self.prefix}out:{chat}"

    def pushed(self, queued: str) -> str:
        """Name the mark that a reply was added outside of a turn."""
        return f"{self.prefix}pushed:{queued}"

    def screens(self, chat: int) -> str:
        """Name a chat's screens."""
        return f"{self.prefix}screens:{chat}"

    def collection(self, collection: str) -> tuple[str, str]:
        """Name the values of a collection, and when they end."""
        return f"{self.prefix}kept:{collection}", f"{self.prefix}ends:{collection}"

    def wrote(self, token: str) -> str:
        """Name the mark that a change was made."""
        return f"{self.prefix}wrote:{token}"

    def attempts(self, digest: str) -> str:
        """Name the failures counted under a hashed key."""
        return f"{self.prefix}attempts:{digest}"

    def lease(self, timer: str) -> str:
        """Name the span of a repeated task that was taken last."""
        return f"{self.prefix}lease:{timer}"
