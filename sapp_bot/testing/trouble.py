"""What a log has of failed plugins: what fails a test, and what stands below its error."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

FAILURES = frozenset(
    {
        *("update.unstorable", "reply.malformed"),
        *("update.failed", "update.dropped", "timer.failed", "picture.failed", "inline.failed"),
        *("plugin.failed", "plugin.lifespan_failed", "file.failed"),
        *("notice.failed", "ledger.failed", "ledger.look_failed"),
        *("checkout.failed", "checkout.unhandled", "payment.failed", "payment.unhandled"),
    }
)
"""Log events that fail a test, unless it sets `stage.may_fail = True`."""

_ENDINGS = (".failed", ".refused", ".lifespan_failed", ".unhandled", ".unstorable", ".malformed")
"""How the events end that tell of a handler which did not do what it should."""


def trouble(log: Iterable[Mapping[str, Any]], plugins: Path) -> Iterator[str]:
    """Yield a note for each event of a log that tells of a plugin's mistake: what, why and where.

    Args:
        log: Events, as structlog records them.
        plugins: Folder of the plugins, whose lines are shown.

    """
    for entry in log:
        if not entry["event"].endswith(_ENDINGS):
            continue
        error = entry.get("exc_info")
        if isinstance(error, BaseException):
            yield f"{entry['event']} before that:\n{_told(error, plugins)}"
        elif reason := entry.get("reason"):
            yield f"{entry['event']} before that: {reason}"


def _told(error: BaseException, plugins: Path) -> str:
    """Return an error with the lines of plugins that it went through, the deepest one last."""
    home = plugins.absolute()
    stack = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in stack if Path(frame.filename).absolute().is_relative_to(home)]
    lines = traceback.format_list(own or stack[-1:]) + traceback.format_exception_only(error)
    return "".join(lines).rstrip()
