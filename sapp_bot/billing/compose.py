"""Makes the service of payments, with a ledger behind it where one can work."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sapp_bot.domain.ports import Clock, Signer
from sapp_bot.domain.stars import Stars
from sapp_bot.observability.metrics import Metrics
from sapp_bot.sapp.client import ApiClient

from .config import BillingConfig
from .service import Billing

if TYPE_CHECKING:
    from sapp_bot.ledger.ledger import Ledger
    from sapp_bot.ledger.ports import LedgerStore, NoticeListener


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
    kind: Callable[..., Ledger] | None = None,
) -> Billing:
    """Return the service of payments; its ledger works when `Ledger.run` is awaited.

    `kind` makes the ledger of the arguments of `Ledger`, which is made itself if none is given.

    There is a ledger wherever one can work: in a bot with an administrator's login. So a bot that
    sells no longer still delivers what was paid before, and operators' gifts are exact.
    """
    if not (is_bot and config.has_admin_login):
        return Billing(config, None, is_bot=is_bot)
    from .processor import make_processor  # noqa: PLC0415  # who has no ledger imports none

    processor = make_processor(
        config,
        api=api,
        store=store,
        stars=stars,
        signer=signer,
        clock=clock,
        listener=listener,
        metrics=metrics,
        kind=kind,
    )
    return Billing(config, processor, is_bot=is_bot)
