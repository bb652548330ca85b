"""Services are offered in one place; whatever reads them reads that."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot import services
from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.providers import ServiceRegistry
from sapp_bot.service_wiring import offered_services
from sapp_bot.testing import Stage
from tests.architecture import Source, imports
from tests.host.live import life_of, write
from tests.pages import ROOT

ALL = sorted(service.kind.__name__ for service in offered_services())


def test_a_service_for_good_is_made_once_and_late() -> None:
    """Its factory is called when it is first asked for, and never again."""
    made: list[object] = []

    def make() -> list[object]:
        made.append("made")
        return made

    registry: ServiceRegistry[str] = ServiceRegistry()
    registry.provide(list, make)
    assert made == []

    assert registry.make(list, "a call") is registry.make(list, "another")
    assert made == ["made"]


def test_a_personal_service_is_made_of_each_call() -> None:
    """It never outlives the update that it was made for."""
    registry: ServiceRegistry[str] = ServiceRegistry()
    registry.provide(list, lambda call: [call], personal=True)

    assert [registry.make(list, call) for call in ("one", "two")] == [["one"], ["two"]]


def test_what_is_offered_can_be_imported_by_plugins() -> None:
    """Each service is public, and is a class with a docstring for the guide's table."""
    for service in offered_services():
        assert getattr(services, service.kind.__name__) is service.kind
        assert service.kind.__doc__


def test_a_check_can_look_at_services_and_not_use_them() -> None:
    """It is connected to nothing, and says so instead of failing somewhere deep."""
    with pytest.raises(PluginError, match="connected to nothing"):
        offered_services().make(services.Auth, None)  # type: ignore[arg-type]  # nobody calls


ASKS = """
from sapp_bot import Ctx, Plugin
from sapp_bot.services import {0}

plugin = Plugin(version="1.0")


@plugin.command(role="admin")
async def ask(ctx: Ctx, service: {0}) -> None:
    "Ask."
    await ctx.say(type(service).__name__.removeprefix("Manual").removeprefix("Simulated"))
"""
ASLEEP = """

@plugin.every(3600)
async def timer(service: {0}) -> None:
    pass
"""


@pytest.mark.parametrize("name", ALL)
async def test_each_service_is_given_by_its_type(tmp_path: Path, name: str) -> None:
    """What the registry offers, a handler gets; a timer only gets what is not personal."""
    write(tmp_path, "asks", ASKS.format(name))
    write(tmp_path, "sleeps", (ASKS + ASLEEP).format(name).replace("def ask", "def nap"))
    async with Stage(tmp_path, admins=frozenset({7})) as stage:
        stage.may_fail = True
        boss = stage.person("Boss", id=7)
        await boss.says("/ask")
        assert boss.last == name
        reason = life_of(stage, "sleeps").reason

    kinds = {service.kind.__name__: service for service in offered_services()}
    assert bool(reason) == kinds[name].personal
    assert not reason or "nothing can fill service; leave it out" in reason


def test_the_check_of_declarations_knows_no_service_by_name() -> None:
    """lifecycle/validation.py reads the registry; nothing of the pipeline is imported there."""
    path = ROOT / "sapp_bot/host/lifecycle/validation.py"
    source = Source("sapp_bot.host.lifecycle.validation", path.read_text("utf-8"))

    assert [i.target for i in imports(source) if "host.pipeline" in i.target] == []
