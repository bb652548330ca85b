"""The settings of traces, by the names that OpenTelemetry has for them everywhere.

Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated
from urllib.parse import unquote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from .parsers import check_api_address


def read_headers(text: str) -> dict[str, str]:
    """Return header fields of `name=value,name=value`, percent-encoded; values may hold `=`.

    Raises:
        ValueError: an entry has no name or no value; it is not quoted, as it may be secret.

    """
    found: dict[str, str] = {}
    for place, entry in enumerate(filter(None, (x.strip() for x in text.split(","))), start=1):
        name, _, value = entry.partition("=")
        if not name.strip() or not value.strip():
            raise ValueError(f"has an entry, number {place}, that is not name=value")
        found[unquote(name.strip()).lower()] = unquote(value.strip())
    return found


def check_headers(value: SecretStr) -> SecretStr:
    """Refuse what is no list of header fields."""
    read_headers(value.get_secret_value())
    return value


def has_opentelemetry() -> bool:
    """Return whether what records and sends traces is installed: the extra `otel`."""
    names = ("opentelemetry", "opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
    try:
        return all(find_spec(name) is not None for name in names)
    except ModuleNotFoundError:  # a part above the last one is not there
        return False


class TracingSettings(BaseModel):
    """The settings of traces, a part of `Settings`."""

    model_config = ConfigDict(defer_build=True)  # as a part it is never read by itself

    otel_exporter_otlp_endpoint: Annotated[str, AfterValidator(check_api_address)] = Field(
        "",
        description="Address of an OpenTelemetry collector (OTLP over HTTP), without /v1/traces:"
        " what becomes of each message is sent there as a trace, without its text. Needs"
        " `pip install --requirement requirements-otel.txt`. Empty: nothing is recorded.",
        examples=["http://127.0.0.1:4318"],
    )
    otel_exporter_otlp_headers: Annotated[SecretStr, AfterValidator(check_headers)] = Field(
        SecretStr(""),
        description="Header fields for the collector, such as its key: name=value, separated by"
        " commas, percent-encoded. Secret.",
        examples=["authorization=Bearer%20aLongRandomText"],
    )

    def otlp_headers(self) -> dict[str, str]:
        """Return the header fields for the collector, their names in small letters."""
        return read_headers(self.otel_exporter_otlp_headers.get_secret_value())
