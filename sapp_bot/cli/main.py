"""The command line: run, login, sandbox, new, plugins, check, doctor, health, key, ledger.

Exit codes: 0 all is well, 1 it failed, 70 a plugin blocked the bot (EX_SOFTWARE of sysexits.h; see
`host/runtime/watchdog.py`), 75 another process works for this account (EX_TEMPFAIL), 78 a setting
is missing or wrong (EX_CONFIG).
Not typer: ten commands with a few flags need no more than argparse, and no dependency.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sapp_bot import __version__
from sapp_bot.errors import (
    AlreadyRunning,
    ConfigError,
    PluginError,
    SappBotError,
    TelegramError,
)
from sapp_bot.paths import shipped_plugins
from sapp_bot.sandbox.ahead import AheadProcesses
from sapp_bot.sandbox.arguments import add_arguments
from sapp_bot.sandbox.spawn import WAITING_BOT

from .ahead import take_over

if TYPE_CHECKING:
    import subprocess

    from sapp_bot.settings.settings import Settings

_YOUNG_OBJECTS = 5_000
"""New objects until garbage is looked for: a command makes some 2,000 and leaves none in a circle,
and to look through those in work at every 700 took 3 % of the bot's work."""

EXIT_FAILED = 1
EXIT_ALREADY_RUNNING = 75
EXIT_CONFIG = 78

_LEDGER_ACTS = {
    "backup": "write all that was paid into a file, also while the bot runs",
    "restore": "merge a backup into the ledger; nothing that is there is changed",
    "reseal": "seal who has paid with the newest key, before an old one is taken out",
}


def main(
    arguments: Sequence[str] | None = None, *, waiting: subprocess.Popen[bytes] | None = None
) -> int:
    """Run one command; gives the exit code. `waiting` is a bot that a sandbox takes for its own."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    asked = _parser().parse_args(given, argparse.Namespace(waiting=waiting))
    try:
        return int(asked.call(asked))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CONFIG
    except KeyboardInterrupt:
        return EXIT_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sapp_bot", description="The Telegram dashboard of the SAPP Finance API."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run the bot")
    run.add_argument(
        "--ephemeral", action="store_true", help="accept a Redis that forgets: memory://"
    )
    run.add_argument("--safe", action="store_true", help="read the built-in plugins only")
    run.add_argument(
        "--role",
        choices=("all", "gateway", "worker"),
        help="all in one process, or one of several (else SAPP_ROLE)",
    )
    run.add_argument("--ahead", action="store_true", help=argparse.SUPPRESS)  # see `sandbox.ahead`
    run.add_argument("--clock-ahead", type=float, default=0.0, help=argparse.SUPPRESS)  # `:clock`
    run.set_defaults(call=_run)
    login = commands.add_parser("login", help="sign in to your own account, for SAPP_MODE=user")
    login.set_defaults(call=_login)
    sandbox = commands.add_parser("sandbox", help="try it here, with a local Telegram and API")
    add_arguments(sandbox)
    sandbox.set_defaults(call=_sandbox)
    new = commands.add_parser("new", help="begin a plugin, with a test that passes")
    new.add_argument("name", help="the name of the plugin and of its first command")
    new.add_argument("--folder", type=Path, default=Path("plugins"), help="where plugins are")
    new.set_defaults(call=_new)
    plugins = commands.add_parser("plugins", help="tell where the built-in plugins are")
    plugins.set_defaults(call=_plugins)
    check = commands.add_parser("check", help="look for mistakes in plugins, run their examples")
    check.add_argument(
        "path", nargs="?", type=Path, help="their folder, or one (else SAPP_PLUGINS)"
    )
    check.set_defaults(call=_check)
    health = commands.add_parser("health", help="tell whether the bot here is well")
    health.set_defaults(call=_health)
    doctor = commands.add_parser("doctor", help="look at all that the bot needs, say what to do")
    doctor.add_argument("--json", action="store_true", help="one JSON list instead of lines")
    doctor.set_defaults(call=_doctor)
    key = commands.add_parser("key", help="make a key for SAPP_SECRET_KEYS")
    key.set_defaults(call=_key)
    ledger = commands.add_parser("ledger", help="keep the ledger of payments, or bring it back")
    acts = ledger.add_subparsers(required=True, metavar="ACT", dest="act")
    for act, help_text in _LEDGER_ACTS.items():
        parts = acts.add_parser(act, help=help_text)
        if act != "reseal":
            parts.add_argument("file", type=Path, help="the backup, one JSON line a fact")
    ledger.set_defaults(call=_ledger)
    return parser


_SWITCH_S = 0.0005
"""How long a thread that computes keeps the interpreter while another one wants it, in seconds: a
tenth of Python's own. An answer hands it over some ten times, and each time it waited 5 ms behind a
plugin's plain function that computes. Where nobody computes it changes nothing."""


