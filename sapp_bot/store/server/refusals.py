"""What Redis means when it answers with an error: wait, change a setting, or neither is known.

The only table of error codes. A code is the first word of the answer, or the one that an older
server wrapped into "ERR Error running script". Sources:
https://redis.io/docs/latest/develop/reference/protocol-spec/, "Simple errors"; src/server.c,
`createSharedObjects`; for the wrapped ones 6.2's src/scripting.c, `luaRedisGenericCommand`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

from sapp_bot.values import dataclass


class RedisErrorKind(Enum):
    """What helps against an error answer."""

    PASSING = "passing"
    """The same call can succeed later: wait."""

    SETTING = "setting"
    """A setting here or there is wrong: at the start an end, later an outage like others."""

    UNKNOWN = "unknown"
    """Nobody can tell: this one call fails."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error answer, understood. `sentence` is for the operator; `code` is "" for a bare ERR."""

    code: str
    kind: RedisErrorKind
    sentence: str


PASSING: Mapping[str, str] = {
    "BUSY": "it runs somebody's endless script; SCRIPT KILL there ends that",
    "CLUSTERDOWN": "its cluster is down or incomplete",
    "LOADING": "it is still reading its data from the disk",
    "MASTERDOWN": "it is a replica that has lost its primary",
    "MISCONF": "it cannot save to its disk, and takes no writes until it can; look at its disk",
    "NOREPLICAS": "too few replicas are connected to it (min-replicas-to-write)",
    "NOSCRIPT": "it has forgotten our scripts, which are loaded anew",
    "OOM": "it is full (maxmemory), and takes no writes until there is room",
    "READONLY": "it is a replica, which takes no writes; if that stays so,"
    " name the primary in SAPP_REDIS_URL",
    "TRYAGAIN": "its cluster is moving our keys",
    "UNBLOCKED": "it has just changed its role",
}
"""Code to meaning: the same call can succeed later."""

SETTING: Mapping[str, str] = {
    "ASK": "it is a node of a cluster, and our keys are moving to another one",
    "CROSSSLOT": "it is a cluster that does not keep our keys together",
    "MOVED": "it is a node of a cluster, and our keys belong to another node:"
    " name that one in SAPP_REDIS_URL",
    "NOAUTH": "it wants a password: set SAPP_REDIS_PASSWORD",
    "NOPERM": "its ACL forbids our user a command or a key that we need",
    "WRONGPASS": "it refuses our name or password: look at SAPP_REDIS_URL and SAPP_REDIS_PASSWORD",
}
"""Code to meaning: waiting does not help, as far as one can tell at a start."""

# In 6.2 a script's error comes as "ERR Error running script (call to f_...): @user_script:1:
# @user_script: 1: -OOM command not allowed ...".
_INNER = re.compile(r"@user_script: ?\d+: -([A-Z]{2,})\b")

_CODE = re.compile(r"[A-Z][A-Z0-9]+")


def read_refusal(answer: str, code: str | None = None) -> Refusal:
    """Return what an error answer means.

    Args:
        answer: The text of the error; its first word is the code, unless that was cut off.
        code: The code, where the client library has cut it off the text.

    """
    first = code or answer.partition(" ")[0]
    inner = _INNER.search(answer)
    if inner is not None and first not in PASSING and first not in SETTING:
        first = inner[1]
    if first in PASSING:
        return Refusal(first, RedisErrorKind.PASSING, f"{PASSING[first]} ({first})")
    if first in SETTING:
        detail = answer.removeprefix(f"{first} ")
        return Refusal(first, RedisErrorKind.SETTING, f"{SETTING[first]} ({first} {detail})")
    known = first if _CODE.fullmatch(first) and first != "ERR" else ""
    text = answer if answer.startswith(first) else f"{first} {answer}"
    return Refusal(known, RedisErrorKind.UNKNOWN, text)
