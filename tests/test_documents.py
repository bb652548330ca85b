"""The pages tell the truth: what they show is run, what they list is what there is."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import sapp_bot
from sapp_bot import Ctx, Plugin, services
from sapp_bot.cli.main import _parser
from sapp_bot.testing import Actor, SandboxStage, Stage
from tests.architecture import Source, plugin_faults
from tests.pages import PAGES, ROOT
from tests.rooms import MAY_IMPORT


def blocks(page: str, language: str) -> list[str]:
    """List the code blocks of a page."""
    text = (ROOT / page).read_text("utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_made_pages_are_fresh(page: str) -> None:
    """Settings, commands and `.env.example` are what the code says; `python -m tests.pages`."""
    assert (ROOT / page).read_text("utf-8") == PAGES[page]()


def test_the_page_of_services_says_what_costs_reads() -> None:
    """The API counts what is asked with a key: the five calls of `Rates`, and nothing else."""
    page = (ROOT / "docs/services.md").read_text("utf-8")
    counted = re.findall(r"### `await (\w+)\((?:(?!\n### ).)*?\nCosts one read\.", page, re.DOTALL)

    assert counted == ["live", "currencies", "convert", "prevailing", "historical"]
    assert page.count("Costs no read.") > len(counted)


def test_links_lead_somewhere() -> None:
    """Every relative link of every page names a file."""
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_each_fault_has_a_test_that_exists() -> None:
    """docs/reliability.md has a row for each of the 36 faults, and what it names is there."""
    page = (ROOT / "docs/reliability.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \|.*$", page, flags=re.MULTILINE)
    assert [int(number) for number in rows] == list(range(1, 37))
    for row in (line for line in page.splitlines() if re.match(r"\| \d", line)):
        tests = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
        assert tests, row
        for file, name in tests:
            assert f"def {name}(" in (ROOT / file).read_text("utf-8"), name
    for module in re.findall(r"`python -m ([\w.]+)`", page):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module


async def test_the_first_conversation_goes_as_shown() -> None:
    """What README.md lets people type is answered as it says."""
    (talk,) = blocks("README.md", "text")
    async with Stage(service_reads=100) as stage:
        ann = stage.person("Ann")
        for line in talk.splitlines():
            who, words = line.split(": ", 1)
            if who == "you":
                await ann.says(words)
            else:
                assert ann.sees(words), f"{words!r} is not in {[s.text.plain for s in ann.news]}"


async def test_the_plugin_of_the_readme_works(tmp_path: Path) -> None:
    """README.md's plugin is whole, and speaks both languages."""
    (source,) = blocks("README.md", "python")
    (tmp_path / "hello.py").write_text(source, "utf-8")  # a test's own file
    async with Stage(tmp_path) as stage:
        ann, boris = stage.person("Ann"), stage.person("Boris", language="ru")
        await ann.says("/hello")
        await ann.says("Ann")
        await boris.says("/hi Борис")

        assert (ann.last, boris.last) == ("Hello Ann!", "Здравствуйте, Борис!")


@dataclass(frozen=True, slots=True)
class Piece:
    """A plugin of docs/plugins.md, with the talks and tests that follow it."""

    source: str
    talks: tuple[str, ...]
    tests: tuple[str, ...]


def pieces() -> list[Piece]:
    """Read docs/plugins.md: what follows a plugin is about it, up to the next one."""
    text = (ROOT / "docs/plugins.md").read_text("utf-8")
    found: list[Piece] = []
    for language, block in re.findall(r"```(\w+)\n(.*?)```", text, flags=re.DOTALL):
        if language == "python" and "plugin = Plugin(" in block:
            found.append(Piece(block, (), ()))
        elif language == "python":
            found[-1] = replace(found[-1], tests=(*found[-1].tests, block))
        elif language == "text":
            found[-1] = replace(found[-1], talks=(*found[-1].talks, block))
        else:
            assert language == "sh", f"nothing runs a block of {language}"
    return found


