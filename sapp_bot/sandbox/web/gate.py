"""Who may reach the page: this machine, by its token, from its own address. And what it may load.

Source: https://developer.mozilla.org/en-US/docs/Web/HTTP/CSP, and OWASP on WebSocket hijacking and
DNS rebinding: hence both the Host and the Origin of a request count.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping

from aiohttp import web

HOST = "127.0.0.1"
_TOKEN_BYTES = 24


class Gate:
    """Decides which requests are answered.

    Attributes:
        port: Port that the page is served on; set when it is known.
        token: Part of the address that nobody can guess. It must not be logged.

    """

    def __init__(self) -> None:
        self.port = 0
        self.token = secrets.token_urlsafe(_TOKEN_BYTES)

    def __repr__(self) -> str:
        """Return a text without the token."""
        return f"Gate(port={self.port})"

    @property
    def address(self) -> str:
        """Address of the page, with its token."""
        return f"http://{HOST}:{self.port}/{self.token}/"

    @property
    def _hosts(self) -> tuple[str, str]:
        return f"{HOST}:{self.port}", f"localhost:{self.port}"

    def check(self, request: web.Request, *, needs_origin: bool = False) -> None:
        """Let a request pass, or not.

        Args:
            request: The request; its path begins with a token.
            needs_origin: Whether it must name its origin, as a browser does for a WebSocket.

        Raises:
            HTTPForbidden: Host or Origin is not the page's own.
            HTTPNotFound: The token is wrong.

        """
        # Bytes: compare_digest refuses texts that are not ASCII.
        given = request.match_info.get("token", "").encode(errors="replace")
        host, origin = request.headers.get("Host", ""), request.headers.get("Origin")
        if host not in self._hosts:
            raise web.HTTPForbidden(text="wrong host", headers=self.headers())
        if (origin is None and needs_origin) or (origin is not None and origin != f"http://{host}"):
            raise web.HTTPForbidden(text="wrong origin", headers=self.headers())
        if not hmac.compare_digest(given, self.token.encode()):
            raise web.HTTPNotFound(text="nothing is here", headers=self.headers())

    def headers(self) -> Mapping[str, str]:
        """Return the headers of every answer: nothing is loaded from elsewhere, nothing is kept."""
        sockets = " ".join(f"ws://{host}" for host in self._hosts)
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            f"connect-src 'self' {sockets}; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
        )
        return {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
