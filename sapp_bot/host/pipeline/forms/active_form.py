"""The open form on top of the stack as the pipeline sees it, and the host's buttons under it."""

from __future__ import annotations

import hashlib

from sapp_bot.domain.state import OpenForm
from sapp_bot.host.authoring.buttons import Button
from sapp_bot.host.authoring.forms import FormSpec, Question
from sapp_bot.host.routing.registry import Command
from sapp_bot.values import dataclass

QUESTION = "?"
"""Name of the screen of the open question; no plugin has a screen of this name."""

ASIDE = "?~"
"""Name of the screen of the line that leads back to the open question; no plugin has it either."""

CONFIRMING = "?"
"""`OpenForm.asking` of a form whose summary is shown; no field can have this name."""


class FormButton(Button):
    """The host's button under a question.

    Attributes:
        do: "choose", "confirm", "cancel", "back", "skip", "retry" or "continue".
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

    def asks(self, command: Command | None) -> bool:
        """Return whether a question of this command's form is open."""
        same = command is not None and self.command.key == command.key
        return same and self.form.asking != ""

    @property
    def is_secret(self) -> bool:
        """Return whether the answer is a secret, to be deleted from the chat."""
        return self.question is not None and self.question.secret

    @property
    def is_confirming(self) -> bool:
        """Return whether the summary is shown, and waits for a yes."""
        return self.form.asking == CONFIRMING and self.spec.confirmation is not None

    @property
    def step(self) -> str:
        """Return a digest of form and field: 8 hex digits, as button data has 64 bytes in all."""
        text = f"{self.form.command}.{self.form.asking}"
        return hashlib.blake2s(text.encode(), digest_size=4).hexdigest()