async def talk(stage: Stage, lines: str) -> None:
    """Play a conversation of a page, and compare what the bot says."""
    ann = stage.person("Ann")
    for line in lines.splitlines():
        who, _, words = line.partition(": ")
        if who == "you":
            await ann.says(words)
        elif who == "you press":
            await ann.presses(words)
        elif line == "you pay":
            await ann.pays()
        elif who == "bot":
            assert ann.sees(words), f"{words!r} is not in {[s.text.plain for s in ann.news]}"
        elif line == "(restart)":
            await stage.restart()
        else:
            passes = re.fullmatch(r"\((\d+) s pass\)", line)
            assert passes, f"nobody can play {line!r}"
            await stage.passes(int(passes[1]))


@pytest.mark.parametrize("piece", pieces(), ids=lambda piece: piece.source.splitlines()[-3][:30])
async def test_the_plugins_of_the_guide_work(tmp_path: Path, piece: Piece) -> None:
    """Each plugin in docs/plugins.md answers as its section shows, and each test there passes."""
    assert piece.talks, "a plugin without a conversation proves nothing"
    (tmp_path / "sample.py").write_text(piece.source, "utf-8")  # a test's own file
    for lines in piece.talks:
        async with Stage(tmp_path) as stage:
            await talk(stage, lines)
    for test in piece.tests:
        module = ModuleType("guide")
        exec(test, vars(module))  # noqa: S102  # the page's own code
        for kind in (Stage, SandboxStage):
            await module.test_a_note_is_kept(tmp_path, kind)


def test_the_commands_of_the_guide_are_there() -> None:
    """Each `python -m sapp_bot` line of the page can be read by the command line."""
    (page,) = blocks("docs/plugins.md", "sh")
    ours = [line.split()[3:] for line in page.splitlines() if "-m sapp_bot" in line]

    assert len(ours) == 3
    for words in ours:
        assert _parser().parse_args(words).call is not None


def test_the_guide_names_all_that_authors_use() -> None:
    """Each public name, option and method of the kit stands in docs/plugins.md as code."""
    text = (ROOT / "docs/plugins.md").read_text("utf-8")
    words = set(re.findall(r"\w+", " ".join(re.findall(r"`[^`]+`|```.*?```", text, re.DOTALL))))
    options = set(inspect.signature(Plugin.command).parameters) - {"self", "handler"}
    fields = {field.name for field in dataclasses.fields(Plugin) if field.init}
    kit = {name for cls in (Stage, Actor) for name in dir(cls) if not name.startswith("_")}
    view = {name for name in dir(Ctx) if not name.startswith("_")}

    for names in (sapp_bot.__all__, services.__all__, options, fields, kit, view):
        assert set(names) - words == set()


DECORATORS = sorted(
    name for name, value in vars(Plugin).items() if inspect.isfunction(value) and name[0] != "_"
)


@pytest.mark.parametrize("decorator", DECORATORS)
def test_each_decorator_has_a_section_and_a_test(decorator: str) -> None:
    """A heading of docs/plugins.md names it, and a test of the host uses it."""
    text = (ROOT / "docs/plugins.md").read_text("utf-8")
    assert re.search(rf"^## .*`@plugin\.{decorator}`$", text, re.MULTILINE)

    tests = [path.read_text("utf-8") for path in (ROOT / "tests" / "host").glob("*.py")]
    assert any(f"@plugin.{decorator}" in test for test in tests)


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "examples").glob("*.py")))
def test_each_sample_is_short_and_has_a_test(path: Path) -> None:
    """A sample has at most 50 lines, a conversation in tests/examples, and uses the public API."""
    assert len(path.read_text("utf-8").splitlines()) <= 50
    assert (ROOT / "tests" / "examples" / f"test_{path.stem}.py").is_file()
    source = Source(f"examples.{path.stem}", path.read_text("utf-8"))
    assert plugin_faults(source, {path.stem}) == []


ARCHITECTURE = (ROOT / "docs/architecture.md").read_text("utf-8")
PATH = re.compile(r"(?:[\w.-]+/)+(?:[\w.-]+\.\w+)?|[\w-]+\.(?:py|md|po|toml)")
CLASS = re.compile(r"([A-Z][a-z]+\w*)(?:\.(\w+))?")


