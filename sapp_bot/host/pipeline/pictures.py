"""Calls the plugins' picture renderers when a reply with a picture is delivered."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from pydantic import ValidationError

from sapp_bot.domain.ports import Clock
from sapp_bot.domain.replies import PictureSource
from sapp_bot.domain.state import PersonState
from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.turn import SystemTrigger, Turn
from sapp_bot.host.routing.registry import PluginRegistry, Renderer, RoutingTable
from sapp_bot.host.routing.signature import where
from sapp_bot.host.runtime.deadline import DeadlineExceeded, run_with_deadline
from sapp_bot.host.settings import HostSettings

from .invoke import Invoker
from .runner import HandlerTimeout, in_its_thread

log = structlog.get_logger(__name__)

LARGEST_BYTES = 10_000_000
"""Size of the largest photo that Telegram takes. Source: https://core.telegram.org/bots/api#sendphoto."""

FORMATS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
"""First bytes of a PNG and of a JPEG."""


class PluginRenderers:
    """Implements `outbox_worker.Renderers` with the plugins that are loaded now.

    Args:
        registry: Holds the current routing table.
        invoker: Returns the invoker of a turn.
        settings: Settings of the host.
        clock: Times the renderers.
        failed: Called with a plugin's name and the error that its renderer raised.

    """

    def __init__(
        self,
        registry: PluginRegistry,
        invoker: Callable[[Turn, RoutingTable], Invoker],
        settings: HostSettings,
        clock: Clock,
        failed: Callable[[str, BaseException], None],
    ) -> None:
        self._registry = registry
        self._invoker = invoker
        self._settings = settings
        self._clock = clock
        self._failed = failed

    async def draw(self, source: PictureSource) -> bytes | None:
        """Return a picture as PNG or JPEG bytes.

        Returns:
            None when the plugin is off, has changed its Picture class, or raised. The reply is then
            sent without its picture: it must not hold up the chat.

        """
        table = self._registry.table
        plugin = source.renderer.partition(".")[0]
        with table.readers:
            try:
                return await self._drawn(source, table)
            except Exception as error:
                log.exception("picture.failed", renderer=source.renderer)
                self._failed(plugin, error)
                return None

    async def _drawn(self, source: PictureSource, table: RoutingTable) -> bytes:
        renderer = table.renderers.get(source.renderer)
        if renderer is None:
            raise PluginError(f"nothing draws {source.renderer}: its plugin is off, or changed")
        try:
            given = renderer.picture.model_validate_json(source.arguments)
        except ValidationError as error:
            raise PluginError(f"{source.renderer}: it was made with other fields") from error
        owner = table.task_owners.get(renderer.plugin)
        turn = Turn(
            SystemTrigger(f"picture:{source.renderer}"),
            PersonState(),
            self._settings,
            self._clock.now(),
        )
        values = self._invoker(turn, table).values(renderer.plugin, renderer.signature, given=given)
        handler = renderer.handler
        work = (
            in_its_thread(handler, values, owner) if renderer.signature.plain else handler(**values)
        )
        limit_s = self._settings.handler_limit_s
        try:
            drawn = await run_with_deadline(self._clock, limit_s, work, owner=owner)
        except DeadlineExceeded as error:
            raise HandlerTimeout(str(error)) from error
        return _checked(renderer, drawn)


def _checked(renderer: Renderer, drawn: object) -> bytes:
    """Return a renderer's result if Telegram takes it as a photo.

    Raises:
        PluginError: the result is anything else; the text says what to return.

    """
    place = where(renderer.handler)
    if not isinstance(drawn, bytes) or not drawn.startswith(FORMATS):
        raise PluginError(f"{place}: returned a {type(drawn).__name__}; return PNG or JPEG bytes")
    if len(drawn) > LARGEST_BYTES:
        raise PluginError(f"{place}: the picture has {len(drawn):,} bytes; {LARGEST_BYTES:,} fit")
    return drawn
