"""What a person reads of a setting that is refused: what it is not, in our words."""

from __future__ import annotations

import pytest

from sapp_bot.errors import ConfigError
from sapp_bot.settings.settings import load_settings


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("TELEGRAM_API_ID", "many", "is no whole number"),
        ("TELEGRAM_API_ID", "1.5", "is no whole number"),
        ("SAPP_KEY_SHOWN_S", "0", "is not 1 or more"),
        ("SAPP_KEY_SHOWN_S", "4000", "is not 3600 or less"),
        ("SAPP_HANDLER_LIMIT_S", "soon", "is no number"),
        ("SAPP_HANDLER_LIMIT_S", "0", "is not above 0"),
        ("SAPP_HANDLER_LIMIT_S", "nan", "is no"),
        ("SAPP_SUPPORT", "x" * 201, "is longer than 200 characters"),
        ("SAPP_MODE", "robot", "is not 'bot' or 'user'"),
    ],
)
def test_a_refusal_is_in_our_words(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a person reads says what the setting is not; a library's sentence is no help."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    text = str(caught.value)

    assert f"{name} {words}" in text
    for foreign in ("Input", "parse", "valid ", "String should"):
        assert foreign not in text
