"""The two ways the API says no."""

from __future__ import annotations


class ApiError(Exception):
    """Answered 400 with `{"error": text}`: whatever a rule or the database did not accept."""


class ApiForbidden(Exception):
    """Answered 403 with `{}`: anything wrong with a credential, never saying what."""


NOT_FOUND = "record not found"
