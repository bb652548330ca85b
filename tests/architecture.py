"""The rules of the house as pure functions over source text; each gives a list of faults."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from math import ceil
from typing import TypeVar, cast

from tests.rooms import MAY_IMPORT

MODULE_LINES = 400
FUNCTION_LINES = 50
FUNCTION_LINES_P90 = 25
PACKAGE_MODULES = 16

HOMES: Mapping[str, tuple[str, ...]] = {
    "telethon": ("sapp_bot.telegram", "sapp_bot.sandbox"),
    "aiohttp": ("sapp_bot.sapp.client", "sapp_bot.monitoring.endpoints", "sapp_bot.sandbox"),
    "prometheus_client": ("sapp_bot.monitoring.prometheus",),
    "opentelemetry": ("sapp_bot.tracing",),
    "redis": ("sapp_bot.store", "sapp_bot.sandbox"),
    "fakeredis": ("sapp_bot.store", "sapp_bot.sandbox"),
}
"""The only places that know these packages."""

PRIVATE_WORDS = re.compile(
    r"\b(lanes|shelf|herald|ruling|harvest|neighbours|crew|mint|impulse|drawers|patience|asides"
    r"|chores)\b",
    re.IGNORECASE,
)
"""Words that only the builders of an earlier version knew; the field has its own for each."""

PLUGINS_MAY_IMPORT = ("sapp_bot", "sapp_bot.services")

_Node = TypeVar("_Node", bound=ast.AST)


@dataclass(frozen=True, slots=True)
class Source:
    """One module: its dotted name and its text."""

    name: str
    text: str
    is_package: bool = False

    @property
    def tree(self) -> ast.Module:
        """The parsed text."""
        return _parse(self.text)

    def nodes(self, kind: type[_Node]) -> list[_Node]:
        """Return the nodes of a kind."""
        return cast("list[_Node]", _nodes(self.text).get(kind, []))

    @property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """All functions, asynchronous ones last."""
        return [*self.nodes(ast.FunctionDef), *self.nodes(ast.AsyncFunctionDef)]

    @property
    def part(self) -> str:
        """The part of sapp_bot that it belongs to."""
        return part_of(self.name)


@dataclass(frozen=True, slots=True)
class Import:
    """`module` is what the statement names; `name` what it takes from there, if anything."""

    line: int
    module: str
    name: str = ""

    @property
    def target(self) -> str:
        """The dotted name of what is imported, module or not."""
        return f"{self.module}.{self.name}" if self.name else self.module


@cache
def _parse(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SystemError:  # Python 3.11, when garbage parses meanwhile: see `plugin_source`
        return ast.parse(text)


@cache
def _nodes(text: str) -> Mapping[type[ast.AST], list[ast.AST]]:
    """Return all nodes by their kinds: every rule looks at few kinds, and a walk takes long."""
    found: dict[type[ast.AST], list[ast.AST]] = defaultdict(list)
    for node in ast.walk(_parse(text)):
        found[type(node)].append(node)
    return found


def forget_trees() -> None:
    """Drop the syntax trees that were read: a million objects, looked at by every collection."""
    _parse.cache_clear()
    _nodes.cache_clear()


def part_of(dotted: str) -> str:
    """Return the room that a dotted name lies in, the innermost; the root for what is none."""
    parts = dotted.split(".")[1:]
    rooms = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((room for room in rooms if room in MAY_IMPORT), "")


def is_ours(dotted: str) -> bool:
    """Tell whether a dotted name lies in sapp_bot."""
    return dotted == "sapp_bot" or dotted.startswith("sapp_bot.")


def imports(source: Source) -> Iterator[Import]:
    """List all imports: at the top, inside functions, for types only, and by literal name."""
    for plain in source.nodes(ast.Import):
        yield from (Import(plain.lineno, alias.name) for alias in plain.names)
    for taken in source.nodes(ast.ImportFrom):
        base = _absolute(source, taken)
        yield from (Import(taken.lineno, base, alias.name) for alias in taken.names)
    for call in source.nodes(ast.Call):
        if _called(call).endswith(("import_module", "__import__")):
            first = call.args[0] if call.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield Import(call.lineno, first.value)


def _absolute(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    up = node.level - 1 if source.is_package else node.level
    base = source.name.split(".")[: len(source.name.split(".")) - up]
    return ".".join([*base, *([node.module] if node.module else [])])


def _called(node: ast.Call) -> str:
    """Return what is called, as it is written; unparsing takes a hundred times as long."""
    names, at = [], node.func
    while isinstance(at, ast.Attribute):
        names.append(at.attr)
        at = at.value
    if not isinstance(at, ast.Name):
        return ast.unparse(node.func)
    return ".".join([at.id, *reversed(names)])


def wall_faults(source: Source) -> list[str]:
    """Find imports through a wall, in a module of sapp_bot."""
    part = source.part
    if not part and source.name != "sapp_bot":
        return [f"{source.name}: has no place in MAY_IMPORT yet; give it one"]
    return [
        f"{source.name}:{found.line}: {part or '__init__'} may not import {found.target}"
        for found in imports(source)
        if is_ours(found.target) and part_of(found.target) not in MAY_IMPORT[part] | {part}
    ] + [
        f"{source.name}:{found.line}: nothing in sapp_bot may import {found.target}"
        for found in imports(source)
        if found.target.partition(".")[0] in {"plugins", "tests"}
    ]


def home_faults(source: Source) -> list[str]:
    """Find imports of a package outside of its home."""
    return [
        f"{source.name}:{found.line}: {found.module} is known in {' and '.join(homes)} only"
        for found in imports(source)
        for package, homes in HOMES.items()
        if found.module.partition(".")[0] == package
        and not any(f"{source.name}.".startswith(f"{home}.") for home in homes)
    ]


def plugin_faults(source: Source, plugins: Iterable[str]) -> list[str]:
    """Find what a plugin imports beyond the author's API; `plugins` are the names of all."""
    others = set(plugins) - {source.name.split(".")[1]}
    return [
        f"{source.name}:{found.line}: a plugin may not import {found.target}"
        for found in imports(source)
        if (is_ours(found.module) and found.module not in PLUGINS_MAY_IMPORT)
        or (found.module == "sapp_bot" and part_of(found.target) not in {"", "services"})
        or found.target.removeprefix("plugins.").partition(".")[0] in others
    ]


