"""The house as it stands keeps its rules: walls, homes, sizes, docstrings, honest tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests import architecture
from tests.architecture import Source
from tests.pages import ROOT
from tests.rooms import MAY_IMPORT

MAY_SLEEP = {
    "tests.redis_sentinel",  # the same
    "tests.redis_server",  # waits, within a limit, for a process that is no asyncio's
    "tests.end_to_end.plugins.probe",  # its handler looks whether a test lets it go
    "tests.service.store_kit",  # its clock can be asked to really wait
    "tests.ledger.soak",  # waits, within limits, for what its faults have delayed
    "tests.ledger.sigkill",  # chooses the moments of its kills, and waits for what they delay
    "tests.ledger.role_sales",  # the same
    "tests.ledger.roles_kit",  # looks, within limits, for what workers do on a real Redis
    "tests.ledger.test_backup",  # looks, within limits, for what a ledger on a real Redis does
    # Their loop has virtual time (tests/ledger/seeded_loop.py): no sleep there takes any.
    "tests.ledger.kit",
    "tests.ledger.haunted",
    "tests.ledger.test_alarms",
    "tests.ledger.test_several_processes",
    "tests.ledger.memory_store",
    "tests.ledger.mishaps",
    "tests.ledger.outside",
    "tests.ledger.schedules",
    "tests.ledger.seeded_loop",
    "tests.ledger.subjects",
    "tests.ledger.test_checkout",
    "tests.ledger.test_delivery",
    "tests.ledger.test_differences",
    "tests.ledger.test_hostile",
    "tests.ledger.test_kill_points",
    "tests.ledger.test_list_rows",
    "tests.ledger.test_lost",
    "tests.ledger.test_no_debts",
    "tests.ledger.test_operators",
    "tests.ledger.test_payers",
    "tests.ledger.test_reading",
    "tests.ledger.test_refunds",
    "tests.ledger.test_words_owed",
}


def sources(folder: str) -> list[Source]:
    """Read all modules below a folder of the project."""
    return list(_read(ROOT / folder))


def _read(folder: Path) -> Iterator[Source]:
    for path in sorted(folder.rglob("*.py")):
        dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        is_package = path.name == "__init__.py"
        yield Source(dotted.removesuffix(".__init__"), path.read_text("utf-8"), is_package)


BOT = sources("sapp_bot")
PLUGINS = sources("plugins")
TESTS = sources("tests")


def every(rule: Callable[[Source], list[str]], found: Iterable[Source]) -> list[str]:
    """Gather the faults of all modules."""
    return [fault for source in found for fault in rule(source)]


def test_there_is_something_to_look_at() -> None:
    """An empty list would keep every rule."""
    assert len(BOT) > 20
    assert len(PLUGINS) >= 3
    assert any(source.name == "tests.test_architecture" for source in TESTS)


def test_walls_stand() -> None:
    """A part of the bot imports only what stands below it."""
    assert every(architecture.wall_faults, BOT) == []


def test_every_wall_has_a_part_behind_it() -> None:
    """The table names no part that is gone."""
    assert {source.part for source in BOT} == set(MAY_IMPORT)


def test_packages_stay_home() -> None:
    """Telethon, aiohttp and Redis are each known in one place, and in the sandbox."""
    assert every(architecture.home_faults, BOT + PLUGINS) == []


def test_plugins_use_the_public_api() -> None:
    """The built-in plugins import nothing that a stranger's could not, and not each other."""
    names = {plugin.name.split(".")[1] for plugin in PLUGINS}

    assert every(lambda source: architecture.plugin_faults(source, names), PLUGINS) == []


def test_no_module_imports_itself_over_others() -> None:
    """There is no import cycle, not even a lazy one or one for types."""
    assert architecture.cycle_faults(BOT) == []


def test_modules_and_functions_are_short() -> None:
    """A module has at most 400 lines, a function 50."""
    assert every(architecture.size_faults, BOT + PLUGINS + TESTS) == []


def test_most_functions_are_short() -> None:
    """Nine of ten functions of the bot have at most 25 lines."""
    assert architecture.spread_faults(BOT) == []


def test_packages_are_small() -> None:
    """A package has at most 16 modules."""
    assert architecture.package_faults(BOT + PLUGINS) == []


def test_a_class_name_says_which_class() -> None:
    """No public class name of the bot stands twice, so that one search finds one class."""
    assert architecture.class_faults(BOT) == []


def test_words_are_the_fields() -> None:
    """The words that only the builders knew are gone, from texts, pages and translations too."""
    found = {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for folder in ("sapp_bot", "plugins", "docs")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".md", ".po", ".txt", ".lua", ".toml", ".sapp"}
    }

    assert len(found) > len(BOT)
    assert [f for name, text in found.items() for f in architecture.word_faults(name, text)] == []


def test_log_events_are_dotted_nouns() -> None:
    """Every event is named like `plugin.loaded`, by a logger that bears its module's name."""
    assert every(architecture.event_faults, BOT) == []


def test_everything_says_what_it_is_for() -> None:
    """Each module has a docstring, and each test states its rule."""
    assert every(architecture.docstring_faults, BOT + PLUGINS + TESTS) == []


def test_tests_patch_nothing() -> None:
    """Tests give fakes to the code instead of changing it."""
    assert every(architecture.patch_faults, TESTS) == []


def test_tests_wait_for_events() -> None:
    """Tests do not wait for time to pass."""
    tests = [source for source in TESTS if source.name not in MAY_SLEEP]

    assert every(architecture.sleep_faults, tests) == []
