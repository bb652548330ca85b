"""Parses the text after a command: into a handler's arguments, or into first answers of a form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from sapp_bot.domain.text import visible
from sapp_bot.domain.typed_text import ascii_digits, choice_key, normalise, tidy
from sapp_bot.errors import NextStep, UserError
from sapp_bot.host.authoring.forms import LONGEST_ANSWER, FormSpec, Question
from sapp_bot.host.runtime.field_errors import FieldError, read_error
from sapp_bot.i18n import Translator
from sapp_bot.values import dataclass

from .answer_words import yes_or_no
from .commands import split_words
from .registry import Command, TextRoute
from .signature import Parameter
from .validation_texts import explain

LONGEST_ARGUMENT = 1000
"""Longest argument, in characters."""
AFTER_MISUSE = (NextStep("help", "Help"), NextStep("start", "‹ Home"))
"""What is offered below the usage of a command."""
_MOST_WORDS = 8
"""Words that an answer can have when more answers follow it."""


def read_arguments(command: Command, rest: str, translator: Translator) -> dict[str, Any]:
    """Return a command's arguments by parameter name, parsed by their types.

    Args:
        command: The command; its last parameter takes the rest of the line.
        rest: The text after the command.
        translator: Language of the error's text.

    Raises:
        UserError: an argument is missing or invalid; the text shows the usage.

    """
    parameters = command.signature.arguments
    given = split_words(tidy(rest), most=len(parameters))
    values: dict[str, Any] = {}
    for index, parameter in enumerate(parameters):
        if index >= len(given):
            if parameter.required:
                line = usage(command, translator)
                error = UserError("Please write it as: {usage}", usage=line)
                raise error.offer(*AFTER_MISUSE)
            continue
        read = _read(parameter, _yes_or_no(parameter, given[index], translator))
        if isinstance(read, FieldError) and parameter.choices and index == 0:
            lines_to_type = ", ".join(f"/{command.name} {word}" for word in parameter.choices)
            error = UserError("Please choose one: {choices}.", choices=lines_to_type)
            raise error.offer(*AFTER_MISUSE)
        if isinstance(read, FieldError):
            error = UserError(
                "{name}: {why} Please write it as: {usage}",
                name=translator.text(parameter.name),
                why=explain(read, translator),
                usage=usage(command, translator),
            )
            raise error.offer(*AFTER_MISUSE)
        values[parameter.name] = read.value
    return values


def usage(command: Command, translator: Translator) -> str:
    """Return a command as it is typed, optional arguments in brackets: `/rate base [amount]`.

    The names of arguments are message ids of its plugin; words to be typed stay as they are.
    """
    form, words = command.signature.form, [f"/{command.name}"]
    for asked in form.questions if form is not None else ():
        taken = "|".join(asked.choices) or translator.text(asked.name).plain
        words += [] if asked.secret else [f"[{taken}]"]
    for parameter in command.signature.arguments:
        taken = "|".join(parameter.choices) or translator.text(parameter.name).plain
        words += [taken if parameter.required else f"[{taken}]"]
    return " ".join(words)


def choice_of(question: Question, text: str, translator: Translator) -> str | None:
    """Return the choice that a text means: its value, else its label, else its number from 1.

    Of all choices the values come first, as one choice's value may be another one's number. Labels
    are taken translated, too. Between "yes" and "no", with whatever labels, any word that means one
    of them chooses it.
    """
    choices = list(question.choices.items())
    known = (
        *((value, (value,)) for value, _ in choices),
        *((value, (label, translator.text(label).plain)) for value, label in choices),
        *((value, (str(number),)) for number, (value, _) in enumerate(choices, start=1)),
    )
    typed = choice_key(text)
    for value, names in known:
        if text in names or typed in map(choice_key, names):
            return value
    meant = yes_or_no(text) if {"yes", "no"} <= question.choices.keys() else ""
    return meant or None


def as_answer(question: Question, text: str) -> str:
    """Return a typed text as the answer to store: tidy, and a number or time in plain digits."""
    return normalise(text, question.reads_as)


def prefill(
    spec: FormSpec, rest: str, translator: Translator
) -> tuple[dict[str, str], FieldError | None, bool]:
    """Return the answers to a form's first questions that a command line contains.

    Args:
        spec: The form. Secret questions are never answered from a command line.
        rest: The text after the command.
        translator: Language of the choices, which are read as in an answer.

    Returns:
        The answers by field; the first invalid one's error, or None; and whether some of the text
        is not among the answers. In a form with secrets that text may be one.

    """
    open_questions = [q for q in spec.questions if not q.secret]
    if not spec.has_secrets:
        whole = _Prefill(spec, translator).read(open_questions, tidy(rest), {})
        return *whole, False
    # With secrets no answer may take the rest: that might store a password in it.
    given = split_words(tidy(rest))
    answers: dict[str, str] = {}
    for question, raw in zip(open_questions, given, strict=False):
        value = _as_answer(question, raw, translator)
        tried = {**answers, question.name: value}
        field_error = spec.field_error(tried, question.name)
        if field_error is not None or not visible(value) or len(value) > LONGEST_ANSWER:
            return answers, field_error, True
        answers = tried
    return answers, None, len(given) > len(open_questions)


def _as_answer(question: Question, text: str, translator: Translator) -> str:
    return choice_of(question, text, translator) or as_answer(question, text)


@dataclass(frozen=True, slots=True)
class _Prefill:
    """Reads a whole command line as the answers of a form without secrets."""

    spec: FormSpec
    translator: Translator

    def read(
        self, questions: list[Question], rest: str, known: Mapping[str, str]
    ) -> tuple[dict[str, str], FieldError | None]:
        """Return the answers in a command line, and the first invalid one's error.

        A field of type `str` takes all that is left, as names have spaces, or fewer words where
        those are valid and the next field takes the following one. A field of another type takes
        one word.
        """
        answers = dict(known)
        if not questions or not visible(rest):
            return answers, None
        question, *others = questions
        why: FieldError | None = None
        for value, left in _cuts(question, rest):
            answer = _as_answer(question, _unquoted(value), self.translator)
            tried = {**answers, question.name: answer}
            field_error = self.spec.field_error(tried, question.name)
            if field_error is not None or len(value) > LONGEST_ANSWER:
                why = field_error or why
                continue
            all_answers, later_error = self.read(others, left, tried)
            if len(all_answers) > len(tried) or value == rest or not question.is_text:
                return all_answers, later_error
        return answers, why


def _cuts(question: Question, rest: str) -> Iterator[tuple[str, str]]:
    """Yield what a question may take of a text, the longest first, and what is left then."""
    words = rest.split(" ", _MOST_WORDS)
    if question.is_text:
        yield rest, ""
    for most in range(len(words) - 1 if question.is_text else 1, 0, -1):
        yield " ".join(words[:most]), " ".join(words[most:]).strip()


def _unquoted(value: str) -> str:
    """Return a text without the quotation marks around all of it."""
    inner = value[1:-1]
    return inner if value == f'"{inner}"' and inner.strip() and '"' not in inner else value


def read_groups(text_route: TextRoute, text: str) -> dict[str, Any] | None:
    """Return the arguments of a free-text handler; None if its pattern or a type does not match.

    Args:
        text_route: The handler; named groups of its pattern are its arguments.
        text: The whole message; its digits are matched as 0 to 9.

    """
    found = text_route.pattern.fullmatch(ascii_digits(tidy(text)))
    if found is None:
        return None
    values: dict[str, Any] = {}
    for parameter in text_route.signature.arguments:
        word = found[parameter.name]
        if word is None and not parameter.required:
            continue  # the optional group matched nothing: the parameter's default applies
        read = _read(parameter, word or "")
        if isinstance(read, FieldError):
            return None
        values[parameter.name] = read.value
    return values


def _yes_or_no(parameter: Parameter, word: str, translator: Translator) -> str:
    """Return a yes or no of the person's language as pydantic reads it; any other word as it is."""
    if parameter.kind is bool:
        for answer in ("Yes", "No"):
            if choice_key(word) == choice_key(translator.text(answer).plain):
                return answer
    return word


@dataclass(frozen=True, slots=True)
class _Read:
    """Parsed value of a word. Wrapped, as the value itself may be of any type."""

    value: object


def _read(parameter: Parameter, word: str) -> _Read | FieldError:
    assert parameter.adapter is not None  # noqa: S101  # arguments have one, see read_signature
    if len(word) > LONGEST_ARGUMENT:
        return FieldError(parameter.name, "string_too_long", {"max_length": LONGEST_ARGUMENT})
    try:
        return _Read(parameter.adapter.validate_strings(normalise(word, parameter.reads_as)))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return read_error(first, parameter.name)
