"""A gateway and two workers, as processes: people notice nothing of it, whoever dies.

The whole of it, at length: `python -m tests.end_to_end.role_kills`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sapp_bot.sandbox.client.inline_menu import InlineMenu
from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.client.seen import Saw
from tests.end_to_end.kills import OLD
from tests.end_to_end.role_kills import Plan, later, play
from tests.end_to_end.roles_world import PROBE, RolesWorld
from tests.redis_server import RedisServer

TAKEN_OVER_S = 20.0
"""How long people wait for an answer whose worker has died: 5 s, on a machine that is busy more."""


@pytest.fixture
async def roles(tmp_path: Path, redis_url: str) -> AsyncIterator[RolesWorld]:
    """Give a gateway and two workers that run."""
    async with RolesWorld(tmp_path, redis_url) as world:
        yield world


def seen(person: SimulatedUser) -> list[str]:
    """List the messages that a person has got, in order."""
    return [event.text for event in person.events if isinstance(event, Saw)]


def in_log(roles: RolesWorld, event: str) -> int:
    """Count how often all processes have logged an event."""
    return sum(entry["event"] == event for entry in roles.log())


async def test_a_form_goes_on_whoever_dies(roles: RolesWorld) -> None:
    """In its middle one worker is killed, then the gateway, then the other worker."""
    first, second = roles.workers
    ann = await roles.person("Ann")
    user = roles.api.database.add_user("ann@example.org", OLD)
    await ann.say("/login")
    await ann.sees("address of your account")

    await first.kill()
    await ann.say(user.email)
    await ann.sees("And the password", TAKEN_OVER_S)

    await roles.bot.kill()
    await ann.say(OLD)
    await roles.start()
    await ann.sees(f"You are logged in as {user.email}", TAKEN_OVER_S)

    await second.kill()
    await ann.say("/me")
    await roles.restart_worker(first)
    await ann.sees(f"Account {user.email}", TAKEN_OVER_S)
    assert not [text for text in roles.telegram.texts(ann.account, ann.bot) if OLD in text]
    assert len([text for text in seen(ann) if "You are logged in as" in text]) == 1


async def test_a_killed_workers_message_is_answered_by_another(roles: RolesWorld) -> None:
    """Once, and in order; the handler is told that it may be a repetition."""
    ann = await roles.person("Ann")
    await ann.say("/linger one")
    await ann.say("/echo two")
    worker = await roles.tried("one", 1)

    await worker.kill()
    other = await roles.tried("one", 2)
    roles.let_go("one")

    await ann.sees("echo two", TAKEN_OVER_S)
    assert other is not worker
    assert seen(ann) == ["lingered one again=True", "echo two"]


async def test_a_zombie_changes_nothing(roles: RolesWorld) -> None:
    """A worker that stood still goes on when another has answered: its answer is refused."""
    ann = await roles.person("Ann")
    await ann.say("/linger one")
    zombie = await roles.tried("one", 1)
    roles.freeze(zombie)
    await roles.tried("one", 2)
    roles.let_go("one")
    await ann.sees("lingered one again=True", TAKEN_OVER_S)
    await ann.say("/echo two")
    await ann.sees("echo two", TAKEN_OVER_S)

    roles.thaw(zombie)

    await roles.until(lambda: roles.said(zombie, "work.refused"))
    await ann.say("/echo three")
    await ann.sees("echo three")
    assert seen(ann) == ["lingered one again=True", "echo two", "echo three"]


async def test_kills_among_many_lose_nothing(tmp_path: Path, redis_server: RedisServer) -> None:
    """A little of `role_kills`: each command is answered once, in its person's order."""
    plan = Plan(commands=200, persons=20, workers=2, kills=3, freezes=0, per_s=100)

    outcome = await play(plan, tmp_path, redis_server)

    assert outcome.is_well, outcome
    assert outcome.kills == {"gateway": 1, "worker": 2}


@pytest.mark.long
async def test_a_press_ends_in_time_without_a_worker(roles: RolesWorld) -> None:
    """It is answered without a pop-up, and done when a worker is back."""
    ann = await roles.person("Ann")
    await ann.say("/dots")
    await ann.sees("dots")
    for worker in roles.workers:
        await worker.kill()

    assert await ann.press("Ping") is None

    await roles.restart_worker(roles.workers[0])
    await ann.sees("pong", TAKEN_OVER_S)


