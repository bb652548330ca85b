"""The settings of traces: what is refused, what is hidden, and what is said without the extra."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import SecretStr, ValidationError

from sapp_bot.settings.settings import Settings
from sapp_bot.settings.tracing import read_headers

ENDPOINT = "http://127.0.0.1:4318"


def test_header_fields_are_those_of_the_specification() -> None:
    """Percent-encoded pairs; a value may hold what separates a name."""
    text = " Authorization=Bearer%20a=b , x-scope=1,"

    assert read_headers(text) == {"authorization": "Bearer a=b", "x-scope": "1"}


def test_a_wrong_one_is_named_by_its_place() -> None:
    """Its text may be a secret."""
    with pytest.raises(ValidationError) as wrong:
        Settings.model_validate({"otel_exporter_otlp_headers": "x=1,aLongRandomText"})

    assert "number 2" in str(wrong.value)
    assert "aLongRandomText" not in str(wrong.value)


@pytest.mark.parametrize("address", ["127.0.0.1:4318", "http://ann:secret@host:4318"])
def test_a_wrong_address_is_refused(address: str) -> None:
    """As that of the API."""
    with pytest.raises(ValidationError):
        Settings.model_validate({"otel_exporter_otlp_endpoint": address})


def test_the_log_hides_the_key_of_the_collector() -> None:
    """With and without the word before it."""
    headers = SecretStr("authorization=Bearer%20aLongRandomText")
    settings = Settings.model_validate({"otel_exporter_otlp_headers": headers})

    assert {"Bearer aLongRandomText", "aLongRandomText"} <= settings.secret_values()


RUN = f"""
import sys
sys.modules["opentelemetry"] = None  # so it is found nowhere
from sapp_bot.errors import ConfigError
from sapp_bot.settings.requirements import check_run
from sapp_bot.settings.settings import Settings
for given in ({{"otel_exporter_otlp_endpoint": "{ENDPOINT}"}}, {{}}):
    try:
        check_run(Settings.model_validate(given))
    except ConfigError as error:
        print("OTEL" in str(error), "install --requirement requirements-otel.txt" in str(error))
"""


def test_without_the_extra_it_is_said_what_to_install() -> None:
    """By `run`, and by `doctor`, which asks the same; where no traces are wanted nothing is."""
    said = subprocess.run(  # noqa: S603  # our own words
        [sys.executable, "-c", RUN], capture_output=True, text=True, check=True
    ).stdout

    assert said.split() == ["True", "True", "False", "False"]
