"""The errors of the service layer: a tree that is whole, and texts that people can use."""

from __future__ import annotations

import re
from inspect import getmembers, isclass
from string import Formatter

import pytest

from sapp_bot import services
from sapp_bot.errors import SappBotError
from sapp_bot.sapp import errors
from sapp_bot.sapp.errors import InvalidInput, SappError, UpstreamUnreachable

FAMILY = [kind for _, kind in getmembers(errors, isclass) if issubclass(kind, SappError)]


def make(kind: type[SappError]) -> SappError:
    """Make one of each."""
    if issubclass(kind, UpstreamUnreachable):
        return kind("GET /x", sent=True)
    return kind("GET /x")


@pytest.mark.parametrize("kind", FAMILY)
def test_each_error_is_drawn_and_explained(kind: type[SappError]) -> None:
    """Each error stands in the drawing, has a docstring, names the call and is offered."""
    made = make(kind)

    assert re.search(rf"(─ |^    ){kind.__name__}\b", str(errors.__doc__), re.MULTILINE)
    assert kind.__doc__
    assert made.call == "GET /x"
    assert str(made).startswith("GET /x: ")
    assert getattr(services, kind.__name__) is kind


@pytest.mark.parametrize("kind", [kind for kind in FAMILY if kind is not SappError])
def test_each_error_says_something_of_its_own(kind: type[SappError]) -> None:
    """Each reply is a sentence of its own, and only known places in it are to be filled."""
    others = {other.reply for other in FAMILY if other is not kind}
    places = {name for _, name, _, _ in Formatter().parse(kind.reply) if name}

    assert kind.reply not in others
    assert kind.reply.endswith(".")
    assert places <= {"codes"}


def test_what_may_be_repeated() -> None:
    """Only trouble of the API itself is worth a repeat; a refusal is not."""
    assert {kind.__name__ for kind in FAMILY if kind.retry} == {
        "UpstreamUnreachable",
        "UpstreamFailed",
        "BadAnswer",
    }


@pytest.mark.parametrize("sent", [True, False])
def test_what_never_left_did_not_happen(sent: bool) -> None:  # noqa: FBT001  # pytest's parameter
    """Without a connection nothing was done; with one nobody knows."""
    assert UpstreamUnreachable("POST /x", sent=sent).uncertain is sent


def test_refusals_are_certain() -> None:
    """A refusal says that nothing was done; a failure does not."""
    uncertain = {kind.__name__ for kind in FAMILY if make(kind).uncertain}

    assert uncertain == {"UpstreamUnreachable", "UpstreamFailed", "BadAnswer"}


def test_an_input_error_tells_its_reason() -> None:
    """The reason is what the person reads; without one there is a general text."""
    assert InvalidInput("GET /x", "Too long.").reply == "Too long."
    assert InvalidInput("GET /x").reason == InvalidInput.reply


def test_all_that_is_offered_exists() -> None:
    """What plugins may import is listed, constants first, sorted and there."""
    assert services.__all__ == sorted(services.__all__, key=lambda name: (not name.isupper(), name))
    assert all(hasattr(services, name) for name in services.__all__)
    assert issubclass(services.SappError, SappBotError)
