"""The commands of docs/operations.md do what they say, on a real redis-server."""

from __future__ import annotations

import asyncio
import configparser
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sapp_bot.clock import SystemClock
from sapp_bot.errors import SappBotError
from sapp_bot.store import KeyRing, make_key, open_store
from sapp_bot.store.command_pipeline import PipelinedCall
from tests.pages import ROOT
from tests.redis_server import RedisServer
from tests.service.store_kit import commit, message, signed_in

PAGE = (ROOT / "docs/operations.md").read_text("utf-8")


def commands(title: str, within: str = "") -> list[str]:
    """Give the shell blocks of a section, or of one in it, without those of others in it."""
    section = PAGE.partition(f"\n## {title}\n")[2]
    if within:
        section = section.partition(f"\n### {within}\n")[2]
    section = re.split(r"\n###? ", section)[0]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


def free_port() -> str:
    """Find a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


async def carried_out(script: str, **variables: str) -> None:
    """Run a block as an operator would, with bash; any failure in it fails."""
    bash = shutil.which("bash")
    if bash is None or shutil.which("redis-cli") is None:
        pytest.skip("bash and redis-cli are needed")
    folder = Path(sys.executable).parent
    environment = {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        **variables,
    }
    process = await asyncio.create_subprocess_exec(
        *(bash, "-euo", "pipefail", "-c", script), env=environment, cwd=variables["BACKUP"]
    )
    assert await process.wait() == 0


async def remembers(url: str, keys: list[str]) -> bool:
    """Tell whether the store there opens, and knows who is logged in."""
    async with open_store(url, KeyRing(keys), account=1, clock=SystemClock()) as store:
        await store.inbox.claim()
        return (await store.inbox.person_state(7)).session is not None


async def fill(url: str, keys: list[str]) -> None:
    """Let somebody log in, for years."""
    async with open_store(url, KeyRing(keys), account=1, clock=SystemClock()) as store:
        await store.inbox.claim()
        await store.inbox.accept(message(1))
        after = signed_in(hours=100_000)
        await store.inbox.commit(commit(message(1), after=after))


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """Give the folders and files that the commands name."""
    for name in ("backup", "data", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "data" / "telegram-bot1.session").write_text("a session")
    (tmp_path / "keys").write_text(f"{make_key()}\n")
    return {
        "BACKUP": str(tmp_path / "backup"),
        "SAPP_DATA": str(tmp_path / "data"),
        "KEYS": str(tmp_path / "keys"),
    }


def key_file(places: dict[str, str]) -> tuple[list[str], int]:
    """Read the keys, and the mode of their file."""
    path = Path(places["KEYS"])
    return path.read_text().split(), path.stat().st_mode & 0o777


async def test_what_was_backed_up_can_be_restored(
    tmp_path: Path, redis_url: str, places: dict[str, str]
) -> None:
    """After a loss of everything a new Redis and a new folder hold what the old ones held."""
    backup, restore = commands("Back up and restore")
    keys, _ = key_file(places)
    await fill(redis_url, keys)
    await carried_out(backup, SAPP_REDIS_URL=redis_url, **places)
    lost = {**places, "SAPP_DATA": str(tmp_path / "empty")}
    await carried_out(restore, REDIS_DIR=str(tmp_path / "empty"), PORT=free_port(), **lost)

    with RedisServer(tmp_path / "empty") as server:
        assert await remembers(server.url, keys)
    assert (tmp_path / "empty" / "telegram-bot1.session").read_text() == "a session"


async def test_a_key_can_be_changed(redis_url: str, places: dict[str, str]) -> None:
    """The new one is in front, what the old one sealed still opens, and nobody else can read it."""
    old, _ = key_file(places)
    await fill(redis_url, old)
    (change,) = commands("Change the keys")
    await carried_out(change, **places)

    new, mode = key_file(places)
    assert new[1:] == old
    assert mode == 0o400
    assert await remembers(redis_url, new)
    assert not await remembers(redis_url, new[:1])


async def test_a_user_of_its_own_is_enough(redis_server: RedisServer) -> None:
    """The ACL of the page lets the bot work, and keeps it from everybody else's keys."""
    (rule,) = re.findall(r"```text\n(ACL SETUSER .*)\n```", PAGE)
    redis_server.call(*rule.replace("PASSWORD", "pw").split())
    url = redis_server.url.replace("//", "//sapp:pw@")
    keys = [make_key()]
    try:
        await fill(url, keys)
        assert await remembers(url, keys)
        with pytest.raises(SappBotError, match="NOPERM"):
            await peek(url, keys)
        async with open_store(url, KeyRing(keys), account=1, clock=SystemClock()) as store:
            assert (await store.inspect()).version
    finally:
        redis_server.call("ACL", "DELUSER", "sapp")


async def peek(url: str, keys: list[str]) -> None:
    """Look at a key of somebody else's."""
    async with open_store(url, KeyRing(keys), account=1, clock=SystemClock()) as store:
        call = PipelinedCall("probe", ("others:key",), (1,))
        await store.pipeline.ask(call, timeout_s=0.1)


async def test_images_are_fixed_by_their_digests(tmp_path: Path) -> None:
    """What the registry says goes into .env, once, with the rest of it as it was."""
    (fix,) = commands("Run", "Images by digest")
    digest = "sha256:" + "a" * 64
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\n[ "$1 $2 $3" = "buildx imagetools inspect" ] && echo {digest}\n')
    docker.chmod(0o755)
    (tmp_path / ".env").write_text("SAPP_API_URL=http://x\nREDIS_IMAGE=redis:old\n")
    for _ in range(2):
        await carried_out(fix, BACKUP=str(tmp_path), PATH=f"{tmp_path}:{os.environ['PATH']}")

    assert (tmp_path / ".env").read_text().splitlines() == [
        "SAPP_API_URL=http://x",
        f"PYTHON_IMAGE=python:3.13-slim-trixie@{digest}",
        f"REDIS_IMAGE=redis:7.2-alpine@{digest}",
        f"PROMETHEUS_IMAGE=prom/prometheus:v3.5.0@{digest}",
        f"GRAFANA_IMAGE=grafana/grafana:12.1.0@{digest}",
    ]


def test_the_systemd_unit_is_one() -> None:
    """It can be parsed; a wrong setting is not tried for ever, and a stop may take its time."""
    (text,) = re.findall(r"```ini\n(.*?)```", PAGE, re.DOTALL)
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    unit.read_string(text)

    service = unit["Service"]
    assert unit.sections() == ["Unit", "Service", "Install"]
    assert service["ExecStart"].endswith("python -m sapp_bot run")
    assert service["Restart"] == "always"
    assert service["RestartPreventExitStatus"] == "78"
    assert int(service["TimeoutStopSec"]) > 20


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_itself_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    """Each name and value is known to it; only the paths of the program are put right."""
    (text,) = re.findall(r"```ini\n(.*?)```", PAGE, re.DOTALL)
    unit = tmp_path / "sapp_bot.service"
    unit.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.MULTILINE))
    found = subprocess.run(  # noqa: S603  # a tool of the system
        ["systemd-analyze", "verify", str(unit)],  # noqa: S607  # wherever the system has it
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")
