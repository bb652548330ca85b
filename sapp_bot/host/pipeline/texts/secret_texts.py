"""Deletes texts that are or may be secrets: asked for, come too late, or asked for by nothing."""

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

    async def answer(self, asked: ActiveForm, message: Message) -> None:
        """Delete a secret from the chat, then take it as the answer to the question of a form.

        In this order: should the answer fail, the secret must not stay. When it is refused, and is
        a word for a button, the person may have wanted out, and hears how.
        """
        text = message.text
        was_known = self._guard.knows(text)
        await self._guard.take(message)
        await self._forms.answer(text)
        active = self._forms.active
        # Of one that was taken, now or before, nothing may be said: the hint would tell that it is
        # such a word.
        is_refused = active is not None and active.step == asked.step
        if active is None or was_known or not is_refused or not step_word(text):
            return
        self._guard.forget(text)  # or the same word would be deleted at the next question
        await self._hint(active)

    async def _hint(self, active: ActiveForm) -> None:
        """Say how the form is left."""
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
            and not self._forms.step_meant(message.text)
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
