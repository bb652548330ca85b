"""The log: one format for all, nothing secret in it, and never in the way."""

from __future__ import annotations

import errno
import io
import json
import logging
import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from pydantic import BaseModel, SecretStr, ValidationError

from sapp_bot.observability.logs import _Handler, new_error_id, open_log
from sapp_bot.observability.redaction import HIDDEN, Redactor, person_hash

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
TOKEN = "1234567890:AAabcdefghijklmnopqrstuvwxyz0123456"
API_KEY = "3f2b8c1e-7a4d-4c6b-9e2f-0123456789ab"
LOCAL = "local-secret"
log = structlog.get_logger("tests")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Tell what a terminal tells."""
        return True


class Stalled(io.StringIO):
    """A stream whose reader has stopped, until `reading` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.reading = threading.Event()
        self.reached = threading.Event()

    def write(self, text: str) -> int:
        """Wait for the reader."""
        self.reached.set()
        self.reading.wait()
        return super().write(text)


def written(act: Callable[[], None], **how: Any) -> str:
    """Give what the log says while `act` runs."""
    stream = io.StringIO()
    with open_log(stream=stream, **how):
        act()
    return stream.getvalue()


def events(act: Callable[[], None], **how: Any) -> list[dict[str, Any]]:
    """Give the events of a JSON log."""
    return [json.loads(line) for line in written(act, **how).splitlines()]


def test_a_log_that_is_no_terminal_is_json() -> None:
    """Each event is one JSON object with time in UTC, level, logger and event."""
    [event] = events(lambda: log.info("plugin.loaded", name="start"))

    assert event.pop("timestamp").endswith("Z")
    assert event == {"event": "plugin.loaded", "name": "start", "level": "info", "logger": "tests"}


def test_a_terminal_gets_readable_lines() -> None:
    """On a terminal the log is text, in colour; `style` decides otherwise."""
    terminal = Terminal()
    with open_log(stream=terminal):
        log.info("plugin.loaded")

    assert "\x1b[" in terminal.getvalue()
    assert "{" not in terminal.getvalue()
    assert "{" not in written(lambda: log.info("plugin.loaded"), style="text")


def test_other_loggers_come_out_the_same_way() -> None:
    """What Telethon or aiohttp log passes the same pipeline, redaction too."""
    [event] = events(lambda: logging.getLogger("telethon.client").warning("got %s", JWT))

    assert event["event"] == f"got {HIDDEN}"
    assert event["logger"] == "telethon.client"


def test_python_warnings_are_logged() -> None:
    """A library's warning is a log line, not bare text on stderr."""

    def warn() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(capture=False)
            logging.captureWarnings(capture=True)
            warnings.warn("old ways", UserWarning, stacklevel=1)

    assert "old ways" in events(warn)[0]["event"]


def test_the_level_counts_for_all() -> None:
    """Nothing below the level is logged, and Telethon never at debug."""

    def say() -> None:
        log.debug("ours")
        log.info("ours")
        logging.getLogger("aiohttp.client").info("theirs")
        logging.getLogger("telethon.network").debug("what a person wrote")

    assert events(say, level="warning") == []
    assert [e["event"] for e in events(say, level="debug")] == ["ours", "ours", "theirs"]


@pytest.mark.parametrize(
    "text",
    [
        JWT,
        f"bot{TOKEN}/getMe",
        f"key_{API_KEY.upper()}",
        "https://api/api/v1/service/live?apikey=hidden-one&x=1",
        "Authorization: Bearer hidden.one",
        "redis://:hidden-one@redis:6379",
        "known hidden one here",
    ],
)
def test_secrets_are_hidden_by_value(text: str) -> None:
    """Whatever field or text a secret stands in, it is recognised."""
    known = "known hidden one"

    told = written(lambda: log.info(text, deep={"a": [text, {text}]}, o=(text,)), secrets=[known])

    for secret in (JWT, TOKEN, API_KEY.upper(), "hidden-one", "hidden.one", known):
        assert secret not in told
    assert HIDDEN in told


def test_secrets_can_be_told_later() -> None:
    """What a plugin's settings hold is known after the log was opened, and hidden like the rest."""
    stream = io.StringIO()

    with open_log(stream=stream, secrets=["first secret"]) as redactor:
        redactor.hide(["a second secret"])
        log.info("first secret, then a second secret")

    assert json.loads(stream.getvalue())["event"] == f"{HIDDEN}, then {HIDDEN}"


def test_secrets_are_hidden_by_key() -> None:
    """A field that is named like a secret is hidden, at any depth; others are left alone."""
    [event] = events(
        lambda: log.info("x", new_password="a", deep={"API_KEY": 1}, email="b", key="m:1:2", n=3)
    )

    assert event["new_password"] == event["deep"]["API_KEY"] == event["email"] == HIDDEN
    assert (event["key"], event["n"]) == ("m:1:2", 3)


def test_objects_are_shown_by_their_repr() -> None:
    """A SecretStr stays masked, and bytes or a dataclass pass redaction too."""
    [event] = events(lambda: log.info("x", a=SecretStr("hidden"), b=JWT.encode()))

    assert event["a"] == "SecretStr('**********')"
    assert event["b"] == f"b'{HIDDEN}'"


