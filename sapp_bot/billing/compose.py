"""Puts the ledger together from what the bot has: the API's admin routes, Stars, the store."""

from __future__ import annotations

from sapp_bot.domain.ports import Clock, Signer
from sapp_bot.domain.stars import Stars
from sapp_bot.ledger.ledger import Ledger
from sapp_bot.ledger.ports import LedgerStore, NoticeListener
from sapp_bot.observability.metrics import Metrics
from sapp_bot.sapp.accounts.admin_reads import AdminReads, NoAdminAccount
from sapp_bot.sapp.accounts.kept_login import KeptLogin
from sapp_bot.sapp.admin import Admin
from sapp_bot.sapp.client import ApiClient
from sapp_bot.sapp.services import Auth

from .config import BillingConfig
from .service import Billing
from .stars_rows import StarsRows

SMALLEST_PACK = 1000
"""Reads of the smallest pack, where none is sold any more: what others give below half of it is
told from a payment that was undone."""


def make_billing(
    config: BillingConfig,
    *,
    api: ApiClient,
    store: LedgerStore,
    stars: Stars,
    signer: Signer,
    clock: Clock,
    listener: NoticeListener,
    metrics: Metrics,
    is_bot: bool,
) -> Billing:
    """Return the service of payments; its ledger works when `Ledger.run` is awaited.

    There is a ledger wherever one can work: in a bot with an administrator's login. So a bot that
    sells no longer still delivers what was paid before, and operators' gifts are exact.
    """
    if not (is_bot and config.has_admin_login):
        return Billing(config, None, signer, is_bot=is_bot)
    login = KeptLogin(
        Auth(api),
        clock,
        email=config.admin_email,
        password=config.admin_password,
        missing=lambda why: NoAdminAccount("POST /auth/login", why),
        event="admin_login",
    )
    ledger = Ledger(
        store=store,
        api=AdminReads(Admin(api), login),
        stars=StarsRows(stars),
        signer=signer,
        clock=clock,
        listener=listener,
        smallest_pack=min((pack.reads for pack in config.packs), default=SMALLEST_PACK),
        metrics=metrics,
    )
    return Billing(config, ledger, signer, is_bot=is_bot)
