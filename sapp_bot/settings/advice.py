"""What looks like a mistake in the environment and is none that can be refused.

Each piece of advice is a sentence for the log; it names variables and never shows a value.
"""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qs, urlsplit

OURS = ("SAPP_", "TELEGRAM_")

_NEAR = 0.75
"""How alike a name must be to be meant, from 0 to 1."""

_QUOTES = ("'", '"')


def misspelt(
    variables: Iterable[str], known: Iterable[str], plugins: Iterable[str]
) -> Iterator[str]:
    """Return the names of variables that begin as ours do, and that nothing reads.

    Args:
        variables: The names in the environment and in `.env`; in capitals.
        known: The names that the bot reads.
        plugins: The names of the plugins, whose settings are `SAPP_<PLUGIN>_...`. Each says
            itself, when it is loaded, which of those it does not read.

    """
    read, owners = set(known), list(plugins)
    prefixes = tuple(f"SAPP_{plugin.upper()}_" for plugin in owners)
    for name in sorted(variables):
        if not name.startswith(OURS) or name in read or name.startswith(prefixes):
            continue
        near = difflib.get_close_matches(name, read, n=1, cutoff=_NEAR)
        owner = _near_plugin(name, owners)
        hint = "no setting and no plugin has that name"
        if near:
            hint = f"did you mean {near[0]}?"
        elif owner:
            hint = f"did you mean SAPP_{owner.upper()}_…, a setting of the plugin {owner}?"
        yield f"{name} is read by nothing; {hint}"


def _near_plugin(name: str, plugins: Iterable[str]) -> str:
    """Return the plugin whose name a variable may have misspelt; "" if there is none."""
    words = name.lower().split("_")[1:]
    heads = {plugin: "_".join(words[: plugin.count("_") + 1]) for plugin in plugins}
    near = [p for p, head in heads.items() if difflib.get_close_matches(head, [p], 1, _NEAR)]
    return near[0] if near and name.startswith("SAPP_") else ""


def quoted(variables: Mapping[str, str], known: Iterable[str]) -> Iterator[str]:
    """Return the names of variables whose value stands in quotes that belong to it."""
    for name in known:
        value = variables.get(name, "").strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in _QUOTES:
            yield (
                f"{name} has quotes around its value that belong to it:"
                " `docker run --env-file` keeps them, so write it without"
            )


def exposed(api_url: str, redis_url: str) -> Iterator[str]:
    """Return the names of connections on which passwords travel for all to read.

    Loopback, private addresses and names without a dot (a container's) pass without a word.
    """
    api = urlsplit(api_url)
    if api.scheme == "http" and not is_private(api.hostname):
        yield (
            f"SAPP_API_URL is http:// to {api.hostname}: passwords and API keys travel for all to"
            " read; write https://"
        )
    redis = urlsplit(redis_url)
    if redis.scheme in {"redis", "redis-sentinel"} and not is_private(redis.hostname):
        yield (
            f"SAPP_REDIS_URL is {redis.scheme}:// to {redis.hostname}: its password travels for all"
            f" to read; write {redis.scheme.replace('redis', 'rediss', 1)}://"
        )
    checks = parse_qs(redis.query).get("ssl_cert_reqs", [""])[0].lower()
    if redis.scheme == "rediss" and checks == "none" and not is_private(redis.hostname):
        yield (
            f"SAPP_REDIS_URL has ssl_cert_reqs=none: whoever stands between here and"
            f" {redis.hostname} can read and change all; take it out, or name ssl_ca_certs"
        )


def is_private(host: str | None) -> bool:
    """Return whether a host lies in a network of one's own."""
    if not host:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".localhost", ".test"))
    return address.is_private or address.is_loopback
