"""One log for everything: structlog and stdlib logging end in the same lines on stderr.

JSON unless stderr is a terminal; every line passes `Redactor`; tracebacks come without local
variables, which would hold passwords. Log a person as `person=<Telegram id>`: it is hashed here.
Not the stdlib's `QueueHandler` and `QueueListener`: they wake the writing thread for each record,
which cost more than the line; here lines are gathered (measured: docs/benchmark.md).
"""

from __future__ import annotations

import errno
import json
import logging
import queue
import secrets as random
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any, Literal, TextIO

import orjson
import structlog
from structlog.typing import Processor

from .redaction import Redactor
from .trace import trace_id

_QUEUE_LINES = 10_000
"""Lines that wait for a slow stderr; more are dropped and counted."""

_GATHER_S = 0.05
"""How long lines are gathered before they are written together: to wake the writing thread for
each line, and to take turns with it, cost the bot more than the writing itself."""

_FLUSH_S = 2.0
"""How long the end of the process waits for lines to be written."""


_GONE = frozenset({errno.EPIPE, errno.EBADF, errno.ECONNRESET})
"""What says that the other side of stderr is gone for good; all else, as a full disk, may pass."""

_QUIET = {
    "telethon": logging.INFO,  # its debug lines hold what people write
    "aiohttp": logging.INFO,
    "asyncio": logging.INFO,
}
"""Other people's loggers never say more than this, whatever SAPP_LOG_LEVEL is."""


def new_error_id() -> str:
    """Make the short name by which a person reports an error and an operator finds its line."""
    return random.token_hex(4)


@contextmanager
def open_log(
    *,
    style: Literal["auto", "json", "text"] = "auto",
    level: Literal["debug", "info", "warning", "error"] = "info",
    secrets: Iterable[str] = (),
    person_key: bytes | None = None,
    stream: TextIO | None = None,
) -> Iterator[Redactor]:
    """Send all logging to `stream` (stderr) until the block ends; then it is as it was before.

    `secrets` are hidden wherever they turn up, and so are those that the redactor it gives is told
    of later. `person_key` keys the hashes of Telegram ids;
    without one they differ from run to run.
    """
    stream = stream or sys.stderr
    redactor = Redactor(secrets, person_key=person_key or random.token_bytes(32))
    as_text = style == "text" or (style == "auto" and stream.isatty())
    last = _last(redactor, as_text=as_text, colors=stream.isatty())
    handler = _Handler(stream)
    handler.setFormatter(_formatter(last))
    with handler, _everything_to(handler, last, level=getattr(logging, level.upper())):
        yield redactor


