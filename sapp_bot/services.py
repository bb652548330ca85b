"""What a handler can ask for by type, and the errors it may catch. Re-exports only."""

from __future__ import annotations

from .domain.ports import Clock
from .domain.stars import (
    RefundOutcome,
    RefundResult,
    Stars,
    StarsPage,
    StarsParty,
    StarsTransaction,
)
from .domain.state import Login, Session
from .errors import (
    ChatPaused,
    NotSignedIn,
    SappBotError,
    SessionExpired,
    StarsUnavailable,
    StoreAway,
    TelegramAway,
    TelegramError,
    Undeliverable,
    UserError,
)
from .host.authoring.locks import Locks
from .host.authoring.logins import Logins
from .host.authoring.setting_rows import SettingRow
from .host.lifecycle.plugin_admin import Plugins, PluginStatus
from .host.operators.audit_log import AuditEntry, AuditLine, AuditLog, AuditPage
from .host.operators.broadcast_job import BroadcastStatus
from .host.operators.broadcasts import Broadcasts
from .host.operators.maintenance import Closure, Maintenance
from .host.operators.people import KnownPerson, People
from .host.pipeline.login_throttle import LoginThrottle
from .host.pipeline.person_services import (
    CommandInfo,
    Commands,
    FormControl,
    Preferences,
    Sessions,
    SettingsPage,
)
from .host.pipeline.personal.forgetting import Forgetting, Forgotten
from .sapp.admin import Admin
from .sapp.emails import normalise_email
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
from .sapp.service_account import NoServiceAccount, Payer, ServiceAccount
from .sapp.services import Auth, Clients, Rates

__all__ = [
    "Admin",
    "AuditEntry",
    "AuditLine",
    "AuditLog",
    "AuditPage",
    "Auth",
    "BadAnswer",
    "BadCredentials",
    "BroadcastStatus",
    "Broadcasts",
    "ChatPaused",
    "Client",
    "ClientExists",
    "Clients",
    "Clock",
    "Closure",
    "CommandInfo",
    "Commands",
    "EmailTaken",
    "Forbidden",
    "Forgetting",
    "Forgotten",
    "FormControl",
    "InvalidInput",
    "KeyRefused",
    "KnownPerson",
    "Live",
    "Locks",
    "Login",
    "LoginThrottle",
    "Logins",
    "Maintenance",
    "NoClientYet",
    "NoReadsLeft",
    "NoServiceAccount",
    "NotFound",
    "NotSignedIn",
    "OriginRefused",
    "OutcomeUnknown",
    "Payer",
    "People",
    "PluginStatus",
    "Plugins",
    "Preferences",
    "Rate",
    "Rates",
    "RefundOutcome",
    "RefundResult",
    "Refused",
    "SappBotError",
    "SappError",
    "ServiceAccount",
    "Session",
    "SessionExpired",
    "Sessions",
    "SettingRow",
    "SettingsPage",
    "Stars",
    "StarsPage",
    "StarsParty",
    "StarsTransaction",
    "StarsUnavailable",
    "StoreAway",
    "TelegramAway",
    "TelegramError",
    "Undeliverable",
    "UnknownCurrency",
    "UpstreamFailed",
    "UpstreamUnreachable",
    "Usage",
    "User",
    "UserError",
    "WrongPassword",
    "normalise_email",
]
