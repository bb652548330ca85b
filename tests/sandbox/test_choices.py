"""Which numbered choices a text offers."""

from __future__ import annotations

import pytest

from sapp_bot.sandbox.choices import choices_of


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("1 Show key · 2 Usage", ("Show key", "Usage")),
        ("Card\n\n1. Show key\n2. Usage", ("Show key", "Usage")),
        ("[1] Да   [2] Нет", ("Да", "Нет")),
        ("\u2063(1) 🔑 Key | 2) Off", ("🔑 Key", "Off")),
        ("1 was first\nbut then:\n1 Yes · 2 No", ("Yes", "No")),
        ("10 reads left of 10", ()),
        ("2 Usage", ()),
        ("1 Yes · 3 No", ("Yes",)),
        ("1 Day to go", ("Day to go",)),
        ("", ()),
    ],
)
def test_choices_count_from_one(text: str, labels: tuple[str, ...]) -> None:
    """Labels stand behind 1, 2, 3; the last count of a text is the one that is meant."""
    assert choices_of(text) == labels
