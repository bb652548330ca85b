"""Renders an open form's question. Must not change a form: see `FormFlow`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sapp_bot.domain.text import Rich, bold, lines
from sapp_bot.host.authoring.buttons import Item, Screen
from sapp_bot.host.authoring.context import Ctx
from sapp_bot.host.authoring.forms import SKIPPED, FormSpec, Question
from sapp_bot.i18n import Translator
from sapp_bot.values import replace

from .active_form import ASIDE, QUESTION, ActiveForm, FormButton

CHOICES_IN_ROW = 3


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

    async def ask(
        self,
        active: ActiveForm,
        because: Rich,
        *,
        in_place: bool = False,
        also: Sequence[Item] = (),
    ) -> None:
        """Send the open question with its buttons.

        Args:
            active: The form.
            because: Stands above the question; may be empty.
            in_place: Whether the pressed message becomes the question.
            also: Buttons above the question's own, for what else may have been meant.

        """
        screen = self._screen(active, because)
        if also:
            screen = replace(screen, rows=[also, *screen.rows])
        send = self._ctx.show if in_place else self._ctx.post
        await send(screen, name=QUESTION)

    def _screen(self, active: ActiveForm, because: Rich) -> Screen:
        if active.is_confirming:
            return self._summary(active, because)
        if active.question is None:
            return self._retry_offer(active, because)
        translator = self._translator_of(active.command.plugin)
        prompt = self._prompt(active, active.question, translator)
        rows = self._rows(active, active.question, translator)
        return Screen(lines(because or None, prompt), rows)

    def name_of(self, active: ActiveForm) -> Rich:
        """Return what a form is called: its command, or what one does that nobody types."""
        if not active.command.hidden:
            return Rich(f"/{active.command.name}")
        summary = self._translator_of(active.command.plugin).text(active.command.summary)
        return self._ctx.t("“{label}”", label=summary.plain.rstrip(".…"))

    def cancelled(self, active: ActiveForm) -> Rich:
        """Return that a form is left, and what was not done therefore."""
        return self._ctx.t("Cancelled. {what}", what=self._not_done(active))

    def closed(self, active: ActiveForm) -> Rich:
        """Return that a form was closed by another one, and what was not done therefore."""
        form = self.name_of(active)
        return self._ctx.t("I closed {form}. {what}", form=form, what=self._not_done(active))

    def _not_done(self, active: ActiveForm) -> Rich:
        """Return what was not done as a form is left, in its author's words."""
        own = active.spec.form.cancelled
        what = self._ctx.t("Nothing was done.")
        if active.form.may_be_done:
            what = self._ctx.t("The last try may have taken effect all the same.")
        elif own:
            what = self._translator_of(active.command.plugin).text(own)
        return what

    async def step_aside(self, active: ActiveForm) -> None:
        """Send that the question is still open, with the ways back to it and out of it."""
        go_on = FormButton(do="continue", step=active.step).key("Continue", style="primary")
        cancel = FormButton(do="cancel", step=active.step).key("Cancel")
        text = self._ctx.t("Still open: {form}", form=self.name_of(active))
        await self._ctx.post(Screen(text, [[go_on, cancel]]), name=ASIDE)

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
        if answer == SKIPPED:
            given = self._default(question, translator)
        else:
            label = question.choices.get(answer, "")
            given = translator.text(label) if label else Rich(question.label)
        # Without a title there is only the field's name, which is for its author; and a yes or
        # no needs none below its question.
        if question.is_titled and not {"yes", "no"} <= question.choices.keys():
            title = translator.text(question.title)
            given = translator.text("{title}: {answer}", title=title, answer=given)
        return lines(self._prompt(active, question, translator), "", bold(given))

    def _prompt(self, active: ActiveForm, question: Question, translator: Translator) -> Rich:
        """Return a question; its placeholders are what was answered before, secrets left out."""
        secret = {asked.name for asked in active.spec.questions if asked.secret}
        known = {n: text for n, text in active.form.answers.items() if n not in secret}
        return translator.text(question.prompt, **known)

    def _default(self, question: Question, translator: Translator) -> Rich:
        """Return what the default of a question is called."""
        if question.default_label:
            return translator.text(question.default_label)
        return Rich(question.label) if question.label else self._ctx.t("Skip")

    def _summary(self, active: ActiveForm, because: Rich) -> Screen:
        """Return the answers, what the form's author says about them, and the buttons."""
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
        return Screen(text, [[submit], [back, cancel]])

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

    def _retry_offer(self, active: ActiveForm, because: Rich) -> Screen:
        """Return how long the complete answers are kept, with a button to submit them again."""
        minutes = int(self._retry_lives_s // 60)
        kept = self._ctx.n(
            "Your answers are kept for {n} minute: /retry or /cancel.",
            "Your answers are kept for {n} minutes: /retry or /cancel.",
            minutes,
        )
        retry = FormButton(do="retry", step=active.step).key("Retry", style="primary")
        cancel = FormButton(do="cancel", step=active.step).key("Cancel")
        return Screen(lines(because or None, kept), [[retry, cancel]])

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
        # A yes or no that is all of a form has its way out: the no.
        is_alone = len(active.spec.questions) == 1 and question.choices.keys() == {"yes", "no"}
        steps: list[Item] = []
        if not is_alone:
            steps.append(FormButton(do="cancel", step=active.step).key("Cancel"))
        if active.spec.previous(question.name):
            steps.insert(0, FormButton(do="back", step=active.step).key("‹ Back"))
        return [*rows, steps] if steps else rows
