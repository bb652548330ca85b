"""State of one plugin file: where it is in its lifecycle, why, and how often it failed."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sapp_bot.domain.ports import Timer
from sapp_bot.errors import HandlerExit, NotReady, PluginError, SappBotError
from sapp_bot.host.pipeline.runner import HandlerTimeout
from sapp_bot.host.runtime.names import name_of
from sapp_bot.retry import Backoff

from .generation import Generation

QUARANTINE_AFTER = 5
"""Failures within `WINDOW` after which a plugin is quarantined."""

MOST_HANGING = 3
"""Threads of a plugin that do not end, after which it is quarantined: each takes memory for ever,
and often a processor."""

WINDOW = timedelta(seconds=60)

QUARANTINE_S = 600.0
"""Seconds until a quarantined plugin is loaded again."""

NOT_READY_BACKOFF = Backoff(first_s=5.0, factor=2.0, longest_s=300.0)
"""Waits between the tries to load a plugin that raised `NotReady`."""


class PluginState(StrEnum):
    """State of a plugin; it runs in READY only."""

    DISCOVERED = "discovered"
    LOADING = "loading"
    READY = "ready"
    NOT_READY = "not ready"
    FAILED = "failed"
    QUARANTINED = "quarantined"
    DISABLED = "disabled"


@dataclass(slots=True, eq=False)
class PluginRecord:
    """Record of one plugin file.

    Attributes:
        path: The plugin's file.
        name: The plugin's name.
        state: Where it is in its lifecycle.
        reason: Why no generation runs, or, in READY, why the file as it is now cannot be used.
        generation: The running generation, if any.
        waits: Whether another plugin is in the way, so that a change of others means a retry.
        load_s: Seconds that the last import took.
        errors: Errors of its code since it was loaded.
        blocked: Where it blocked the event loop; empty if it did not.
        commands: Names and aliases of its commands when it last ran.
        needs: Names of the plugins it needs, as last read.
        tries: Tries after `NotReady`.
        retry: Timer of the next try.
        recent: Times of its errors within `WINDOW` (aware UTC), oldest first.

    """

    path: Path
    name: str = field(init=False)
    state: PluginState = PluginState.DISCOVERED
    reason: str = ""
    generation: Generation | None = None
    waits: bool = False
    load_s: float = 0
    errors: int = 0
    blocked: str = ""
    commands: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    tries: int = 0
    retry: Timer | None = None
    recent: deque[datetime] = field(default_factory=deque)

    def __post_init__(self) -> None:
        """Work out the name once: it is asked for whenever records are sorted."""
        self.name = name_of(self.path)

    @property
    def hanging(self) -> list[str]:
        """Names of its plain functions that run on in threads nobody waits for, one a thread."""
        return (
            [] if self.generation is None else list(self.generation.loaded.owner.hanging.values())
        )

    def begin(self) -> None:
        """Enter LOADING, unless a generation is running; a running one stays READY."""
        self.quit_retry()
        self.waits = False
        if self.generation is None:
            self.state = PluginState.LOADING

    def answers(self, generation: Generation) -> None:
        """Enter READY with a generation, and reset the counts of failures."""
        self.generation, self.state, self.reason = generation, PluginState.READY, ""
        named = generation.loaded.commands
        self.commands = tuple(name for c in named for name in (c.name, *c.aliases))
        self.tries = self.errors = 0
        self.blocked = ""
        self.recent.clear()

    def refused(self, state: PluginState, reason: str, *, waits: bool = False) -> None:
        """Store why the file cannot be used; a running generation stays READY."""
        self.reason, self.waits = reason, waits
        self.state = state if self.generation is None else PluginState.READY

    def ended(
        self, state: PluginState, reason: str = "", *, waits: bool = False
    ) -> Generation | None:
        """Leave READY; return the generation that was running, if any."""
        self.quit_retry()
        former, self.generation = self.generation, None
        self.refused(state, reason, waits=waits)
        return former

    def failed(self, now: datetime) -> bool:
        """Count an error of its code; return whether the plugin must be quarantined."""
        self.errors += 1
        self.recent.append(now)
        while self.recent[0] <= now - WINDOW:
            self.recent.popleft()
        return len(self.recent) >= QUARANTINE_AFTER or len(self.hanging) >= MOST_HANGING

    def why(self, error: BaseException) -> str:
        """Return why the plugin must be quarantined, after its last error."""
        hanging = self.hanging
        if len(hanging) < MOST_HANGING:
            return f"{type(error).__name__}: {error}"
        names = ", ".join(sorted({*hanging}))
        return f"{len(hanging)} threads of {names} do not end; only a restart ends them"

    def next_try_s(self) -> float:
        """Return the seconds to wait before the next try, and count it."""
        wait_s = NOT_READY_BACKOFF.wait_s(self.tries)
        self.tries += 1
        return wait_s

    def quit_retry(self) -> None:
        """Cancel the next try."""
        if self.retry is not None:
            self.retry.cancel()
            self.retry = None


def is_failure(error: BaseException) -> bool:
    """Return whether an error is the plugin's fault: no refusal, and no service that is away."""
    own = isinstance(error, PluginError | HandlerExit | HandlerTimeout)
    return own or not isinstance(error, SappBotError)


def as_refusal(path: Path, error: Exception) -> NotReady | PluginError:
    """Return what a plugin is refused with: an error that is no refusal names file and class."""
    if isinstance(error, NotReady | PluginError):
        return error
    return PluginError(f"{path}: {type(error).__name__}: {error}")
