"""Makes the worker of payments: beside the messages, whatever those are held up by."""

from __future__ import annotations

from collections.abc import Callable

from sapp_bot.domain.ports import Commit, InboxStore, TelegramPort
from sapp_bot.host.pipeline.inbox_worker import InboxWorker
from sapp_bot.i18n import Languages

from .payment_handling import PaymentHandling, PaymentHandlingDeps, PaymentNotices


def make_payment_worker(
    payments: InboxStore,
    telegram: TelegramPort,
    languages: Languages,
    deps: PaymentHandlingDeps,
    *,
    unstorable: Callable[[Commit, Exception], Commit],
    on_commit: Callable[[Commit], None],
) -> InboxWorker:
    """Return a worker on the queues of payments, whose handler holds them until they are taken."""
    handling = PaymentHandling(deps)
    worker = InboxWorker(
        payments,
        deps.clock,
        PaymentNotices(telegram, languages),
        handle=handling.handle,
        give_up=handling.give_up,
        unstorable=unstorable,
        on_commit=on_commit,
    )
    handling.parked = worker.parked
    return worker
