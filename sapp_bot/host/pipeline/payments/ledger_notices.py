"""Hands the ledger's notices to the plugin that sells, which makes words of them.

Nobody wrote to its handler: it speaks by `ctx.to(person)`. What it says is committed in one step
when it has ended well; else the ledger tells the notice again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import structlog

from sapp_bot.domain.ledger_notice import LedgerNotice
from sapp_bot.domain.ports import Clock
from sapp_bot.domain.state import PersonState
from sapp_bot.errors import NotReady, PluginError, SappBotError
from sapp_bot.host.authoring.turn import SystemTrigger, Turn
from sapp_bot.host.pipeline.invoke import Invoker
from sapp_bot.host.routing.registry import BoundHandler, PluginRegistry, RoutingTable
from sapp_bot.host.runtime.deadline import DeadlineExceeded, run_with_deadline
from sapp_bot.host.settings import HostSettings

from .tell import Tell

log = structlog.get_logger(__name__)


class LedgerNotices:
    """Calls the handler of notices, in the table of the moment.

    Args:
        registry: Holds the current routing table.
        invoker: Returns the invoker of a turn.
        settings: Settings of the host.
        clock: Times the handler.
        tell: Stores what it says and keeps, and sends it.
        failed: Called with a plugin's name and the error that its handler raised.

    """

    def __init__(
        self,
        registry: PluginRegistry,
        *,
        invoker: Callable[[Turn, RoutingTable], Invoker],
        settings: HostSettings,
        clock: Clock,
        tell: Tell,
        failed: Callable[[str, BaseException], None],
    ) -> None:
        self._registry = registry
        self._invoker = invoker
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self._failed = failed

    async def tell(self, notice: LedgerNotice) -> None:
        """Have a notice told.

        Raises:
            SappBotError: it could not be told now.

        """
        table = self._registry.table
        if table.payments is None or table.payments.notice is None:
            raise NotReady("no plugin is loaded that tells what the ledger has to say")
        # A notice that is told again may be another one of the same payment: each has a key.
        trigger = SystemTrigger(f"notice:{secrets.token_hex(8)}", commits=True)
        turn = Turn(trigger, PersonState(), self._settings, self._clock.now())
        with table.readers:
            await self._call(table, table.payments.plugin, table.payments.notice, turn, notice)
        turn.changes.is_over = True
        await self._tell(trigger.key, turn.replies, tuple(turn.changes.writes.values()))

    async def _call(
        self,
        table: RoutingTable,
        plugin: str,
        bound: BoundHandler,
        turn: Turn,
        notice: LedgerNotice,
    ) -> None:
        turn.plugin = plugin
        values = self._invoker(turn, table).values(plugin, bound.signature, given=notice)
        work = bound.handler(**values)
        owner = table.task_owners.get(plugin)
        limit_s = self._settings.handler_limit_s
        try:
            await run_with_deadline(self._clock, limit_s, work, owner=owner)
        except SappBotError:
            raise
        except DeadlineExceeded as error:
            raise PluginError(f"a notice took {plugin} more than {limit_s:g} s") from error
        except Exception as error:  # a plugin may raise anything
            log.error("notice.failed", plugin=plugin, exc_info=error)  # noqa: TRY400  # given
            self._failed(plugin, error)
            raise PluginError(f"{plugin} failed at a notice of the ledger") from error
