"""What Redis answers with an error, told apart by its code."""

from __future__ import annotations

import pytest

from sapp_bot.store.server.refusals import PASSING, SETTING, RedisErrorKind, read_refusal

OLD_SCRIPT = (
    "Error running script (call to f_db8d8f6383e1a67c): @user_script:1: @user_script: 1: -{} text"
)
"""How Redis 6.2 wraps what a command inside a script was refused with."""


@pytest.mark.parametrize("code", sorted(PASSING))
def test_passing_codes_are_known_in_every_guise(code: str) -> None:
    """With its code, with the code cut off, and wrapped by an old server."""
    found = [
        read_refusal(f"{code} some text"),
        read_refusal("some text", code),
        read_refusal(OLD_SCRIPT.format(code), "ERR"),
        read_refusal("ERR " + OLD_SCRIPT.format(code)),
    ]

    assert {(refusal.code, refusal.kind) for refusal in found} == {(code, RedisErrorKind.PASSING)}


@pytest.mark.parametrize("code", sorted(SETTING))
def test_wrong_settings_are_told_in_a_sentence(code: str) -> None:
    """Code and answer stand behind the sentence."""
    refusal = read_refusal("12182 10.0.0.7:6379", code)

    assert refusal.kind is RedisErrorKind.SETTING
    assert refusal.sentence == f"{SETTING[code]} ({code} 12182 10.0.0.7:6379)"


@pytest.mark.parametrize("answer", ["ERR syntax error", "NEWCODE of a later version", "", "odd"])
def test_what_is_not_known_is_quoted(answer: str) -> None:
    """Nobody guesses what an unknown answer means."""
    refusal = read_refusal(answer)

    assert refusal.kind is RedisErrorKind.UNKNOWN
    assert refusal.sentence.strip() == answer


def test_an_error_text_that_names_a_code_is_not_that_code() -> None:
    """Only a code in its place counts: a script's own text may hold any word."""
    assert read_refusal("ERR user_script: said -OOM here").kind is RedisErrorKind.UNKNOWN
