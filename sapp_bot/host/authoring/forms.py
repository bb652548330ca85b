"""Forms: pydantic models with a prompt for each field, whose questions the host asks.

The questions, their order and rules are read from the class once, when the plugin is loaded.
Must not contain a person's answers: those are in `OpenForm`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from inspect import signature
from itertools import takewhile
from typing import Annotated, Any, ClassVar, Literal, TypeVar, cast, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretBytes,
    SecretStr,
    ValidationError,
    ValidationInfo,
)
from pydantic import field_validator as pydantic_field_validator
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticUndefined

from sapp_bot.domain.typed_text import ReadsAs, reads_as
from sapp_bot.errors import PluginError
from sapp_bot.host.runtime.field_errors import FieldError, read_error
from sapp_bot.host.runtime.hints import nearest
from sapp_bot.host.runtime.names import place_of, timeless
from sapp_bot.host.runtime.validators import check_validator, validators_of, with_asked
from sapp_bot.values import dataclass, field, replace

from .context import Ctx

V = TypeVar("V", bound=Callable[..., Any])

ValidatorMode = Literal["after", "before", "plain", "wrap"]

LONGEST_ANSWER = 4096
"""Longest answer, in characters: as long as a message of Telegram's."""

RULES = frozenset(signature(Field).parameters) - {"title", "json_schema_extra", "extra"}
"""What `ask` takes beside its own arguments: pydantic's constraints."""

_OTHER_WORDS = {
    **dict.fromkeys(("minimum", "min", "min_value", "at_least", "greater_equal"), "ge"),
    **dict.fromkeys(("maximum", "max", "max_value", "at_most", "less_equal"), "le"),
    **dict.fromkeys(("greater", "above", "greater_than"), "gt"),
    **dict.fromkeys(("less", "below", "less_than"), "lt"),
    **dict.fromkeys(("step", "multiple"), "multiple_of"),
    **dict.fromkeys(("regex", "regexp", "match"), "pattern"),
    **dict.fromkeys(("options", "values", "buttons"), "choices"),
    **dict.fromkeys(("label", "name"), "title"),
    **dict.fromkeys(("places", "precision"), "decimal_places"),
}
"""What other libraries call the arguments of `ask`."""

SKIPPED = "\0"
"""Answer of /skip: the field's default. Nobody can type it, as controls are removed from texts."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a form shows before it is submitted: a summary of the answers, and two buttons.

    For what cannot be undone: `confirm: ClassVar = Confirmation("The name cannot be changed
    later.", button="Create")` in the form's class. Secrets are left out of the summary.

    Attributes:
        text: English message id, below the summary.
        button: English message id: label of the button that submits; the other one goes back.

    """

    text: str
    button: str = "Confirm"


def _ctx(info: ValidationInfo) -> Ctx:
    """Return the context of who fills the form in, for a validator that asks for it."""
    if info.context is None:
        hint = "the host gives it when a person fills the form in; in a test, use a Stage"
        raise PluginError(f"a validator asks for ctx, and nobody is there: {hint}")
    made: Ctx = info.context()
    return made


_GIVEN: Mapping[type, Callable[[ValidationInfo], object]] = {
    Ctx: _ctx,
    ValidationInfo: lambda info: info,
}
"""What validators may ask for behind the value."""


