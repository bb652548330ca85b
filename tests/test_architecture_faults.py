"""Each rule of the house finds a planted fault, and leaves alone what is right."""

from __future__ import annotations

import pytest

from tests import architecture
from tests.architecture import Source
from tests.rooms import MAY_IMPORT


def lines(count: int, line: str = "    x = 1\n") -> str:
    """Make lines of code."""
    return line * count


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sapp_bot.domain.text", "from sapp_bot.errors import ConfigError"),
        ("sapp_bot.host.pipeline.invoke", "from sapp_bot.store import Store"),
        ("sapp_bot.host.pipeline.invoke", "from ...sapp.client import ApiClient"),
        ("sapp_bot.host.pipeline.invoke", "import sapp_bot.telegram.edge"),
        ("sapp_bot.host.pipeline.invoke", "from ... import settings"),
        ("sapp_bot.telegram.edge", "def f():\n    from sapp_bot.host import dispatch"),
        ("sapp_bot.store.inbox", "if TYPE_CHECKING:\n    from sapp_bot.sapp.models import User"),
        ("sapp_bot.ledger.delivery", "from sapp_bot.sapp.client import ApiClient"),
        ("sapp_bot.ledger.books.repository", "from sapp_bot.store import RedisStore"),
        ("sapp_bot.store.ledger.redis_ledger", "from sapp_bot.ledger.values import Payment"),
        ("sapp_bot.sandbox.telegram.state.world", "from ....errors import SappBotError"),
        ("sapp_bot.sandbox.console.player", "from sapp_bot import __version__"),
        ("sapp_bot.sandbox.console.stage", "from sapp_bot.sandbox.web.hub import Hub"),
        ("sapp_bot.sandbox.web.hub", "from sapp_bot.host.lifecycle.manager import PluginManager"),
        ("sapp_bot.app", "from .sandbox.stage import Stage"),
        ("sapp_bot.app", "importlib.import_module('sapp_bot.sandbox.console.stage')"),
        ("sapp_bot.app", "import plugins.auth"),
        ("sapp_bot.utils", ""),
    ],
)
def test_a_hole_in_a_wall_is_found(name: str, text: str) -> None:
    """Upward imports are found however they are written: lazy, for types, relative, by name."""
    assert architecture.wall_faults(Source(name, text))


@pytest.mark.parametrize("room", sorted(set(MAY_IMPORT) - {""}))
def test_each_room_has_walls(room: str) -> None:
    """In every room an import of a room that it may not know is found."""
    strangers = set(MAY_IMPORT) - MAY_IMPORT[room] - {room, ""}

    for stranger in sorted(strangers):
        source = Source(f"sapp_bot.{room}.planted", f"from sapp_bot.{stranger} import planted")
        assert architecture.wall_faults(source), stranger


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "sapp_bot.host.pipeline.invoke",
            "from .runner import Runner\nfrom ...errors import UserError",
        ),
        ("sapp_bot.sandbox.telegram.state.world", "from ...faults import Faults\nimport telethon"),
        ("sapp_bot.cli.main", "def f():\n    from ..sandbox.cli import sandbox"),
        ("sapp_bot.errors", "import re"),
    ],
)
def test_a_door_is_no_hole(name: str, text: str) -> None:
    """A part may import itself, what is below it, and other people's packages."""
    assert architecture.wall_faults(Source(name, text)) == []