async def test_each_way_of_answering_goes_through_the_gateway(roles: RolesWorld) -> None:
    """A picture, a pop-up, an inline result, and what comes by itself in a second."""
    ann = await roles.person("Ann")
    await ann.say("/dots")
    assert (await ann.sees("dots")).media == "photo 60x40"
    assert await ann.press("Ping") == "pong"
    found = await InlineMenu(ann).ask("who")
    assert [result.title for result in found.results] == ["found"]
    await ann.say("/later one")
    await ann.sees("now one")


@pytest.mark.long
async def test_a_message_that_ends_workers_is_given_up(roles: RolesWorld) -> None:
    """At the third start; what others say meanwhile is answered, and what its sender says after."""
    first, second = roles.workers
    for event in ("update.given_up", "plugin.quarantined"):
        roles.expect_error(event)
    ann, bob = await roles.person("Ann"), await roles.person("Bob")
    await ann.say("/vanish")
    await ann.say("/help")
    await roles.until(lambda: None not in (first.exit_code, second.exit_code))

    await bob.say("/help")
    await roles.restart_worker(first)

    await bob.sees("/register", TAKEN_OVER_S)
    await ann.sees("/register", TAKEN_OVER_S)
    assert "made me stop each time" in seen(ann)[0]


@pytest.mark.long
async def test_people_hear_that_no_worker_is_there(roles: RolesWorld) -> None:
    """Once; all that they said is answered when one is back."""
    ann = await roles.person("Ann")
    for worker in roles.workers:
        await worker.kill()
    await roles.until(lambda: in_log(roles, "workers.away"))
    await ann.say("/echo one")
    while not ann.saw("I have your message"):
        await ann.say("/echo again")
        await later(1.0)

    await roles.restart_worker(roles.workers[0])

    await ann.say("/echo two")
    await ann.sees("echo two", TAKEN_OVER_S)
    texts = seen(ann)
    assert texts.index("echo one") < texts.index("echo again") < texts.index("echo two")
    assert len([text for text in texts if "I have your message" in text]) == 1


@pytest.mark.long
async def test_an_emptied_redis_is_worked_with_again(
    roles: RolesWorld, redis_server: RedisServer
) -> None:
    """Gateway and workers find each other anew."""
    for event in ("store.emptied", "worker.failed"):
        roles.expect_error(event)
    ann = await roles.person("Ann")
    await ann.say("/echo one")
    await ann.sees("echo one")

    redis_server.flush()

    await ann.say("/echo two")
    await ann.sees("echo two", TAKEN_OVER_S)


@pytest.mark.long
async def test_a_stopped_worker_hands_on_at_once(roles: RolesWorld) -> None:
    """What waits behind the message that it finishes is not delayed until it counts as dead."""
    ann = await roles.person("Ann")
    await ann.say("/linger one")
    await ann.say("/echo two")
    worker = await roles.tried("one", 1)

    roles.let_go("one")
    await worker.stop()

    await ann.sees("echo two", TAKEN_OVER_S)
    assert worker.exit_code == 0
    assert seen(ann) == ["lingered one again=False", "echo two"]


async def test_what_an_operator_switches_off_is_off_everywhere(roles: RolesWorld) -> None:
    """Within seconds in the worker that was not told; switched on again, too."""
    ann, olga = await roles.person("Ann"), await roles.operator()
    await olga.say("/plugin disable probe")
    await olga.sees("probe")
    await roles.until(lambda: sum(roles.said(w, "plugin.followed") for w in roles.workers) == 1)
    for _ in roles.workers:
        await ann.say("/echo one")
        await ann.sees("don't know /echo")

    await olga.say("/plugin enable probe")
    await olga.sees("probe")
    await roles.until(lambda: sum(roles.said(w, "plugin.followed") for w in roles.workers) == 2)
    await ann.say("/echo one")
    await ann.sees("echo one")


