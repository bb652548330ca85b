"""What a handler can ask for by type, and the errors it may catch. Re-exports only."""

from __future__ import annotations

from .billing.config import BillingConfig, MissingPart, Pack
from .billing.grants import ReadsGrants
from .billing.service import Billing, BillingOff
from .domain.ports import Clock
from .domain.setting_rows import SettingRow
from .domain.stars import (
    RefundOutcome,
    RefundResult,
    Stars,
    StarsPage,
    StarsParty,
    StarsTransaction,
)
from .domain.state import Login, Session
from .domain.typed_text import ascii_digits
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
from .host.pipeline.personal.forgetting import Forgetting, Forgotten, KeptOfPerson
from .ledger.audit import AuditReport
from .ledger.books.difference import ReadsDifference
from .ledger.books.receipts import Receipts
from .ledger.checkout import CheckoutRefusal
from .ledger.errors import NotForSale, NothingToAdopt, NotRefundable
from .ledger.ledger import Ledger
from .ledger.notices import (
    HoldEnded,
    HoldLasts,
    LedgerFoundLost,
    LedgerResumes,
    LedgerStalls,
    PaymentHeld,
    PaymentLacks,
    PaymentReversed,
    PaymentSeen,
    PaymentsUnplaced,
    PaymentUndeliverable,
    ReadsAdded,
    RefundBegun,
    RefundFailed,
    StarsReturned,
)
from .ledger.opening import AdoptReport
from .ledger.operators import LedgerOperator, LedgerStatus
from .ledger.refunds import RefundOutcome as AskedRefund
from .ledger.values import (
    STRAYS,
    DeliveryHold,
    HoldReason,
    LedgerMode,
    Payment,
    PaymentState,
    PaymentView,
)
from .observability.metrics import Metrics
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
from .zones import read_zone, zone_names

__all__ = [
    "STRAYS",
    "Admin",
    "AdoptReport",
    "AskedRefund",
    "AuditEntry",
    "AuditLine",
    "AuditLog",
    "AuditPage",
    "AuditReport",
    "Auth",
    "BadAnswer",
    "BadCredentials",
    "Billing",
    "BillingConfig",
    "BillingOff",
    "BroadcastStatus",
    "Broadcasts",
    "ChatPaused",
    "CheckoutRefusal",
    "Client",
    "ClientExists",
    "Clients",
    "Clock",
    "Closure",
    "CommandInfo",
    "Commands",
    "DeliveryHold",
    "EmailTaken",
    "Forbidden",
    "Forgetting",
    "Forgotten",
    "FormControl",
    "HoldEnded",
    "HoldLasts",
    "HoldReason",
    "InvalidInput",
    "KeptOfPerson",
    "KeyRefused",
    "KnownPerson",
    "Ledger",
    "LedgerFoundLost",
    "LedgerMode",
    "LedgerOperator",
    "LedgerResumes",
    "LedgerStalls",
    "LedgerStatus",
    "Live",
    "Locks",
    "Login",
    "LoginThrottle",
    "Logins",
    "Maintenance",
    "Metrics",
    "MissingPart",
    "NoClientYet",
    "NoReadsLeft",
    "NoServiceAccount",
    "NotForSale",
    "NotFound",
    "NotRefundable",
    "NotSignedIn",
    "NothingToAdopt",
    "OriginRefused",
    "OutcomeUnknown",
    "Pack",
    "Payer",
    "Payment",
    "PaymentHeld",
    "PaymentLacks",
    "PaymentReversed",
    "PaymentSeen",
    "PaymentState",
    "PaymentUndeliverable",
    "PaymentView",
    "PaymentsUnplaced",
    "People",
    "PluginStatus",
    "Plugins",
    "Preferences",
    "Rate",
    "Rates",
    "ReadsAdded",
    "ReadsDifference",
    "ReadsGrants",
    "Receipts",
    "RefundBegun",
    "RefundFailed",
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
    "StarsReturned",
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
    "ascii_digits",
    "normalise_email",
    "read_zone",
    "zone_names",
]
