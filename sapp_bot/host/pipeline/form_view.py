"""Renders an open form's question and parses the answer. Must not change a form: see `FormFlow`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from sapp_bot.domain.state import OpenForm
from sapp_bot.domain.text import Rich, bold, clean, lines, visible
from sapp_bot.domain.typed_text import choice_key
from sapp_bot.host.authoring.buttons import Button, CommandButton, Item, Screen
from sapp_bot.host.authoring.context import Ctx
from sapp_bot.host.authoring.forms import LONGEST_ANSWER, SKIPPED, FormSpec, Question
from sapp_bot.host.routing.answer_words import step_word, yes_or_no
from sapp_bot.host.routing.arguments import as_answer, choice_of
from sapp_bot.host.routing.registry import Command
from sapp_bot.i18n import Translator

CHOICES_IN_ROW = 3

QUESTION = "?"
"""Name of the screen of the open question; no plugin has a screen of this name."""

CONFIRMING = "?"
"""`OpenForm.asking` of a form whose summary is shown; no field can have this name."""


class FormButton(Button):
    """The host's button under a question.

    Attributes:
        do: "choose", "confirm", "cancel", "back", "skip" or "retry".
        step: Digest of form and field, so that a button under an older question does nothing.
        value: Index of the choice as text; empty for the other actions.

    """

    do: str
    step: str
    value: str = ""

    def typed(self, template: str) -> str:  # noqa: ARG002  # has no handler, so no template
        """Return what to type instead of a press: a choice's number, from 1, or a command."""
        if self.do == "confirm":
            return "1"
        return str(int(self.value) + 1) if self.do == "choose" else f"/{self.do}"


FormButton.bind("host")


@dataclass(frozen=True, slots=True)
class ActiveForm:
    """The open form on top of the stack, with its command and its open question.

    Attributes:
        question: None when all questions are answered: the summary is to be confirmed, or the
            submission to be retried.

    """

    form: OpenForm
    command: Command
    spec: FormSpec
    question: Question | None

    @property
    def is_secret(self) -> bool:
        """Return whether the answer is a secret, to be deleted from the chat."""
        return self.question is not None and self.question.secret

    @property
    def is_confirming(self) -> bool:
        """Return whether the summary is shown, and waits for a yes."""
        return self.form.asking == CONFIRMING and self.spec.confirmation is not None

    def step_meant(self, text: str) -> str:
        """Return "cancel" or "back" when a typed text means that button; else "".

        An answer to a secret question is a secret, and a listed choice is an answer. At a summary a
        no cancels.
        """
        if self.is_secret:
            return ""
        choices = self.question.choices.items() if self.question is not None else ()
        if choice_key(text) in {choice_key(word) for choice in choices for word in choice}:
            return ""
        if self.is_confirming and yes_or_no(text) == "no":
            return "cancel"
        return step_word(text)

    @property
    def step(self) -> str:
        """Return a digest of form and field: 8 hex digits, as button data has 64 bytes in all."""
        text = f"{self.form.command}.{self.form.asking}"
        return hashlib.blake2s(text.encode(), digest_size=4).hexdigest()


