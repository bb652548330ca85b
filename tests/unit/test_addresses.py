"""Addresses that are shown to people."""

from __future__ import annotations

import pytest

from sapp_bot.settings.parsers import check_public_address


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:8080/docs",
        "http://docs",
        "http://127.0.0.1/x",
        "https://10.0.0.1",
        "http://a.local",
    ],
)
def test_an_address_for_people_is_public(address: str) -> None:
    """Telegram refuses a button with another, and nobody could open it."""
    with pytest.raises(ValueError, match="must be public"):
        check_public_address(address)


def test_public_addresses_are_taken() -> None:
    """Names with a dot and global addresses are fine."""
    for address in ("https://docs.example.com/a", "http://1.1.1.1/x", ""):
        assert check_public_address(address) == address
