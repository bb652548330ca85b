"""The life of one plugin file: what state it is in, why, and how often it failed."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sapp_bot.domain.ports import Timer
from sapp_bot.errors import HandlerExit, PluginError, SappBotError
from sapp_bot.host.pipeline.runner import HandlerTimeout
from sapp_bot.host.runtime.names import name_of
from sapp_bot.retry import Backoff

from .generation import Generation

FAILURES = 5
WINDOW = timedelta(seconds=60)
"""So many failures in so long, and a plugin is taken off."""

REST_S = 600.0
"""How long a plugin in quarantine rests, before it is read anew."""

NOT_READY_BACKOFF = Backoff(first_s=5.0, factor=2.0, longest_s=300.0)
"""Between the tries to load a plugin that said `NotReady`."""


class PluginState(StrEnum):
    """Where a plugin stands. It answers in READY only."""

    DISCOVERED = "discovered"
    LOADING = "loading"
    READY = "ready"
    NOT_READY = "not ready"
    FAILED = "failed"
    QUARANTINED = "quarantined"
    DISABLED = "disabled"


@dataclass(slots=True, eq=False)
class PluginRecord:
    """One plugin file.

    `generation` is what answers; `reason` says why nothing does, or, in READY, why the file as it
    is now does not. `waits` tells that another plugin stands in the way. `load_s` is how long the
    last reading took, `errors` how often its code failed since it was read; `blocked` is where it
    held up the event loop, `commands` are all names of its commands, the last time it answered,
    `needs` the plugins it needs, as it was read last.
    """

    path: Path
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

    @property
    def name(self) -> str:
        """The plugin's name."""
        return name_of(self.path)

    def begin(self) -> None:
        """Note that the file is being read; what answers goes on answering."""
        self.quit_retry()
        self.waits = False
        if self.generation is None:
            self.state = PluginState.LOADING

    def answers(self, generation: Generation) -> None:
        """Note that this generation answers from now on."""
        self.generation, self.state, self.reason = generation, PluginState.READY, ""
        named = generation.loaded.commands
        self.commands = tuple(name for c in named for name in (c.name, *c.aliases))
        self.tries = self.errors = 0
        self.blocked = ""
        self.recent.clear()

    def refused(self, state: PluginState, reason: str, *, waits: bool = False) -> None:
        """Note why the file cannot be used; a generation that answers stays."""
        self.reason, self.waits = reason, waits
        self.state = state if self.generation is None else PluginState.READY

    def ended(
        self, state: PluginState, reason: str = "", *, waits: bool = False
    ) -> Generation | None:
        """Note that nothing answers any more; gives what did."""
        self.quit_retry()
        former, self.generation = self.generation, None
        self.refused(state, reason, waits=waits)
        return former

    def failed(self, now: datetime) -> bool:
        """Count a failure of its code; tells whether it was one too many."""
        self.errors += 1
        self.recent.append(now)
        while self.recent[0] <= now - WINDOW:
            self.recent.popleft()
        return len(self.recent) >= FAILURES

    def next_try_s(self) -> float:
        """Return the seconds to wait before the next try, and count it."""
        wait_s = NOT_READY_BACKOFF.wait_s(self.tries)
        self.tries += 1
        return wait_s

    def quit_retry(self) -> None:
        """Let no retry come up."""
        if self.retry is not None:
            self.retry.cancel()
            self.retry = None


def is_failure(error: BaseException) -> bool:
    """Tell whether an error is the plugin's own fault: no refusal, no service that is away."""
    own = isinstance(error, PluginError | HandlerExit | HandlerTimeout)
    return own or not isinstance(error, SappBotError)