@pytest.mark.long
async def test_a_reload_holds_everywhere_and_differences_are_told(roles: RolesWorld) -> None:
    """The worker that was not asked reads the plugin anew, too; one with other files is told of."""
    olga = await roles.operator()
    await olga.say("/plugin reload probe")
    await olga.sees("probe")
    followed = "plugin.reload_followed"
    await roles.until(lambda: sum(roles.said(worker, followed) for worker in roles.workers) == 1)
    await olga.say("/plugins")
    assert "⚠" not in (await olga.sees("Plugins:")).text

    other = roles.folder / "other"
    shutil.copytree(roles.folder / "plugins", other)
    (other / "probe.py").write_text(PROBE.read_text().replace('version="1.0"', 'version="9.9"'))
    (other / "support.py").unlink()
    third = roles.worker("third", SAPP_PLUGINS=str(other))
    await third.start()
    await roles.works(third)

    for _ in (*roles.workers, third):  # whoever is asked sees the other
        while True:
            await olga.say("/plugins")
            text = (await olga.sees("Plugins:")).text
            if "⚠ Another process" in text:
                break
            await later(0.5)
    assert ("does not have it" in text) or ("support: not in this process" in text)
    await olga.say("/plugin reload probe")
    await olga.sees("probe")
    await roles.until(lambda: in_log(roles, followed) + roles.said(third, followed) >= 3)


@pytest.mark.long
async def test_operators_rule_all_workers_by_any_of_them(roles: RolesWorld) -> None:
    """News are sent once, whoever is asked; all close for maintenance; a fault is told once."""
    ann, olga = await roles.person("Ann"), await roles.operator()
    await ann.say("/echo one")
    await ann.sees("echo one")
    for number in range(2 * len(roles.workers)):
        await olga.say(f"/broadcast News {number}")
        await olga.sees("It goes to")
        await olga.press("Send to")
        await ann.sees(f"News {number}")
        await roles.until(lambda: in_log(roles, "broadcast.done") == number + 1)  # noqa: B023

    roles.expect_error("plugin.failed")
    (roles.folder / "plugins" / "broken.py").write_text("import nothing_of_the_kind\n")
    await roles.until(lambda: in_log(roles, "plugin.failed") == len(roles.workers))
    await olga.sees("broken cannot be used")

    await olga.say("/maintenance on Back at three.")
    await olga.sees("in maintenance")
    await roles.until(lambda: all(map(roles.is_closed, roles.workers)))
    for _ in roles.workers:
        await ann.say("/echo two")
        await ann.sees("Back at three.")
    assert len([text for text in seen(ann) if "News" in text]) == 2 * len(roles.workers)
    assert len([text for text in seen(olga) if "broken cannot be used" in text]) == 1


@pytest.mark.long
async def test_health_tells_of_each_role(roles: RolesWorld) -> None:
    """A gateway names its workers, workers their gateway."""
    await roles.tells("gateway", "well: redis answers, telegram answers, worker answers")
    await roles.tells(
        "worker", "\n".join(["well: redis answers, gateway answers, api answers"] * 2)
    )


async def test_a_gateway_that_stands_by_takes_over(roles: RolesWorld) -> None:
    """It waits for the account, and what was said meanwhile is answered."""
    ann = await roles.person("Ann")
    standby = roles.process("standby")
    standby.log.touch()
    await standby.start()
    await roles.until(lambda: roles.said(standby, "gateway.stands_by"))

    await roles.bot.kill()
    await ann.say("/echo one")

    try:
        await ann.sees("echo one", TAKEN_OVER_S)
        assert standby.exit_code is None
    finally:
        await standby.stop()


ROLES = {
    "all": ("sapp_bot.store.roles", "sapp_bot.roles.peer", "sapp_bot.roles.gateway"),
    "gateway": ("sapp_bot.bot", "sapp_bot.host.lifecycle", "sapp_bot.sapp"),
    "worker": ("telethon", "sapp_bot.telegram"),
}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_imports_only_what_it_needs(role: str) -> None:
    """A gateway nothing that loads plugins, a worker no Telethon, one process nothing of roles.

    And none of them what serves metrics and records traces: that is for where it is wanted.
    """
    module = "sapp_bot.app" if role == "all" else f"sapp_bot.roles.{role}.app"
    words = f"import {module}, sys; print(*sys.modules)"
    found = subprocess.run(  # noqa: S603  # our own words
        [sys.executable, "-c", words], capture_output=True, text=True, check=True
    ).stdout.split()

    assert module in found
    left_out = (*ROLES[role], "sapp_bot.monitoring", "sapp_bot.tracing", "opentelemetry")
    assert [name for name in found if name.startswith(left_out)] == []