def cycle_faults(sources: Iterable[Source]) -> list[str]:
    """Find a knot of modules that import each other, lazily or for types too."""
    modules = {source.name: source for source in sources}
    graph = {
        name: {_module(found.target, modules) for found in imports(source)} - {name, ""}
        for name, source in modules.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return ["import cycle: " + " <- ".join(error.args[1])]
    return []


def _module(dotted: str, modules: Mapping[str, Source]) -> str:
    """Give the module that a dotted name lies in: the longest known beginning."""
    while dotted and dotted not in modules:
        dotted = dotted.rpartition(".")[0]
    return dotted


def functions(source: Source) -> Iterator[tuple[str, int]]:
    """List functions with their length in lines: decorators and docstring left out."""
    for node in source.functions:
        assert node.end_lineno
        length = node.end_lineno - node.lineno + 1
        if ast.get_docstring(node, clean=False) is not None:
            assert node.body[0].end_lineno
            length -= node.body[0].end_lineno - node.body[0].lineno + 1
        yield f"{source.name}:{node.lineno} {node.name}", length


def size_faults(source: Source) -> list[str]:
    """Find a module or a function that is too long to be read in one go."""
    lines = len(source.text.splitlines())
    faults = [f"{source.name}: {lines} lines"] if lines > MODULE_LINES else []
    return faults + [
        f"{where}: {length} lines" for where, length in functions(source) if length > FUNCTION_LINES
    ]


def spread_faults(sources: Iterable[Source]) -> list[str]:
    """Find that more than a tenth of the functions are longer than the aim."""
    lengths = sorted(length for source in sources for _, length in functions(source))
    p90 = lengths[ceil(len(lengths) * 0.9) - 1] if lengths else 0
    if p90 <= FUNCTION_LINES_P90:
        return []
    return [f"a tenth of the functions have {p90} lines or more, {FUNCTION_LINES_P90} is the aim"]


def package_faults(sources: Iterable[Source]) -> list[str]:
    """Find a package with too many modules to know by heart, its `__init__` not counted."""
    counts = Counter(source.name.rpartition(".")[0] for source in sources if not source.is_package)
    return [
        f"{package}: {count} modules, {PACKAGE_MODULES} at most; split it by reason to change"
        for package, count in sorted(counts.items())
        if count > PACKAGE_MODULES
    ]


def class_faults(sources: Iterable[Source]) -> list[str]:
    """Find a public class whose name another one has already.

    There is no exception: the sandbox may not import the bot, so what it models again has a name
    of its own there (`UserRow`, `SimulatedUser`).
    """
    places: dict[str, list[str]] = defaultdict(list)
    for source in sources:
        for node in source.nodes(ast.ClassDef):
            if not node.name.startswith("_"):
                places[node.name].append(f"{source.name}:{node.lineno}")
    return [
        f"{name} stands at {' and '.join(found)}: give each a name of its own"
        for name, found in sorted(places.items())
        if len(found) > 1
    ]


def word_faults(name: str, text: str) -> list[str]:
    """Find private words in a text of any kind; `name` says whose it is."""
    return [
        f"{name}:{number}: {found[0]!r}: take the field's word"
        for number, line in enumerate(text.splitlines(), 1)
        for found in PRIVATE_WORDS.finditer(line)
    ]


def event_faults(source: Source) -> list[str]:
    """Find log events that are no dotted nouns, and module loggers under a name of their own."""
    if "structlog" not in source.text:
        return []
    faults = [
        f"{source.name}:{node.lineno}: {ast.unparse(node)}"
        for node in source.tree.body
        if isinstance(node, ast.Assign)
        and ast.unparse(node.value).startswith("structlog.get_logger(")
        and ast.unparse(node) != "log = structlog.get_logger(__name__)"
    ]
    return faults + [
        f"{source.name}:{node.lineno}: {ast.unparse(node.args[0])} is no dotted event"
        for node in source.nodes(ast.Call)
        if _LOG_CALL.search(_called(node))
        and node.args
        and not _EVENT.fullmatch(_literal(node.args[0]))
    ]


_LOG_CALL = re.compile(r"\b_?log(ger)?\.(debug|info|warning|error|exception|critical)$")
_EVENT = re.compile(r"[a-z_]+(\.[a-z_]+)+")


def _literal(node: ast.expr) -> str:
    """Return the text of a literal, with "x" for what an f-string fills in; "" for all else."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_literal(part) or "x" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def docstring_faults(source: Source) -> list[str]:
    """Find a module that does not say what it is for, or a test that states no rule."""
    faults = [] if ast.get_docstring(source.tree) else [f"{source.name}: no docstring"]
    return faults + [
        f"{source.name}:{node.lineno}: {node.name} has no docstring"
        for node in source.functions
        if node.name.startswith("test_") and not ast.get_docstring(node)
    ]


def patch_faults(source: Source) -> list[str]:
    """Find tests that change the code they test: mock, or monkeypatch beyond the environment."""
    mocks = [
        f"{source.name}:{found.line}: imports {found.target}"
        for found in imports(source)
        if found.target.startswith(("unittest.mock", "mock", "pytest_mock"))
    ]
    return mocks + [
        f"{source.name}:{node.lineno}: {_called(node)}"
        for node in source.nodes(ast.Call)
        if _called(node).endswith(("monkeypatch.setattr", "monkeypatch.setitem", "mock.patch"))
    ]


def sleep_faults(source: Source) -> list[str]:
    """Find waits for time to pass instead of for an event.

    `asyncio.sleep(0)` only gives way; between two looks in a loop under `asyncio.timeout` a pause
    is allowed, as some things (a counter, another process) have no event to wait for.
    """
    looks = {id(call) for loop in _bounded_loops(source) for call in ast.walk(loop)}
    return [
        f"{source.name}:{node.lineno}: {ast.unparse(node)}"
        for node in source.nodes(ast.Call)
        if _called(node) in {"asyncio.sleep", "time.sleep", "sleep"}
        and not (node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0)
        and id(node) not in looks
    ]


def _bounded_loops(source: Source) -> Iterator[ast.While]:
    for block in source.nodes(ast.AsyncWith):
        calls = (item.context_expr for item in block.items)
        if any(isinstance(c, ast.Call) and _called(c) == "asyncio.timeout" for c in calls):
            yield from (node for node in ast.walk(block) if isinstance(node, ast.While))
