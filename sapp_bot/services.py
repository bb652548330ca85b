"""What a handler can ask for by type, and the errors it may catch. Re-exports only.

Names of the ledger are resolved when first asked for: a bot that sells nothing imports none.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .billing.config import BillingConfig, MissingPart, Pack
from .billing.grants import ReadsGrants
from .billing.service import Billing, BillingOff
from .domain.checkout_refusal import CheckoutRefusal
from .domain.ports import Clock, PluginElsewhere
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

if TYPE_CHECKING:
    from .ledger.audit import AuditReport
    from .ledger.books.difference import ReadsDifference
    from .ledger.books.receipts import Receipts
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
    from .ledger.refunds import AskedRefund
    from .ledger.values import (
        STRAYS,
        DeliveryHold,
        HoldReason,
        LedgerMode,
        Payment,
        PaymentState,
        PaymentView,
    )

_OF_LEDGER = {
    "AdoptReport": "opening",
    "AskedRefund": "refunds",
    "AuditReport": "audit",
    "DeliveryHold": "values",
    "HoldEnded": "notices",
    "HoldLasts": "notices",
    "HoldReason": "values",
    "Ledger": "ledger",
    "LedgerFoundLost": "notices",
    "LedgerMode": "values",
    "LedgerOperator": "operators",
    "LedgerResumes": "notices",
    "LedgerStalls": "notices",
    "LedgerStatus": "operators",
    "NotForSale": "errors",
    "NotRefundable": "errors",
    "NothingToAdopt": "errors",
    "Payment": "values",
    "PaymentHeld": "notices",
    "PaymentLacks": "notices",
    "PaymentReversed": "notices",
    "PaymentSeen": "notices",
    "PaymentState": "values",
    "PaymentUndeliverable": "notices",
    "PaymentView": "values",
    "PaymentsUnplaced": "notices",
    "ReadsAdded": "notices",
    "ReadsDifference": "books.difference",
    "Receipts": "books.receipts",
    "RefundBegun": "notices",
    "RefundFailed": "notices",
    "STRAYS": "values",
    "StarsReturned": "notices",
}

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
    "PluginElsewhere",
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


def __getattr__(name: str) -> object:
    """Find a name of the ledger in its home."""
    if name not in _OF_LEDGER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f".ledger.{_OF_LEDGER[name]}", __package__), name)
    return found
