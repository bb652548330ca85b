"""Words that mean yes, no, or a button of a form, in all languages that people type them in."""

from __future__ import annotations

from sapp_bot.domain.typed_text import choice_key

YES = frozenset({"yes", "y", "yeah", "yep", "да", "ага", "д"})
NO = frozenset({"no", "n", "nope", "нет", "не", "н"})
_STEPS = {
    **dict.fromkeys(("cancel", "stop", "отмена", "отменить", "стоп"), "cancel"),
    **dict.fromkeys(("back", "назад"), "back"),
    **dict.fromkeys(("skip", "пропустить", "пропусти"), "skip"),
    **dict.fromkeys(("continue", "продолжить", "продолжай"), "continue"),
    **dict.fromkeys(("retry", "try again", "повторить", "ещё раз", "еще раз"), "retry"),
}


def yes_or_no(text: str) -> str:
    """Return "yes" or "no" for a word that means it; "" for any other text."""
    word = choice_key(text)
    if word in YES:
        return "yes"
    return "no" if word in NO else ""


def step_word(text: str) -> str:
    """Return the `do` of the form's button that a word means, as "cancel"; "" for other texts."""
    return _STEPS.get(choice_key(text), "")
