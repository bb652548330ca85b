"""Protections of what is kept: once, in order, sealed, by one process."""

from __future__ import annotations

from .protection import Protection

_SCRIPTS = "sapp_bot/store/scripts.py"
_KEYS = "sapp_bot/store/key_ring.py"
_SEALING = "sapp_bot/store/sealing.py"
_PIPELINE = "sapp_bot/store/command_pipeline.py"
_STATE = "sapp_bot/store/person_state.py"
_WORKER = "sapp_bot/host/pipeline/inbox_worker.py"
_INBOX = "tests/service/test_store_inbox.py::test_"
_OUTBOX = "tests/service/test_store_outbox.py::test_"
_REST = "tests/service/test_store_at_rest.py::test_"
_AWAY = "tests/service/test_store_away.py::test_"
_CLAIM = "tests/service/test_store_claim.py::test_"
_RING = "tests/unit/test_key_ring.py::test_"
_LOGINS = "tests/unit/test_login_generation.py::test_"
_QUEUES = "tests/unit/test_inbox_worker.py::test_"

OF_THE_STORE = (
    Protection(
        "starts-counted",
        1,
        _SCRIPTS,
        "if process ~= ARGV[1] then\n  count",
        "if not process then\n  count",
        (f"{_INBOX}the_starts_of_an_update_are_counted",),
    ),
    Protection(
        "poison-given-up",
        1,
        _WORKER,
        "            if starts > MOST_STARTS:\n",
        "            if False:\n",
        (f"{_QUEUES}the_third_start_with_an_update_gives_it_up",),
    ),
    Protection(
        "suspects-come-last",
        1,
        _WORKER,
        "        if not begun:\n            self._tasks.create_task(self._work(person))\n",
        "        self._tasks.create_task(self._work(person))\n",
        (f"{_QUEUES}what_was_in_work_comes_after_the_others_of_the_start",),
    ),
    Protection(
        "redelivery-says-so",
        1,
        _WORKER,
        "        return await self._handle(update, person_state, again=queue.again)\n",
        "        return await self._handle(update, person_state, again=False)\n",
        (f"{_QUEUES}what_was_left_is_handled_again_and_says_so",),
    ),
    Protection(
        "commit-of-the-oldest-only",
        1,
        _SCRIPTS,
        "if seen and seen ~= 'done' then return {'misplaced'} end\n",
        "",
        (f"{_INBOX}only_the_oldest_can_be_ended",),
    ),
    Protection(
        "fence",
        6,
        _SCRIPTS,
        "if owner ~= ARGV[1] then return {'fenced'} end\n",
        "",
        (f"{_INBOX}the_last_to_claim_is_the_only_one",),
    ),
    Protection(
        "commit-once",
        7,
        _SCRIPTS,
        "if seen ~= 'done' then\n  for i = 0, 3 do",
        "if true then\n  for i = 0, 3 do",
        (f"{_INBOX}a_repeated_commit_changes_nothing",),
    ),
    Protection(
        "push-once",
        7,
        _SCRIPTS,
        "if redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[4]) then\n",
        "if true then\n",
        (f"{_OUTBOX}a_reply_is_pushed_once",),
    ),
    Protection(
        "timer-told-once",
        7,
        _SCRIPTS,
        "if redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[2]) then\n  local at = 5",
        "if true then\n  local at = 5",
        (f"{_OUTBOX}what_a_timer_says_and_keeps_is_one_step",),
    ),
    Protection(
        "reply-taken-off-by-name",
        7,
        _SCRIPTS,
        "if named(redis.call('LINDEX', KEYS[2], 0), ARGV[2]) then\n  found = ",
        "if true then\n  found = ",
        (f"{_OUTBOX}a_reply_waits_until_it_is_sent", f"{_AWAY}one_cut_per_call_changes_nothing"),
    ),
    Protection(
        "offer-keeps-its-place",
        7,
        _PIPELINE,
        "        return not call.keeps_place and not call.awaited\n",
        "        return not call.awaited\n",
        (f"{_AWAY}patience_ends_and_the_offer_keeps_its_place",),
    ),
    Protection(
        "outage-told-once",
        7,
        _WORKER,
        "            self._notified_chats.add(update.chat_id)\n",
        "",
        (f"{_QUEUES}people_are_told_once_that_the_store_is_away",),
    ),
    Protection(
        "emptied-store-claimed-anew",
        8,
        "sapp_bot/store/fenced.py",
        '            if answer[0] != b"lost":\n',
        "            if True:\n",
        (f"{_AWAY}an_emptied_redis_is_reported_and_used",),
    ),
    Protection(
        "generation-never-from-zero",
        8,
        "sapp_bot/host/authoring/turn.py",
        "        return max(self.profile.generation + 1, int(self.now.timestamp()))\n",
        "        return self.profile.generation + 1\n",
        (f"{_LOGINS}a_login_after_the_store_was_emptied_is_a_new_one",),
    ),
    Protection(
        "restarted-store-taught-its-scripts",
        9,
        _PIPELINE,
        '[packed("SCRIPT", "LOAD", text) for text in texts]',
        '[packed("PING") for text in texts]',
        (f"{_AWAY}a_restarted_redis_is_taught_its_scripts",),
    ),
    Protection(
        "login-runs-out",
        16,
        _STATE,
        "    if session is not None and session.expires_at <= now:\n",
        "    if False:\n",
        (f"{_INBOX}a_login_runs_out_by_itself",),
    ),
    Protection(
        "update-once",
        19,
        _SCRIPTS,
        "  redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[7])\n",
        "",
        (f"{_INBOX}an_update_is_taken_once",),
    ),
    Protection(
        "ended-update-marked",
        19,
        _SCRIPTS,
        "  redis.call('SADD', KEYS[at], mark)\n",
        "",
        (f"{_INBOX}an_update_is_known_for_48_hours",),
    ),
    Protection(
        "marks-of-three-days",
        19,
        _SCRIPTS,
        "  for at = first, first + 2 do\n",
        "  for at = first, first do\n",
        (f"{_INBOX}an_update_is_known_for_48_hours",),
    ),
    Protection(
        "claim-held",
        22,
        _SCRIPTS,
        "  if token ~= ARGV[1] and place ~= ARGV[4] then return {'held', before} end\n",
        "",
        (f"{_CLAIM}a_second_process_is_refused",),
    ),
    Protection(
        "full-box-turns-away",
        23,
        _SCRIPTS,
        "  if limit > 0 and before >= limit then\n",
        "  if false then\n",
        (f"{_INBOX}a_full_box_turns_away_with_one_notice",),
    ),
    Protection(
        "blob-bound-to-its-place",
        30,
        _KEYS,
        "self._newest.encrypt(nonce, data, place.encode())",
        'self._newest.encrypt(nonce, data, b"")',
        (f"{_RING}a_blob_does_not_open_at_another_place",),
        (("blob[_SEALED_AT:], place.encode())", 'blob[_SEALED_AT:], b"")'),),
    ),
    Protection(
        "old-blob-bound-to-its-place",
        30,
        _KEYS,
        "        if found != place.encode():\n",
        "        if False:\n",
        (f"{_RING}what_an_older_version_has_sealed_still_opens_at_its_place",),
    ),
    Protection(
        "place-names-the-person",
        30,
        _SEALING,
        "        return self._key_ring.seal(encode(value), place)\n",
        '        return self._key_ring.seal(encode(value), place.rpartition(":")[0])\n',
        (f"{_REST}a_value_moved_to_another_person_is_not_theirs",),
        (
            (
                "decode(self._key_ring.open(blob, place))",
                'decode(self._key_ring.open(blob, place.rpartition(":")[0]))',
            ),
        ),
    ),
    Protection(
        "old-keys-still-open",
        30,
        _KEYS,
        "        self._sealing = raw\n",
        "        self._sealing = raw[:1]\n",
        (f"{_RING}an_old_key_still_opens_and_the_new_one_seals",),
    ),
    Protection(
        "unreadable-blob-is-absent",
        30,
        _SEALING,
        "        except (CannotDecrypt, UndecodableValue) as error:\n",
        "        except UndecodableValue as error:\n",
        (f"{_OUTBOX}what_no_key_opens_blocks_nothing",),
    ),
    Protection(
        "unreadable-update-blocks-nobody",
        30,
        "sapp_bot/store/inbox.py",
        "                await scripts.drop(entry, place, self._lane.people, person)\n",
        "                continue\n",
        (f"{_REST}an_update_moved_to_another_box_is_dropped",),
    ),
    Protection(
        "stored-kind-checked",
        30,
        _SEALING,
        "        if not isinstance(value, kind):\n",
        "        if False:\n",
        (f"{_REST}a_stored_value_of_another_kind_is_absent",),
    ),
    Protection(
        "old-session-put-back",
        30,
        _STATE,
        "    if session is not None and session.generation != profile.generation:\n",
        "    if False:\n",
        (f"{_REST}a_login_put_back_after_its_logout_opens_nothing",),
    ),
    Protection(
        "idle-person-leaves-the-index",
        36,
        _SCRIPTS,
        "      redis.call('SREM', KEYS[4], ARGV[3])\n",
        "      left = 0\n",
        (f"{_INBOX}a_person_without_updates_leaves_the_index",),
    ),
)
