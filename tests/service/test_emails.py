"""E-mail addresses as people type them: capitals, blanks, what cannot be seen."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from sapp_bot.sandbox.sapp_api import SappApi
from sapp_bot.sapp import errors
from sapp_bot.sapp.client import ApiClient
from sapp_bot.services import Auth, normalise_email

PASSWORD = SecretStr("secret")
LOGIN = "POST /auth/login"


@pytest.fixture
async def api() -> AsyncIterator[SappApi]:
    """Give the stand-in."""
    async with SappApi(seed=1) as running:
        yield running


@pytest.fixture
async def auth(api: SappApi) -> AsyncIterator[Auth]:
    """Give the service."""
    async with ApiClient(api.url) as edge:
        yield Auth(edge)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ann@mail.test", "ann@mail.test"),
        ("  Ann@Mail.TEST\n", "Ann@mail.test"),
        ("\u200bann@mail.test\ufeff", "ann@mail.test"),
        ("\u202aann@mail.test\u202c", "ann@mail.test"),
        ("\u00a0ann\u2060@\u200fmail.test ", "ann@mail.test"),
        ("an\u00adn@mail.test", "ann@mail.test"),
        ("ann\x00@mail.test", "ann@mail.test"),
        ('"a@B"@MAIL.test', '"a@B"@mail.test'),
        ("Анна@Почта.РФ", "Анна@почта.рф"),
        ("Ann", "Ann"),
        ("", ""),
    ],
)
def test_an_address_is_normalised(typed: str, meant: str) -> None:
    """What cannot be seen goes, the domain is folded, the rest stays as it was typed."""
    assert normalise_email(typed) == meant


@given(st.text())
def test_once_is_enough(typed: str) -> None:
    """An address that was normalised stays as it is."""
    once = normalise_email(typed)

    assert normalise_email(once) == once


async def test_an_account_is_made_for_the_address_that_is_seen(auth: Auth) -> None:
    """Registering with capitals in the domain, or something invisible, makes the same account."""
    assert (await auth.register("\u200bAnn@MAIL.test ", PASSWORD)).email == "Ann@mail.test"
    with pytest.raises(errors.EmailTaken):
        await auth.register("Ann@mail.test", PASSWORD)


@pytest.mark.parametrize(
    ("kept", "typed"),
    [
        ("ann@mail.test", "Ann@mail.test"),
        ("ann@mail.test", "\ufeffANN@MAIL.TEST "),
        ("Ann@mail.test", "Ann@Mail.test"),
        ("Ann@Mail.Test", "Ann@Mail.Test"),
        ("any text", " any text"),
    ],
)
async def test_a_login_finds_the_account(api: SappApi, auth: Auth, kept: str, typed: str) -> None:
    """Phones write capitals, and accounts made elsewhere may hold some."""
    api.database.add_user(kept, "secret")

    assert (await auth.log_in(typed, PASSWORD)).email == kept


async def test_a_wrong_password_is_one_for_each_spelling(api: SappApi, auth: Auth) -> None:
    """In small letters there is one question; with capitals there are two, each asked twice."""
    api.database.add_user("ann@mail.test", "secret")
    with pytest.raises(errors.BadCredentials):
        await auth.log_in("ann@mail.test", SecretStr("wrong"))
    assert api.counts[LOGIN] == 2
    with pytest.raises(errors.BadCredentials):
        await auth.log_in("Ann@mail.test", SecretStr("wrong"))

    assert api.counts[LOGIN] == 6
