"""Connections to the primary that Redis Sentinel names at that moment.

Each connection asks anew, so that the one after a failover leads to the new primary.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from sapp_bot.values import dataclass, field

from .connection import PLAIN, ConnectionBroken, RedisConnection, RedisRefused, broken
from .redis_py import Connection, RedisError, Sentinel, SSLConnection, parse_url

USUAL_PORT = 26379
"""Port of a Sentinel. Source: https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/"""

ASK_S = 1.0
"""How long one Sentinel may take to answer before the next one is asked, in seconds."""

_ADDRESS = re.compile(
    r"(?P<scheme>rediss?)-sentinel://(?:(?P<login>[^@/?#]*)@)?(?P<places>[^@/?#]+)"
    r"(?P<database>/[0-9]*)?(?:\?(?P<query>[^#]*))?#(?P<name>[^#]+)"
)
_PLACE = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:,]+)(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class SentinelAddress:
    """Where the Sentinels are, and how to talk to the primary that they name.

    Attributes:
        places: Host and port of each Sentinel.
        name: What they call the group of servers.
        kind: Class of the connection to the primary.
        options: Arguments of that class; with credentials.
        password: Password of the Sentinels themselves; None for none.

    """

    places: tuple[tuple[str, int], ...]
    name: str
    kind: type[Connection]
    options: Mapping[str, Any] = field(repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def where(self) -> str:
        """The address without credentials."""
        return f"{','.join(f'{host}:{port}' for host, port in self.places)}#{self.name}"


def read_sentinel_address(url: str) -> SentinelAddress | None:
    """Return what a `redis-sentinel://` address says; None for another kind of address.

    Args:
        url: `redis-sentinel://[user:password@]host[:port][,host[:port]...][/db]#name`, or
            `rediss-sentinel://` for TLS; user, password and options behind `?` are the primary's,
            `sentinel_password` is that of the Sentinels.

    Raises:
        ValueError: it has the scheme, and another form.

    """
    if not url.startswith(("redis-sentinel:", "rediss-sentinel:")):
        return None
    found = _ADDRESS.fullmatch(url)
    places = [_PLACE.fullmatch(p) for p in found["places"].split(",")] if found else []
    if found is None or not all(places):
        raise ValueError("not redis-sentinel://host:port,host:port/0#name")
    login = f"{found['login']}@" if found["login"] else ""
    rest = f"{found['database'] or ''}?{found['query'] or ''}"
    options = cast("dict[str, Any]", dict(parse_url(f"{found['scheme']}://{login}x{rest}")))
    kind = options.pop("connection_class", Connection)
    del options["host"]
    password = options.pop("sentinel_password", None)
    hosts = tuple((p["host"].strip("[]"), int(p["port"] or USUAL_PORT)) for p in places if p)
    return SentinelAddress(hosts, found["name"], kind, options, password)


class SentinelConnection(RedisConnection):
    """A connection to the primary of the moment; one that is demoted counts as broken."""

    def __init__(self, address: SentinelAddress) -> None:
        super().__init__(address.kind(**address.options, **PLAIN))
        self._address = address

    async def open(self) -> None:
        """Ask the Sentinels, one after the other, and connect to the primary they name.

        Raises:
            ConnectionBroken: no Sentinel names one, or it cannot be reached.

        """
        about = self._address
        login: dict[str, Any] = {"password": about.password} if about.password else {}
        if about.kind is SSLConnection:
            login |= {k: v for k, v in about.options.items() if k.startswith("ssl_")}
            login["ssl"] = True
        limits: dict[str, Any] = {"socket_timeout": ASK_S, "socket_connect_timeout": ASK_S}
        limits |= {"retry": PLAIN["retry"], "protocol": 2}
        kwargs = {**limits, **login}
        sentinel = Sentinel(about.places, sentinel_kwargs=kwargs)  # type: ignore[no-untyped-call]  # redis-py: untyped
        try:
            host, port = await sentinel.discover_master(about.name)
        except (RedisError, OSError) as error:
            raise _nobody(error, about) from error
        finally:
            for client in sentinel.sentinels:
                await client.aclose()
        self._connection = about.kind(host=host, port=port, **about.options, **PLAIN)
        await super().open()

    async def read(self) -> Any:
        """Return one answer, as any connection does.

        Raises:
            RedisRefused: the answer is an error.
            ConnectionBroken: the connection is gone, or the server is no primary any more.

        """
        try:
            return await super().read()
        except RedisRefused as error:
            if error.code == "READONLY":
                raise ConnectionBroken("a failover: that server is no primary any more") from None
            raise


def _nobody(error: Exception, about: SentinelAddress) -> ConnectionBroken:
    found = broken(error)
    if found.lasting:
        return found
    return ConnectionBroken(f"no Sentinel of {about.where} names a primary just now")