class Form(BaseModel):
    """Base class of forms: the fields are asked one by one, then the handler gets the model."""

    confirm: ClassVar[Confirmation | None] = None
    """What is shown before the form is submitted; None if nothing is."""

    cancelled: ClassVar[str] = ""
    """What was not done when the form is left (message id): "No account was made."; "" for the
    host's own words."""

    shown_as: ClassVar[Mapping[str, Callable[[Any], str]]] = {}
    """How that shows a field's value, by field, where it is not to be shown as it is stored."""

    # A rule that fails must not print what was typed: it may be a password.
    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, hide_input_in_errors=True
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Let the form's validators ask for `ctx: Ctx`, by its type as handlers do.

        pydantic calls this when it has found them, and before it builds the schema.
        """
        super().__pydantic_init_subclass__(**kwargs)
        for declared in validators_of(cls):
            declared.func = with_asked(declared.func, declared.info.mode, _GIVEN)

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        """Leave out the fields declared `secret`, also those of type `str`."""
        for name, value in super().__repr_args__():
            about = type(self).model_fields[name].json_schema_extra if name else None
            if not (isinstance(about, dict) and about.get("secret")):
                yield name, value


def ask(
    prompt: str,
    *,
    default: Any = PydanticUndefined,
    secret: bool = False,
    choices: Mapping[str, str] | None = None,
    title: str = "",
    default_label: str = "",
    repeats: str = "",
    carried: bool = False,
    **rules: Any,
) -> Any:
    """Return the declaration of a form's field.

    Args:
        prompt: The question; an English message id. `{name}` in it is the answer to an earlier
            field of that name, as it was given.
        default: Answer of /skip. Without a default the field must be answered.
        secret: The answer is deleted from the chat before anything else happens, is never taken
            from a command line, and is asked for in private chats only.
        choices: The allowed answers and their labels (message ids), shown as buttons. `Literal`,
            `Enum` and `bool` fields have choices by their type.
        title: Name of the field in the summary of a `Confirmation` (message id); by default the
            field's own.
        default_label: What the default is called on its button and in the summary (message id); by
            default it is shown as it is.
        repeats: Name of an earlier field that this one repeats, as a new password is typed twice.
            One that differs is asked once more; if it differs again, both are.
        carried: The value comes from `ctx.start(command, field=value)`, not from the person: nobody
            goes back to it, and it is asked only where it is missing.
        rules: pydantic's constraints: `max_length`, `min_length`, `pattern`, `gt`, `ge`, `lt`,
            `le`, `multiple_of`, `max_digits`, `decimal_places`, ...

    Raises:
        TypeError: there is no such constraint, or the choices are no mapping; the text says what
            to write.

    """
    for name in rules:
        if name not in RULES:
            raise TypeError(_no_rule(name))
    if choices is not None and not isinstance(choices, Mapping):
        hint = 'write {answer: label, …}: choices={"s": "Small", "l": "Large"}'
        raise TypeError(f"ask(choices=…) is a {type(choices).__name__}; {hint}")
    about: JsonDict = {
        "prompt": prompt,
        "secret": secret,
        "choices": {**(choices or {})},
        "title": title,
        "default_label": default_label,
        "repeats": repeats,
        "carried": carried,
    }
    return Field(default, json_schema_extra=about, **rules)


def _no_rule(name: str) -> str:
    own = [p.name for p in signature(ask).parameters.values() if p.kind is p.KEYWORD_ONLY]
    near = _OTHER_WORDS.get(name) or nearest(name, {*RULES, *own})
    hint = f"did you mean {near}=?" if near else "it takes pydantic's: ge, le, max_length, pattern"
    return f"ask() has no argument {name}=; {hint}"


def field_validator(field: str, /, *fields: str, mode: ValidatorMode = "after") -> Callable[[V], V]:
    """Return pydantic's decorator for a validator of fields, which may ask for `ctx: Ctx`.

    pydantic's own does the same, but type checkers know nothing of `ctx` there.

    Args:
        field: Name of the field.
        fields: Names of more fields.
        mode: pydantic's mode: whether it is called "after" pydantic has read the value, "before"
            that, in its place ("plain"), or around it ("wrap").

    """
    decorate: Any = pydantic_field_validator(field, *fields, mode=mode)
    return cast("Callable[[V], V]", decorate)


@dataclass(frozen=True, slots=True)
class Question:
    """One field of a form, as the host asks it.

    Attributes:
        name: Name of the field.
        prompt: English message id of the question.
        secret: Whether the answer is a secret.
        choices: Labels (message ids) by answer; empty for a free answer.
        optional: Whether the field has a default, which /skip answers.
        label: The default as text; "" if it is secret or of a type without natural text.
        shape: Digest of the field's definition; an answer under another shape is asked again.
        title: English message id of the field's name in a summary.
        is_titled: Whether the title is the author's; else it is made of the field's name.
        default_label: English message id of what the default is called; "" for `label`.
        is_text: Whether any text can be the answer, with spaces in it.
        reads_as: What the answer is read as; "text" for a secret, which is not changed.
        repeats: Name of the earlier field that the answer has to equal; "" for none.
        carried: Whether nobody goes back to it, as it was handed over and not answered.

    """

    name: str
    prompt: str
    secret: bool
    choices: Mapping[str, str]
    optional: bool
    label: str
    shape: str
    title: str = ""
    is_titled: bool = False
    default_label: str = ""
    is_text: bool = False
    reads_as: ReadsAs = "text"
    repeats: str = ""
    carried: bool = False


@dataclass(frozen=True, slots=True)
class FormSpec:
    """A form class and its questions, in order.

    Attributes:
        form: The class.
        questions: Its questions.
        ctx: Returns what its validators may ask for: the context of who fills it in. None as long
            as nobody does.

    """

    form: type[Form]
    questions: tuple[Question, ...]
    ctx: Callable[[], Ctx] | None = field(default=None, compare=False, repr=False)

    def filled_by(self, ctx: Callable[[], Ctx]) -> FormSpec:
        """Return the form as somebody fills it in; `ctx` returns the context of that person."""
        return replace(self, ctx=ctx)

    @property
    def confirmation(self) -> Confirmation | None:
        """What is shown before the form is submitted; None if nothing is."""
        return self.form.confirm

    @property
    def has_secrets(self) -> bool:
        """Whether an answer is a secret."""
        return any(q.secret for q in self.questions)

    def question(self, name: str) -> Question | None:
        """Return the question of a field; None if there is no such field."""
        return next((q for q in self.questions if q.name == name), None)

    def previous(self, name: str) -> str:
        """Return the field that somebody goes back to from one, or from the end; "" for none."""
        before = takewhile(lambda q: q.name != name, self.questions)
        return next((q.name for q in reversed([*before]) if not q.carried), "")

    def field_error(self, answers: Mapping[str, str], field: str) -> FieldError | None:
        """Return why a field's answer is refused; None if it is valid.

        Args:
            answers: Raw texts by field so far, the field's included.
            field: Name of the field.

        """
        return next((p for p in self._errors(answers) if p.field == field), None)

    def build(self, answers: Mapping[str, str]) -> Form | FieldError:
        """Return the filled form, or the first error, for raw texts by field."""
        errors = self._errors(answers)
        return errors[0] if errors else self._validate(answers)

    def _validate(self, answers: Mapping[str, str]) -> Form:
        given = {name: text for name, text in answers.items() if text != SKIPPED}
        return self.form.model_validate_strings(given, context=self.ctx)

    def _errors(self, answers: Mapping[str, str]) -> list[FieldError]:
        try:
            self._validate(answers)
        except ValidationError as error:
            last = self.questions[-1].name
            return [
                _field_error(e, last) for e in error.errors(include_url=False, include_input=False)
            ]
        return []


def _field_error(error: ErrorDetails, last: str) -> FieldError:
    # A validator of the whole form has no field: its error counts for the last one, which is the
    # one that was answered when the rule could first fail.
    return read_error(error, str(error["loc"][0]) if error["loc"] else last)


def read_form_spec(form: type[Form]) -> FormSpec:
    """Return the questions of a form class.

    Raises:
        PluginError: a field is not declared with `ask`, the form has no fields, or nothing can
            fill a parameter of a validator.

    """
    for declared in validators_of(form):
        check_validator(declared.func)
    questions = tuple(_question(form, name, field) for name, field in form.model_fields.items())
    if not questions:
        asks_nothing = f"form {form.__name__} asks nothing: give it a field with ask(…)"
        raise PluginError(f"{place_of(form)}: {asks_nothing}")
    for index, question in enumerate(questions):
        if question.repeats and question.repeats not in {q.name for q in questions[:index]}:
            none = f"{question.name} repeats {question.repeats}, which is no field before it"
            raise PluginError(f"{place_of(form)}: form {form.__name__}: {none}")
    return FormSpec(form, questions)


def _question(form: type[Form], name: str, field: FieldInfo) -> Question:
    about = field.json_schema_extra
    if not isinstance(about, dict) or "prompt" not in about:
        raise PluginError(f"{place_of(form)}: form {form.__name__}: declare {name} with ask(…)")
    secret = bool(about["secret"]) or _holds_secret(field.annotation)
    given = about["choices"]
    choices = dict(given) if isinstance(given, dict) and given else _typed_choices(field)
    shape = f"{field.annotation!r} {field.metadata!r} {sorted(choices)} {secret}"
    # A function's address differs by process, a module's name by reload: with them in the shape,
    # every deploy would ask all open forms' answers again.
    shape = timeless(re.sub(r" at 0x[0-9a-f]+", "", shape))
    return Question(
        name=name,
        prompt=str(about["prompt"]),
        secret=secret,
        choices={str(k): str(v) for k, v in choices.items()},
        optional=not field.is_required(),
        label="" if secret else _label(field.default),
        title=str(about.get("title") or name.replace("_", " ").capitalize()),
        default_label=str(about.get("default_label") or ""),
        is_titled=bool(about.get("title")),
        repeats=str(about.get("repeats") or ""),
        carried=bool(about.get("carried")),
        is_text=field.annotation is str and not choices and not secret,
        reads_as="text" if secret or choices else reads_as(field.annotation),
        shape=hashlib.blake2s(shape.encode(), digest_size=6).hexdigest(),
    )


def _holds_secret(annotation: object) -> bool:
    """Return whether a type is a secret one or contains one, as in `SecretStr | None`."""
    parts = get_args(annotation)
    return annotation in (SecretStr, SecretBytes) or any(map(_holds_secret, parts))


def _label(default: object) -> str:
    return str(default) if isinstance(default, str | int | float | Decimal) else ""


def _typed_choices(field: FieldInfo) -> dict[str, str]:
    kind = field.annotation
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) is Literal:
        return {str(v): str(v) for v in get_args(kind)}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {str(m.value): m.name.replace("_", " ").capitalize() for m in kind}
    if kind is bool:
        return {"yes": "Yes", "no": "No"}
    return {}
