"""Which choices a text offers, and by which word."""

from __future__ import annotations

import pytest

from sapp_bot.sandbox.client.choices import choices_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 Show key · 2 Usage", {"Show key": "1", "Usage": "2"}),
        ("Card\n\n1 Ключ · 2 Да\n3 🔑\nSend one.", {"Ключ": "1", "Да": "2", "🔑": "3"}),
        ("1. Show key\n2) Usage", {"Show key": "1", "Usage": "2"}),
        ("\u20631 Key", {"Key": "1"}),
        ("1 was first\nbut then:\n1 Yes · 2 No", {"Yes": "1", "No": "2"}),
        ("Which?\n/cancel – Cancel", {"Cancel": "/cancel"}),
        ("1 Yes · /client show – Show key", {"Yes": "1", "Show key": "/client show"}),
        ("10 reads left of 10", {}),
        ("2 Usage", {}),
        ("1 Yes · or not", {}),
        ("see /help - it tells", {}),
        ("", {}),
    ],
)
def test_choices_are_numbers_or_commands(text: str, words: dict[str, str]) -> None:
    """Numbers count from 1 and the last count holds; a line is all choices or none."""
    assert {choice.label: choice.word for choice in choices_of(text)} == words