def test_a_package_resolves_its_own_dots() -> None:
    """In an `__init__`, one dot is the package itself; in a module, its parent."""
    text = "from .wire import Wire"

    as_package = architecture.imports(Source("sapp_bot.store", text, is_package=True))
    as_module = architecture.imports(Source("sapp_bot.store", text))

    assert [found.target for found in as_package] == ["sapp_bot.store.wire.Wire"]
    assert [found.target for found in as_module] == ["sapp_bot.wire.Wire"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sapp_bot.host.pipeline.invoke", "import telethon"),
        ("sapp_bot.app", "def f():\n    from telethon.tl import types"),
        ("sapp_bot.sapp.services", "import aiohttp"),
        ("sapp_bot.sapp.client2", "import aiohttp"),
        ("sapp_bot.observability.metrics", "import prometheus_client"),
        ("sapp_bot.monitoring.health", "from aiohttp import web"),
        ("sapp_bot.observability.trace", "from opentelemetry import trace"),
        ("sapp_bot.host.pipeline.invoke", "from redis.asyncio import Redis"),
        ("plugins.auth", "import fakeredis"),
    ],
)
def test_a_package_away_from_home_is_found(name: str, text: str) -> None:
    """Telethon, aiohttp, redis and others are refused elsewhere."""
    assert architecture.home_faults(Source(name, text))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sapp_bot.telegram.seam", "import telethon"),
        ("sapp_bot.sapp.client", "import aiohttp"),
        ("sapp_bot.store.server.connection", "import redis, fakeredis"),
        ("sapp_bot.sandbox.redis.server", "import fakeredis"),
        ("sapp_bot.app", "import redistribution"),
    ],
)
def test_a_package_at_home_is_left_alone(name: str, text: str) -> None:
    """At home, and in the sandbox, each is used freely."""
    assert architecture.home_faults(Source(name, text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "from sapp_bot.host.authoring.context import Ctx",
        "from sapp_bot import host",
        "import sapp_bot.store",
        "from plugins.clients import card",
        "from plugins import clients",
        "def f():\n    import clients",
    ],
)
def test_a_plugin_behind_the_counter_is_found(text: str) -> None:
    """A plugin takes from sapp_bot and its services only, and nothing from another plugin."""
    assert architecture.plugin_faults(Source("plugins.auth", text), {"auth", "clients"})


def test_a_plugin_before_the_counter_is_left_alone() -> None:
    """The public names, other people's packages and a plugin's own files are free."""
    text = "from sapp_bot import Ctx, services\nfrom sapp_bot.services import Auth\nimport json\n"

    source = Source("plugins.auth.forms", text + "from plugins.auth.texts import HELLO")

    assert architecture.plugin_faults(source, {"auth", "clients"}) == []


def test_a_knot_is_found() -> None:
    """A cycle is found even when one side is lazy and the other is for types."""
    knot = [
        Source("sapp_bot.host.a", "from . import b"),
        Source("sapp_bot.host.b", "def f():\n    from .c import thing"),
        Source("sapp_bot.host.c", "if TYPE_CHECKING:\n    import sapp_bot.host.a"),
    ]

    assert len(architecture.cycle_faults(knot)) == 1
    assert architecture.cycle_faults(knot[:2]) == []


def test_a_long_module_is_found() -> None:
    """The cap is 400 lines."""
    assert architecture.size_faults(Source("m", lines(401, "x = 1\n")))
    assert architecture.size_faults(Source("m", lines(400, "x = 1\n"))) == []


def test_a_long_function_is_found() -> None:
    """The cap is 50 lines, its docstring not counted."""
    docstring = '    """Say.\n\n    More.\n    """\n'

    assert architecture.size_faults(Source("m", "async def f():\n" + lines(50)))
    assert architecture.size_faults(Source("m", "def f():\n" + docstring + lines(49))) == []


def test_a_house_of_long_functions_is_found() -> None:
    """One long function in ten is allowed, two are not."""
    short, long = "def f():\n    x = 1\n", "def f():\n" + lines(25)

    assert architecture.spread_faults([Source("m", short * 9 + long)]) == []
    assert architecture.spread_faults([Source("m", short * 8 + long * 2)])


def test_a_crowded_package_is_found() -> None:
    """Sixteen modules are a package, seventeen are two; the `__init__` is not counted."""
    crowd = [Source(f"sapp_bot.store.m{number}", "") for number in range(17)]
    package = Source("sapp_bot.store", "", is_package=True)

    assert architecture.package_faults([package, *crowd[:16]]) == []
    assert architecture.package_faults([package, *crowd])


