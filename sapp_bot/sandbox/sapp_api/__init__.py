"""The SAPP API's stand-in: every route, status and quirk of the real one, on loopback."""

from .canned import Body, Cut, Drip, garbage, huge, nan_rates, web_page, wrong_types
from .ledger import Credentials, Ledger
from .server import Call, SappApi

__all__ = [
    "Body",
    "Call",
    "Credentials",
    "Cut",
    "Drip",
    "Ledger",
    "SappApi",
    "garbage",
    "huge",
    "nan_rates",
    "web_page",
    "wrong_types",
]
