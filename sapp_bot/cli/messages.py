"""Finds the texts that people read in source code: the message ids that catalogues translate.

Pure: source in, message ids out. A text that is built at run time cannot be found.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

VALIDATORS = frozenset({"field_validator", "model_validator"})
"""Decorators of functions whose `ValueError` is shown to the person."""

_RETURNS_TEXT = frozenset({"command", "button", "message", "forget", "keeps"})
"""What of `@plugin.…` may return what it says."""

_DATA = frozenset({"BaseModel", "Button", "Config", "File", "Form", "Picture"})
"""Bases of classes whose fields are no texts for people, whatever they are called."""

Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Module


@dataclass(frozen=True, slots=True)
class MessageId:
    """A message id, with its plural if it has one, and the line that says it."""

    one: str
    many: str = ""
    line: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class MessageCalls:
    """Which calls say something.

    Attributes:
        at: Names of what is called, and which of the arguments are message ids.
        plurals: Names whose first two arguments are a message id and its plural.
        named: Names and keyword arguments that are message ids.
        anywhere: Keyword arguments that are message ids in any call.

    """

    at: Mapping[str, tuple[int, ...]]
    plurals: frozenset[str]
    named: frozenset[tuple[str, str]]
    anywhere: frozenset[str] = frozenset()


PLUGIN_CALLS = MessageCalls(
    at={
        **dict.fromkeys(("t", "say", "toast", "key", "ask", "Screen", "Copy", "Url"), (0,)),
        **dict.fromkeys(("UserError", "Confirmation", "DeclinePayment"), (0,)),
        **dict.fromkeys(("NextStep", "ask_again"), (1,)),
        "invoice": (0, 1),
    },
    plurals=frozenset({"n"}),
    named=frozenset(
        {
            *(("ask", "choices"), ("ask", "title"), ("ask", "default_label")),
            *(("command", "words"), ("button", "words")),
            *(("Confirmation", "text"), ("Confirmation", "button"), ("inline", "switch")),
            *(("invoice", "title"), ("invoice", "description"), ("invoice", "pay_text")),
            *(("NextStep", "label"), ("Screen", "text"), ("InlineResult", "text")),
            *(("InlineResult", "title"), ("InlineResult", "description")),
        }
    ),
)
"""How a plugin says something: by the names of the plugin API."""


@dataclass(slots=True)
class MessageReader(ast.NodeVisitor):
    """Walks one module.

    Attributes:
        calls: Which calls say something.
        shown: Names of the functions whose `ValueError` is shown; None for all.
        found: The message ids.

    """

    calls: MessageCalls
    shown: frozenset[str] | None
    found: set[MessageId] = field(default_factory=set)
    scopes: list[Scope] = field(default_factory=list)

    def visit_Module(self, node: ast.Module) -> None:
        """Remember where names are looked up last."""
        self._within(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Look names up here first."""
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Look names up here first."""
        self._function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Take what an error class says to the person, and what a form says when it is left."""
        is_data = any(name_of(base) in _DATA for base in node.bases)
        for statement in () if is_data else node.body:
            if "reply" in _targets(statement) and isinstance(statement, ast.Assign | ast.AnnAssign):
                self._take(statement.value)
        for statement in node.body:
            if "cancelled" in _targets(statement) and isinstance(statement, ast.AnnAssign):
                self._take(statement.value)
        self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        """Take what a validator says."""
        match node.exc:
            case ast.Call(func=ast.Name(id="ValueError"), args=[text]) if self._is_shown():
                self._take(text)
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        """Take what a handler says by returning it."""
        if any(_declares(node) & _RETURNS_TEXT for node in self.scopes[-1:]):
            self._take(node.value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Take the arguments that are message ids."""
        name = name_of(node.func)
        if name in self.calls.plurals and len(node.args) > 1:
            pairs = zip(self._texts(node.args[0]), self._texts(node.args[1]), strict=False)
            self.found.update(MessageId(one.one, many.one, line=one.line) for one, many in pairs)
        for index in self.calls.at.get(name, ()):
            if index < len(node.args):
                self._take(node.args[index])
        for keyword in node.keywords:
            if keyword.arg in self.calls.anywhere or (name, keyword.arg) in self.calls.named:
                self._take(keyword.value)
        self.generic_visit(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Take a command's help, its docstring's first line; look names up here first."""
        if "command" in _declares(node):
            line = (ast.get_docstring(node) or "").partition("\n")[0]
            self.found.add(MessageId(line, line=node.body[0].lineno))
        self._within(node)

    def _is_shown(self) -> bool:
        if self.shown is None:
            return True
        return any(getattr(scope, "name", "") in self.shown for scope in self.scopes)

    def _within(self, node: Scope) -> None:
        self.scopes.append(node)
        self.generic_visit(node)
        self.scopes.pop()

    def _take(self, value: ast.expr | None) -> None:
        if value is not None:
            self.found.update(self._texts(value))

    def _texts(self, value: ast.expr) -> Iterator[MessageId]:
        """Follow an expression to the texts it can be: plain, chosen by `if`, named, listed."""
        match value:
            case ast.Constant(value=str(text)):
                yield MessageId(text, line=value.lineno)
            case ast.IfExp(body=body, orelse=orelse):
                yield from self._texts(body)
                yield from self._texts(orelse)
            case ast.BoolOp(values=values) | ast.Dict(values=values):
                for each in values:
                    yield from self._texts(each)
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                for each in elements:
                    yield from self._texts(each)
            case ast.Call(func=ast.Attribute(attr="get", value=table), args=[_, otherwise]):
                yield from self._texts(table)
                yield from self._texts(otherwise)
            case ast.Name(id=name):
                yield from self._named(name)

    def _named(self, name: str) -> Iterator[MessageId]:
        for scope in reversed(self.scopes):
            values = [v for node in ast.walk(scope) for v in _assigned(node, name)]
            if values:
                for value in values:
                    yield from self._texts(value)
                return


def messages_in(
    tree: ast.Module, calls: MessageCalls = PLUGIN_CALLS, *, shown: frozenset[str] | None
) -> set[MessageId]:
    """Return the message ids of one module; those without a word in them need no translation.

    Args:
        tree: The module.
        calls: Which calls say something.
        shown: Names of the functions whose `ValueError` is shown to people; None for all.

    """
    reader = MessageReader(calls, shown)
    reader.visit(tree)
    return {m for m in reader.found if any(c.isalpha() or c == "“" for c in words_of(m.one))}


def validating(tree: ast.Module) -> frozenset[str]:
    """Return the names of a module's validators, and of its functions that these call."""
    functions = {
        node.name: node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    found = {name for name, node in functions.items() if VALIDATORS & set(_decorators(node))}
    reached = found
    while reached:
        called = {
            name_of(node.func)
            for name in reached
            for node in ast.walk(functions[name])
            if isinstance(node, ast.Call)
        }
        reached = (called & functions.keys()) - found
        found |= reached
    return frozenset(found)


def words_of(text: str) -> str:
    """Return a text without its `{places}`: what there is to translate."""
    literal = ""
    depth = 0
    for c in text:
        depth += (c == "{") - (c == "}")
        literal += c if depth == 0 else ""
    return literal


def name_of(func: ast.expr) -> str:
    """Return the last name of an expression: "say" of `ctx.say`."""
    match func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _decorators(node: ast.AST) -> Iterator[str]:
    for decorator in getattr(node, "decorator_list", ()):
        yield name_of(decorator.func if isinstance(decorator, ast.Call) else decorator)


def _declares(node: ast.AST) -> set[str]:
    """Return what a function is declared as: {"command"} of `@plugin.command`."""
    made = (d.func if isinstance(d, ast.Call) else d for d in getattr(node, "decorator_list", ()))
    return {d.attr for d in made if isinstance(d, ast.Attribute)}


def _targets(node: ast.AST) -> list[str]:
    match node:
        case ast.Assign(targets=targets):
            return [t.id for t in targets if isinstance(t, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def _assigned(node: ast.AST, name: str) -> Iterator[ast.expr]:
    """Find what is assigned to a name, in `a = …`, `a: str = …` and `a, b = …, …`."""
    if isinstance(node, ast.Assign | ast.AnnAssign) and name in _targets(node) and node.value:
        yield node.value
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
            for target, value in zip(names, values, strict=False):
                if isinstance(target, ast.Name) and target.id == name:
                    yield value
