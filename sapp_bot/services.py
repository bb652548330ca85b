"""What a handler can ask for by type, and the errors it may catch. Re-exports only."""

from __future__ import annotations

from .errors import NotSignedIn, SappBotError, SessionExpired, StoreAway, UserError
from .host.guard import LoginGuard
from .host.offers import Commands, Dialogues, Entry, Preferences, Sessions
from .host.operators import Plugins, Status
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
    "Commands",
    "Dialogues",
    "EmailTaken",
    "Entry",
    "Forbidden",
    "InvalidInput",
    "KeyRefused",
    "Live",
    "Login",
    "LoginGuard",
    "NoClientYet",
    "NoReadsLeft",
    "NotFound",
    "NotSignedIn",
    "OriginRefused",
    "OutcomeUnknown",
    "Plugins",
    "Preferences",
    "Rate",
    "Rates",
    "Refused",
    "SappBotError",
    "SappError",
    "Session",
    "SessionExpired",
    "Sessions",
    "Status",
    "StoreAway",
    "UnknownCurrency",
    "UpstreamFailed",
    "UpstreamUnreachable",
    "Usage",
    "User",
    "UserError",
    "WrongPassword",
]
