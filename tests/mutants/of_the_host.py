"""Protections of people from each other's load, from texts, clocks and plugins."""

from __future__ import annotations

from .protection import Protection

_INTAKE = "sapp_bot/host/pacing/intake.py"
_SENDING = "sapp_bot/host/pacing/sending.py"
_TURNS = "sapp_bot/host/pacing/turns.py"
_INVOKE = "sapp_bot/host/pipeline/invoke.py"
_RECORD = "sapp_bot/host/lifecycle/record.py"
_TEXT = "sapp_bot/domain/text.py"
_IN = "tests/unit/test_intake.py::test_"
_OUT = "tests/unit/test_sending_pace.py::test_"
_ROUTES = "tests/host/test_router.py::test_"
_ISOLATION = "tests/host/test_isolation.py::test_"
_TEXTS = "tests/unit/test_text.py::test_"

OF_THE_HOST = (
    Protection(
        "two-told-to-wait-pause-all",
        18,
        _SENDING,
        "        if len(self._paused) > 1:\n",
        "        if False:\n",
        (f"{_OUT}two_chats_that_must_wait_hold_up_all",),
    ),
    Protection(
        "rate-over-all-chats",
        18,
        _TURNS,
        "                self._bucket.take(now)\n",
        "",
        (f"{_OUT}over_all_chats_there_are_25_a_second",),
    ),
    Protection(
        "a-crowd-holds-up-nobody",
        18,
        _TURNS,
        "        if newest and self._calm:\n",
        "        if False:\n",
        (f"{_OUT}who_comes_after_a_crowd_does_not_wait_for_it",),
    ),
    Protection(
        "a-crowd-is-answered",
        18,
        _TURNS,
        "newest, self._is_newest_next = self._is_newest_next, not self._is_newest_next\n",
        "newest = True\n",
        (f"{_OUT}those_who_come_after_hold_up_nobody_for_ever",),
    ),
    Protection(
        "rate-of-one-chat",
        18,
        _SENDING,
        "        bucket.take(now)\n",
        "",
        (f"{_OUT}a_chat_gets_one_a_second_after_its_burst",),
    ),
    Protection(
        "messages-a-minute",
        23,
        _INTAKE,
        "            if level < 1:\n",
        "            if False:\n",
        (f"{_IN}a_person_has_so_many_messages_a_minute",),
    ),
    Protection(
        "messages-in-memory",
        23,
        _INTAKE,
        "        if line.waiting >= limits.waiting or line.size_bytes",
        "        if line.size_bytes",
        (f"{_IN}what_waits_in_memory_is_bounded_and_told_once",),
    ),
    Protection(
        "bytes-in-memory",
        23,
        _INTAKE,
        "        if line.waiting >= limits.waiting or line.size_bytes + size_bytes"
        " > limits.waiting_bytes:\n",
        "        if line.waiting >= limits.waiting:\n",
        (f"{_IN}long_texts_are_bounded_by_their_bytes",),
    ),
    Protection(
        "presses-not-behind-text",
        23,
        _INTAKE,
        "person.lines.setdefault(type(update), _Line())",
        "person.lines.setdefault(Message, _Line())",
        (f"{_IN}a_press_is_not_turned_away_for_text",),
        ((".lines[type(update)]", ".lines[Message]"),),
    ),
    Protection(
        "length-in-utf-16",
        24,
        _TEXT,
        "    return (2 if ord(c) > _ONE_UNIT else 1 for c in text)\n",
        "    return (1 for c in text)\n",
        (f"{_TEXTS}a_long_text_is_split_by_units_of_utf_16",),
    ),
    Protection(
        "entities-go-on-over-a-border",
        24,
        _TEXT,
        "        if end > border:\n",
        "        if e.offset >= border:\n",
        (f"{_TEXTS}an_entity_goes_on_over_the_border",),
    ),
    Protection(
        "direction-overrides-out",
        25,
        _TEXT,
        r"\x9f\u202a-\u202e\u2066-\u2069\u061c\u200e\u200f",
        r"\x9f",
        (f"{_TEXTS}a_name_cannot_turn_the_words_around_it",),
    ),
    Protection(
        "controls-out",
        25,
        _TEXT,
        r"\x00-\x08\x0b-\x1f\x7f-\x9f",
        "",
        (f"{_TEXTS}what_cannot_be_seen_is_left_out",),
    ),
    Protection(
        "surrogates-out",
        25,
        _TEXT,
        r"\u200f\ud800-\udfff",
        r"\u200f",
        (f"{_TEXTS}what_cannot_be_seen_is_left_out",),
    ),
    Protection(
        "right-to-left-name-isolated",
        25,
        _TEXT,
        '        return f"\\u2068{name}\\u2069"\n',
        "        return name\n",
        (f"{_TEXTS}a_name_cannot_turn_the_words_around_it",),
    ),
    Protection(
        "typed-braces-are-text",
        25,
        _TEXT,
        "        if name not in values:\n            yield place\n            continue\n",
        "",
        (f"{_ISOLATION}an_error_whose_words_cannot_be_said",),
    ),
    Protection(
        "failing-plugin-rests",
        32,
        _RECORD,
        "        return len(self.recent) >= QUARANTINE_AFTER or len(self.hanging)",
        "        return len(self.hanging)",
        (f"{_ISOLATION}five_failures_are_too_many",),
    ),
    Protection(
        "hanging-plugin-rests",
        32,
        _RECORD,
        "QUARANTINE_AFTER or len(self.hanging) >= MOST_HANGING\n",
        "QUARANTINE_AFTER\n",
        (f"{_ISOLATION}threads_that_never_end_take_their_plugin_off",),
    ),
    Protection(
        "hanging-functions-counted",
        32,
        "sapp_bot/host/pipeline/runner.py",
        "            owner.hanging[thread] = handler.__name__\n",
        "            pass\n",
        (f"{_ISOLATION}threads_that_never_end_take_their_plugin_off",),
    ),
    Protection(
        "standing-loop-ends",
        32,
        "sapp_bot/host/runtime/watchdog.py",
        "            if self._end_s and stood_s >= self._end_s and place is not None:\n",
        "            if False:\n",
        (f"{_ISOLATION}a_loop_that_stands_ends_the_process",),
    ),
    Protection(
        "handlers-writes-all-or-none",
        32,
        _INVOKE,
        "        with self.turn.all_or_nothing():\n",
        "        if True:\n",
        ("tests/host/test_plugin_values.py::test_a_handler_that_raises_keeps_nothing",),
    ),
    Protection(
        "fault-of-ours-ends-one-message",
        32,
        "sapp_bot/host/pipeline/dispatcher.py",
        "            # An update without a commit stays in the inbox: it would fail again at every"
        " start.\n            except Exception:\n",
        "            except ZeroDivisionError:\n",
        (f"{_ROUTES}a_fault_of_our_own_ends_one_message_only",),
    ),
    Protection(
        "clock-set-back-gains-nothing",
        34,
        "sapp_bot/host/pacing/token_bucket.py",
        "        gained_s = max(0.0, (now - self.at).total_seconds())\n",
        "        gained_s = (now - self.at).total_seconds()\n",
        ("tests/unit/test_pacing.py::test_a_clock_that_was_set_back_gains_nothing",),
    ),
    Protection(
        "set-clock-told",
        34,
        "sapp_bot/observability/clock_watch.py",
        "            await moved(by_s)\n",
        "            pass\n",
        ("tests/unit/test_clock_watch.py::test_a_clock_that_is_set_is_told_once",),
    ),
    Protection(
        "full-disk-at-the-heartbeat",
        34,
        "sapp_bot/observability/heartbeat.py",
        "    except OSError as error:\n        # `health`",
        "    except ZeroDivisionError as error:\n        # `health`",
        ("tests/unit/test_heartbeat.py::test_a_disk_that_takes_nothing_ends_nothing",),
    ),
    Protection(
        "deadly-load-left-for-last",
        32,
        "sapp_bot/host/runtime/work_journal.py",
        "            self._delayed.add(plugin)\n            raise NotReady(",
        "            self._delayed.add(plugin)\n            NotReady(",
        ("tests/unit/test_work_journal.py::test_what_ended_a_process_is_loaded_last_then_never",),
    ),
    Protection(
        "deadly-load-given-up",
        32,
        "sapp_bot/host/runtime/work_journal.py",
        "        if most >= MOST_ENDS:\n",
        "        if False:\n",
        ("tests/unit/test_work_journal.py::test_what_ended_a_process_is_loaded_last_then_never",),
    ),
    Protection(
        "deadly-timer-waits",
        32,
        "sapp_bot/host/runtime/work_journal.py",
        'return SUSPECT_WAIT_S if self._ends.get(self._name(plugin, "timer")) else 0.0',
        "return 0.0",
        ("tests/unit/test_work_journal.py::test_a_timer_waits_and_its_plugin_does_not",),
    ),
    Protection(
        "calm-people-forgotten",
        36,
        _INTAKE,
        "                del self._persons[number]\n",
        "                continue\n",
        ("tests/unit/test_pacing.py::test_persons_without_a_burst_are_forgotten",),
    ),
    Protection(
        "calm-chats-forgotten",
        36,
        _SENDING,
        "                    del self._chats[chat]\n",
        "                    continue\n",
        (f"{_OUT}chats_without_a_burst_are_forgotten",),
    ),
)
