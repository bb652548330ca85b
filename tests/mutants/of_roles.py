"""Protections of a bot in several processes: one worker a person, and none that was replaced."""

from __future__ import annotations

from .protection import Protection

_SCRIPTS = "sapp_bot/store/roles/scripts.py"
_WORK = "sapp_bot/roles/worker/person_work.py"
_FENCES = "sapp_bot/store/roles/fences.py"
_STORE = "tests/service/test_store_roles.py::test_"
_PERSONS = "tests/unit/test_person_work.py::test_"
_CALLS = "tests/unit/test_role_calls.py::test_"

OF_ROLES = (
    Protection(
        "zombie-commits-nothing",
        2,
        _SCRIPTS,
        'if not held(ready, entry, worker) then return {\'taken\'} end\n"""\n\n_FINISHED',
        '"""\n\n_FINISHED',
        (f"{_STORE}a_zombie_changes_nothing",),
    ),
    Protection(
        "one-ticket-a-person",
        2,
        _SCRIPTS,
        "if redis.call('SADD', queued, who) == 1 then redis.call('XADD'",
        "if true then redis.call('XADD'",
        (f"{_STORE}a_person_is_one_workers_until_nothing_waits",),
    ),
    Protection(
        "starts-of-a-person-counted",
        2,
        _SCRIPTS,
        "  count = (count or 0) + 1\n",
        "  count = 1\n",
        (f"{_STORE}what_a_dead_worker_held_is_taken_over_and_counted",),
    ),
    Protection(
        "heartbeat-steals-nothing",
        2,
        _SCRIPTS,
        "  if held(KEYS[2], ARGV[at], ARGV[2]) then\n",
        "  if true then\n",
        (f"{_STORE}a_zombie_changes_nothing",),
    ),
    Protection(
        "single-process-fences-workers",
        22,
        "sapp_bot/store/scripts.py",
        "redis.call('SET', KEYS[2], ARGV[1], 'XX')\n",
        "",
        (f"{_STORE}workers_wait_for_a_gateway_and_give_way_to_a_single_process",),
    ),
    Protection(
        "left-ones-one-at-a-time",
        2,
        _WORK,
        "self._one_at_a_time(ticket) if is_left else self._work(",
        "self._work(",
        (f"{_PERSONS}what_dead_workers_left_is_begun_one_after_the_other",),
    ),
    Protection(
        "nobody-dead-after-an-outage",
        2,
        _WORK,
        "            self._disturbed_at = self._clock.now()\n",
        "            pass\n",
        (f"{_PERSONS}nobody_is_taken_for_dead_right_after_redis_was_away",),
    ),
    Protection(
        "third-start-in-a-worker-gives-up",
        1,
        _WORK,
        "            if taken.starts > MOST_STARTS:\n",
        "            if False:\n",
        (f"{_PERSONS}an_update_that_was_begun_before_says_so_and_the_third_time_is_given_up",),
    ),
    Protection(
        "errors-of-calls-keep-secrets",
        31,
        "sapp_bot/roles/peer.py",
        'Failed("other", type(error).__name__)',
        'Failed("other", str(error))',
        (f"{_CALLS}any_other_error_is_one_of_telegram_without_its_text",),
    ),
)
