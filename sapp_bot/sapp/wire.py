"""What goes over the wire and what it means, without any I/O: requests, answers, refusals.

A `ApiCall` is one request with the way to read its answer; `calls` makes them, `client` sends them.
Nothing here raises an error that holds, or is chained to one that holds, a URL or a body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Generic, Literal, TypeVar
from urllib.parse import quote, urlencode

from pydantic import SecretStr, ValidationError

from sapp_bot.errors import SappBotError, SessionExpired
from sapp_bot.values import dataclass, field

from . import errors

T_co = TypeVar("T_co", covariant=True)
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Kind = Literal["free", "metered", "write"]

BODY_BYTES = 2**20
"""Longest answer that is read, unpacked. The longest ordinary one, all rates, has some 6 KB."""

LIST_BYTES = 2**23
"""The same for the lists of all users or clients, which have no pages: some 25,000 rows."""


def _reveal(value: object) -> str:
    """Open a secret at the last moment, for `json.dumps`."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    raise TypeError(type(value).__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Its secrets stay closed until `target`, `headers` and `body` are asked.

    `template` is the path with names in place of values ("/users/{id}"): it is what logs and
    errors show. `values` fill it. `admin` tells a route that takes administrators only.
    """

    method: Method
    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()
    json: Mapping[str, object] | None = field(default=None, repr=False)
    bearer: SecretStr | None = None
    apikey: SecretStr | None = None
    origin: str = ""
    admin: bool = False
    max_bytes: int = BODY_BYTES

    @property
    def name(self) -> str:
        """The call as logs and errors show it."""
        return f"{self.method} {self.template}"

    @property
    def kind(self) -> Kind:
        """How it may be repeated: freely, only if it never left, or not at all."""
        if self.method != "GET":
            return "write"
        return "metered" if self.apikey else "free"

    @property
    def asks_database(self) -> bool:
        """Whether a good answer shows that the API's database is there."""
        return bool(self.bearer or self.apikey or self.json)

    @property
    def path(self) -> str:
        """The path with its values, each of them one segment whatever it holds."""
        return self.template.format_map(
            {name: quote(str(value), safe="") for name, value in self.values.items()}
        )

    def target(self) -> str:
        """Path and query as sent. Holds the API key: never for a log or an error."""
        query = list(self.query)
        if self.apikey:
            query.append(("apikey", self.apikey.get_secret_value()))
        return f"{self.path}?{urlencode(query)}" if query else self.path

    def headers(self) -> dict[str, str]:
        """Header fields as sent. Hold the token."""
        found = {"Accept": "application/json"}
        if self.json is not None:
            found["Content-Type"] = "application/json"
        if self.bearer:
            found["Authorization"] = f"Bearer {self.bearer.get_secret_value()}"
        if self.origin:
            found["Origin"] = self.origin
        return found

    def body(self) -> bytes | None:
        """Write the JSON body as sent. Holds passwords."""
        return None if self.json is None else json.dumps(self.json, default=_reveal).encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, value of Content-Type, unpacked body."""

    status: int
    content_type: str
    body: bytes = field(repr=False)


class NoRates(ValueError):
    """An answer without rates: the API's source gave it none, and it keeps that for an hour."""


Refusals = Mapping[str, Callable[[str], errors.SappError]]
"""Parts of the API's error texts, and what makes the error of the name of the call."""


