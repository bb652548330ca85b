"""The proxy before the API, by the variables that curl and others read."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def proxy_for(url: str) -> str | None:
    """Return the proxy for an address: HTTPS_PROXY or HTTP_PROXY, unless NO_PROXY names its host.

    Source: https://everything.curl.dev/usingcurl/proxies/env.html; a web server's HTTP_PROXY, which
    a stranger's header can set, is left out by Python itself.
    """
    parts = urlsplit(url)
    proxies = getproxies()
    if not parts.hostname or proxy_bypass(parts.hostname):
        return None
    return proxies.get(parts.scheme) or proxies.get("all") or None
