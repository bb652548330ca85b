"""What an operator has set about payments, and what follows from it."""

from __future__ import annotations

from enum import Enum
from typing import Literal

from pydantic import SecretStr

from sapp_bot.values import dataclass, field

BillingMode = Literal["stars", "link", "off"]


class MissingPart(Enum):
    """What Stars cannot be sold without; the value says what to do, in words without values."""

    BOT = "a person's own account cannot sell: set SAPP_BILLING_BOT to lead people to a bot"
    PACKS = "SAPP_BILLING_PACKS is not set: what is sold, as 1000:50 for 1000 reads and 50 Stars"
    ADMIN_LOGIN = (
        "SAPP_ADMIN_EMAIL and SAPP_ADMIN_PASSWORD are not set: the API's administrator by whom the"
        " bot sets reads"
    )
    ADDRESS = "SAPP_PAYMENTS_URL is not set: where people pay"
    DURABLE = "Redis may lose payments: set appendonly yes and maxmemory-policy noeviction"
    SURETY = (
        "Redis does not say whether it keeps payments: allow its user +info or +config|get, or set"
        " SAPP_REDIS_DURABLE=yes when you have seen to it yourself"
    )


@dataclass(frozen=True, slots=True)
class Pack:
    """What can be bought: some reads, for a price in Stars."""

    reads: int
    stars: int

    @property
    def per_thousand(self) -> float:
        """Stars for 1,000 reads."""
        return self.stars * 1000 / self.reads


@dataclass(frozen=True, slots=True)
class BillingConfig:
    """The settings of payments.

    Attributes:
        wanted: What the operator asked for; "" for whatever is possible.
        packs: What is sold, fewest reads first.
        payments_url: Where people pay outside of Telegram, with `{client}`; "" for nowhere.
        seller: User name of the bot that sells, for a userbot; "" for none.
        terms: Terms of sale, a text; "" for none.
        terms_url: Address of the terms; "" for none.
        admin_email: Login of the API's administrator by whom reads are set; "" for none.
        admin_password: Its password.

    """

    wanted: Literal["", "stars", "link", "off"] = ""
    packs: tuple[Pack, ...] = ()
    payments_url: str = ""
    seller: str = ""
    terms: str = ""
    terms_url: str = ""
    admin_email: str = field(default="", repr=False)
    admin_password: SecretStr = field(default_factory=lambda: SecretStr(""), repr=False)

    @property
    def has_admin_login(self) -> bool:
        """Whether an administrator's login is set."""
        return bool(self.admin_email and self.admin_password.get_secret_value())

    def missing(self, *, is_bot: bool) -> tuple[MissingPart, ...]:
        """List what the settings lack for what was asked for; nothing if nothing was."""
        if self.wanted == "link":
            return () if self.payments_url else (MissingPart.ADDRESS,)
        if self.wanted == "off" or not (self.wanted or self.packs):
            return ()
        lacks = {
            MissingPart.BOT: not is_bot,
            MissingPart.PACKS: not self.packs,
            MissingPart.ADMIN_LOGIN: not self.has_admin_login,
        }
        return tuple(part for part, is_missing in lacks.items() if is_missing)

    def mode(self, *, is_bot: bool) -> BillingMode:
        """Return how people pay. Who asked for Stars by name never gets a link in their place."""
        missing = self.missing(is_bot=is_bot)
        if self.wanted == "off" or (self.wanted and missing):
            return "off"
        if self.packs and not missing and self.wanted != "link":
            return "stars"
        return "link" if self.payments_url else "off"


NO_BILLING = BillingConfig()
