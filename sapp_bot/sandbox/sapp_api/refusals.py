"""The ways the API says no.

Source: the API at commit 1044593, internal/responses/json.go and its middleware; gin's
MustBindWith, which sends the headers before the API writes its JSON.
"""

from __future__ import annotations


class ApiError(Exception):
    """Answered 400 with `{"error": text}`: whatever a rule or the database did not accept."""


class BindingError(ApiError):
    """Answered like an `ApiError`, but as text/plain: what was sent could not be bound."""


class ApiForbidden(Exception):
    """Answered 403 with `{}`: anything wrong with a credential, never saying what."""


class ApiPanic(Exception):
    """Answered 500 with nothing: the code behind the route broke down."""


NOT_FOUND = "record not found"
NO_ACTIVE_USER = "no active user found with the given credentials"
NO_DOCUMENTS = "mongo: no documents in result"
DATABASE_AWAY = (
    "failed to connect to `host=db.sapp.test user=sapp database=sapp`: dial error "
    "(dial tcp 10.0.0.5:5432: connect: connection refused)"
)
"""In the words of pgx 5: an error text that tells host and user of the database."""