@dataclass(frozen=True, slots=True)
class ApiCall(Generic[T_co]):
    """A request and the meaning of its answers.

    `parse` makes the result of the JSON of a good answer and may raise ValueError for anything
    that is not as documented.
    """

    request: Request
    parse: Callable[[object], T_co]
    refusals: Refusals = field(default_factory=dict)

    def read(self, answer: Answer) -> T_co:
        """Return the result.

        Raises:
            SessionExpired: the token was refused, on a route for everybody.
            Refused: one of its family, after the credential that was sent or the API's text.
            UpstreamFailed: the API says that it is broken, or has no rates.
            BadAnswer: anything that is not documented.

        """
        if not 200 <= answer.status < 300:  # noqa: PLR2004  # RFC 9110, 15.3: success is 2xx
            raise self._failure(answer)
        data = self._json(answer)
        problem = ""
        try:
            return self.parse(data)
        except NoRates:
            raise errors.UpstreamFailed(self.request.name, "no rates", reply=_NO_SOURCE) from None
        except ValidationError as error:
            problem = _places(error)
        except ValueError as error:
            problem = str(error)
        # Raised here, not in the handler: there it would carry the other error, which holds
        # what was read, as its context.
        raise errors.BadAnswer(self.request.name, problem)

    def _failure(self, answer: Answer) -> SappBotError:
        name, status = self.request.name, answer.status
        if 500 <= status < 600 or status in _BUSY:  # noqa: PLR2004  # RFC 9110, 15.6
            return errors.UpstreamFailed(name, f"status {status}")
        if status == 403:  # noqa: PLR2004  # the API's one status for every credential
            return self._denied(answer)
        if status == 400:  # noqa: PLR2004  # the API's one status for everything else
            return self._said_no(answer)
        return errors.BadAnswer(name, f"status {status}")

    def _denied(self, answer: Answer) -> SappBotError:
        # The API always says `{}`; a firewall's page must not end anybody's login.
        self._json(answer)
        name = self.request.name
        if self.request.apikey:
            return errors.KeyRefused(name)
        if self.request.admin:
            return errors.Forbidden(name)
        if self.request.bearer:
            return SessionExpired()
        return errors.BadAnswer(name, "403 without a credential")

    def _said_no(self, answer: Answer) -> errors.SappError:
        name, text = self.request.name, error_text(answer)
        if text is None:
            return errors.BadAnswer(name, "400 without an error text")
        if _media_type(answer) == _PLAIN:
            return _not_bound(name, text)
        for part, refusal in {**_ANYWHERE, **self.refusals}.items():
            if part in text:
                return refusal(name)
        if _UPSTREAM.search(text):
            return errors.UpstreamFailed(name, "400 upstream unreadable", reply=_NO_SOURCE)
        if _INPUT.search(text):
            return errors.InvalidInput(name)
        # A database that is away answers 400 as well.
        state = _SQLSTATE.search(text)
        return errors.UpstreamFailed(name, f"400 {state[0] if state else 'of unknown cause'}")

    def _json(self, answer: Answer) -> object:
        if _media_type(answer) != _JSON:
            raise errors.BadAnswer(self.request.name, f"{answer.status} that is no JSON by type")
        try:
            return json.loads(answer.body, parse_float=Decimal, parse_constant=_refuse)
        except (ValueError, RecursionError):
            pass
        raise errors.BadAnswer(self.request.name, f"{answer.status} with broken JSON")


_BUSY = frozenset({408, 425, 429})
"""What a proxy says when the same may work later. Source: RFC 9110, RFC 8470, RFC 6585."""

_JSON = "application/json"
_PLAIN = "text/plain"
"""What a 400 says by its type. Source: gin's MustBindWith sends the status, and with it the
headers, before the API writes its JSON: a body that could not be bound is text/plain."""

_NO_SOURCE = "The SAPP service cannot read its source of rates just now. Please try again later."


ID_COLLISION = "the number of the new row was taken"
"""Detail of the error for a new row that got a number which somebody had taken by hand. Nothing
was stored, and the next try gets the next number."""

_ANYWHERE: Refusals = {
    # Source: gorm.ErrRecordNotFound, mongo.ErrNoDocuments.
    "record not found": errors.NotFound,
    "mongo: no documents in result": errors.NotFound,
    '_pkey" (SQLSTATE 23505)': lambda name: errors.UpstreamFailed(name, ID_COLLISION, undone=True),
}

_SQLSTATE = re.compile(r"SQLSTATE \w{5}")

# What the API says of an answer of its source of rates, or of no answer.
# Source: its services/service.go, FetchExchangeRates; Go's encoding/json, time and net/http.
_UPSTREAM = re.compile(
    r"^invalid character |^json: |^parsing time |^Get \"|EOF$|^unexpected end of JSON input"
)

# Texts of JSON that blame the input: Postgres' classes 22 (data) and 23 (constraint), passwords
# that differ, and the amount of a conversion, the only value that is read without binding.
# Source: https://www.postgresql.org/docs/current/errcodes-appendix.html; the API's
# internal/controllers/service.go, GetConversion.
_INPUT = re.compile(r"SQLSTATE 2[23]|Field validation for|passwords confirmation failed|^strconv\.")

# Texts of binding that blame a value: missing, no number, beyond 64 bits, no time. All others
# (broken JSON, another shape) are no person's doing.
_VALUE = re.compile(
    r"Field validation for|^strconv\.|^parsing time |^json: cannot unmarshal number "
)


def _not_bound(name: str, text: str) -> errors.SappError:
    """Return the error for a binding error is: a value may be a person's, all else is ours."""
    if _VALUE.search(text):
        return errors.InvalidInput(name)
    return errors.BadAnswer(name, "400, what we sent could not be read")


def _media_type(answer: Answer) -> str:
    return answer.content_type.partition(";")[0].strip().lower()


def error_text(answer: Answer) -> str | None:
    """Return the API's own words of a 400, None when it has none: to match only, never to show.

    They may hold the address of its database or the key of its source of rates.
    """
    if _media_type(answer) not in {_JSON, _PLAIN}:
        return None
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    text = data.get("error") if isinstance(data, dict) else None
    return text if isinstance(text, str) else None


def _refuse(_constant: str) -> object:
    """Refuse NaN and Infinity, which Python would take for numbers."""
    raise ValueError


def _places(error: ValidationError) -> str:
    """Return which fields are wrong and how, without their values."""
    wrong = error.errors(include_url=False, include_context=False, include_input=False)
    return ", ".join(f"{'.'.join(map(str, w['loc']))[:60]} {w['type']}" for w in wrong[:3])
