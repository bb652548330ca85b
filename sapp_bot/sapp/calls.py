"""One function for each call of the API: what is sent, and what its answers mean.

Values are checked before they enter a path; a value that cannot be sent is an `InvalidInput`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial

from pydantic import SecretStr

from sapp_bot.domain.state import Login

from . import answers, errors, inputs
from .models import Client, Live, Rate, Usage, User, number
from .wire import LIST_BYTES, ApiCall, Method, Refusals, Request

_MAX_CODES = 100
"""Currencies asked for at once; keeps the address below the 8 KB that proxies take."""

_NO_SUCH_TIME = "No rate is known for that time. Please ask for a later or an earlier one."


def ping() -> ApiCall[None]:
    """Ask whether the API is there; free, and asks no database. Without the slash it redirects."""
    return ApiCall(Request("GET", "/"), answers.hello)


def register(email: str, password: SecretStr) -> ApiCall[Login]:
    """Make an account. Nothing but these two fields: the API would bind the whole row."""
    sent = {"email": email, "password": password}
    refusals: Refusals = {"uni_users_email": errors.EmailTaken}
    return ApiCall(Request("POST", "/auth/register", json=sent), answers.login, refusals)


def log_in(email: str, password: SecretStr) -> ApiCall[Login]:
    """Trade credentials for a token."""
    sent = {"email": email, "password": password}
    refusals: Refusals = {"no active user found": errors.BadCredentials}
    return ApiCall(Request("POST", "/auth/login", json=sent), answers.login, refusals)


def user(token: SecretStr) -> ApiCall[User]:
    """Read one's own account."""
    return ApiCall(Request("GET", "/auth/user", bearer=token), answers.row(User))


def log_out(token: SecretStr) -> ApiCall[None]:
    """End the token. A GET that changes something, and may be repeated."""
    return ApiCall(Request("GET", "/auth/logout", bearer=token), answers.true)


def deactivate(token: SecretStr) -> ApiCall[None]:
    """Do what the API does at this route: end the token. The account stays active."""
    return ApiCall(Request("PUT", "/auth/deactivate", bearer=token), answers.true)


def change_password(token: SecretStr, current: SecretStr, new: SecretStr) -> ApiCall[None]:
    """Set another password; older tokens stay valid."""
    sent = {
        "current_password": current,
        "new_password": new,
        "new_password_confirmation": new,
    }
    refusals: Refusals = {"passwords don't match": errors.WrongPassword}
    return ApiCall(
        Request("PATCH", "/auth/password", json=sent, bearer=token), answers.true, refusals
    )


def my_client(token: SecretStr) -> ApiCall[Client]:
    """Read one's own client; free."""
    refusals: Refusals = {"record not found": errors.NoClientYet}
    request = Request("GET", "/account/client/using-token", bearer=token)
    return ApiCall(request, answers.row(Client), refusals)


def create_client(token: SecretStr, name: str, domains: str) -> ApiCall[Client]:
    """Make one's client."""
    sent = {"name": name, "domains": domains}
    refusals: Refusals = {"uni_clients_user_id": errors.ClientExists}
    request = Request("POST", "/account/register", json=sent, bearer=token)
    return ApiCall(request, answers.row(Client), refusals)


def origin(domains: str) -> str:
    """Return the `Origin` to send for a client: the first of its domains, "" when any will do.

    Source: the API's middleware/client.go takes any non-empty part of `domains`.
    """
    first, *_ = [*re.split(r"[\s,;]+", domains.strip(" ,;\t\r\n")), ""]
    return first if domains != "*" and first.isprintable() else ""


def _metered(
    client: Client, template: str, query: Sequence[tuple[str, str]] = (), **values: str
) -> Request:
    return Request(
        "GET",
        template,
        values=values,
        query=tuple(query),
        apikey=client.api_key,
        origin=origin(client.domains),
    )


def client_by_key(client: Client) -> ApiCall[Client]:
    """Read the client a key belongs to."""
    return ApiCall(_metered(client, "/account/client/using-key"), answers.row(Client))


def live(client: Client) -> ApiCall[Live]:
    """Read the newest rates."""
    return ApiCall(_metered(client, "/service/live"), answers.live)


def currencies(client: Client) -> ApiCall[list[str]]:
    """List the known codes, sorted; the API gives them in any order."""
    return ApiCall(_metered(client, "/service/currencies"), answers.codes)


def convert(client: Client, amount: Decimal, source: str, target: str) -> ApiCall[Decimal]:
    """Convert `amount` of `source`; the result is in `target`."""
    template = "/service/convert/{target}/{source}/{amount}"
    name = f"GET {template}"
    source, target = inputs.currency(name, source), inputs.currency(name, target)

    def parse(data: object) -> Decimal:
        result = number(data)
        if not result:
            # Source: the API's services/service.go, GetConversion: an unknown code gives 0, nil.
            raise errors.UnknownCurrency(name, codes=f"{source}, {target}")
        return result

    sent = inputs.amount(name, amount)
    return ApiCall(_metered(client, template, target=target, source=source, amount=sent), parse)


def prevailing(client: Client, currency: str, at: datetime) -> ApiCall[Rate]:
    """Read a rate of the 60 minutes from `at` on: the first that was stored, not the earliest."""
    template = "/service/prevailing"
    name = f"GET {template}"
    query = [("currency", inputs.currency(name, currency)), ("timestamp", inputs.moment(name, at))]
    missing = partial(errors.NotFound, reply=_NO_SUCH_TIME)
    refusals: Refusals = {"no documents in result": missing}
    return ApiCall(_metered(client, template, query), answers.row(Rate), refusals)