def _run(asked: argparse.Namespace) -> int:
    # What is imported stays for good: to look through all of it for garbage held the bot up for a
    # tenth of a second now and then. Plugins come later, and can be collected when they go.
    gc.disable()
    if asked.ahead:
        _composition("all")  # before it is told the rest: half a second of imports
    from sapp_bot.clock import SystemClock  # noqa: PLC0415  # which `health` need not pay
    from sapp_bot.observability.logs import open_log  # noqa: PLC0415
    from sapp_bot.settings.requirements import check_run  # noqa: PLC0415
    from sapp_bot.settings.settings import load_settings  # noqa: PLC0415

    if asked.ahead and not take_over(sys.stdin):
        return 0
    settings = load_settings()
    role = asked.role or settings.sapp_role
    check_run(settings, ephemeral=asked.ephemeral, role=role)
    run = _composition(role)
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, *gc.get_threshold()[1:])
    gc.enable()
    sys.setswitchinterval(_SWITCH_S)
    clock = SystemClock(timedelta(seconds=asked.clock_ahead))
    with open_log(
        style=settings.sapp_log_format,
        level=settings.sapp_log_level,
        secrets=settings.secret_values(),
    ) as redactor:
        if role != "gateway":
            _advise(settings)
        return _exit_code(
            lambda: asyncio.run(run(settings, redactor, safe=asked.safe, clock=clock))
        )


def _composition(role: str) -> Callable[..., Coroutine[Any, Any, None]]:
    """Import what a role needs and nothing else, and return what runs it."""
    match role:
        case "gateway":
            from sapp_bot.roles.gateway.app import run  # noqa: PLC0415  # as above
        case "worker":
            from sapp_bot.roles.worker.app import run  # noqa: PLC0415  # as above
        case _:
            from sapp_bot.app import run  # noqa: PLC0415  # as above
    return run


def _advise(settings: Settings) -> None:
    """Log what looks like a mistake in the settings and is none that can be refused."""
    from sapp_bot.host.lifecycle.loader import find_plugins  # noqa: PLC0415  # as above
    from sapp_bot.host.runtime.names import name_of  # noqa: PLC0415  # as above
    from sapp_bot.settings.settings import advice  # noqa: PLC0415  # as above

    try:
        plugins = [name_of(path) for path in find_plugins(settings.sapp_plugins)]
    except PluginError:
        plugins = []  # the start says so in a moment
    for sentence in advice(settings, plugins):
        _log().warning("settings.advice", reason=sentence)


def _login(_: argparse.Namespace) -> int:
    from sapp_bot.observability.logs import open_log  # noqa: PLC0415  # as above
    from sapp_bot.settings.requirements import check_login  # noqa: PLC0415  # as above
    from sapp_bot.settings.settings import load_settings  # noqa: PLC0415  # as above

    from .login import login  # noqa: PLC0415  # as above

    settings = load_settings()
    check_login(settings)
    try:
        with open_log(style="text", level="warning", secrets=settings.secret_values()):
            said = asyncio.run(login(settings))
    except AlreadyRunning:
        sys.stderr.write("The bot is running with this session; stop it first.\n")
        return EXIT_ALREADY_RUNNING
    except ConfigError:
        raise
    except SappBotError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_FAILED
    sys.stdout.write(f"{said}\n")
    return 0


def _exit_code(work: Callable[[], None]) -> int:
    """Do the work; what ends it becomes a line in the log and an exit code."""
    code, log = 0, _log()
    try:
        work()
    except* TelegramError as errors:  # the session is over; a new start can sign in anew
        code = _give_up(errors, EXIT_FAILED)
    except* ConfigError as errors:
        code = _give_up(errors, EXIT_CONFIG)
    except* AlreadyRunning as errors:
        code = _give_up(errors, EXIT_ALREADY_RUNNING)
    except* Exception:  # the last border: the log gets the whole story
        log.exception("bot.failed")
        code = EXIT_FAILED
    return code


def _log() -> Any:
    import structlog  # noqa: PLC0415  # as above

    return structlog.get_logger(__name__)


def _give_up(errors: BaseExceptionGroup[SappBotError], code: int) -> int:
    for reason in dict.fromkeys(map(str, _leaves(errors))):
        _log().error("bot.gave_up", reason=reason, exit_code=code)
    return code


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """Return the errors in a group of groups."""
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return
    for inner in error.exceptions:
        yield from _leaves(inner)


def _sandbox(asked: argparse.Namespace) -> int:
    ahead = AheadProcesses(WAITING_BOT, os.environ, asked.waiting)
    gc.disable()  # as in `_run`
    try:
        from sapp_bot.sandbox.bot_process import BotProcess  # noqa: PLC0415  # after that has begun
        from sapp_bot.sandbox.cli import sandbox  # noqa: PLC0415

        gc.freeze()
        gc.enable()
        process = partial(BotProcess, ahead=ahead.take)
        return asyncio.run(sandbox(asked, os.environ, process=process))
    finally:
        ahead.close()


