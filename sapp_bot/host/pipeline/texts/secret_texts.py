"""Deletes texts that are or may be secrets although no question asks for one, and says so."""

from __future__ import annotations

from sapp_bot.domain.text import lines
from sapp_bot.domain.updates import Message
from sapp_bot.errors import TooManyTries
from sapp_bot.host.authoring.buttons import CommandButton
from sapp_bot.host.pipeline.forms.active_form import ActiveForm, FormButton
from sapp_bot.host.pipeline.forms.form_flow import FormFlow
from sapp_bot.host.pipeline.invoke import Invoker
from sapp_bot.host.routing.answer_words import step_word

from .secret_guard import SecretGuard


class SecretTexts:
    """The answers to texts that may be secrets, for one turn."""

    def __init__(self, forms: FormFlow, guard: SecretGuard, invoker: Invoker) -> None:
        self._forms = forms
        self._guard = guard
        self._invoker = invoker
        self._ctx = invoker.host_ctx

    async def came_late(self, late: ActiveForm, message: Message) -> None:
        """Reply that the form has expired; delete the message if it may be a secret."""
        if late.spec.has_secrets:
            await self._guard.take(message)
        self._forms.leave()
        # What is begun by a button only needs to know where that was.
        again = CommandButton(command=late.command.name).key("Begin again", style="primary")
        begins = [] if late.command.hidden else [again]
        await self._ctx.say(
            "I waited a while for your answer, and then closed {form}. Please begin again.",
            form=self._forms.name_of(late),
            rows=[[*begins, *self._forms.ways_on()[0]]],
        )

    async def hint(self, text: str) -> None:
        """Say how a form is left when a word for that was taken as a secret, and refused as one."""
        active = self._forms.active
        if active is None or not active.is_secret or not step_word(text):
            return
        cancel = FormButton(do="cancel", step=active.step).key("Cancel")
        said = (
            "Here I take every word as the answer. To leave, press Cancel or send /cancel; /back "
            "goes one question back."
        )
        await self._ctx.say(said, rows=[[cancel]])

    async def removed(self, active: ActiveForm | None, message: Message) -> bool:
        """Delete a text that is or may be a secret, and say so; return whether it was one.

        It is one when it repeats what was typed as a secret in the last minutes. It may be one
        while a form with secrets waits for a retry or a confirmation, or while guesses are refused.
        """
        waits = (
            active is not None
            and active.question is None
            and active.spec.has_secrets
            and not active.step_meant(message.text)
        )
        if self._guard.knows(message.text):
            await self._guard.take(message)
            why = self._ctx.t("I deleted your message: it repeats a secret.")
            await self._forms.explain_again(why)
        elif waits and not self._forms.accepts(message.text):
            await self._guard.take(message)
            why = self._ctx.t("I deleted your message: it may be a secret.")
            await self._forms.explain_again(why)
        elif self._guard.locked_for is not None and active is None:
            await self._guard.take(message)
            when = self._invoker.translator().ahead(self._guard.locked_for)
            await self._ctx.say(
                lines(
                    self._ctx.t("I deleted your message: it may be a secret."),
                    self._ctx.t(TooManyTries.reply, when=when),
                ),
                rows=self._forms.ways_on(),
            )
        else:
            return False
        return True