class FormView:
    """View of the questions of one turn's forms, translated by the forms' plugins.

    Args:
        ctx: Sends the questions; its catalogue is the host's.
        translator_of: Returns a plugin's translator, by the plugin's name.
        retry_lives_s: How long complete answers are kept for a retry, in seconds.

    """

    def __init__(
        self, ctx: Ctx, translator_of: Callable[[str], Translator], retry_lives_s: float
    ) -> None:
        self._ctx = ctx
        self._translator_of = translator_of
        self._retry_lives_s = retry_lives_s

    async def ask(self, active: ActiveForm, because: Rich) -> None:
        """Send the open question, below `because` if that is not empty, with its buttons."""
        if active.is_confirming:
            await self._summarise(active, because)
            return
        if active.question is None:
            await self.offer_retry(active, because)
            return
        translator = self._translator_of(active.command.plugin)
        prompt = translator.text(active.question.prompt)
        await self._post(
            lines(because or None, prompt), self._rows(active, active.question, translator)
        )

    def answered(self, active: ActiveForm, answer: str) -> Rich | None:
        """Return the open question as it stays in the chat when a button has answered it.

        Args:
            active: The form whose question is open.
            answer: A key of the question's choices, or `SKIPPED`.

        Returns:
            The question, and below it the answer; None for one without words.

        """
        question = active.question
        if question is None or question.secret:
            return None
        translator = self._translator_of(active.command.plugin)
        label = question.choices.get(answer, "")
        given = translator.text(label) if label else Rich(question.label)
        if answer == SKIPPED:
            given = self._default(question, translator)
        # Without a title there is only the field's name, which is for its author; and a yes or
        # no needs none below its question.
        if question.is_titled and not {"yes", "no"} <= question.choices.keys():
            title = translator.text(question.title)
            given = translator.text("{title}: {answer}", title=title, answer=given)
        return lines(translator.text(question.prompt), "", bold(given))

    def _default(self, question: Question, translator: Translator) -> Rich:
        """Return what the default of a question is called."""
        if question.default_label:
            return translator.text(question.default_label)
        return Rich(question.label) if question.label else self._ctx.t("Skip")

    async def wait_for_login(self, active: ActiveForm) -> None:
        """Send once that a form waits for the login that began it, with the ways on."""
        login = CommandButton(command="login").key("Log in", style="primary")
        drop = FormButton(do="cancel", step=active.step).key("Drop it")
        text = self._ctx.t(
            "/{command} waits until you have logged in again.", command=active.command.name
        )
        await self._post(text, [[login, drop]])

    async def _post(self, text: Rich, rows: list[list[Item]]) -> None:
        await self._ctx.post(Screen(text, rows), name=QUESTION)

    async def _summarise(self, active: ActiveForm, because: Rich) -> None:
        """Send the answers, what the form's author says about them, and the buttons."""
        confirmation, built = active.spec.confirmation, active.spec.build(active.form.answers)
        assert confirmation is not None  # noqa: S101  # `is_confirming` has looked
        translator = self._translator_of(active.command.plugin)
        given = [
            translator.text(
                "{title}: {answer}",
                title=translator.text(question.title),
                answer=self._shown(active.spec, question, built, translator),
            )
            for question in active.spec.questions
            if not question.secret
        ]
        text = lines(because or None, *given, "", translator.text(confirmation.text))
        button = translator.text(confirmation.button)
        submit = FormButton(do="confirm", step=active.step).key("{it}", style="primary", it=button)
        back = FormButton(do="back", step=active.step).key("‹ Back")
        cancel = FormButton(do="cancel", step=active.step).key("Cancel")
        await self._post(text, [[submit], [back, cancel]])

    def _shown(
        self, spec: FormSpec, question: Question, built: object, translator: Translator
    ) -> Rich:
        """Return a validated answer as a summary shows it."""
        value = getattr(built, question.name, "")
        if question.name in spec.form.shown_as:
            value = spec.form.shown_as[question.name](value)
        if question.default_label and str(value) == question.label:
            return translator.text(question.default_label)
        label = question.choices.get(str(value))
        return translator.text(label) if label else translator.text("{it}", it=value)

    def accepts(self, active: ActiveForm, text: str) -> bool:
        """Return whether a text means the button that submits: its label, "yes", or 1."""
        confirmation = active.spec.confirmation
        button = confirmation.button if confirmation is not None else ""
        own = self._translator_of(active.command.plugin).text(button).plain
        words = (button, own, self._ctx.t("Yes").plain, "1")
        return yes_or_no(text) == "yes" or choice_key(text) in {
            choice_key(word) for word in words if word
        }

    async def offer_retry(self, active: ActiveForm, because: Rich) -> None:
        """Send how long the complete answers are kept, with a button to submit them again."""
        minutes = int(self._retry_lives_s // 60)
        kept = self._ctx.n(
            "Your answers are kept for {n} minute: /retry or /cancel.",
            "Your answers are kept for {n} minutes: /retry or /cancel.",
            minutes,
        )
        retry = FormButton(do="retry", step=active.step).key("Retry", style="primary")
        cancel = FormButton(do="cancel", step=active.step).key("Cancel")
        await self._post(lines(because or None, kept), [[retry, cancel]])

    def read_answer(
        self, active: ActiveForm, question: Question, text: str
    ) -> tuple[str, Rich | None]:
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

    def _rows(
        self, active: ActiveForm, question: Question, translator: Translator
    ) -> list[list[Item]]:
        """Return the rows of buttons: choices or Skip, then Back and Cancel."""
        chosen: list[Item] = [
            FormButton(do="choose", step=active.step, value=str(i)).key(
                "{it}", it=translator.text(label)
            )
            for i, label in enumerate(question.choices.values())
        ]
        rows = [chosen[i : i + CHOICES_IN_ROW] for i in range(0, len(chosen), CHOICES_IN_ROW)]
        if question.optional and not chosen:
            label = self._default(question, translator)
            rows.append([FormButton(do="skip", step=active.step).key("{it}", it=label)])
        steps: list[Item] = [FormButton(do="cancel", step=active.step).key("Cancel")]
        if active.spec.questions[0].name != question.name:
            steps.insert(0, FormButton(do="back", step=active.step).key("‹ Back"))
        return [*rows, steps]
