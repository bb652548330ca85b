"""The SAPP API's stand-in: every route, status and quirk of the real one, on loopback."""

from .database import Credentials, Database
from .fault_bodies import Body, Cut, Drip, garbage, huge, nan_rates, web_page, wrong_types
from .market import UPSTREAM_ERRORS
from .server import PROBE, ReceivedCall, SappApi

__all__ = [
    "PROBE",
    "UPSTREAM_ERRORS",
    "Body",
    "Credentials",
    "Cut",
    "Database",
    "Drip",
    "ReceivedCall",
    "SappApi",
    "garbage",
    "huge",
    "nan_rates",
    "web_page",
    "wrong_types",
]
