"""Protections against what the SAPP API does, and of what must stay secret."""

from __future__ import annotations

from .protection import Protection

_CLIENT = "sapp_bot/sapp/client.py"
_WIRE = "sapp_bot/sapp/wire.py"
_SERVICES = "sapp_bot/sapp/services.py"
_REDACTION = "sapp_bot/observability/redaction.py"
_CALLS = "tests/service/test_client.py::test_"
_LIMITS = "tests/service/test_client_limits.py::test_"
_OWN = "tests/service/test_services_own.py::test_"
_ADMIN = "tests/service/test_services_admin.py::test_"
_ANSWERS = "tests/unit/test_wire_answers.py::test_"
_OUTAGE = "tests/service/test_database_outage.py::test_"
_BREAKER = "tests/service/test_breaker.py::test_"
_LOGS = "tests/unit/test_logs.py::test_"

OF_THE_API = (
    Protection(
        "free-call-repeated",
        11,
        _CLIENT,
        '    if request.kind == "free":\n        return error.retry\n',
        "",
        (f"{_CALLS}a_free_call_is_tried_three_times",),
    ),
    Protection(
        "dead-api-left-alone",
        11,
        "sapp_bot/sapp/breaker.py",
        "        is_trial = self._failures >= FAILURES\n",
        "        is_trial = False\n",
        (f"{_BREAKER}the_next_is_not_sent",),
    ),
    Protection(
        "slow-read-is-one-persons",
        11,
        "sapp_bot/sapp/breaker.py",
        '            if request.kind != "metered" or not error.sent:\n',
        "            if True:\n",
        (f"{_BREAKER}a_slow_read_of_one_person_is_theirs",),
    ),
    Protection(
        "write-sent-once",
        12,
        _CLIENT,
        '        retries = 0 if call.request.kind == "write" else RETRIES\n',
        "        retries = RETRIES\n",
        (f"{_CALLS}a_write_is_sent_once",),
        (('    if request.kind == "free":\n', '    if request.kind != "metered":\n'),),
    ),
    Protection(
        "lost-write-read-back",
        12,
        "sapp_bot/sapp/read_back.py",
        "        if not (error.uncertain or isinstance(error, doubted)):\n",
        "        if not isinstance(error, doubted):\n",
        (f"{_OWN}a_lost_client_is_found",),
    ),
    Protection(
        "repeated-write-read-back",
        12,
        _SERVICES,
        "        doubted = (ClientExists,) if again else ()\n",
        "        doubted = ()\n",
        (f"{_OWN}a_repeated_client_is_read_back",),
    ),
    Protection(
        "old-client-not-claimed",
        12,
        _SERVICES,
        '            if (found.name, found.domains) != (name, domains or "*"):\n',
        "            if False:\n",
        (f"{_OWN}a_lost_answer_does_not_claim_an_old_client",),
    ),
    Protection(
        "adding-never-guessed",
        12,
        "sapp_bot/sapp/admin.py",
        "        return await read_back(self._ask(me, call), give_up)\n",
        "        return await self._ask(me, call)\n",
        (f"{_ADMIN}adding_reads_is_never_guessed",),
    ),
    Protection(
        "dropped-write-noticed",
        12,
        "sapp_bot/sapp/admin.py",
        "        if not done(row):\n            raise BadAnswer",
        "        if False:\n            raise BadAnswer",
        (f"{_ADMIN}a_write_the_api_dropped_is_noticed",),
    ),
    Protection(
        "body-has-a-limit",
        13,
        _CLIENT,
        "        if len(body) > max_bytes:\n",
        "        if False:\n",
        (f"{_LIMITS}a_body_too_long_is_not_read",),
    ),
    Protection(
        "nan-refused",
        13,
        _WIRE,
        "json.loads(answer.body, parse_float=Decimal, parse_constant=_refuse)",
        "json.loads(answer.body, parse_float=Decimal)",
        (f"{_ANSWERS}nan_anywhere_is_no_json",),
    ),
    Protection(
        "type-of-an-answer-checked",
        13,
        _WIRE,
        "        if _media_type(answer) != _JSON:\n",
        "        if False:\n",
        (f"{_ANSWERS}garbage_is_one_typed_error",),
    ),
    Protection(
        "metered-call-not-repeated-by-aiohttp",
        14,
        _CLIENT,
        "        self._session._retry_connection = False",
        "        self._session._retry_connection = True",
        (f"{_CALLS}a_metered_call_is_sent_once",),
    ),
    Protection(
        "metered-call-not-repeated-after-sending",
        14,
        _CLIENT,
        "    return isinstance(error, UpstreamUnreachable) and not error.sent\n",
        "    return isinstance(error, UpstreamUnreachable)\n",
        (f"{_CALLS}a_metered_call_is_sent_once",),
    ),
    Protection(
        "refused-key-is-no-ended-login",
        15,
        _WIRE,
        "        if self.request.apikey:\n            return errors.KeyRefused(name)\n",
        "",
        (f"{_ANSWERS}a_403_is_named_after_the_credential",),
    ),
    Protection(
        "refused-role-is-no-ended-login",
        15,
        _WIRE,
        "        if self.request.admin:\n            return errors.Forbidden(name)\n",
        "",
        (f"{_ANSWERS}a_403_is_named_after_the_credential",),
    ),
    Protection(
        "firewall-ends-no-login",
        15,
        _WIRE,
        "        self._json(answer)\n        name = self.request.name\n        if",
        "        name = self.request.name\n        if",
        (f"{_ANSWERS}a_firewalls_403_ends_no_login",),
    ),
    Protection(
        "used-up-is-told-from-revoked",
        15,
        _SERVICES,
        "        if not now.reads_left:\n",
        "        if False:\n",
        (f"{_OWN}the_three_causes_of_a_refused_key",),
    ),
    Protection(
        "no-belief-in-an-outage",
        15,
        _CLIENT,
        "            if not await self._database.is_there(heard_at, budget.left_s()):\n",
        "            if False:\n",
        (f"{_OUTAGE}no_login_ends_in_an_outage",),
    ),
    Protection(
        "key-stays-one-value",
        25,
        _WIRE,
        '{name: quote(str(value), safe="") for',
        "{name: str(value) for",
        ("tests/unit/test_wire_requests.py::test_no_value_leaves_its_segment",),
    ),
    Protection(
        "redirects-not-followed",
        31,
        _CLIENT,
        "            allow_redirects=False,\n",
        "            allow_redirects=True,\n",
        (f"{_CALLS}redirects_are_not_followed",),
    ),
    Protection(
        "secret-fields-hidden",
        31,
        _REDACTION,
        '        if kind == "secret" and value is not None:\n',
        "        if False:\n",
        (f"{_LOGS}secrets_are_hidden_by_key",),
    ),
    Protection(
        "secret-values-hidden",
        31,
        _REDACTION,
        '                found = pattern.sub(rf"\\g<1>{HIDDEN}", found)\n',
        "                pass\n",
        (f"{_LOGS}secrets_are_hidden_by_value",),
    ),
    Protection(
        "known-secrets-hidden",
        31,
        _REDACTION,
        "        found = text if self._known is None else self._known.sub(HIDDEN, text)\n",
        "        found = text\n",
        (f"{_LOGS}secrets_can_be_told_later",),
    ),
    Protection(
        "lines-of-the-log-not-forged",
        31,
        _REDACTION,
        "            found = found.translate(_CONTROLS | dict(keep or {}))\n",
        "            pass\n",
        (f"{_LOGS}a_value_cannot_forge_a_line",),
    ),
    Protection(
        "persons-hashed",
        31,
        _REDACTION,
        "            return person_hash(value, self._person_key)\n",
        "            return value\n",
        (f"{_LOGS}a_person_is_hashed",),
    ),
    Protection(
        "spoilers-left-out-of-a-repr",
        31,
        "sapp_bot/domain/text.py",
        '            if e.kind == "spoiler":\n',
        "            if False:\n",
        ("tests/test_canaries.py::test_what_lies_under_a_spoiler_is_left_out_of_a_text",),
    ),
    Protection(
        "who-a-person-is-left-out-of-a-repr",
        31,
        "sapp_bot/domain/state.py",
        "    telegram_id: int = field(repr=False)\n    user_id: int = field(repr=False)\n"
        "    email: str = field(repr=False)\n",
        "    telegram_id: int = field(repr=False)\n    user_id: int = field(repr=False)\n"
        "    email: str\n",
        ("tests/test_canaries.py::test_no_value_writes_who_a_person_is",),
    ),
    Protection(
        "missing-client-seen-twice",
        0,
        "sapp_bot/ledger/delivery.py",
        "        if now - seen.missing_since < MISSING_S:\n",
        "        if False:\n",
        ("tests/ledger/test_delivery.py::test_a_client_that_is_gone_gets_its_stars_back",),
    ),
    Protection(
        "order-signed",
        0,
        "sapp_bot/ledger/books/payload.py",
        '    return found if signer.verify(_PURPOSE + bare + b"|", mac) else None\n',
        "    return found\n",
        ("tests/ledger/test_payload.py::test_a_changed_byte_is_found_out",),
    ),
)
