"""Stores what arrives, within each person's limits, and handles nothing: that is the workers'."""

from __future__ import annotations

from typing import NoReturn

from sapp_bot.domain.ports import Clock
from sapp_bot.host.pacing.intake import IntakeLimits
from sapp_bot.host.pipeline.inbox_worker import InboxWorker, Notices
from sapp_bot.store.roles.gateway_inbox import GatewayInbox


def storing_only(
    inbox: GatewayInbox, clock: Clock, notices: Notices, limits: IntakeLimits
) -> InboxWorker:
    """Return an inbox worker for an inbox that says of no update that it is to be handled here.

    Args:
        inbox: Stores the updates.
        clock: Times the retries and the notices.
        notices: Tells senders about an outage or a full queue.
        limits: Limits on what a person's updates may take.

    """
    return InboxWorker(
        inbox,
        clock,
        notices,
        handle=_never,
        give_up=_never,
        unstorable=_never,
        on_commit=_never,
        limits=limits,
    )


def _never(*_: object, **__: object) -> NoReturn:
    raise AssertionError("a gateway handles no update")
