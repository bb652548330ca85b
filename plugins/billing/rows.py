"""Rows of buttons that several screens of operators share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sapp_bot import CommandButton, Item, NextStep, UserError

from .plugin import HOME

TO_DESK = NextStep("billing", "Billing")
"""Where an operator goes on after a mistake."""


@contextmanager
def back_to_desk() -> Iterator[None]:
    """Put the button of /billing under what is said of a mistake, if nothing else helps there."""
    try:
        yield
    except UserError as error:
        if error.next_steps is UserError.next_steps:
            error.offer(TO_DESK, NextStep("start", "‹ Home"))
        raise


def desk_row() -> list[Item]:
    """Return the buttons under what operators are told."""
    return [CommandButton(command="billing").key("Billing"), HOME]


def to_payments(client: int) -> list[Item]:
    """Return the button that lists the payments for a client."""
    return [CommandButton(command="billing", words=f"tx {client}").key("Its payments")]


def adopt_row() -> list[Item]:
    """Return the button that takes over what Telegram knows, after a loss of Redis."""
    return [CommandButton(command="billing", words="adopt").key("Adopt…")]


def lacking_row() -> list[Item]:
    """Return the button that lists the payments whose reads are missing."""
    return [CommandButton(command="billing", words="lacking").key("Who lacks reads")]


def strays_row() -> list[Item]:
    """Return the button that lists the payments that belong to no client."""
    return [CommandButton(command="billing", words="tx 0").key("Payments for no client")]
