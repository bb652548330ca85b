"""The stack of a person's open forms, as one turn reads and changes it. Must not say anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from sapp_bot.domain.state import OpenForm
from sapp_bot.errors import SappBotError
from sapp_bot.host.authoring.forms import FormSpec
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.routing.registry import Command, RoutingTable
from sapp_bot.values import replace

from .active_form import ActiveForm

DEEPEST = 3
"""Most forms on the stack; one more drops the lowest."""


class FormStack:
    """The form stack of one turn; only the form on top asks.

    Args:
        turn: Its forms are read and changed.
        table: Has the commands that the forms belong to.
        filled_by_person: Returns a plugin's form as the person of the turn fills it in.

    """

    def __init__(
        self,
        turn: Turn,
        table: RoutingTable,
        filled_by_person: Callable[[str, FormSpec], FormSpec],
    ) -> None:
        self._turn = turn
        self._table = table
        self._filled_by_person = filled_by_person

    @property
    def active(self) -> ActiveForm | None:
        """The form on top of the stack; None in a group, or when its command is gone."""
        if not self._turn.forms or not self._turn.update.private:
            return None
        return self._with_command(self._turn.forms[-1])

    @property
    def late(self) -> ActiveForm | None:
        """The form that expired while it was on top of the stack; None if there is none.

        The state keeps an expired form for a while, so that a late answer can be explained.
        """
        gone = [f for f in self._turn.before.forms if f.expires_at <= self._turn.now]
        return self._with_command(gone[-1]) if gone and not self._turn.forms else None

    @property
    def before(self) -> ActiveForm | None:
        """The form that was on top before this turn; None in a group, or without one."""
        forms = self._turn.before.forms
        return self._with_command(forms[-1]) if forms and self._turn.update.private else None

    @property
    def depth(self) -> int:
        """Number of open forms."""
        return len(self._turn.forms)

    def drop_gone(self) -> bool:
        """Drop forms whose command is gone; return whether there was one."""
        known = [f for f in self._turn.forms if self._table.form_command(f.command) is not None]
        has_gone = len(known) < len(self._turn.forms)
        self._turn.forms[:] = known
        return has_gone

    def push(self, command: Command, answers: Mapping[str, str]) -> ActiveForm | None:
        """Open a form of a command, and close the question that was open: it is not come back to.

        What waits for a login, or is complete and kept to be submitted again, stays below, and is
        shown again when this form ends.

        Args:
            command: A command with a form.
            answers: Answers known already, by field.

        Returns:
            The form that was closed; None if none was, or only an older one of the same command.

        """
        assert command.signature.form is not None  # noqa: S101  # only commands with a form come here
        turn, session = self._turn, self._turn.session
        questions = command.signature.form.questions
        form = OpenForm(
            command=command.key,
            answers=dict(answers),
            shapes={q.name: q.shape for q in questions if q.name in answers},
            asking="",
            sapp_user=session.user_id if session and command.role == "user" else None,
            expires_at=turn.now + timedelta(seconds=turn.settings.form_lives_s),
        )
        closed = self.active
        others = [f for f in turn.forms if f.command != command.key]
        staying = [replace(f, is_aside=False) for f in others if self._stays(f)]
        turn.forms[:] = [*staying, form][-DEEPEST:]
        if closed is None or closed.command.key == command.key or self._stays(closed.form):
            return None
        return closed

    def _stays(self, form: OpenForm) -> bool:
        """Return whether a form outlives the beginning of another one."""
        waits_for_login = form.sapp_user is not None and self._turn.session is None
        return waits_for_login or not form.asking

    def pop(self) -> None:
        """Close the form on top."""
        self._turn.forms.pop()

    def put_back(self, form: OpenForm, depth: int | None = None) -> None:
        """Open a form again that was taken off, on top or at a depth."""
        self._turn.forms.insert(self.depth if depth is None else depth, form)

    def keep_for_retry(self, form: OpenForm, depth: int, error: SappBotError) -> None:
        """Open a complete form again, for as long as its answers are kept to be submitted again.

        Args:
            form: The form.
            depth: Where it was on the stack.
            error: Why it was not submitted, as far as we know.

        """
        expires_at = self._turn.now + timedelta(seconds=self._turn.settings.retry_lives_s)
        may_be_done = form.may_be_done or error.uncertain
        kept = replace(form, asking="", expires_at=expires_at, may_be_done=may_be_done)
        self.put_back(kept, depth)

    def change(self, active: ActiveForm, form: OpenForm) -> ActiveForm:
        """Replace the form on top, and return it as the active one."""
        self._turn.forms[-1] = form
        return self.reread(active)

    def reread(self, active: ActiveForm) -> ActiveForm:
        """Return the form on top, which is one of the active form's command."""
        form = self._turn.forms[-1]
        return ActiveForm(form, active.command, active.spec, active.spec.question(form.asking))

    def _with_command(self, form: OpenForm) -> ActiveForm | None:
        command = self._table.form_command(form.command)
        if command is None or command.signature.form is None:
            return None
        spec = self._filled_by_person(command.plugin, command.signature.form)
        return ActiveForm(form, command, spec, spec.question(form.asking))
