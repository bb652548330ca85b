"""`python -m sapp_bot sandbox`: runs the bot against local servers, with a chat to talk to it.

Exit codes: 0 all went well, 1 an expectation was not met, 2 a line cannot be read, 3 the bot ended
or never got ready, 128 + number for a signal (0 where it only serves).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import stat
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sapp_bot.paths import shipped_plugins

from .bot_process import BotProcess
from .console.backend import Printer
from .console.log_watch import LogWatch
from .console.player import EXPECT_S, FIRST_PERSON, BotEnded, ExpectationFailed, ScriptPlayer
from .console.record import ChatRecord
from .console.script import Script, ScriptError, read_script, read_step
from .console.stage import BOT_COMMAND, LOGIN_COMMAND, SandboxProcesses
from .console.steps import Expect, Never, Setting
from .console.terminal import Keyboard, TerminalChat
from .console.transcript import Transcript, plain
from .web.serve import can_open_browser, serve_page

EXIT_UNMET = 1
EXIT_UNREADABLE = 2
EXIT_BOT_ENDED = 3
_EXIT_SIGNAL = 128

TYPED_S = 3.0
"""How long a line that a person types waits for the button it names: they see what is there, and a
slip of theirs is told at once. A script, or a pipe, runs ahead of the bot and has to wait."""

NEWS_S = 0.2
"""Seconds between two looks into the bot's log at a prompt."""

SETTINGS_S = 0.3
"""Seconds for which a pipe is waited for: it may begin with settings."""

_WELCOME = """\
You are {person}, in {chat}. Telegram, the SAPP API and Redis are stand-ins
on this machine: no account, no network, and all is forgotten at the end.
All rates are made up, of today and of the past, and no money is real.
Say /start. :1 presses button 1, :help tells more, :quit or Ctrl-D ends.
The bot's log: {log}"""

_BOT_CHAT = "a chat with the SAPP bot"


async def sandbox(
    arguments: argparse.Namespace,
    environment: Mapping[str, str],
    *,
    command: Sequence[str] = BOT_COMMAND,
    login: Sequence[str] = LOGIN_COMMAND,
    process: Callable[..., BotProcess] = BotProcess,
) -> int:
    """Run the sandbox until the chat ends.

    Args:
        arguments: Parsed options of `arguments.add_arguments`.
        environment: Environment variables that the sandbox was started with.
        command: Command that starts the bot.
        login: Command that signs a userbot in, run before `command`.
        process: What runs both.

    Returns:
        Exit code of the process; see the module.

    """
    source = arguments.script
    try:
        script = None if source is None else _read(source)
        if arguments.log is not None:
            arguments.log.open("ab").close()
    except (ScriptError, OSError, UnicodeDecodeError) as error:
        _complain(f"{source}: {error}" if isinstance(error, ScriptError) else str(error))
        return EXIT_UNREADABLE
    record = ChatRecord()
    web = arguments.web or (script is None and not arguments.serve and _wants_page(environment))
    pipe, settings = None, script.settings if script else ()
    if script is None and not (web or arguments.serve or sys.stdin.isatty()):
        pipe, settings = await _open_pipe()
    whole = {**environment, **{setting.name: setting.value for setting in settings}}
    stage = SandboxProcesses(
        record, whole, command=command, login=login, process=process, log=arguments.log
    )
    work = (
        serve_page(stage, _print_line)
        if web
        else _run(stage, record, script, pipe, serving=arguments.serve)
    )
    return await _exit_code(work, stage, str(source), is_served=web or arguments.serve)


async def _exit_code(
    work: Coroutine[Any, Any, None], stage: SandboxProcesses, source: str, *, is_served: bool
) -> int:
    """Do the sandbox's work to its end, and return what it was as an exit code."""
    with _signals() as caught:
        try:
            await work
        except ExpectationFailed as error:
            _complain(f"{source}, {error}", stage.last_log)
            return EXIT_UNMET
        except BotEnded as error:
            _complain(str(error), stage.last_log)
            return EXIT_BOT_ENDED
        except asyncio.CancelledError:
            if not caught:
                raise
            # Serving has no other end, so a signal is a good one.
            return 0 if is_served else _EXIT_SIGNAL + caught[0]
    return 0


async def _run(
    stage: SandboxProcesses,
    record: ChatRecord,
    script: Script | None,
    pipe: Keyboard | None,
    *,
    serving: bool,
) -> None:
    if script is None and not serving:
        _print_line("Starting the stand-ins and the bot.")
    async with stage:
        if serving:
            await _serve(stage)
        elif script is None:
            await _converse(stage, record, pipe)
        else:
            await _play(stage, record, script)


async def _open_pipe() -> tuple[Keyboard, tuple[Setting, ...]]:
    """Return what reads standard input, and the settings that it begins with."""
    pipe = Keyboard(sys.stdin.fileno())
    found: list[Setting] = []
    while True:
        try:
            async with asyncio.timeout(SETTINGS_S):
                line = await pipe.line()
        except TimeoutError:  # whoever holds the other end waits for the welcome
            break
        setting = _setting_of(line or "")
        if setting is None:
            pipe.put_back(line)
            break
        found.append(setting)
    return pipe, tuple(found)


