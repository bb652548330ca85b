"""The settings of payments: what is sold, for how many Stars, and who may set reads at the API."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from .parsers import check_public_address, read_word

MOST_PACKS = 12
"""What fits under one message."""

MOST_STARS = 100_000
"""Upper bound of a price, in Stars. Telegram's own is not documented; a slip of the pen is."""

MOST_READS = 2**53
"""Numbers of JSON are exact up to here. Source: RFC 8259, section 6."""

DEFAULT_PASSWORD = "password"  # noqa: S105  # the one that everybody knows: it is refused
"""The API's own for its first administrator. Source: its .env.example, SU_PASSWORD."""

_PACK = re.compile(r"([0-9]{1,16}):([0-9]{1,6})")
_BOT_NAME = re.compile(r"@?[A-Za-z][A-Za-z0-9_]{3,31}")


def read_packs(value: object) -> object:
    """Read `reads:stars` pairs, separated by commas, into a tuple of pairs, fewest reads first."""
    if not isinstance(value, str):
        return value
    packs: dict[int, int] = {}
    for place, text in enumerate(filter(None, (p.strip() for p in value.split(","))), start=1):
        match = _PACK.fullmatch(text)
        reads, stars = (int(match[1]), int(match[2])) if match else (0, 0)
        if not (0 < reads <= MOST_READS and 0 < stars <= MOST_STARS):
            raise ValueError(
                f"has an entry, number {place}, that is not reads:stars, with 1 to {MOST_STARS}"
                " Stars"
            )
        if reads in packs:
            raise ValueError(f"has two packs of {reads} reads")
        packs[reads] = stars
    if len(packs) > MOST_PACKS:
        raise ValueError(f"has more than {MOST_PACKS} packs")
    return tuple(sorted(packs.items()))


def check_payments_url(value: str) -> str:
    """Refuse an address that people cannot open, or that names no client."""
    if not value:
        return value
    if "{client}" not in value:
        raise ValueError("does not have {client}, in whose place the client's number comes")
    check_public_address(value.replace("{client}", "1"))
    if urlsplit(value).scheme != "https":
        raise ValueError("is not https://: people pay there")
    return value


def check_bot_name(value: str) -> str:
    """Refuse what is no user name of a bot; take the @ off."""
    if value and not _BOT_NAME.fullmatch(value):
        raise ValueError("is not the user name of a bot, 4 to 32 letters, digits or _")
    return value.removeprefix("@")


def check_admin_password(value: SecretStr) -> SecretStr:
    """Refuse the password that everybody knows."""
    if value.get_secret_value() == DEFAULT_PASSWORD:
        raise ValueError("is the API's default, which everybody knows: change it there first")
    return value


BillingWord = Annotated[Literal["", "stars", "link", "off"], BeforeValidator(read_word)]
Packs = Annotated[tuple[tuple[int, int], ...], BeforeValidator(read_packs)]


class BillingSettings(BaseModel):
    """The settings of payments, a part of `Settings`."""

    model_config = ConfigDict(defer_build=True)  # as a part it is never read by itself

    sapp_billing: BillingWord = Field(
        "",
        description="stars: people buy reads for Telegram Stars. link: they are led to"
        " SAPP_PAYMENTS_URL. off: nothing is sold. Empty: stars if SAPP_BILLING_PACKS and the"
        " administrator's login are set, as prices are set on purpose; else link if there is an"
        " address; else off. What is paid already is delivered in any case.",
        examples=["stars"],
    )
    sapp_billing_packs: Packs = Field(
        (),
        description="What is sold: reads:stars, separated by commas.",
        examples=["1000:50,5000:200"],
    )
    sapp_redis_durable: Annotated[Literal["", "yes"], BeforeValidator(read_word)] = Field(
        "",
        description="yes: Redis keeps all that it is told, you have seen to it yourself: every"
        " write is logged to a disk and nothing is evicted. Only for one that does not say, as its"
        " user may ask neither INFO nor CONFIG GET: without a word of either nothing is sold for"
        " Stars. What Redis says counts before it.",
        examples=["yes"],
    )
    sapp_payments_url: Annotated[str, AfterValidator(check_payments_url)] = Field(
        "",
        description="Where people pay outside of Telegram, with {client} in the place of the"
        " client's number. For digital goods Telegram wants Stars: a public bot that sells by"
        " other means may be taken down.",
        examples=["https://pay.example.com/clients/{client}"],
    )
    sapp_billing_bot: Annotated[str, AfterValidator(check_bot_name)] = Field(
        "",
        description="User name of the bot that sells, for a userbot: a person's own account cannot"
        " sell, so it leads people there.",
        examples=["sapp_finance_bot"],
    )
    sapp_terms: str = Field(
        "",
        max_length=1000,
        description="Terms of sale, shown by /terms: a text of up to 1000 characters.",
        examples=["Reads do not expire. Unused packs are refunded on request."],
    )
    sapp_terms_url: Annotated[str, AfterValidator(check_public_address)] = Field(
        "",
        description="Public address of the whole terms of sale.",
        examples=["https://example.com/terms"],
    )
    sapp_admin_email: str = Field(
        "",
        max_length=255,
        description="E-mail of an administrator's account at the API: by it the bot sets the reads"
        " that were paid for. Needed to sell.",
        examples=["billing@example.com"],
    )
    sapp_admin_password: Annotated[SecretStr, AfterValidator(check_admin_password)] = Field(
        SecretStr(""),
        description="Password of that account. Secret.",
        examples=["aLongRandomText"],
    )
