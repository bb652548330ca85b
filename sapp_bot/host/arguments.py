"""What stands behind a command: a handler's parameters by type, or first answers of a form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from sapp_bot.errors import UserError
from sapp_bot.languages import Speech
from sapp_bot.text import clean, visible

from .complaints import explain
from .inject import Parameter
from .questions import LONGEST_ANSWER, Problem, Questionnaire
from .route import words
from .table import Command, Listener

LONGEST_ARGUMENT = 1000


def read_arguments(command: Command, rest: str, speech: Speech) -> dict[str, Any]:
    """Parse what was typed behind a command; the last parameter takes the rest of the line.

    Raises:
        UserError: a word is missing, too many, or cannot be read; the text shows the usage.

    """
    parameters = command.recipe.arguments
    given = words(clean(rest), most=len(parameters))
    values: dict[str, Any] = {}
    for index, parameter in enumerate(parameters):
        if index >= len(given):
            if parameter.required:
                raise UserError("Please write it as: {usage}", usage=command.usage)
            continue
        read = _read(parameter, given[index])
        if isinstance(read, Problem):
            raise UserError(
                "{name}: {why} Please write it as: {usage}",
                name=parameter.name,
                why=explain(read, speech),
                usage=command.usage,
            )
        values[parameter.name] = read.value
    return values


def prefill(asked: Questionnaire, rest: str) -> tuple[dict[str, str], Problem | None, bool]:
    """Answer questions from a command line: never secret ones. The last one takes the rest.

    Returns the answers, the first problem, and whether something was left over or refused, which
    in a form with secrets may have been one.
    """
    open_ones = [q for q in asked.questions if not q.secret]
    given = words(clean(rest), most=0 if asked.has_secrets else len(open_ones))
    answers: dict[str, str] = {}
    for question, raw in zip(open_ones, given, strict=False):
        value = clean(raw).strip()
        tried = {**answers, question.name: value}
        problem = asked.problem(tried, question.name)
        if problem is not None or not visible(value) or len(value) > LONGEST_ANSWER:
            return answers, problem, True
        answers = tried
    return answers, None, len(given) > len(open_ones)


def read_groups(listener: Listener, text: str) -> dict[str, Any] | None:
    """Parse a free text by a listener's pattern; None when it does not fit, or its words don't."""
    found = listener.pattern.fullmatch(clean(text).strip())
    if found is None:
        return None
    values: dict[str, Any] = {}
    for parameter in listener.recipe.arguments:
        word = found[parameter.name]
        if word is None and not parameter.required:
            continue
        read = _read(parameter, word or "")
        if isinstance(read, Problem):
            return None
        values[parameter.name] = read.value
    return values


@dataclass(frozen=True, slots=True)
class _Read:
    """What a word was read as."""

    value: object


def _read(parameter: Parameter, word: str) -> _Read | Problem:
    assert parameter.adapter is not None  # noqa: S101  # arguments have one, see inject
    if len(word) > LONGEST_ARGUMENT:
        return Problem(parameter.name, "string_too_long", {"max_length": LONGEST_ARGUMENT})
    try:
        return _Read(parameter.adapter.validate_strings(word))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        about = {k: v for k, v in first.get("ctx", {}).items() if isinstance(v, int | str)}
        return Problem(parameter.name, first["type"], about)
