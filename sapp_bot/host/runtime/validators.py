"""Calls the validators of a plugin's models with what they ask for, by type as handlers do.

pydantic itself gives a validator the value, and a `ValidationInfo` if there is one more parameter.
Source: https://docs.pydantic.dev/latest/concepts/validators/
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any, get_origin, get_type_hints

from pydantic import BaseModel, ValidationInfo

from sapp_bot.errors import PluginError
from sapp_bot.values import dataclass, field

Given = Mapping[type, Callable[[ValidationInfo], object]]
"""What can be asked for: each type, and how it is made of pydantic's own."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """A validator with the parameters that it has behind the value, which are filled by type.

    `looked_up` keeps their types by name from the first call on.
    """

    validator: Callable[..., Any]
    asked: tuple[inspect.Parameter, ...]
    given: Given
    looked_up: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __call__(self, value: Any, info: ValidationInfo) -> Any:
        """Validate, as pydantic calls it."""
        return self.validator(value, **self.filled(info))

    def filled(self, info: ValidationInfo) -> dict[str, object]:
        """Return what is asked for, by the name of the parameter."""
        kinds = self.kinds()
        return {p.name: self.given[kinds.get(p.name, ValidationInfo)](info) for p in self.asked}

    def kinds(self) -> dict[str, Any]:
        """Return the types of what is asked for, by name; one without a type is left out.

        They are looked up at the first call: when a class is made, what it names may not be there.

        Raises:
            PluginError: one of them does not exist.

        """
        if not self.looked_up:
            self.looked_up.update(self._look_up())
        return self.looked_up

    def _look_up(self) -> dict[str, Any]:
        written = {p.name: p.annotation for p in self.asked if p.annotation is not p.empty}
        source = inspect.unwrap(_function(self.validator))
        try:
            kinds = get_type_hints(SimpleNamespace(__annotations__=written), source.__globals__)
        except (NameError, TypeError, AttributeError) as error:
            hint = "import it plainly: it is needed at run time"
            raise PluginError(f"{_place(self.validator)}: {error}; {hint}") from error
        return {name: get_origin(kind) or kind for name, kind in kinds.items()}


@dataclass(frozen=True, slots=True)
class _AskingWrapper(_Asking):
    """The same around pydantic's own validation."""

    def __call__(self, value: Any, inner: Any, info: ValidationInfo) -> Any:  # type: ignore[override]  # pydantic's shape of these
        """Validate, as pydantic calls it."""
        return self.validator(value, inner, **self.filled(info))


def validators_of(model: type[BaseModel]) -> Iterator[Any]:
    """Yield pydantic's declarations of a model's validators, each with its `func` and `info`."""
    declared = model.__pydantic_decorators__
    yield from declared.field_validators.values()
    yield from declared.model_validators.values()


def with_asked(validator: Callable[..., Any], mode: str, given: Given) -> Callable[..., Any]:
    """Return a validator as pydantic can call it, whatever else it asks for.

    Args:
        validator: The function, bound to its class.
        mode: pydantic's mode of it.
        given: What it may ask for.

    """
    own = list(inspect.signature(validator).parameters.values())
    # What pydantic always gives: the value or the model; a wrapping one gets the inner one, too.
    asked = tuple(own[2 if mode == "wrap" else 1 :])
    kind = _AskingWrapper if mode == "wrap" else _Asking
    return kind(validator, asked, given) if asked else validator


def check_validator(validator: Callable[..., Any]) -> None:
    """Refuse a validator that cannot be called.

    Raises:
        PluginError: it is asynchronous, or nothing can fill one of its parameters.

    """
    inner = validator.validator if isinstance(validator, _Asking) else validator
    if inspect.iscoroutinefunction(inner):
        hint = "write it as `def`; what has to be awaited belongs into the command: ctx.ask_again"
        raise PluginError(f"{_place(inner)}: a validator is called without await: {hint}")
    if not isinstance(validator, _Asking):
        return
    kinds = validator.kinds()
    for asked in validator.asked:
        # One without a type is pydantic's, as it always was.
        kind = kinds.get(asked.name, ValidationInfo)
        if kind not in validator.given:
            known = " and ".join(f"`{k.__name__}`" for k in validator.given)
            hint = "look it up in the command's handler, and say no with ctx.ask_again"
            raise PluginError(
                f"{_place(inner)}: nothing can fill {asked.name} ({getattr(kind, '__name__', kind)}"
                f"): a validator has the value, and may ask for {known}; {hint}"
            )


def _function(validator: Callable[..., Any]) -> Any:
    return getattr(validator, "__func__", validator)


def _place(validator: Callable[..., Any]) -> str:
    """Return file, line and name of a validator."""
    function = inspect.unwrap(_function(validator))
    code = function.__code__
    return f"{code.co_filename}:{code.co_firstlineno} {function.__name__}"