def _new(asked: argparse.Namespace) -> int:
    from .new import NotWritten, pytest_line, write_plugin  # noqa: PLC0415  # only this command needs it

    try:
        plugin, test = write_plugin(asked.name, asked.folder)
    except NotWritten as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_FAILED
    sys.stdout.write(
        f"{plugin} is a plugin that answers /{asked.name}, {test} its test. Try:\n{pytest_line()}"
        f"  python -m pytest {test}{_in_one_process()}\n"
        f"  python -m sapp_bot check {plugin}\n"
        f"  {_sandbox_line(asked.folder)}\n"
    )
    if not (asked.folder / "start.py").is_file():
        sys.stdout.write(
            f"{asked.folder} has no /start, /help or /login; to put the built-in plugins into it:\n"
            f'  cp -R "$(python -m sapp_bot plugins)/." {asked.folder}\n'
        )
    return 0


def _in_one_process() -> str:
    """Return the option that starts no workers, which take longer: only here are there any."""
    return " -n0" if Path("requirements-dev.txt").is_file() else ""


def _sandbox_line(folder: Path) -> str:
    """Return the command line that tries the plugins of a folder."""
    command = "python -m sapp_bot sandbox"
    return command if folder == Path("plugins") else f"SAPP_PLUGINS={folder} {command}"


def _plugins(_: argparse.Namespace) -> int:
    sys.stdout.write(f"{shipped_plugins()}\n")
    return 0


def _check(asked: argparse.Namespace) -> int:
    from sapp_bot.settings.settings import load_settings  # noqa: PLC0415  # as above

    from .check import inspect_plugins, payments_missing  # noqa: PLC0415

    try:
        report = asyncio.run(inspect_plugins(asked.path or load_settings().sapp_plugins))
    except PluginError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_FAILED
    for line in (*report.faults, *report.advice):
        sys.stdout.write(f"{line}\n")
    if report.faults:
        return EXIT_FAILED
    names = ", ".join(report.plugins)
    said = f"nothing wrong, {report.examples} examples hold"
    if not report.examples:
        said = 'no mistake found, but no example was tried: examples={"/typed": "answered"}'
    sys.stdout.write(f"{names}: {said}\n")
    for sentence in payments_missing():
        sys.stdout.write(f"nothing can be sold for Stars: {sentence}\n")
    return 0


def _health(_: argparse.Namespace) -> int:
    from sapp_bot.observability.heartbeat import heartbeat_path, read_health  # noqa: PLC0415
    from sapp_bot.settings.settings import load_settings  # noqa: PLC0415  # as above

    settings = load_settings()
    folders = [settings.sapp_data]
    if settings.sapp_role == "worker":
        from sapp_bot.roles.worker.own_folder import folders_in_use  # noqa: PLC0415  # as above

        folders = folders_in_use(settings.sapp_data)
    found = [read_health(heartbeat_path(folder), datetime.now(UTC)) for folder in folders]
    lines = [line for _, line in found] or ["no worker runs with this SAPP_DATA; start one"]
    sys.stdout.write("\n".join([*lines, ""]))
    return 0 if found and all(is_well for is_well, _ in found) else EXIT_FAILED


def _doctor(asked: argparse.Namespace) -> int:
    from sapp_bot.settings.settings import load_settings  # noqa: PLC0415  # as above

    from .doctor import run_doctor  # noqa: PLC0415  # only this command needs it

    text, is_well = run_doctor(load_settings, as_json=asked.json)
    sys.stdout.write(f"{text}\n")
    return 0 if is_well else EXIT_FAILED


def _key(_: argparse.Namespace) -> int:
    from sapp_bot.store.key_ring import make_key  # noqa: PLC0415

    sys.stdout.write(f"{make_key()}\n")
    return 0


def _ledger(asked: argparse.Namespace) -> int:
    from sapp_bot.observability.logs import open_log  # noqa: PLC0415  # as above
    from sapp_bot.settings.settings import load_settings  # noqa: PLC0415  # as above

    from .ledger import backup_ledger, reseal_ledger, restore_ledger  # noqa: PLC0415  # as above

    settings = load_settings()
    match asked.act:
        case "backup":
            work = backup_ledger(settings, asked.file)
        case "restore":
            work = restore_ledger(settings, asked.file)
        case _:
            work = reseal_ledger(settings)
    try:
        with open_log(style="text", level="warning", secrets=settings.secret_values()):
            said = asyncio.run(work)
    except ConfigError:
        raise
    except SappBotError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_FAILED
    sys.stdout.write(f"{said}\n")
    return 0