@pytest.mark.parametrize("second", ["class Call: ...", "def f():\n    class Call: ..."])
def test_a_class_name_that_stands_twice_is_found(second: str) -> None:
    """Two classes of one name are found, also inside a function."""
    first = Source("sapp_bot.store.a", "class Call: ...")

    assert len(architecture.class_faults([first, Source("sapp_bot.sapp.b", second)])) == 1


def test_class_names_that_stand_once_are_left_alone() -> None:
    """A private name may come again: nobody searches for it from outside of its module."""
    text = "class _Call: ..."

    assert architecture.class_faults([Source("a", text), Source("b", text)]) == []


@pytest.mark.parametrize(
    "text", ["# the Lanes of it", "CREW = 1", "see host/shelf.py", '#. host/asides.py\nmsgid "x"']
)
def test_a_private_word_is_found(text: str) -> None:
    """A private word is found in code, comments, paths and translations, in any case."""
    assert architecture.word_faults("a.po", text)


def test_words_that_only_hold_a_private_one_are_left_alone() -> None:
    """`timeout_s` and `airplanes` hold one, and are none."""
    assert architecture.word_faults("m", "timeout_s = 1; airplanes, peppermint") == []


@pytest.mark.parametrize(
    "text",
    [
        'log.info("telegram answers again", s=1)',
        'log.exception("failed")',
        'self.log.warning("Plugin.Loaded")',
        'log.error(f"plugin {name}")',
        "log.info(text)",
        'log = structlog.get_logger("telegram")',
        "_log = structlog.get_logger(__name__)",
    ],
)
def test_an_event_that_is_a_sentence_is_found(text: str) -> None:
    """An event without a dot, with spaces or capitals, or none that can be read, is found."""
    assert architecture.event_faults(Source("m", f"import structlog\n{text}"))


@pytest.mark.parametrize(
    "text",
    [
        'log.info("telegram.back", s=1)',
        'log.error(f"plugin.{name}", reason="no file")',
        "log = structlog.get_logger(__name__)",
        "math.log(2)",
    ],
)
def test_a_dotted_event_is_left_alone(text: str) -> None:
    """A dotted noun is right, and so is a logger of the module's name."""
    assert architecture.event_faults(Source("m", f"import structlog\n{text}")) == []


@pytest.mark.parametrize(
    "text", ["x = 1", '"""Tests."""\ndef test_x(): ...', '"""Tests."""\nasync def test_x(): ...']
)
def test_silence_is_found(text: str) -> None:
    """A module or a test without a docstring is found."""
    assert architecture.docstring_faults(Source("m", text))


@pytest.mark.parametrize(
    "text",
    [
        "from unittest import mock",
        "from unittest.mock import AsyncMock",
        "import unittest.mock",
        "def test_x(monkeypatch):\n    monkeypatch.setattr(a, 'b', 1)",
        "def test_x(mocker):\n    mocker.mock.patch('a.b')",
    ],
)
def test_a_patch_is_found(text: str) -> None:
    """Changing the code under test is found, in the ways it is done."""
    assert architecture.patch_faults(Source("tests.m", text))


def test_the_environment_may_be_set() -> None:
    """A test may set variables and its folder: that is input, not code."""
    text = "def test_x(monkeypatch):\n    monkeypatch.setenv('A', 'b')\n    monkeypatch.chdir('/')"

    assert architecture.patch_faults(Source("tests.m", text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "async def test_x():\n    await asyncio.sleep(0.1)",
        "def test_x():\n    time.sleep(delay)",
        "async def test_x():\n    while waiting():\n        await asyncio.sleep(0.1)",
        "async def test_x():\n    async with asyncio.timeout(1):\n        await asyncio.sleep(0.1)",
    ],
)
def test_a_sleep_is_found(text: str) -> None:
    """Waiting for time to pass is found, and so is a loop without an end."""
    assert architecture.sleep_faults(Source("tests.m", text))


def test_a_bounded_look_is_left_alone() -> None:
    """Giving way, and a pause between two looks within a limit, are no sleep."""
    text = """
async def test_x():
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        while waiting():
            await asyncio.sleep(0.01)
"""

    assert architecture.sleep_faults(Source("tests.m", text)) == []
