"""Command arguments: words of the line, parsed by the types of the handler's parameters."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from sapp_bot.errors import UserError
from sapp_bot.languages import Speech
from sapp_bot.text import clean

from .complaints import explain
from .questions import Problem
from .route import words
from .table import Command


def read_arguments(command: Command, rest: str, speech: Speech) -> dict[str, Any]:
    """Parse what was typed behind a command; the last parameter takes the rest of the line.

    Raises:
        UserError: a word is missing, too many, or cannot be read; the text shows the usage.

    """
    parameters = command.recipe.arguments
    given = words(clean(rest))
    if len(given) > len(parameters) > 0:
        given = [*given[: len(parameters) - 1], " ".join(given[len(parameters) - 1 :])]
    values: dict[str, Any] = {}
    for index, parameter in enumerate(parameters):
        if index >= len(given):
            if parameter.required:
                raise UserError("Please write it as: {usage}", usage=command.usage)
            continue
        assert parameter.adapter is not None  # noqa: S101  # arguments have one, see inject
        try:
            values[parameter.name] = parameter.adapter.validate_strings(given[index])
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            about = {k: v for k, v in first.get("ctx", {}).items() if isinstance(v, int | str)}
            why = explain(Problem(parameter.name, first["type"], about), speech)
            raise UserError(
                "{name}: {why} Please write it as: {usage}",
                name=parameter.name,
                why=why,
                usage=command.usage,
            ) from None
    return values
