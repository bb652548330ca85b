"""State machine of open forms: ask, take an answer, go back, cancel, submit, resume.

A form is data in the person's state, never a waiting coroutine: it survives restarts, and after a
plugin changed one field only that field is asked again. Must not render: that is `form_view`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from sapp_bot.domain.text import Rich, lines
from sapp_bot.errors import NextStep, SessionExpired
from sapp_bot.host.authoring.button_codec import ButtonOutdated
from sapp_bot.host.authoring.buttons import Item
from sapp_bot.host.authoring.forms import SKIPPED, Form, Question
from sapp_bot.host.authoring.turn import AskAgain, Turn
from sapp_bot.host.pipeline.invoke import Invoker
from sapp_bot.host.pipeline.person_services import Commands
from sapp_bot.host.pipeline.texts.suggestions import HELP, HOME, steps_rows
from sapp_bot.host.routing.registry import Command, RoutingTable
from sapp_bot.host.routing.validation_texts import explain
from sapp_bot.host.runtime.field_errors import FieldError
from sapp_bot.values import replace

from .active_form import CONFIRMING, ActiveForm, FormButton
from .answers import AnswerReader
from .elsewhere import Elsewhere
from .form_stack import FormStack
from .form_view import FormView
from .shown_question import ShownQuestion
from .submission import Done, LoginEnded, MayRetry, submit


class FormFlow:
    """What one turn does to the form on top of the stack.

    Calls go one way: the router calls a method here, and the last answer calls the command's
    handler through the invoker. What the handler wants next comes back as a value in the turn, such
    as `AskAgain`, so no handler calls the form flow.
    """

    def __init__(self, turn: Turn, table: RoutingTable, invoker: Invoker) -> None:
        self._turn = turn
        self._table = table
        self._invoker = invoker
        self._ctx = invoker.host_ctx
        self._stack = FormStack(turn, table, invoker.filled_by_person)
        self._reader = AnswerReader(self._ctx, invoker.translator)
        self._view = FormView(self._ctx, invoker.translator, turn.settings.retry_lives_s)
        self.has_asked = False
        self.is_ruled_out = False
        """Whether the answer of this turn breaks the question's rules, so that it can be none."""
        self._shown = ShownQuestion(turn)
        self._elsewhere = Elsewhere(turn, table, invoker)

    @property
    def active(self) -> ActiveForm | None:
        """The form on top of the stack; None in a group, or when its command is gone."""
        return self._stack.active

    @property
    def late(self) -> ActiveForm | None:
        """The form that expired while it was on top of the stack; None if there is none."""
        return self._stack.late

    async def settle(self) -> None:
        """Drop forms whose command is gone, and say so once; does nothing in a group."""
        if self._turn.update.private and self._stack.drop_gone():
            self.leave()
            await self._say_on("The form you were in is no longer offered, so I closed it.")

    def name_of(self, active: ActiveForm) -> Rich:
        """Return what a form is called: its command, or what one does that nobody types."""
        return self._view.name_of(active)

    def leave(self, text: Rich | None = None) -> None:
        """Take the buttons off the question that was open before this turn, once.

        A `text` replaces it, such as the question with its answer.
        """
        self._shown.leave(text)

    async def begin(self, command: Command, answers: Mapping[str, str], because: Rich) -> None:
        """Push a command's form onto the stack and ask its first open question.

        Args:
            command: A command with a form; an open form of the same command is replaced.
            answers: Answers known already, by field.
            because: Text above the first question; may be empty.

        """
        closed = self._stack.push(command, answers)
        left = self._view.closed(closed) if closed is not None else None
        await self._go_on(lines(left, because or None))

    async def answer(self, text: str) -> None:
        """Take a text as the answer to the open question."""
        active = self.active
        if active is None or not await self._is_mine(active):
            return
        if active.question is None:
            if self._reader.accepts(active, text):
                await self._go_on(Rich(), confirmed=True)
            else:
                await self._refuse(active, text, Rich())
            return
        if active.form.shapes.get(active.question.name) != active.question.shape:
            # A reload changed the question: the text answers another one than is asked now.
            await self._ask(active, Rich())
            return
        checked = self._reader.check(active, active.question, text)
        self.is_ruled_out = not checked.can_be
        if checked.complaint is not None:
            await self._refuse(active, text, checked.complaint)
            return
        if self._reader.differs(active, active.question, checked.value):
            await self._ask_repeated(active, active.question)
            return
        answers = {**active.form.answers, active.question.name: checked.value}
        self._stack.change(active, replace(active.form, answers=answers))
        await self._go_on(Rich())

    async def press(self, pressed: FormButton) -> None:
        """Handle a press of a button under a question.

        Raises:
            ButtonOutdated: another question is open by now.

        """
        active = self.active
        if active is None or pressed.step != active.step:
            raise ButtonOutdated
        if pressed.do == "continue":
            await self.show_question(in_place=True)
            return
        self._turn.question_pressed = True
        if pressed.do == "choose" and active.question is not None:
            keys = list(active.question.choices)
            index = int(pressed.value)
            chosen = keys[index] if index < len(keys) else ""
            self.leave(self._view.answered(active, chosen))
            await self.answer(chosen)
            return
        if pressed.do == "skip":
            self.leave(self._view.answered(active, SKIPPED))
        if pressed.do == "confirm" and active.is_confirming:
            if await self._is_mine(active):
                await self._go_on(Rich(), confirmed=True)
            return
        await self.do(pressed.do)

    async def do(self, action: str) -> None:
        """Do to the form on top what /back, /cancel, /continue, /retry or /skip says."""
        steps = {
            "cancel": self.cancel,
            "back": self.back,
            "continue": self.show_question,
            "skip": self.skip,
            "retry": self.retry,
        }
        if action not in steps:
            raise ButtonOutdated
        await steps[action]()

    async def cancel(self) -> None:
        """Close the form on top, and resume the one below."""
        active = self.active
        if active is None:
            await self._say_on("There is nothing to cancel. /help shows what I can do.")
            return
        self.leave()
        self._stack.pop()
        self.has_asked = True
        await self._ctx.say(self._view.cancelled(active), rows=self.ways_on())
        await self._resume()

    async def back(self) -> None:
        """Ask the previous question again; the answer to it is dropped."""
        active = self.active
        if active is None:
            await self._say_not_in_a_form()
            return
        before = active.spec.previous(active.form.asking)
        if active.is_confirming:
            # What the summary does not show cannot be what somebody wants to correct.
            shown = [q.name for q in active.spec.questions if not (q.secret or q.carried)]
            before = shown[-1] if shown else before
        if not before:
            await self._ask(active, self._ctx.t("This is the first question."))
            return
        await self._ask_field(active, before, Rich())

    async def skip(self) -> None:
        """Answer the open question with the field's default."""
        active = self.active
        if active is None:
            await self._say_not_in_a_form()
        elif active.question is None or not active.question.optional:
            await self._ask(active, self._ctx.t("This needs an answer."))
        else:
            await self.answer(SKIPPED)

    async def retry(self) -> None:
        """Submit the complete answers again."""
        active = self.active
        if active is None or active.question is not None or active.is_confirming:
            await self._say_on("There is nothing to retry. /help shows what I can do.")
        elif await self._is_mine(active):
            # The last try may have taken effect at the API before its response was lost: handlers
            # read `ctx.again` and look before they repeat a write.
            self._turn.again = True
            await self._go_on(Rich(), confirmed=True)

    async def show_question(self, *, in_place: bool = False) -> None:
        """Show the open question again; where `in_place`, in the message that was pressed."""
        active = self.active
        if active is None:
            await self._say_not_in_a_form()
        else:
            await self._ask(active, Rich(), in_place=in_place)

    async def explain_again(self, why: Rich) -> None:
        """Ask the open question again, below why a message is no answer to it.

        Without a question that is said alone.
        """
        active = self.active
        if active is None:
            await self._ctx.say(why, rows=self.ways_on())
        else:
            await self._ask(active, why)

    async def remind(self) -> None:
        """Say below the answer to something else that a question is open, once for each question.

        Does nothing when a question was asked in this turn already.
        """
        active = self.active
        if active is None or self.has_asked or active.form.is_aside:
            return
        self.has_asked = True
        asking, was_told = active.form.asking, active.form.told_of == active.form.asking
        aside = replace(active.form, is_aside=True, told_of=asking)
        active = self._stack.change(active, aside)
        if not was_told:
            await self._view.step_aside(active)

    def tidy(self) -> None:
        """Replace the question of a form that a logout has closed by a text that says so."""
        before = self._stack.before
        if before is not None and all(f.command != before.form.command for f in self._turn.forms):
            self.leave(self._view.closed(before))

    def takes(self, text: str) -> bool:
        """Return whether a text means a button below the open question."""
        active = self.active
        return active is not None and self._reader.takes(active, text)

    def step_meant(self, text: str) -> str:
        """Return what `do` is to do to the open form when a text means a button of it; else ""."""
        active = self.active
        return self._reader.step_meant(active, text) if active is not None else ""

    async def _go_on(self, because: Rich, *, confirmed: bool = False) -> None:
        """Ask the next open question, show the summary, or submit the form."""
        active = self.active
        if active is None:
            return
        answers = {
            q.name: active.form.answers[q.name]
            for q in active.spec.questions
            if q.name in active.form.answers and active.form.shapes.get(q.name) == q.shape
            # A repeat of an answer that has changed since is one no longer.
            if not self._reader.differs(active, q, active.form.answers[q.name])
        }
        active = self._stack.change(active, replace(active.form, answers=answers))
        missing = next((q for q in active.spec.questions if q.name not in answers), None)
        if missing is not None:
            await self._ask_field(active, missing.name, because)
            return
        built = active.spec.build(answers)
        if isinstance(built, FieldError):
            why = explain(built, self._invoker.translator(active.command.plugin))
            await self._ask_field(active, built.field, why)
            return
        if active.spec.confirmation is not None and not confirmed:
            active = self._stack.change(active, replace(active.form, asking=CONFIRMING))
            await self._ask(active, because)
            return
        await self._submit(active, built)

    async def _submit(self, active: ActiveForm, form: Form) -> None:
        """Call the command's handler with the complete form, and do what it wants next.

        While the handler runs, the form is off the stack, so that `FormControl.open` means the
        forms below. It returns when the handler asks for a field again, when the login expired
        meanwhile, or when the error says that a retry may help.
        """
        self.leave()
        self._stack.pop()
        depth = self._stack.depth
        match await submit(self._turn, self._invoker, active.command, form):
            case LoginEnded(error):
                self._turn.drop_session()
                self._stack.keep_for_retry(active.form, depth, error)
                await self._ctx.say(error.reply, rows=self._rows(*error.next_steps))
            case MayRetry(error):
                self._stack.keep_for_retry(active.form, depth, error)
                because = self._ctx.t(error.reply, **error.values)
                await self._ask(self._stack.reread(active), because)
            case AskAgain(field, because):
                self._stack.put_back(active.form)
                await self._ask_field(self._stack.reread(active), field, because)
            case Done():
                if self._turn.begin is None:  # else the router opens another command's form first
                    await self._resume()
            case never:
                assert_never(never)

    async def _resume(self) -> None:
        """Resume the form below; close it if another account began it, for whom it was filled."""
        active = self.active
        if active is None:
            return
        session = self._turn.session
        owner = active.form.sapp_user
        if owner is not None and session is not None and session.user_id != owner:
            self._stack.pop()
            text = "I closed {form}: it was begun under another account."
            await self._say_on(text, form=self._view.name_of(active))
            await self._resume()
            return
        await self._ask(active, self._ctx.t("Back to {form}.", form=self._view.name_of(active)))

    async def _is_mine(self, active: ActiveForm) -> bool:
        """Return whether the current login is the account that began the form; if not, say why."""
        owner, session = active.form.sapp_user, self._turn.session
        if owner is None or (session is not None and session.user_id == owner):
            return True
        self.has_asked = True
        if session is None:
            await self._ctx.say(SessionExpired.reply, rows=self._rows(*SessionExpired.next_steps))
            return False
        await self._resume()
        return False

    async def _ask_field(self, active: ActiveForm, field: str, because: Rich) -> None:
        """Drop the answer of a field, and ask it with the shape that it has now."""
        answers = {k: v for k, v in active.form.answers.items() if k != field}
        question = active.spec.question(field)
        shapes = {**active.form.shapes, field: question.shape if question else ""}
        form = replace(active.form, answers=answers, shapes=shapes, asking=field, refused=0)
        await self._ask(self._stack.change(active, form), because)

    async def _ask_repeated(self, active: ActiveForm, question: Question) -> None:
        """Ask an answer that differs from what it repeats once more; then both anew."""
        if active.form.refused:
            await self._ask_field(active, question.repeats, self._ctx.t("The two differ again."))
            return
        active = self._stack.change(active, replace(active.form, refused=1))
        await self._ask(active, self._ctx.t("The two differ."))

    async def _refuse(self, active: ActiveForm, text: str, because: Rich) -> None:
        """Ask again, and offer what the text means elsewhere; a secret goes nowhere else."""
        also = [] if active.is_secret else self._elsewhere.buttons(text)
        if also:
            because = lines(because or None, self._ctx.t("Did you mean this? My question stays."))
        await self._ask(active, because, also=also)

    async def _ask(
        self,
        active: ActiveForm,
        because: Rich,
        *,
        in_place: bool = False,
        also: Sequence[Item] = (),
    ) -> None:
        self._shown.leave(in_place=in_place)
        self.has_asked = True
        active = self._stack.change(active, replace(active.form, is_aside=False))
        await self._view.ask(active, because, in_place=in_place, also=also)

    async def _say_not_in_a_form(self) -> None:
        await self._say_on("You are not in a form. /help shows what I can do.")

    async def _say_on(self, text: str, **values: object) -> None:
        await self._ctx.say(self._ctx.t(text, **values), rows=self.ways_on())

    def ways_on(self) -> list[list[Item]]:
        """Return the buttons below a text that ends the turn, unless a question follows it."""
        active = self.active
        follows = active is not None and not active.form.is_aside
        return [] if follows else self._rows(HELP, HOME)

    def _rows(self, *steps: NextStep) -> list[list[Item]]:
        return steps_rows(Commands(self._turn, self._table, {}), steps)
