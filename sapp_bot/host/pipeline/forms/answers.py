"""Reads what is typed into a form: an answer, a choice, or a yes to the summary."""

from __future__ import annotations

from collections.abc import Callable

from sapp_bot.domain.text import Rich, clean, visible
from sapp_bot.domain.typed_text import choice_key
from sapp_bot.host.authoring.context import Ctx
from sapp_bot.host.authoring.forms import LONGEST_ANSWER, SKIPPED, Question
from sapp_bot.host.routing.answer_words import step_word, yes_or_no
from sapp_bot.host.routing.arguments import as_answer, choice_of
from sapp_bot.host.routing.validation_texts import explain
from sapp_bot.i18n import Translator
from sapp_bot.values import dataclass, field

from .active_form import ActiveForm


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer as it was read.

    Attributes:
        value: What is to be stored; "" when it is refused.
        complaint: Why it is refused; None when it is not.
        can_be: Whether the same text may be right at another question; False for one that the
            rules of this one rule out, as a password that is too short.

    """

    value: str = field(repr=False)
    complaint: Rich | None = None
    can_be: bool = True


class AnswerReader:
    """Reader of the texts that one turn brings to a form.

    Args:
        ctx: Translates the host's complaints.
        translator_of: Returns a plugin's translator, by the plugin's name.

    """

    def __init__(self, ctx: Ctx, translator_of: Callable[[str], Translator]) -> None:
        self._ctx = ctx
        self._translator_of = translator_of

    def check(self, active: ActiveForm, question: Question, text: str) -> Checked:
        """Read an answer, and check it with the form's rules beside the answers so far."""
        value, complaint = self._read(active, question, text)
        if complaint is not None:
            return Checked("", complaint, can_be=False)
        answers = {**active.form.answers, question.name: value}
        field_error = active.spec.field_error(answers, question.name)
        if field_error is None:
            return Checked(value)
        why = explain(field_error, self._translator_of(active.command.plugin))
        # What a validator of the author's refuses may be right elsewhere: a password that differs.
        return Checked("", why, can_be=field_error.kind == "value_error")

    def differs(self, active: ActiveForm, question: Question, value: str) -> bool:
        """Return whether an answer is to repeat an earlier one, and does not."""
        return bool(question.repeats) and active.form.answers.get(question.repeats) != value

    def takes(self, active: ActiveForm, text: str) -> bool:
        """Return whether a text means a button of the open question, in word or number."""
        question = active.question
        return (
            self.accepts(active, text)
            or self.step_meant(active, text) != ""
            or (question is not None and self._is_button(active, question, text))
        )

    def accepts(self, active: ActiveForm, text: str) -> bool:
        """Return whether a text means the button that submits: its label, "yes", or 1."""
        if not active.is_confirming:
            return False
        confirmation = active.spec.confirmation
        button = confirmation.button if confirmation is not None else ""
        own = self._translator_of(active.command.plugin).text(button).plain
        words = (button, own, self._ctx.t("Yes").plain, "1")
        return yes_or_no(text) == "yes" or choice_key(text) in {
            choice_key(word) for word in words if word
        }

    def step_meant(self, active: ActiveForm, text: str) -> str:
        """Return the `do` of the button that a text means; "" for any other text.

        An answer to a secret question is a secret, and what a button of the question says is an
        answer; so is a word for a button that is not there. At a summary a no cancels.
        """
        question = active.question
        if active.is_secret or self.accepts(active, text):
            return ""
        if question is not None and self._is_button(active, question, text):
            return ""
        if active.is_confirming and yes_or_no(text) == "no":
            return "cancel"
        step = step_word(text)
        is_there = {
            "skip": question is not None and question.optional,
            "continue": active.form.is_aside,
            "retry": question is None and not active.is_confirming,
        }
        return step if is_there.get(step, True) else ""

    def _is_button(self, active: ActiveForm, question: Question, text: str) -> bool:
        """Return whether a text means a choice, or the default by its label."""
        translator = self._translator_of(active.command.plugin)
        chosen = choice_of(question, text, translator)
        return chosen is not None or self._means_default(active, question, text)

    def _read(self, active: ActiveForm, question: Question, text: str) -> tuple[str, Rich | None]:
        """Clean an answer and match it with the question's choices.

        Returns:
            The value to store and None, or an empty value and what is wrong with the answer.

        """
        if text == SKIPPED and question.optional:
            return text, None
        if question.secret:
            # A secret must be stored exactly or refused: cleaned, it would be another password.
            if clean(text) != text:
                return "", self._ctx.t(
                    "It holds characters that I cannot take. Please try another."
                )
        elif self._means_default(active, question, text):
            return SKIPPED, None
        else:
            text = as_answer(question, text)
        if not visible(text):
            return "", self._ctx.t("That looks empty to me.")
        if len(text) > LONGEST_ANSWER:
            longest = self._ctx.t(
                "That is too long: {max_length} characters at most.", max_length=LONGEST_ANSWER
            )
            return "", longest
        return self._match_choice(active, question, text) if question.choices else (text, None)

    def _means_default(self, active: ActiveForm, question: Question, text: str) -> bool:
        """Return whether a text is the label of the button that takes the default."""
        label = question.default_label
        if not label or not question.optional:
            return False
        own = self._translator_of(active.command.plugin).text(label).plain
        return choice_key(text) in {choice_key(label), choice_key(own)}

    def _match_choice(
        self, active: ActiveForm, question: Question, text: str
    ) -> tuple[str, Rich | None]:
        """Match a text with a choice: its value, label (original or translated) or number."""
        translator = self._translator_of(active.command.plugin)
        value = choice_of(question, text, translator)
        if value is not None:
            return value, None
        # A label may have commas of its own.
        quoted = [
            self._ctx.t("“{label}”", label=translator.text(label)).plain
            for label in question.choices.values()
        ]
        labels = ", ".join(quoted)
        return "", self._ctx.t("Please choose one of the answers: {labels}.", labels=labels)
