"""Find the texts that people read in source code: the message ids a catalogue must translate.

Pure: source text in, message ids out. A text that is built at run time cannot be found, so the
code names its texts plainly; that is what makes a catalogue provably complete.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

FIRST = {
    *("t", "say", "toast", "text", "key", "_explain", "_say_on"),  # methods
    *("ask", "Copy", "Url", "UserError", "RatesError", "Confirmation"),  # builders and errors
}
"""Calls whose first argument is a message id."""

AT: Mapping[str, tuple[int, ...]] = {
    **dict.fromkeys(FIRST, (0,)),
    "ask_again": (1,),
    "InvalidInput": (1,),
    "NextStep": (1,),
}
"""Calls and where their message ids are."""

PLURALS = {"n", "plural"}
"""Calls whose first two arguments are a message id and its plural."""

NAMED_IN = {("ask", "choices"), ("Confirmation", "button")}
"""Calls and their keyword arguments that are message ids."""

NAMED = {"reply", "because", "reason", "title", "default_label"}
"""Keyword arguments that are message ids."""

Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Module


@dataclass(frozen=True, slots=True)
class Message:
    """A message id, with its plural if it has one."""

    one: str
    many: str = ""


@dataclass(slots=True)
class Reader(ast.NodeVisitor):
    """Walks one module. `validators`: a ValueError's text is shown, as in a plugin's forms."""

    validators: bool = False
    found: set[Message] = field(default_factory=set)
    scopes: list[Scope] = field(default_factory=list)

    def visit_Module(self, node: ast.Module) -> None:
        """Remember where names are looked up last."""
        self._within(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Look names up here first."""
        self._within(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Look names up here first; a command's help is its docstring's first line."""
        if any(_is_command(d) for d in node.decorator_list):
            self.found.add(Message((ast.get_docstring(node) or "").partition("\n")[0]))
        self._within(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Take what an error class says to the person."""
        for statement in node.body:
            if "reply" in _targets(statement) and isinstance(statement, ast.Assign | ast.AnnAssign):
                self._take(statement.value)
        self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        """Take what a validator says."""
        match node.exc:
            case ast.Call(func=ast.Name(id="ValueError"), args=[text]) if self.validators:
                self._take(text)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Take the arguments that are message ids."""
        name = _name(node.func)
        if name in PLURALS and len(node.args) > 1:
            pairs = zip(self._texts(node.args[0]), self._texts(node.args[1]), strict=True)
            self.found.update(Message(one, many) for one, many in pairs)
        for index in AT.get(name, ()):
            if index < len(node.args):
                self._take(node.args[index])
        for keyword in node.keywords:
            if keyword.arg in NAMED or (name, keyword.arg) in NAMED_IN:
                self._take(keyword.value)
        self.generic_visit(node)

    def _within(self, node: Scope) -> None:
        self.scopes.append(node)
        self.generic_visit(node)
        self.scopes.pop()

    def _take(self, value: ast.expr | None) -> None:
        if value is not None:
            self.found.update(Message(text) for text in self._texts(value))

    def _texts(self, value: ast.expr) -> Iterator[str]:
        """Follow an expression to the texts it can be: plain, chosen by `if`, named, in a dict."""
        match value:
            case ast.Constant(value=str(text)):
                yield text
            case ast.IfExp(body=body, orelse=orelse):
                yield from self._texts(body)
                yield from self._texts(orelse)
            case ast.BoolOp(values=values) | ast.Dict(values=values):
                for each in values:
                    yield from self._texts(each)
            case ast.Call(func=ast.Attribute(attr="get", value=table), args=[_, otherwise]):
                yield from self._texts(table)
                yield from self._texts(otherwise)
            case ast.Name(id=name):
                yield from self._named(name)

    def _named(self, name: str) -> Iterator[str]:
        for scope in reversed(self.scopes):
            values = [v for node in ast.walk(scope) for v in _assigned(node, name)]
            if values:
                for value in values:
                    yield from self._texts(value)
                return


def messages(source: str, *, validators: bool = False) -> set[Message]:
    """Collect the message ids of one module; those without a word in them need no translation."""
    reader = Reader(validators=validators)
    reader.visit(ast.parse(source))
    return {m for m in reader.found if any(c.isalpha() or c == "“" for c in _without_places(m.one))}


def _without_places(text: str) -> str:
    literal = ""
    depth = 0
    for c in text:
        depth += (c == "{") - (c == "}")
        literal += c if depth == 0 else ""
    return literal


def _name(func: ast.expr) -> str:
    match func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _is_command(decorator: ast.expr) -> bool:
    made = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(made, ast.Attribute) and made.attr == "command"


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