def _setting_of(line: str) -> Setting | None:
    try:
        step = read_step(line)
    except ScriptError:
        return None
    return step if isinstance(step, Setting) else None


def _wants_page(environment: Mapping[str, str]) -> bool:
    """Return whether nobody can type, but a browser can be opened: started from a desktop."""
    try:
        kind = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):  # there is no standard input, or it is no file
        return can_open_browser(environment)
    # A pipe or a file may hold the lines of a chat.
    is_device = stat.S_ISCHR(kind) and not sys.stdin.isatty()
    return is_device and can_open_browser(environment)


def _read(source: str) -> Script:
    if source == "-":
        return read_script(sys.stdin)
    with Path(source).open(encoding="utf-8-sig") as lines:
        return read_script(lines)


async def _serve(stage: SandboxProcesses) -> None:
    _print_line(stage.invitation())
    raise BotEnded(f"the bot ended by itself, exit code {await stage.ended()}")


async def _play(stage: SandboxProcesses, record: ChatRecord, script: Script) -> None:
    transcript = Transcript(record, _print_line, current=FIRST_PERSON)
    watch = LogWatch(stage.bot.log, ours=shipped_plugins())
    log = partial(_log_lines, stage)
    chat = ScriptPlayer(stage, record, transcript, log=log, news=watch.news)
    try:
        await chat.play(script.lines)
    finally:
        _tell(watch, transcript)
    transcript.remark(f"the end; expectations met: {chat.met}")


async def _converse(stage: SandboxProcesses, record: ChatRecord, pipe: Keyboard | None) -> None:
    """Carry out the lines that come from the terminal or a pipe."""
    fancy = False
    if sys.stdin.isatty():
        fancy = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        terminal = TerminalChat(record, _print, current=FIRST_PERSON, fancy=fancy, edited=fancy)
    else:
        terminal = None
    printer = terminal or Transcript(record, _print_line, current=FIRST_PERSON)
    chat_name = "your Saved Messages with the SAPP userbot" if stage.is_userbot else _BOT_CHAT
    _print_line(_WELCOME.format(person=FIRST_PERSON, chat=chat_name, log=stage.bot.log))
    chat = ScriptPlayer(
        stage,
        record,
        printer,
        log=partial(_log_lines, stage),
        expect_s=TYPED_S if terminal else EXPECT_S,
    )
    watch = LogWatch(stage.bot.log, ours=shipped_plugins())
    _tell(watch, printer)
    if terminal and fancy:
        next_line = _edited_lines(terminal)
    else:
        next_line = (pipe or Keyboard(sys.stdin.fileno())).line
    telling = asyncio.create_task(_keep_telling(watch, printer)) if terminal else None
    try:
        while True:
            if terminal:
                terminal.prompt()
            line = await chat.while_alive(next_line())
            if line is None:
                break
            if terminal:
                terminal.typed(line)
            if not await _answer(chat, printer, line):
                break
            _tell(watch, printer)
    finally:
        if telling is not None:
            telling.cancel()
        if terminal:
            terminal.close()


async def _keep_telling(watch: LogWatch, printer: Printer) -> None:
    """Print news at once, also while nobody types anything."""
    while True:
        await asyncio.sleep(NEWS_S)
        _tell(watch, printer)


def _tell(watch: LogWatch, printer: Printer) -> None:
    for news in watch.news():
        printer.remark(news)


def _edited_lines(terminal: TerminalChat) -> Callable[[], Coroutine[Any, Any, str | None]]:
    """Return what reads the next line at a terminal; what the bot deleted is not remembered."""
    from .console.line_editor import LineEditor  # noqa: PLC0415  # 130 ms, for a terminal alone

    editor = LineEditor(terminal.remark)

    def next_line() -> Coroutine[Any, Any, str | None]:
        if not terminal.is_taken_back:
            editor.history.keep()
        return editor.line(terminal.words)

    return next_line


async def _answer(chat: ScriptPlayer, printer: Printer, line: str) -> bool:
    """Carry out a typed line; return False at the end of the chat."""
    try:
        step = read_step(line)
        going_on = step is None or await chat.do(step)
    except (ScriptError, ExpectationFailed) as error:
        printer.remark(str(error))
        return True
    if isinstance(step, Expect | Never):
        printer.remark("as expected")
    return going_on


def _log_lines(stage: SandboxProcesses) -> list[str]:
    return [f"the end of {stage.bot.log}:", *stage.bot.tail()]


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _print_line(line: str) -> None:
    _print(f"{line}\n")


def _complain(text: str, log: Sequence[str] = ()) -> None:
    lines = [text, *(["the end of the bot's log:"] if log else []), *(f"  {line}" for line in log)]
    sys.stderr.write("".join(f"{plain(line)}\n" for line in lines))


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Turn SIGINT and the like into a cancellation of this task, so that everything is closed.

    Yields the list of received signals, which is filled later.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    caught: list[int] = []

    def end(number: int) -> None:
        # Only the first one cancels: a second must not interrupt the closing.
        if task is not None and not caught:
            task.cancel()
        caught.append(number)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, end, number)
    try:
        yield caught
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
        if task is not None and caught:
            task.uncancel()
