"""What a handler can ask for by type, and the errors it may catch. Re-exports only."""

from __future__ import annotations

from .errors import NotSignedIn, SappBotError, SessionExpired, StoreAway, UserError
from .sapp.admin import Admin
from .sapp.errors import (
    BadAnswer,
    BadCredentials,
    ClientExists,
    EmailTaken,
    Forbidden,
    InvalidInput,
    KeyRefused,
    NoClientYet,
    NoReadsLeft,
    NotFound,
    OriginRefused,
    OutcomeUnknown,
    Refused,
    SappError,
    UnknownCurrency,
    UpstreamFailed,
    UpstreamUnreachable,
    WrongPassword,
)
from .sapp.models import Client, Live, Rate, Usage, User
from .sapp.services import Auth, Clients, Rates
from .state import Login, Session

__all__ = [
    "Admin",
    "Auth",
    "BadAnswer",
    "BadCredentials",
    "Client",
    "ClientExists",
    "Clients",
    "EmailTaken",
    "Forbidden",
    "InvalidInput",
    "KeyRefused",
    "Live",
    "Login",
    "NoClientYet",
    "NoReadsLeft",
    "NotFound",
    "NotSignedIn",
    "OriginRefused",
    "OutcomeUnknown",
    "Rate",
    "Rates",
    "Refused",
    "SappBotError",
    "SappError",
    "Session",
    "SessionExpired",
    "StoreAway",
    "UnknownCurrency",
    "UpstreamFailed",
    "UpstreamUnreachable",
    "Usage",
    "User",
    "UserError",
    "WrongPassword",
]
