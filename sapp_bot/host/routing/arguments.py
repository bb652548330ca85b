"""What stands behind a command: a handler's parameters by type, or first answers of a form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from sapp_bot.domain.text import clean, visible
from sapp_bot.errors import UserError
from sapp_bot.host.authoring.forms import LONGEST_ANSWER, FieldError, FormSpec
from sapp_bot.i18n import Translator

from .commands import split_words
from .registry import Command, TextRoute
from .signature import Parameter
from .validation_texts import explain

LONGEST_ARGUMENT = 1000


def read_arguments(command: Command, rest: str, translator: Translator) -> dict[str, Any]:
    """Parse what was typed behind a command; the last parameter takes the rest of the line.

    Raises:
        UserError: a word is missing, too many, or cannot be read; the text shows the usage.

    """
    parameters = command.signature.arguments
    given = split_words(clean(rest), most=len(parameters))
    values: dict[str, Any] = {}
    for index, parameter in enumerate(parameters):
        if index >= len(given):
            if parameter.required:
                raise UserError("Please write it as: {usage}", usage=command.usage)
            continue
        read = _read(parameter, given[index])
        if isinstance(read, FieldError):
            raise UserError(
                "{name}: {why} Please write it as: {usage}",
                name=parameter.name,
                why=explain(read, translator),
                usage=command.usage,
            )
        values[parameter.name] = read.value
    return values


def prefill(spec: FormSpec, rest: str) -> tuple[dict[str, str], FieldError | None, bool]:
    """Answer questions from a command line: never secret ones. The last one takes the rest.

    Returns the answers, the first problem, and whether something was left over or refused, which
    in a form with secrets may have been one.
    """
    open_ones = [q for q in spec.questions if not q.secret]
    given = split_words(clean(rest), most=0 if spec.has_secrets else len(open_ones))
    answers: dict[str, str] = {}
    for question, raw in zip(open_ones, given, strict=False):
        value = clean(raw).strip()
        tried = {**answers, question.name: value}
        field_error = spec.field_error(tried, question.name)
        if field_error is not None or not visible(value) or len(value) > LONGEST_ANSWER:
            return answers, field_error, True
        answers = tried
    return answers, None, len(given) > len(open_ones)


def read_groups(text_route: TextRoute, text: str) -> dict[str, Any] | None:
    """Parse a free text by a listener's pattern; None when it does not fit, or its words don't."""
    found = text_route.pattern.fullmatch(clean(text).strip())
    if found is None:
        return None
    values: dict[str, Any] = {}
    for parameter in text_route.signature.arguments:
        word = found[parameter.name]
        if word is None and not parameter.required:
            continue
        read = _read(parameter, word or "")
        if isinstance(read, FieldError):
            return None
        values[parameter.name] = read.value
    return values


@dataclass(frozen=True, slots=True)
class _Read:
    """What a word was read as."""

    value: object


def _read(parameter: Parameter, word: str) -> _Read | FieldError:
    assert parameter.adapter is not None  # noqa: S101  # arguments have one, see inject
    if len(word) > LONGEST_ARGUMENT:
        return FieldError(parameter.name, "string_too_long", {"max_length": LONGEST_ARGUMENT})
    try:
        return _Read(parameter.adapter.validate_strings(word))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        about = {k: v for k, v in first.get("ctx", {}).items() if isinstance(v, int | str)}
        return FieldError(parameter.name, first["type"], about)
