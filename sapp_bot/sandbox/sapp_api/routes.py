"""The table of routes, and how a path finds its own: gin's rules, redirects included.

Sources: the API's routers; gin's RedirectTrailingSlash (on unless switched off).
"""

from __future__ import annotations

from dataclasses import dataclass

from . import accounts, admin, service
from .context import ApiAnswer, Auth, Handler, RequestContext

PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Route:
    """One route; its name is what faults and the call log know it by."""

    method: str
    path: str
    auth: Auth
    handler: Handler

    @property
    def name(self) -> str:
        """The name, such as `GET /users/{id}`; the ping is `GET /`."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Found:
    """A route and what its path holds."""

    route: Route
    params: dict[str, str]


@dataclass(frozen=True, slots=True)
class Redirect:
    """The same path with, or without, its last slash."""

    status: int
    path: str


async def hello(ctx: RequestContext) -> ApiAnswer:
    """Answer a ping; without the slash it is a redirect."""
    del ctx
    return ApiAnswer({"message": "Hello"})


ROUTES = (
    Route("GET", "/", "nobody", hello),
    Route("POST", "/auth/register", "nobody", accounts.register),
    Route("POST", "/auth/login", "nobody", accounts.login),
    Route("GET", "/auth/user", "user", accounts.me),
    Route("GET", "/auth/logout", "user", accounts.logout),
    Route("PUT", "/auth/deactivate", "user", accounts.logout),
    Route("PATCH", "/auth/password", "user", accounts.change_password),
    Route("GET", "/account/client/using-token", "user", accounts.client_using_token),
    Route("GET", "/account/client/using-key", "key", accounts.client_using_key),
    Route("POST", "/account/register", "user", accounts.register_client),
    Route("GET", "/service/live", "key", service.live),
    Route("GET", "/service/currencies", "key", service.currencies),
    Route("GET", "/service/convert/{to}/{from}/{amount}", "key", service.convert),
    Route("GET", "/service/prevailing", "key", service.prevailing),
    Route("GET", "/service/historical", "key", service.historical),
    Route("GET", "/users/", "admin", admin.list_users),
    Route("POST", "/users/", "admin", admin.add_user),
    Route("GET", "/users/{id}", "admin", admin.get_user),
    Route("PUT", "/users/{id}", "admin", admin.edit_user),
    Route("DELETE", "/users/{id}", "admin", admin.delete_user),
    Route("GET", "/clients/", "admin", admin.list_clients),
    Route("POST", "/clients/", "admin", admin.add_client),
    Route("PATCH", "/clients/", "admin", admin.add_reads),
    Route("GET", "/clients/{id}", "admin", admin.get_client),
    Route("PUT", "/clients/{id}", "admin", admin.edit_client),
    Route("DELETE", "/clients/{id}", "admin", admin.delete_client),
    Route("GET", "/reports/users-clients", "admin", admin.users_clients),
)


def find(method: str, path: str) -> Found | Redirect | None:
    """Find the route of a decoded path; None is a 404, a wrong method too."""
    found = _match(method, path)
    if found is not None:
        return found
    other = path[:-1] if path.endswith("/") else f"{path}/"
    if _match(method, other) is None:
        return None
    return Redirect(301 if method == "GET" else 307, other)


def _match(method: str, path: str) -> Found | None:
    if not path.startswith(PREFIX):
        return None
    parts = path.removeprefix(PREFIX).split("/")
    for route in ROUTES:
        if route.method == method:
            params = _params(route.path.split("/"), parts)
            if params is not None:
                return Found(route, params)
    return None


def _params(pattern: list[str], parts: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(parts):
        return None
    params: dict[str, str] = {}
    for want, have in zip(pattern, parts, strict=True):
        if want.startswith("{") and have:
            params[want.strip("{}")] = have
        elif want != have:
            return None
    return params
