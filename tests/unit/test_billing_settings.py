"""What is sold is checked when it is read, and what is wrong says where."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from sapp_bot.settings.billing import (
    check_admin_password,
    check_bot_name,
    check_payments_url,
    read_packs,
)


def test_packs_are_sorted_by_their_reads() -> None:
    """The smallest comes first, whatever the order; blanks and a last comma do not matter."""
    assert read_packs("5000:200, 1000:50,") == ((1000, 50), (5000, 200))


@pytest.mark.parametrize(
    "text",
    ["1000", "1000:0", "0:50", "1000:-5", "1000:50,x", "1000:100001", "9007199254740993:1", "१:५"],
)
def test_what_is_no_pack_is_refused(text: str) -> None:
    """A price of nothing, a number out of range, or no number at all."""
    with pytest.raises(ValueError, match="has an entry, number"):
        read_packs(text)


def test_two_prices_for_one_pack_are_refused() -> None:
    """Nobody could tell which one holds."""
    with pytest.raises(ValueError, match="two packs of 1000"):
        read_packs("1000:50,1000:60")


@pytest.mark.parametrize(
    "url",
    ["https://pay.example.com/", "http://pay.example.com/{client}", "https://10.0.0.1/{client}"],
)
def test_an_address_to_pay_at_is_public_and_names_the_client(url: str) -> None:
    """Else people could not open it, or nobody knew whom they paid for."""
    with pytest.raises(ValueError, match=r"\{client\}|https|public"):
        check_payments_url(url)


def test_the_password_that_everybody_knows_is_refused() -> None:
    """The API's first administrator comes with one."""
    with pytest.raises(ValueError, match="change it there first"):
        check_admin_password(SecretStr("password"))


def test_a_bots_name_may_have_its_sign() -> None:
    """People write it both ways."""
    assert check_bot_name("@sapp_bot") == check_bot_name("sapp_bot") == "sapp_bot"
