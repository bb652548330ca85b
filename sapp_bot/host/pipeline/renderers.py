"""Calls the plugins' renderers when a reply with a picture or a file is delivered."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from pydantic import BaseModel, ValidationError

from sapp_bot.domain.ports import Clock
from sapp_bot.domain.replies import FileSource, PictureSource
from sapp_bot.domain.state import PersonState
from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.turn import SystemTrigger, Turn
from sapp_bot.host.routing.registry import FileRenderer, PluginRegistry, Renderer, RoutingTable
from sapp_bot.host.routing.signature import where
from sapp_bot.host.runtime.deadline import DeadlineExceeded, run_with_deadline
from sapp_bot.host.settings import HostSettings
from sapp_bot.values import dataclass

from .invoke import Invoker
from .runner import HandlerTimeout, in_its_thread

log = structlog.get_logger(__name__)

LARGEST_ATTACHMENT_BYTES = 10_000_000
"""Size of the largest photo that Telegram takes, and of a file that needs no other kind of upload.
Sources: https://core.telegram.org/bots/api#sendphoto, https://core.telegram.org/api/files."""

FORMATS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
"""First bytes of a PNG and of a JPEG."""


Source = PictureSource | FileSource


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
        found = table.renderers.get(source.renderer)
        work = _Work(found, found.picture, _image) if found is not None else None
        return await self._made(source, work, table)

    async def write(self, source: FileSource) -> bytes | None:
        """Return the bytes of a file; None in the cases in which no picture is drawn."""
        table = self._registry.table
        found = table.files.get(source.renderer)
        work = _Work(found, found.file, _file) if found is not None else None
        return await self._made(source, work, table)

    async def _made(self, source: Source, work: _Work | None, table: RoutingTable) -> bytes | None:
        """Return what a renderer makes; None if it makes nothing."""
        with table.readers:
            try:
                return await self._run(source, work, table)
            except Exception as error:
                if isinstance(source, FileSource):
                    log.error("file.failed", renderer=source.renderer, exc_info=error)  # noqa: TRY400  # given
                else:
                    log.error("picture.failed", renderer=source.renderer, exc_info=error)  # noqa: TRY400  # given
                self._failed(source.renderer.partition(".")[0], error)
                return None

    async def _run(self, source: Source, work: _Work | None, table: RoutingTable) -> bytes:
        if work is None:
            raise PluginError(f"nothing makes {source.renderer}: its plugin is off, or changed")
        try:
            given = work.kind.model_validate_json(source.arguments)
        except ValidationError as error:
            raise PluginError(f"{source.renderer}: it was made with other fields") from error
        renderer = work.renderer
        owner = table.task_owners.get(renderer.plugin)
        turn = Turn(
            SystemTrigger(f"render:{source.renderer}"),
            PersonState(),
            self._settings,
            self._clock.now(),
        )
        values = self._invoker(turn, table).values(renderer.plugin, renderer.signature, given=given)
        handler = renderer.handler
        making = (
            in_its_thread(handler, values, owner) if renderer.signature.plain else handler(**values)
        )
        limit_s = self._settings.handler_limit_s
        try:
            made = await run_with_deadline(self._clock, limit_s, making, owner=owner)
        except DeadlineExceeded as error:
            raise HandlerTimeout(str(error)) from error
        return work.check(where(handler), made)


@dataclass(frozen=True, slots=True)
class _Work:
    """A renderer, the class of what it is given, and the check of what it returns."""

    renderer: Renderer | FileRenderer
    kind: type[BaseModel]
    check: Callable[[str, object], bytes]


def _image(place: str, made: object) -> bytes:
    """Return a renderer's result if Telegram takes it as a photo.

    Raises:
        PluginError: the result is anything else; the text says what to return.

    """
    if not isinstance(made, bytes) or not made.startswith(FORMATS):
        raise PluginError(f"{place}: returned a {type(made).__name__}; return PNG or JPEG bytes")
    if len(made) > LARGEST_ATTACHMENT_BYTES:
        raise PluginError(
            f"{place}: the picture has {len(made):,} bytes; {LARGEST_ATTACHMENT_BYTES:,} fit"
        )
    return made


def _file(place: str, made: object) -> bytes:
    """Return a renderer's result if it can be sent as a file.

    Raises:
        PluginError: the result is anything else; the text says what to return.

    """
    if not isinstance(made, bytes):
        raise PluginError(f"{place}: returned a {type(made).__name__}; return the file's bytes")
    if not 0 < len(made) <= LARGEST_ATTACHMENT_BYTES:
        hint = f"between 1 and {LARGEST_ATTACHMENT_BYTES:,} can be sent"
        raise PluginError(f"{place}: the file has {len(made):,} bytes; {hint}")
    return made