def test_tracebacks_hold_no_local_variables() -> None:
    """A failure is logged with its traceback, and a secret near it is not."""

    def refuse(password: str) -> None:
        raise ValueError(f"refused {JWT}", len(password))

    def fail() -> None:
        try:
            refuse(LOCAL)
        except ValueError:
            log.exception("handler.failed", error_id=new_error_id())

    told = events(fail)[0]["exception"]
    assert "Traceback" in told
    assert "in fail" in told
    assert LOCAL not in told
    assert JWT not in told


def test_pydantic_errors_lose_their_input() -> None:
    """What a model refused is not repeated by the log, even where the model would."""

    class Wish(BaseModel):
        amount: int

    def fail() -> None:
        try:
            Wish.model_validate({"amount": "canary, input"})
        except ValidationError:
            log.exception("wish.refused")

    assert LOCAL not in written(fail)


def test_a_value_cannot_forge_a_line() -> None:
    """Line ends and terminal codes inside a value are written as escapes."""
    told = written(lambda: log.info("x", name="a\n[error] forged\x1b[2J\x9b"), style="text")

    assert len(told.splitlines()) == 1
    assert "\x1b" not in told
    assert "\x9b" not in told
    foreign = logging.getLogger("telethon")
    told = written(lambda: foreign.warning("got %s", "a\n[error] forged\x1b[2J"), style="text")
    assert len(told.splitlines()) == 1
    assert "\x1b" not in told


def test_a_person_is_hashed() -> None:
    """A Telegram id never stands in the log; the same key gives the same hash."""

    def say() -> None:
        log.info("x", person=123456789, chat_id=123456789)
        log.info("x", person=123456789, chat_id=5)

    [first, second] = events(say, person_key=b"key")

    assert first["person"] == second["person"] == first["chat_id"] != second["chat_id"]
    assert "123456789" not in json.dumps([first, second])
    assert len(first["person"]) == 8


def test_hashes_depend_on_the_key() -> None:
    """Who does not know the key cannot tell who is meant by trying all ids."""
    assert person_hash(1, b"a") == person_hash(1, b"a")
    assert person_hash(1, b"a") != person_hash(1, b"b")


def test_a_long_key_is_taken() -> None:
    """The key may be of any length, as secret keys are configured in many forms."""
    redactor = Redactor((), person_key=b"k" * 500)

    assert redactor(None, "info", {"person": 1})["person"] != "1"


def test_short_secrets_do_not_shred_the_log() -> None:
    """A secret of three letters would be found in every word, so it is not looked for."""
    assert Redactor(["abc"], person_key=b"").scrub("abcde") == "abcde"


def test_a_wrong_log_call_ends_nothing() -> None:
    """A log call with wrong arguments is reported by its place, without its arguments."""
    [event] = events(lambda: logging.getLogger("x").warning("got %d", "canary"))

    assert event["event"].startswith("log.call_is_wrong in ")
    assert "test_logs.py:" in event["event"]


def test_a_stalled_reader_stalls_nobody() -> None:
    """With nobody reading stderr, lines wait, then are dropped and counted."""
    stream = Stalled()
    handler = _Handler(stream, waiting=2)
    logger = logging.getLogger("tests.stalled")
    logger.propagate = False
    logger.addHandler(handler)

    with handler:
        logger.warning("first")
        stream.reached.wait()
        for text in ("second", "third", "lost", "lost too"):
            logger.warning(text)
        stream.reading.set()
        handler.flush()
        logger.warning("last")
    logger.removeHandler(handler)

    assert stream.getvalue().splitlines() == [
        "first",
        "second",
        "third",
        "log.lines_dropped: 2",
        "last",
    ]


def test_a_closed_stream_is_no_crash() -> None:
    """When the reader is gone for good, the process goes on without a log."""
    stream = io.StringIO()

    with open_log(stream=stream):
        stream.close()
        log.info("to nobody")


def test_everything_is_as_before_afterwards() -> None:
    """Handlers, levels and structlog's configuration are put back."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level, structlog.get_config())

    written(lambda: None, level="error")

    assert (list(root.handlers), root.level, structlog.get_config()) == before


def test_error_ids_differ() -> None:
    """An error id is short enough to be read out, and is not given twice."""
    ids = {new_error_id() for _ in range(100)}

    assert len(ids) == 100
    assert {len(error_id) for error_id in ids} == {8}


class Full(io.StringIO):
    """A stream on a disk that is full for some writes; `error` is how it fails."""

    def __init__(self, failures: int, error: int = errno.ENOSPC) -> None:
        super().__init__()
        self.failures = failures
        self.error = error
        self.failed = threading.Semaphore(0)

    def write(self, text: str) -> int:
        """Fail, as often as planned."""
        if self.failures:
            self.failures -= 1
            self.failed.release()
            raise OSError(self.error, "planned")
        return super().write(text)


def test_a_full_disk_costs_lines_and_not_the_log() -> None:
    """What could not be written is dropped and counted; the log goes on when there is room."""
    stream = Full(2)
    with open_log(stream=stream):
        for _ in range(2):
            log.info("lost")
            stream.failed.acquire()
        log.info("kept")

    lines = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert lines == ["log.lines_unwritten: 2", "kept"]


def test_a_reader_that_is_gone_ends_the_log() -> None:
    """Nobody reads any more: nothing is tried again, and nothing else ends."""
    stream = Full(1, errno.EPIPE)
    with open_log(stream=stream):
        log.info("lost")
        stream.failed.acquire()
        log.info("lost, too")

    assert stream.getvalue() == ""