def historical(
    client: Client, codes: Sequence[str], start: datetime, end: datetime
) -> ApiCall[list[Rate]]:
    """Read the rates of some currencies from `start` to `end`, oldest first, each once."""
    template = "/service/historical"
    name = f"GET {template}"
    wanted = list(dict.fromkeys(inputs.currency(name, code) for code in codes))
    if not 0 < len(wanted) <= _MAX_CODES:
        raise errors.InvalidInput(name, "Please name at least one currency, and at most 100.")
    if start > end:
        raise errors.InvalidInput(name, "The first day must not be after the last.")
    query = [("currencies", code) for code in wanted]
    query += [("start", inputs.moment(name, start)), ("end", inputs.moment(name, end))]
    return ApiCall(_metered(client, template, query), answers.rates)


def _admin(
    token: SecretStr,
    method: Method,
    template: str,
    json: Mapping[str, object] | None = None,
    **values: object,
) -> Request:
    return Request(method, template, values=values, json=json, bearer=token, admin=True)


def _admin_list(token: SecretStr, template: str) -> Request:
    return Request("GET", template, bearer=token, admin=True, max_bytes=LIST_BYTES)


_USER_REFUSALS: Refusals = {
    "uni_users_email": partial(errors.EmailTaken, reply="Another account has this e-mail.")
}
_CLIENT_REFUSALS: Refusals = {
    "uni_clients_user_id": partial(errors.ClientExists, reply="This account has a client already."),
    "fk_clients_user": errors.NotFound,
}


def users(token: SecretStr) -> ApiCall[list[User]]:
    """List all accounts."""
    return ApiCall(_admin_list(token, "/users/"), answers.rows(User, lambda user: user.id))


def user_by_id(token: SecretStr, user_id: int) -> ApiCall[User]:
    """Read one account."""
    template = "/users/{id}"
    request = _admin(token, "GET", template, id=inputs.row_id(f"GET {template}", user_id))
    return ApiCall(request, answers.row(User))


def create_user(token: SecretStr, email: str, password: SecretStr, role: str) -> ApiCall[User]:
    """Make an account."""
    sent = {"email": email, "password": password, "role": role}
    return ApiCall(_admin(token, "POST", "/users/", sent), answers.row(User), _USER_REFUSALS)


def update_user(
    token: SecretStr, user_id: int, fields: Mapping[str, object | None]
) -> ApiCall[User]:
    """Write the given fields, none of them empty; a None is not sent."""
    template = "/users/{id}"
    name = f"PUT {template}"
    request = _admin(
        token, "PUT", template, inputs.to_set(name, fields), id=inputs.row_id(name, user_id)
    )
    return ApiCall(request, answers.row(User), _USER_REFUSALS)


def delete_user(token: SecretStr, user_id: int) -> ApiCall[None]:
    """Mark an account as deleted; its e-mail stays taken."""
    template = "/users/{id}"
    request = _admin(token, "DELETE", template, id=inputs.row_id(f"DELETE {template}", user_id))
    return ApiCall(request, answers.true)


def clients(token: SecretStr) -> ApiCall[list[Client]]:
    """List all clients."""
    return ApiCall(_admin_list(token, "/clients/"), answers.rows(Client, lambda client: client.id))


def client_by_id(token: SecretStr, client_id: int) -> ApiCall[Client]:
    """Read one client."""
    template = "/clients/{id}"
    request = _admin(token, "GET", template, id=inputs.row_id(f"GET {template}", client_id))
    return ApiCall(request, answers.row(Client))


def create_client_for(
    token: SecretStr, user_id: int, name: str, domains: str, reads: int
) -> ApiCall[Client]:
    """Make the client of an account. Without `reads` sent it would have none."""
    template = "/clients/"
    call = f"POST {template}"
    sent = {
        "user_id": inputs.row_id(call, user_id),
        "name": name,
        "domains": domains,
        "reads_available": inputs.reads_in_all(call, reads),
    }
    return ApiCall(_admin(token, "POST", template, sent), answers.row(Client), _CLIENT_REFUSALS)


def update_client(
    token: SecretStr, client_id: int, fields: Mapping[str, object | None]
) -> ApiCall[Client]:
    """Write the given fields, none of them empty or 0; a None is not sent."""
    template = "/clients/{id}"
    name = f"PUT {template}"
    request = _admin(
        token, "PUT", template, inputs.to_set(name, fields), id=inputs.row_id(name, client_id)
    )
    return ApiCall(request, answers.row(Client), _CLIENT_REFUSALS)


def set_reads(token: SecretStr, client_id: int, reads: int) -> ApiCall[Client]:
    """Set the reads ever made available. The same when sent twice."""
    call = update_client(token, client_id, {"reads_available": reads})
    inputs.reads_in_all(call.request.name, reads)
    return call


def delete_client(token: SecretStr, client_id: int) -> ApiCall[None]:
    """Mark a client as deleted; its owner cannot make another."""
    template = "/clients/{id}"
    request = _admin(token, "DELETE", template, id=inputs.row_id(f"DELETE {template}", client_id))
    return ApiCall(request, answers.true)


def add_reads(token: SecretStr, client_id: int, reads: int) -> ApiCall[Client]:
    """Add to the reads of a client. Counts twice when sent twice."""
    template = "/clients/"
    name = f"PATCH {template}"
    sent = {"client": inputs.row_id(name, client_id), "reads": inputs.reads(name, reads)}
    return ApiCall(_admin(token, "PATCH", template, sent), answers.row(Client))


def usage(token: SecretStr) -> ApiCall[list[Usage]]:
    """Report all clients with their owners, deleted ones too."""
    return ApiCall(
        _admin_list(token, "/reports/users-clients"), answers.rows(Usage, lambda row: row.client_id)
    )
