"""Forms under way: ask, take an answer, go back, leave, hand over, go on with the one below.

A form is data in the person's standing, never a waiting coroutine: it survives restarts, and a
plugin that changed one field has only that field asked again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from sapp_bot.errors import SappBotError, SessionExpired
from sapp_bot.languages import Speech
from sapp_bot.state import OpenForm
from sapp_bot.text import Rich, clean, lines, visible

from .buttons import Button, OutOfDate
from .complaints import explain
from .context import Ctx
from .questions import LONGEST_ANSWER, SKIPPED, Form, Problem, Question, Questionnaire
from .screens import Item
from .table import Command, Table
from .visit import Visit

DEEPEST = 3
"""How many forms wait on top of each other; the lowest is dropped for one more."""

CHOICES_IN_ROW = 3

Call = Callable[[Command, Form], Awaitable[None]]


class FormKey(Button):
    """A button of the host under a question. `step` names form and field, `value` the choice."""

    do: str
    step: str
    value: str = ""

    def typed(self, template: str) -> str:  # noqa: ARG002  # has no handler, so no template
        """Choices are typed by their number, counted from 1; the rest are commands."""
        return str(int(self.value) + 1) if self.do == "choose" else f"/{self.do}"


FormKey.bind("host")


@dataclass(frozen=True, slots=True)
class Top:
    """The form a person is in. `question` is None when only the last step is to be retried."""

    form: OpenForm
    command: Command
    asked: Questionnaire
    question: Question | None

    @property
    def is_secret(self) -> bool:
        """Tell whether the next text is to be kept from eyes."""
        return self.question is not None and self.question.secret

    @property
    def step(self) -> str:
        """Name form and field, for the buttons under the question."""
        text = f"{self.form.command}.{self.form.asking}"
        return hashlib.blake2s(text.encode(), digest_size=4).hexdigest()


class FormTalk:
    """The forms of one visit."""

    def __init__(
        self, visit: Visit, table: Table, ctx: Ctx, speech_of: Callable[[str], Speech], call: Call
    ) -> None:
        self._visit = visit
        self._table = table
        self._ctx = ctx
        self._speech_of = speech_of
        self._call = call
        self.has_asked = False

    @property
    def top(self) -> Top | None:
        """The form on top, if its command still exists. In a group there is none."""
        if not self._visit.forms or not self._visit.update.private:
            return None
        return self._found(self._visit.forms[-1])

    @property
    def late(self) -> Top | None:
        """The form that ran out while it was on top, if it did so not long ago."""
        gone = [f for f in self._visit.before.forms if f.expires_at <= self._visit.now]
        return self._found(gone[-1]) if gone and not self._visit.forms else None

    def _found(self, form: OpenForm) -> Top | None:
        command = self._table.form_command(form.command)
        if command is None or command.recipe.form is None:
            return None
        asked = command.recipe.form
        return Top(form, command, asked, asked.question(form.asking))

    async def settle(self) -> None:
        """Drop forms whose command is gone, and say so once, in the private chat."""
        if not self._visit.update.private:
            return
        kept = [f for f in self._visit.forms if self._table.form_command(f.command) is not None]
        if len(kept) < len(self._visit.forms):
            self._visit.forms[:] = kept
            await self._ctx.say("The form you were in is no longer offered, so I closed it.")

    async def begin(self, command: Command, answers: Mapping[str, str], because: Rich) -> None:
        """Open a command's form above what is open, some questions answered already."""
        assert command.recipe.form is not None  # noqa: S101  # only commands with a form come here
        asked = command.recipe.form
        forms = [f for f in self._visit.forms if f.command != command.key]
        session = self._visit.session
        shapes = {q.name: q.shape for q in asked.questions if q.name in answers}
        form = OpenForm(
            command=command.key,
            answers=dict(answers),
            shapes=shapes,
            asking="",
            sapp_user=session.user_id if session and command.role == "user" else None,
            expires_at=self._visit.now + timedelta(seconds=self._visit.settings.form_lives_s),
        )
        self._visit.forms[:] = [*forms, form][-DEEPEST:]
        await self._go_on(because)

    async def answer(self, text: str) -> None:
        """Take a text as the answer to what is asked."""
        top = self.top
        if top is None or not await self._is_mine(top):
            return
        if top.question is None:
            await self._offer_retry(top, Rich())
            return
        if top.form.shapes.get(top.question.name) != top.question.shape:
            await self._ask(top, Rich())  # the question changed since it was asked
            return
        value, complaint = self._read(top, top.question, text)
        if complaint is None:
            answers = {**top.form.answers, top.question.name: value}
            problem = top.asked.problem(answers, top.question.name)
            complaint = self.explain(top.command, problem) if problem else None
        if complaint is not None:
            await self._ask(top, complaint)
            return
        self._replace_top(replace(top.form, answers=answers))
        await self._go_on(Rich())

    async def press(self, pressed: FormKey) -> None:
        """Take a press of a button under a question."""
        top = self.top
        if top is None or pressed.step != top.step:
            raise OutOfDate
        if pressed.do == "choose" and top.question is not None:
            keys = list(top.question.choices)
            index = int(pressed.value)
            await self.answer(keys[index] if index < len(keys) else "")
            return
        steps = {"cancel": self.cancel, "back": self.back, "skip": self.skip, "retry": self.retry}
        if pressed.do not in steps:
            raise OutOfDate
        await steps[pressed.do]()

    async def cancel(self) -> None:
        """Leave the form on top."""
        top = self.top
        if top is None:
            await self._ctx.say("There is nothing to cancel. /help shows what I can do.")
            return
        self._visit.forms.pop()
        self.has_asked = True
        await self._ctx.say("Cancelled, nothing was done. /help shows what I can do.")
        await self._resume()

    async def back(self) -> None:
        """Ask the question before once more."""
        top = self.top
        if top is None:
            await self._ctx.say("You are not in a form. /help shows what I can do.")
            return
        names = [q.name for q in top.asked.questions]
        at = names.index(top.form.asking) if top.form.asking in names else len(names)
        if at == 0:
            await self._ask(top, self._ctx.t("This is the first question."))
            return
        await self._ask_field(top, names[at - 1], Rich())

    async def skip(self) -> None:
        """Leave the answer to the field's default."""
        top = self.top
        if top is None:
            await self._ctx.say("You are not in a form. /help shows what I can do.")
        elif top.question is None or not top.question.optional:
            await self._ask(top, self._ctx.t("This needs an answer."))
        else:
            await self.answer(SKIPPED)

    async def retry(self) -> None:
        """Hand the complete answers over once more."""
        top = self.top
        if top is None or top.question is not None:
            await self._ctx.say("There is nothing to retry. /help shows what I can do.")
        elif await self._is_mine(top):
            # The last try may have done its work before its answer was lost.
            self._visit.again = True
            await self._go_on(Rich())

    async def remind(self, because: Rich | None = None) -> None:
        """Ask what is open once more, after something else was answered."""
        top = self.top
        if top is not None and not self.has_asked:
            await self._ask(top, because or self._ctx.t("We were here:"))

    def explain(self, command: Command, problem: Problem) -> Rich:
        """Say what is wrong with an answer."""
        return explain(problem, self._speech_of(command.plugin))

    async def _go_on(self, because: Rich) -> None:
        """Ask the next open question, or hand the form over."""
        top = self.top
        if top is None:
            return
        answers = {
            q.name: top.form.answers[q.name]
            for q in top.asked.questions
            if q.name in top.form.answers and top.form.shapes.get(q.name) == q.shape
        }
        self._replace_top(replace(top.form, answers=answers))
        missing = next((q for q in top.asked.questions if q.name not in answers), None)
        if missing is not None:
            await self._ask_field(self._must(top), missing.name, because)
            return
        built = top.asked.build(answers)
        if isinstance(built, Problem):
            await self._ask_field(self._must(top), built.field, self.explain(top.command, built))
            return
        await self._hand_over(self._must(top), built)

    async def _hand_over(self, top: Top, form: Form) -> None:
        """Call the command; what it says, and whether the form stays, is its answer."""
        self._visit.forms.pop()
        below = len(self._visit.forms)
        try:
            await self._call(top.command, form)
        except SessionExpired as error:
            self._visit.drop_session()
            self._visit.forms.insert(below, self._waiting(top))
            await self._ctx.say(error.reply)
            return
        except SappBotError as error:
            if not error.retry:
                raise
            self._visit.forms.insert(below, self._waiting(top))
            await self._offer_retry(top, self._ctx.t(error.reply, **error.values))
            return
        again, self._visit.ask_again = self._visit.ask_again, None
        if again is not None:
            self._visit.forms.append(top.form)
            await self._ask_field(self._must(top), again.field, again.because)
        elif self._visit.begin is None:
            await self._resume()

    async def _resume(self) -> None:
        """Go on with the form below, if it is the same account's."""
        top = self.top
        if top is None:
            return
        session = self._visit.session
        owner = top.form.sapp_user
        if owner is not None and session is not None and session.user_id != owner:
            self._visit.forms.pop()
            text = "I closed /{command}: it was begun under another account."
            await self._ctx.say(text, command=top.command.name)
            await self._resume()
            return
        self.has_asked = False
        await self.remind(self._ctx.t("Back to /{command}.", command=top.command.name))

    async def _is_mine(self, top: Top) -> bool:
        """Check that the form goes on under the account it was begun with."""
        owner, session = top.form.sapp_user, self._visit.session
        if owner is None or (session is not None and session.user_id == owner):
            return True
        self.has_asked = True
        if session is None:
            await self._ctx.say(SessionExpired.reply)
            return False
        await self._resume()
        return False

    async def _ask_field(self, top: Top, field: str, because: Rich) -> None:
        """Turn to a field: forget its answer and those after it that depend on being asked."""
        answers = {k: v for k, v in top.form.answers.items() if k != field}
        question = top.asked.question(field)
        shapes = {**top.form.shapes, field: question.shape if question else ""}
        form = replace(top.form, answers=answers, shapes=shapes, asking=field)
        self._replace_top(form)
        await self._ask(self._must(top), because)

    async def _ask(self, top: Top, because: Rich) -> None:
        """Send the question, its reason first, its buttons below."""
        self.has_asked = True
        if top.question is None:
            await self._offer_retry(top, because)
            return
        speech = self._speech_of(top.command.plugin)
        prompt = speech.text(top.question.prompt)
        await self._ctx.say(
            lines(because or None, prompt), rows=self._rows(top, top.question, speech)
        )

    def _rows(self, top: Top, question: Question, speech: Speech) -> list[list[Item]]:
        chosen: list[Item] = [
            FormKey(do="choose", step=top.step, value=str(i)).key("{it}", it=speech.text(label))
            for i, label in enumerate(question.choices.values())
        ]
        rows = [chosen[i : i + CHOICES_IN_ROW] for i in range(0, len(chosen), CHOICES_IN_ROW)]
        if question.optional and not chosen:
            label = question.label or self._ctx.t("Skip")
            rows.append([FormKey(do="skip", step=top.step).key("{it}", it=label)])
        steps: list[Item] = [FormKey(do="cancel", step=top.step).key("Cancel")]
        if top.asked.questions[0].name != question.name:
            steps.insert(0, FormKey(do="back", step=top.step).key("‹ Back"))
        return [*rows, steps]

    async def _offer_retry(self, top: Top, because: Rich) -> None:
        self.has_asked = True
        ready = self._must(top)
        minutes = int(self._visit.settings.retry_lives_s // 60)
        kept = self._ctx.n(
            "Your answers are kept for {n} minute: /retry or /cancel.",
            "Your answers are kept for {n} minutes: /retry or /cancel.",
            minutes,
        )
        retry = FormKey(do="retry", step=ready.step).key("Retry", style="primary")
        cancel = FormKey(do="cancel", step=ready.step).key("Cancel")
        await self._ctx.say(lines(because or None, kept), rows=[[retry, cancel]])

    def _waiting(self, top: Top) -> OpenForm:
        lives = timedelta(seconds=self._visit.settings.retry_lives_s)
        return replace(top.form, asking="", expires_at=self._visit.now + lives)

    def _read(self, top: Top, question: Question, text: str) -> tuple[str, Rich | None]:
        """Clean an answer, and match it with the choices; or say what is wrong."""
        if text == SKIPPED and question.optional:
            return text, None
        if question.secret:
            if clean(text) != text:
                return "", self._ctx.t(
                    "It holds characters that I cannot take. Please try another."
                )
        else:
            text = clean(text).strip()
        if not visible(text):
            return "", self._ctx.t("That looks empty to me.")
        if len(text) > LONGEST_ANSWER:
            longest = self._ctx.t(
                "That is too long: {max_length} characters at most.", max_length=LONGEST_ANSWER
            )
            return "", longest
        return self._chosen(top, question, text) if question.choices else (text, None)

    def _chosen(self, top: Top, question: Question, text: str) -> tuple[str, Rich | None]:
        speech = self._speech_of(top.command.plugin)
        for index, (value, label) in enumerate(question.choices.items()):
            names = (value, label, speech.text(label).plain, str(index + 1))
            if text.casefold() in {n.casefold() for n in names}:
                return value, None
        return "", self._ctx.t("Please choose one of the answers.")

    def _replace_top(self, form: OpenForm) -> None:
        self._visit.forms[-1] = form

    def _must(self, top: Top) -> Top:
        """Read the top again after a change."""
        form = self._visit.forms[-1]
        return Top(form, top.command, top.asked, top.asked.question(form.asking))