def room_path(room: str) -> str:
    """Write a room as the page does: `host/runtime/`, `bot.py`."""
    path = room.replace(".", "/") or "__init__"
    return f"{path}/" if (ROOT / "sapp_bot" / path).is_dir() else f"{path}.py"


def drawn_rooms() -> list[str]:
    """List the rooms of the page's tree, from the top down."""
    (tree,) = blocks("docs/architecture.md", "text")
    return [line.split()[0] for line in tree.splitlines() if line.strip()]


@cache
def classes() -> dict[str, set[str]]:
    """List the bot's classes with what each defines."""
    return {
        node.name: {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
        | {
            part.name
            for part in node.body
            if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        for path in (ROOT / "sapp_bot").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    }


def named_in(text: str) -> list[str]:
    """List what a page writes as code within its sentences."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def test_the_tree_draws_every_room() -> None:
    """Each room of the walls stands in docs/architecture.md with a sentence, and no other."""
    (tree,) = blocks("docs/architecture.md", "text")

    assert sorted(drawn_rooms()) == sorted(room_path(room) for room in MAY_IMPORT)
    assert [line for line in tree.splitlines() if line and len(line.split(maxsplit=1)) < 2] == []


def test_the_tree_is_in_the_order_of_imports() -> None:
    """A room imports only what stands above it; the sandbox's may know each other."""
    order = drawn_rooms()
    upward = [
        f"{room} may import {other}"
        for room, others in MAY_IMPORT.items()
        for other in others - {room}
        if not room.startswith("sandbox")
        and order.index(room_path(other)) > order.index(room_path(room))
    ]

    assert upward == []


def test_the_architecture_names_paths_that_exist() -> None:
    """Each path in docs/architecture.md leads somewhere, from sapp_bot or from the top."""
    paths = [name for name in named_in(ARCHITECTURE) if PATH.fullmatch(name)]

    assert len(paths) > 40
    assert [p for p in paths if not ((ROOT / "sapp_bot" / p).exists() or (ROOT / p).exists())] == []


def test_the_architecture_names_classes_that_exist() -> None:
    """Each class in docs/architecture.md, and its method, is in the sources or in Python."""
    ours, python = classes(), {"CancelledError", "SystemExit"}
    found = [match for name in named_in(ARCHITECTURE) if (match := CLASS.fullmatch(name))]

    assert len(found) > 40
    assert [
        match[0]
        for match in found
        if match[1] not in python
        and (match[1] not in ours or (match[2] and match[2] not in ours[match[1]]))
    ] == []


def test_the_architecture_uses_words_of_the_code() -> None:
    """Whatever else docs/architecture.md writes as code occurs in the sources."""
    files = [ROOT / "tests/architecture.py", *(ROOT / "sapp_bot").rglob("*.py")]
    known = set(re.findall(r"\w+", " ".join(path.read_text("utf-8") for path in files)))
    names = [name for name in named_in(ARCHITECTURE) if not PATH.fullmatch(name)]

    assert [name for name in names if not set(re.findall(r"\w+", name)) <= known] == []


def test_the_way_of_a_message_has_ten_hops() -> None:
    """They are counted, and each names a class or a module."""
    way = ARCHITECTURE.split("## A message's way")[1].split("\n## ")[0]
    hops = re.findall(r"^(\d+)\. (.+)$", way, re.MULTILINE)

    assert [int(number) for number, _ in hops] == list(range(1, 11))
    assert [hop for _, hop in hops if "`" not in hop] == []


def test_the_glossary_is_short() -> None:
    """At most ten words need explaining, and each leads to its class."""
    glossary = ARCHITECTURE.split("## Glossary")[1]
    rows = [line.strip("| ").split(" | ") for line in glossary.splitlines() if "`" in line]
    ours = classes()

    assert 0 < len(rows) <= 10
    for _, meaning, homes in rows:
        assert meaning
        assert set(re.findall(r"`(\w+)`", homes)) <= ours.keys()
