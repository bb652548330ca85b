"""The ledger is imported by who sells, and only then."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sapp_bot import services

SEEN = "import sys\nimport sapp_bot.app, sapp_bot.services\nprint('sapp_bot.ledger' in sys.modules)"


def test_a_bot_that_sells_nothing_imports_no_ledger() -> None:
    """Neither the bot nor what plugins import reads it."""
    asked = subprocess.run([sys.executable, "-c", SEEN], check=True, capture_output=True, text=True)  # noqa: S603  # our own text

    assert asked.stdout.strip() == "False"


@pytest.mark.parametrize("name", services.__all__)
def test_every_service_is_found_by_its_name(name: str) -> None:
    """Those of the ledger, too, which are looked for when they are asked for."""
    assert getattr(services, name) is not None


def test_an_unknown_name_is_said() -> None:
    """As by every module."""
    with pytest.raises(AttributeError, match="no attribute 'Leger'"):
        services.Leger  # noqa: B018  # asking is what is tested
