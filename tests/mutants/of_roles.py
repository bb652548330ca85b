"""Protections of a bot in several processes: one worker a person, and none that was replaced."""

from __future__ import annotations

from .protection import Protection

_SCRIPTS = "sapp_bot/store/roles/scripts.py"
_WORK = "sapp_bot/roles/worker/person_work.py"
_FENCES = "sapp_bot/store/roles/fences.py"
_KEPT = "sapp_bot/store/roles/kept_scripts.py"
_TERMS = "sapp_bot/roles/worker/ledger_terms.py"
_SHARED = "sapp_bot/roles/worker/shared_ledger.py"
_OF_TERMS = "tests/service/test_store_terms.py::test_"
_OF_SHARED = "tests/ledger/test_shared_ledger.py::test_"
_OF_SEVERAL = "tests/ledger/test_several_processes.py::test_"
_OUTSIDE = f"{_OF_SHARED}what_is_outside_is_asked_only_by_the_keeper"
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
    Protection(
        "replaced-keeper-writes-nothing",
        2,
        _KEPT,
        "if string.match(redis.call('GET', keeper) or '', '^%S+') ~= term then",
        "if false then",
        (f"{_OF_TERMS}a_zombie_writes_nothing",),
    ),
    Protection(
        "single-process-replaces-the-keeper",
        22,
        _KEPT,
        "if redis.call('GET', workers) ~= 'workers' then return {'replaced'} end\n",
        "",
        (f"{_OF_TERMS}a_single_process_replaces_the_keeper",),
    ),
    Protection(
        "one-keeper-at-a-time",
        2,
        _KEPT,
        "if stands and string.match(stands, '^%S+') ~= ARGV[2] then return {'done', 0} end\n",
        "",
        (f"{_OF_TERMS}one_worker_at_a_time_keeps_the_ledger",),
    ),
    Protection(
        "ended-term-stays-ended",
        2,
        _KEPT,
        '_RENEW_TERM = """\nif string',
        '_RENEW_TERM = """\nif redis.call(\'EXISTS\', KEYS[2]) == 1 and string',
        (f"{_OF_TERMS}one_worker_at_a_time_keeps_the_ledger",),
    ),
    Protection(
        "keeper-asks-before-reads-are-set",
        2,
        _TERMS,
        "        await self._check()\n        await self._api.set_reads",
        "        await self._api.set_reads",
        (_OUTSIDE,),
    ),
    Protection(
        "keeper-asks-before-a-read-is-taken",
        2,
        _TERMS,
        "        await self._check()\n        await self._api.add_reads",
        "        await self._api.add_reads",
        (_OUTSIDE,),
    ),
    Protection(
        "keeper-asks-before-stars-are-returned",
        2,
        _TERMS,
        "        await self._check()\n        return await self._stars.refund",
        "        return await self._stars.refund",
        (_OUTSIDE,),
    ),
    Protection(
        "keeper-asks-before-it-tells",
        2,
        _TERMS,
        "        await self._check()\n        await self._listener.tell",
        "        await self._listener.tell",
        (_OUTSIDE,),
    ),
    Protection(
        "what-a-zombie-was-at-is-looked-at",
        2,
        _TERMS,
        "                await self._look_again(client)\n",
        "                pass\n",
        (f"{_OF_SHARED}what_a_replaced_keeper_was_at_is_looked_at_again",),
    ),
    Protection(
        "replaced-ledger-ends",
        2,
        "sapp_bot/ledger/ledger.py",
        "            except KeeperReplaced:\n                raise\n",
        "",
        (f"{_OF_SEVERAL}a_keeper_that_was_replaced_ends",),
    ),
    Protection(
        "last-read-taken-once",
        2,
        "sapp_bot/ledger/delivery.py",
        'f"cut:{book.cuts + 1}", mine) == mine:',
        'f"cut:{book.cuts + 1}", mine):',
        (f"{_OF_SEVERAL}two_at_once_take_the_last_read_once",),
    ),
    Protection(
        "work-of-others-is-seen",
        2,
        "sapp_bot/ledger/work/marks.py",
        "            if self._known.get(client) != mark:\n",
        "            if client not in self._known:\n",
        (f"{_OF_SEVERAL}work_that_another_process_notes_is_done_in_a_second",),
    ),
    Protection(
        "holds-refuse-everywhere",
        2,
        _SHARED,
        "        return await self._books.hold_of(client)\n",
        "        return None\n",
        (f"{_OF_SHARED}what_is_in_doubt_is_sold_by_nobody",),
    ),
    Protection(
        "receipts-of-others-are-read",
        2,
        "sapp_bot/ledger/books/payers.py",
        'if await self._store.size("charges") > len(known):',
        "if not known:",
        (
            f"{_OF_SHARED}any_worker_sells_and_the_keeper_delivers",
            "tests/ledger/test_payers.py::test_another_process_finds_them_in_redis",
        ),
    ),
    Protection(
        "acts-wait-for-the-next-keeper",
        2,
        _SHARED,
        "                if loop.time() + LOOK_S >= until:\n                    raise\n",
        "                raise\n",
        (f"{_OF_SHARED}another_worker_takes_over",),
    ),
)
