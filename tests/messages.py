"""The message ids in the code of the bot and its plugins, found by the reader that `check` uses."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from sapp_bot.cli.messages import PLUGIN_CALLS, MessageId, messages_in

__all__ = ["MessageId", "messages"]

OWN_CALLS = replace(
    PLUGIN_CALLS,
    at={
        **PLUGIN_CALLS.at,
        **dict.fromkeys(("text", "_explain", "_say_on", "RatesError"), (0,)),
        "InvalidInput": (1,),
    },
    plurals=frozenset({"n", "plural"}),
    anywhere=frozenset({"reply", "because", "reason", "title", "default_label"}),
)
"""With what only the bot's own code calls."""


VALUES = {"str", "int", "float", "Decimal", "date"}
"""Types of arguments that are shown by their names, as they have no words to choose from."""


def messages(source: str, *, validators: bool = False) -> set[MessageId]:
    """Collect the message ids of one module, names of arguments among them.

    Args:
        source: The code.
        validators: Whether a `ValueError` is shown, as in the forms of plugins.

    """
    tree = ast.parse(source)
    said = messages_in(tree, OWN_CALLS, shown=None if validators else frozenset())
    return said | {MessageId(name) for node in ast.walk(tree) for name in _shown_names(node)}


def _shown_names(node: ast.AST) -> Iterator[str]:
    """Find the names of a command's arguments and of a form's fields that its usage shows."""
    match node:
        case ast.AsyncFunctionDef() if any(map(_is_command, node.decorator_list)):
            arguments = (*node.args.args, *node.args.kwonlyargs)
            yield from (a.arg for a in arguments if _is_value(a.annotation))
        case ast.AnnAssign(ast.Name(name), annotation, value=ast.Call(ast.Name("ask")) as call):
            given = {keyword.arg for keyword in call.keywords}
            if _is_value(annotation) and not given & {"secret", "choices"}:
                yield name


def _is_command(decorator: ast.expr) -> bool:
    made = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(made, ast.Attribute) and made.attr == "command"


def _is_value(annotation: ast.expr | None) -> bool:
    """Tell whether a parameter is read from the command line, and shown by its name."""
    match annotation:
        case ast.BinOp(left=kind, right=ast.Constant(value=None)):
            return _is_value(kind)
        case ast.Subscript(value=ast.Name("Annotated"), slice=ast.Tuple(elts=[kind, *_])):
            return _is_value(kind)
        case ast.Name(id=name):
            return name in VALUES
    return False
