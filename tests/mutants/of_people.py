"""Protections of a person's login, forms, buttons and secrets from everybody else."""

from __future__ import annotations

from .protection import Protection

_BUTTONS = "sapp_bot/host/authoring/button_codec.py"
_INVOKE = "sapp_bot/host/pipeline/invoke.py"
_ROUTER = "sapp_bot/host/pipeline/router.py"
_FORMS = "sapp_bot/host/pipeline/forms/form_flow.py"
_STACK = "sapp_bot/host/pipeline/forms/form_stack.py"
_THROTTLE = "sapp_bot/host/pipeline/login_throttle.py"
_HOSTILE = "tests/host/test_hostile.py::test_"
_ROUTES = "tests/host/test_router.py::test_"
_GUESSES = "tests/unit/test_login_throttle.py::test_"
_PEOPLE = "tests/plugins/test_who_is_who.py::test_"

OF_PEOPLE = (
    Protection(
        "form-waits-for-the-login",
        16,
        _FORMS,
        "                self._stack.keep_for_retry(active.form, depth, error)\n"
        "                await self._ctx.say(error.reply",
        "                await self._ctx.say(error.reply",
        (f"{_PEOPLE}a_login_that_ends_in_a_form_keeps_its_answers",),
    ),
    Protection(
        "form-of-another-account-closed",
        16,
        _FORMS,
        "        if owner is not None and session is not None and session.user_id != owner:\n",
        "        if False:\n",
        (f"{_PEOPLE}a_form_never_goes_on_under_another_account",),
    ),
    Protection(
        "button-signature",
        26,
        _BUTTONS,
        "head + body, mac\n        ):\n            raise ButtonOutdated\n",
        "head + body, mac\n        ):\n            pass\n",
        (f"{_HOSTILE}forged_buttons_do_nothing",),
    ),
    Protection(
        "button-of-its-person",
        26,
        _BUTTONS,
        '{self.account}:{self.person}:{self.generation}:".encode()',
        '{self.account}:{self.generation}:".encode()',
        (f"{_PEOPLE}a_button_is_its_persons_and_its_logins",),
    ),
    Protection(
        "button-of-its-login",
        26,
        _BUTTONS,
        '{self.account}:{self.person}:{self.generation}:".encode()',
        '{self.account}:{self.person}:".encode()',
        (f"{_PEOPLE}a_button_is_its_persons_and_its_logins",),
    ),
    Protection(
        "button-expires",
        26,
        _BUTTONS,
        "        if now - issued > BUTTON_LIFETIME:\n",
        "        if False:\n",
        (f"{_ROUTES}a_button_ends_after_seven_days",),
    ),
    Protection(
        "button-of-one-question",
        26,
        _FORMS,
        "        if active is None or pressed.step != active.step:\n",
        "        if active is None:\n",
        ("tests/host/test_forms.py::test_a_button_of_an_answered_question_is_out_of_date",),
    ),
    Protection(
        "button-asks-for-the-role",
        26,
        _ROUTER,
        "        self._invoker.permit(found.role)\n        await self._invoker.call(found.plugin",
        "        await self._invoker.call(found.plugin",
        (f"{_PEOPLE}a_button_of_a_former_operator_does_nothing",),
    ),
    Protection(
        "operators-commands",
        15,
        _INVOKE,
        '        elif role == "admin" and not self.turn.is_admin:\n',
        "        elif False:\n",
        ("tests/plugins/test_admin.py::test_plugins_are_for_operators",),
    ),
    Protection(
        "ended-login-removed",
        15,
        "sapp_bot/host/pipeline/dispatcher.py",
        "            turn.drop_session()\n",
        "            pass\n",
        (f"{_PEOPLE}a_login_that_the_api_refuses_is_removed",),
    ),
    Protection(
        "person-by-number",
        27,
        "sapp_bot/store/keys.py",
        '            f"{prefix}session:{person}",\n',
        '            f"{prefix}session:",\n',
        (f"{_PEOPLE}two_persons_of_one_name_are_two",),
    ),
    Protection(
        "forgotten-name-is-no-other-person",
        27,
        "sapp_bot/telegram/incoming.py",
        "        return self._people.get(user_id, Person(user_id))\n",
        "        return next(iter(self._people.values()), Person(user_id))\n",
        ("tests/unit/test_incoming.py::test_a_user_name_that_moved_is_nobody",),
    ),
    Protection(
        "secrets-not-in-groups",
        28,
        _ROUTER,
        "        if command.private and not self._turn.update.private:\n",
        "        if False:\n",
        ("tests/plugins/test_groups.py::test_what_is_private_leads_out",),
    ),
    Protection(
        "forms-not-in-groups",
        28,
        _STACK,
        "        if not self._turn.forms or not self._turn.update.private:\n",
        "        if not self._turn.forms:\n",
        ("tests/plugins/test_groups.py::test_an_open_form_is_none_of_the_groups",),
    ),
    Protection(
        "guesses-fail-closed",
        29,
        _THROTTLE,
        "*(self._attempts.recent(key, window_s=WINDOW_S) for _, key in counted)\n        )\n",
        "*(self._attempts.recent(key, window_s=WINDOW_S) for _, key in counted),\n"
        "            return_exceptions=True,\n        )\n"
        "        failures = [found if isinstance(found, list) else [] for found in failures]\n",
        (f"{_GUESSES}without_the_count_nobody_can_try",),
    ),
    Protection(
        "guesses-of-a-person",
        29,
        _THROTTLE,
        "        if opens:\n",
        "        if False:\n",
        (f"{_GUESSES}a_person_waits_after_five",),
    ),
    Protection(
        "guesses-at-an-address",
        29,
        _THROTTLE,
        "[: 2 if email else 1]",
        "[:1]",
        (f"{_GUESSES}an_address_tried_from_fifty_accounts_waits",),
    ),
    Protection(
        "wait-has-an-end",
        29,
        _THROTTLE,
        "        wait_s = min(LONGEST_WAIT_S, self.first_s * 2 ** min(beyond, 32))\n",
        "        wait_s = self.first_s * 2 ** min(beyond, 32)\n",
        (f"{_GUESSES}the_owner_gets_in_after_the_longest_wait",),
    ),
    Protection(
        "own-login-clears-no-guesses",
        29,
        _THROTTLE,
        "        await self._attempts.clear(self._keys(email)[1])\n",
        "        for key in self._keys(email):\n            await self._attempts.clear(key)\n",
        (f"{_GUESSES}a_login_of_ones_own_buys_no_guesses",),
    ),
    Protection(
        "guesses-checked-before-the-api",
        29,
        "plugins/auth.py",
        "    await throttle.check(email)\n    try:\n",
        "    try:\n",
        (f"{_PEOPLE}an_address_under_attack_is_not_tried",),
    ),
    Protection(
        "repeated-secret-deleted",
        33,
        "sapp_bot/host/pipeline/texts/secret_texts.py",
        "        if self._guard.knows(message.text):\n",
        "        if False:\n",
        ("tests/host/test_secrets_stay_out.py::test_a_repeated_secret_never_stays",),
    ),
    Protection(
        "kept-secret-told",
        33,
        "sapp_bot/host/pipeline/texts/secret_guard.py",
        "        if not gone:\n",
        "        if False:\n",
        ("tests/host/test_secrets.py::test_a_secret_that_cannot_be_deleted_is_told",),
    ),
)
