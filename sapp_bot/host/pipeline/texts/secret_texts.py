"""Deletes texts that are or may be secrets: asked for, come too late, or asked for by nothing."""

from __future__ import annotations

from sapp_bot.domain.text import Rich, join, lines
from sapp_bot.domain.updates import Message
from sapp_bot.errors import TooManyTries
from sapp_bot.host.authoring.buttons import CommandButton
from sapp_bot.host.pipeline.forms.active_form import ActiveForm, FormButton
from sapp_bot.host.pipeline.forms.form_flow import FormFlow
from sapp_bot.host.pipeline.invoke import Invoker
from sapp_bot.host.routing.answer_words import step_word, yes_or_no
from sapp_bot.host.routing.arguments import prefill
from sapp_bot.host.routing.registry import Command

from .secret_guard import SecretGuard
from .suggestions import Suggestions


class SecretTexts:
    """The answers to texts that may be secrets, for one turn."""

    def __init__(
        self, forms: FormFlow, guard: SecretGuard, invoker: Invoker, words: Suggestions
    ) -> None:
        self._forms = forms
        self._guard = guard
        self._invoker = invoker
        self._words = words
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
        if active is None or was_known or not is_refused:
            return
        meant = self._words.meant(text)
        is_word = bool(meant is not None or step_word(text) or yes_or_no(text))
        if is_word or self._forms.is_ruled_out:
            self._guard.forget(text)  # or the same word would be deleted at the next question
        if is_word:
            await self._hint(active, meant.name if meant is not None else "")

    async def _hint(self, active: ActiveForm, meant: str) -> None:
        """Say how the form is left, and how the command that was meant is begun; "" for none."""
        cancel = FormButton(do="cancel", step=active.step).key("Cancel")
        said = (
            "Here I take every word as the answer. To leave, press Cancel or send /cancel; /back "
            "goes one question back."
        )
        named = self._words.row([meant]) if meant and not step_word(meant) else []
        await self._ctx.say(said, rows=[[*named, cancel]])

    async def behind(self, command: Command, rest: str, message: Message) -> str:
        """Return a command's rest without what may be a secret, and delete such a message.

        People type `/login a@b.c hunter2`, and the chat would keep the password.
        """
        spec = command.signature.form
        if spec is None or not spec.has_secrets or not rest:
            return rest
        translator = self._invoker.translator(command.plugin)
        filled = self._invoker.filled_by_person(command.plugin, spec)
        answers, _, suspect = prefill(filled, rest, translator)
        if not suspect:
            return rest
        if await self._guard.remove(message):
            await self._ctx.say(
                "I don't take passwords behind a command, so I removed your message from this chat."
            )
        return " ".join(f'"{value}"' for value in answers.values())

    async def removed(self, active: ActiveForm | None, message: Message) -> bool:
        """Delete a text that is or may be a secret, and say so; return whether it was one.

        It is one when it repeats what was typed as a secret in the last minutes. It may be one
        while a form with secrets waits for a retry or a confirmation, or while guesses are refused.
        What the open question offers as a button is its answer, whatever else it was: everybody
        types such words, and to delete one would tell that it is somebody's secret.
        """
        if self._forms.takes(message.text):
            return False
        waits = active is not None and active.question is None and active.spec.has_secrets
        if self._guard.knows(message.text):
            await self._guard.take(message)
            why = self._ctx.t("I deleted your message: it repeats a secret.")
            await self._forms.explain_again(self._with_way_on(active, why))
        elif waits and self._words.meant(message.text) is None:
            await self._guard.take(message)
            why = self._ctx.t("I deleted your message: it may be a secret.")
            await self._forms.explain_again(self._with_way_on(active, why))
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

    def _with_way_on(self, active: ActiveForm | None, why: Rich) -> Rich:
        """Return why a text is gone, and what answers the open question instead."""
        if active is None:
            return why
        question = active.question
        if question is None or question.choices:
            way_on = self._ctx.t("Please press a button, or type what stands on it.")
        else:
            way_on = self._ctx.t("Please send something else as the answer.")
        return join([why, way_on], " ")