@contextmanager
def _everything_to(handler: _Handler, last: Sequence[Processor], *, level: int) -> Iterator[None]:
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in _QUIET}
    before = (root.handlers, root.level, structlog.get_config())
    root.handlers = [handler]
    root.setLevel(level)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(level, least))
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[*_shared(), _Safe(last)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Not through the stdlib: its records made a line cost twice as much.
        logger_factory=lambda *names: _Lines(handler, *names),
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        for name, least in levels.items():
            logging.getLogger(name).setLevel(least)
        root.handlers, former_level, former = before
        root.setLevel(former_level)
        structlog.configure(**former)


def _shared() -> list[Processor]:
    """List what both kinds of events pass first."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
    ]


def _last(redactor: Redactor, *, as_text: bool, colors: bool) -> Sequence[Processor]:
    """List what makes the line of an event."""
    renderer: Processor = structlog.processors.JSONRenderer(serializer=_as_json)
    if as_text:
        renderer = structlog.dev.ConsoleRenderer(
            colors=colors, exception_formatter=structlog.dev.plain_traceback
        )
    return [
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redactor,
        # After it: these digits hide nothing, and are others in each line.
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        renderer,
    ]


def _add_trace(_logger: Any, _method: str, event: Any) -> Any:
    """Say which update the line is about, if it is about one."""
    found = trace_id()
    if found:
        event["trace_id"] = found
    return event


def _as_json(event: Any, **_: Any) -> str:
    """Return an event as JSON; the redactor has left plain values only."""
    try:
        return orjson.dumps(event, option=orjson.OPT_NON_STR_KEYS).decode()
    except orjson.JSONEncodeError:  # a lone surrogate, or an integer above 64 bits
        return json.dumps(event)


def _formatter(last: Sequence[Processor]) -> logging.Formatter:
    """Make the same lines of other people's events."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )


class _Safe:
    """Makes the line of an event of ours; one that cannot be made ends nothing."""

    def __init__(self, last: Sequence[Processor]) -> None:
        self._last = last

    def __call__(self, logger: Any, method: str, event: Any) -> Any:
        name = event.get("logger")
        try:
            for processor in self._last:
                event = processor(logger, method, event)
        except Exception:  # noqa: BLE001  # as in `_Handler.emit`
            return f"log.call_is_wrong in {name}"
        return event


class _Lines:
    """What structlog writes to: it takes whole lines at each level."""

    def __init__(self, handler: _Handler, name: str = "") -> None:
        self.name = name
        self.debug = self.info = self.warning = self.error = self.critical = handler.put


class _Handler(logging.Handler):
    """Writes lines from a thread: a terminal or a pipe that stalls must not stall the bot."""

    def __init__(self, stream: TextIO, *, waiting: int = _QUEUE_LINES) -> None:
        super().__init__()
        self._stream = stream
        # Not a `Queue`: its locks cost more than making the line; so it is kept short by `put`.
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._waiting = waiting
        self._numbers = count(1)
        self._added = self._taken_care_of = 0
        self._dropped = 0
        self._unwritten = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._lines.put(None)
        self._thread.join(_FLUSH_S)

    def emit(self, record: logging.LogRecord) -> None:
        """Make a line of somebody else's event; called under the handler's lock."""
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001  # a log call that is wrong must not end what it tells of
            # Not `handleError`: that prints the arguments, which no redactor has seen.
            line = self.format(_note(f"log.call_is_wrong in {record.pathname}:{record.lineno}"))
        self.put(line)

    def put(self, line: str) -> None:
        """Put one line in the queue; never waits."""
        if self._lines.qsize() >= self._waiting:
            self._dropped += 1
            return
        if self._dropped:
            self._add(self.format(_note(f"log.lines_dropped: {self._dropped}")))
            self._dropped = 0
        self._add(line)

    def _add(self, line: str) -> None:
        self._lines.put(line)
        self._added = next(self._numbers)

    def flush(self) -> None:
        """Wait until the lines put so far are written, `_FLUSH_S` at most."""
        end, added = time.monotonic() + _FLUSH_S, self._added
        while self._taken_care_of < added and self._thread.is_alive() and time.monotonic() < end:
            time.sleep(_GATHER_S / 5)

    def _write(self) -> None:
        is_over = False
        while not is_over:
            gathered = [self._lines.get()]
            with suppress(queue.Empty):
                while True:
                    gathered.append(self._lines.get_nowait())
            is_over = gathered[-1] is None
            try:
                self._print([line for line in gathered if line is not None])
            except (OSError, ValueError) as error:
                if isinstance(error, ValueError) or error.errno in _GONE:
                    return  # nobody reads any more; a log line has nowhere else to go
                self._unwritten += len(gathered)
            finally:
                self._taken_care_of += len(gathered)
            self._ending.wait(_GATHER_S)

    def _print(self, lines: Sequence[str]) -> None:
        """Write lines, and before them how many could not be written since the last time.

        Raises:
            OSError: they cannot be written now (a full disk), or never again (`_GONE`).

        """
        lost = self._unwritten
        if lost:
            lines = [self.format(_note(f"log.lines_unwritten: {lost}")), *lines]
        self._stream.write("".join(f"{line}\n" for line in lines))
        self._stream.flush()
        self._unwritten -= lost


def _note(text: str) -> logging.LogRecord:
    return logging.LogRecord(__name__, logging.WARNING, __file__, 0, text, None, None)
