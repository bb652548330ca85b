"""Protections against what Telegram, the network and the session's disk do."""

from __future__ import annotations

from .protection import Protection

_CLIENT = "sapp_bot/telegram/client.py"
_SESSION = "sapp_bot/telegram/session.py"
_RUNNER = "sapp_bot/telegram/session_runner.py"
_LINK = "sapp_bot/telegram/connectivity.py"
_CALLS = "sapp_bot/telegram/calls.py"
_RECEIVING = "tests/end_to_end/test_edge_receiving.py::test_"
_SENDING = "tests/end_to_end/test_edge_sending.py::test_"
_FILE = "tests/end_to_end/test_edge_session.py::test_"
_USER = "tests/end_to_end/test_edge_user.py::test_"
_LINKS = "tests/unit/test_connectivity.py::test_"

OF_TELEGRAM = (
    Protection(
        "catch-up-at-start",
        3,
        _CLIENT,
        "            catch_up=True,\n",
        "            catch_up=False,\n",
        (f"{_RECEIVING}sent_while_down",),
    ),
    Protection(
        "state-saved-after-login",
        4,
        _RUNNER,
        "        await self.client.save()\n        return me\n",
        "        return me\n",
        (f"{_RECEIVING}killed_after_first_login",),
    ),
    Protection(
        "state-frozen-at-disconnect",
        5,
        _SESSION,
        "        if self.owed or self._frozen:\n",
        "        if self.owed:\n",
        (f"{_FILE}gate",),
    ),
    Protection(
        "state-gate",
        3,
        _SESSION,
        "        self.owed = not self.may_save()\n",
        "        self.owed = False\n",
        (f"{_FILE}gate",),
    ),
    Protection(
        "state-waits-for-the-store",
        3,
        _RUNNER,
        " and not self._pending() and not self._own_calls",
        " and not self._own_calls",
        (f"{_RECEIVING}stop_with_unstored",),
    ),
    Protection(
        "updates-wait-for-the-listener",
        3,
        _CLIENT,
        "        await self._ready.wait()\n",
        "",
        (f"{_RECEIVING}sent_before_run",),
    ),
    Protection(
        "missed-edits-kept",
        3,
        _CLIENT,
        "            update.pts = update.pts_count = 0\n",
        "            pass\n",
        (f"{_RECEIVING}edited_while_down",),
    ),
    Protection(
        "gap-asked-after-reconnect",
        17,
        _CLIENT,
        "        await self.catch_up()\n        if not self._is_greeting:",
        "        if not self._is_greeting:",
        (f"{_RECEIVING}gap_of_a_dropped_connection",),
    ),
    Protection(
        "gap-asked-at-each-pulse",
        17,
        _RUNNER,
        "            await client.catch_up()\n",
        "",
        (f"{_RECEIVING}lost_push",),
    ),
    Protection(
        "vanished-peer-noticed",
        17,
        _LINK,
        '        keep_alive(self._writer.get_extra_info("socket"))\n',
        "",
        (f"{_LINKS}the_system_looks_for_the_other_end",),
    ),
    Protection(
        "pause-between-connections",
        17,
        _LINK,
        "        await asyncio.sleep(self.reach.pause_s)\n",
        "",
        (f"{_RECEIVING}server_that_drops_every_connection",),
    ),
    Protection(
        "hang-up-is-an-outage",
        17,
        _LINK,
        "        except (asyncio.IncompleteReadError, InvalidChecksumError) as error:\n",
        "        except InvalidChecksumError as error:\n",
        (f"{_LINKS}whatever_answers_there_is_a_broken_connection",),
    ),
    Protection(
        "unanswered-call-withdrawn",
        17,
        _CLIENT,
        "                self._withdraw(future)\n",
        "                pass\n",
        (f"{_SENDING}unanswered_call", f"{_SENDING}disconnected"),
    ),
    Protection(
        "slow-telegram-keeps-its-connection",
        17,
        _CLIENT,
        "                if self.reach.is_silent_since(sent_at):\n",
        "                if True:\n",
        (f"{_SENDING}a_slow_telegram_keeps_its_connection",),
    ),
    Protection(
        "flood-memory-cleared",
        18,
        _CLIENT,
        "        self._flood_waited_requests.clear()\n",
        "",
        (f"{_SENDING}a_wait_for_one_request_is_not_kept_against_the_next",),
    ),
    Protection(
        "login-flood-sat-out",
        18,
        "sapp_bot/telegram/start_calls.py",
        "            await sit_out(error.seconds, what, sleep=sleep)\n",
        "            raise\n",
        ("tests/unit/test_start_calls.py::test_a_flood_wait_is_sat_out",),
    ),
    Protection(
        "flood-of-one-chat-is-its-own",
        18,
        "sapp_bot/host/pipeline/outbox_worker.py",
        "                await self._clock.sleep(error.wait_s)\n            except TelegramAway",
        "                return None\n            except TelegramAway",
        ("tests/unit/test_outbox_worker.py::test_a_paused_chat_waits_alone",),
    ),
    Protection(
        "updates-lost-alarm",
        20,
        _CLIENT,
        '        log.error("telegram.updates_lost", since=pts, until=difference.pts)\n',
        "        return\n",
        (f"{_RECEIVING}more_was_missed_than_telegram_keeps",),
    ),
    Protection(
        "state-goes-on-under-a-new-key",
        21,
        _CLIENT,
        "        if self._message_box.is_empty():\n",
        "        if True:\n",
        (f"{_RECEIVING}session_ended_by_telegram",),
    ),
    Protection(
        "duplicated-key-ends-the-run",
        21,
        _CLIENT,
        "    errors.AuthKeyDuplicatedError,\n    errors.UnauthorizedError,\n",
        "    errors.UnauthorizedError,\n",
        (f"{_SENDING}a_key_used_twice_ends_the_run",),
    ),
    Protection(
        "signed-out-ends-the-run",
        21,
        _CLIENT,
        "    errors.UnauthorizedError,\n    # Only",
        "    # Only",
        (f"{_SENDING}a_key_used_twice_ends_the_run",),
    ),
    Protection(
        "refused-key-replaced-at-start",
        21,
        _RUNNER,
        "        except (errors.AuthKeyDuplicatedError, errors.AuthKeyNotFound) as error:\n",
        "        except errors.AuthKeyNotFound as error:\n",
        (f"{_RECEIVING}session_ended_by_telegram",),
    ),
    Protection(
        "random-id-duplicate-is-success",
        21,
        _CALLS,
        "                result = await self._call(request, outgoing.REPEATED)\n",
        "                result = await self._call(request)\n",
        (f"{_SENDING}repeated_send",),
    ),
    Protection(
        "one-process-per-session",
        22,
        _SESSION,
        "            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        "            pass\n",
        (f"{_FILE}second_process_is_refused",),
    ),
    Protection(
        "session-of-another-server-refused",
        0,
        _SESSION,
        "    if found != server:\n",
        "    if False:\n",
        (f"{_FILE}other_server_is_refused",),
    ),
    Protection(
        "session-file-private",
        31,
        _SESSION,
        "            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))\n"
        "            path.chmod(0o600)\n",
        "            pass\n",
        (f"{_FILE}file_is_private",),
    ),
    Protection(
        "no-names-on-disk",
        31,
        _SESSION,
        "        return id, hash, None, None, None\n",
        "        return id, hash, *_person  # type: ignore[return-value]\n",
        (f"{_FILE}no_names_on_disk",),
    ),
    Protection(
        "owners-chats-closed",
        0,
        _CALLS,
        "        if not self._account.may_enter(chat_id):\n",
        "        if False:\n",
        (f"{_USER}other_chats_are_closed",),
    ),
    Protection(
        "full-disk-at-the-state",
        34,
        _SESSION,
        "            super().set_update_state(entity_id, state)\n"
        "        except sqlite3.OperationalError as error:\n",
        "            super().set_update_state(entity_id, state)\n"
        "        except ZeroDivisionError as error:\n",
        (f"{_FILE}a_lock_of_somebody_else",),
    ),
    Protection(
        "full-disk-at-the-people",
        34,
        _SESSION,
        "            super().process_entities(tlo)\n"
        "        except sqlite3.OperationalError as error:\n",
        "            super().process_entities(tlo)\n        except ZeroDivisionError as error:\n",
        (f"{_FILE}full_disk",),
    ),
    Protection(
        "full-disk-at-the-commit",
        34,
        _SESSION,
        "            super().save()\n        except sqlite3.OperationalError as error:\n",
        "            super().save()\n        except ZeroDivisionError as error:\n",
        (f"{_FILE}full_disk_at_a_commit",),
    ),
    Protection(
        "telegrams-time-after-a-jump",
        34,
        _RUNNER,
        "            await self._client.clock_moved(by_s)\n",
        "            return\n",
        (f"{_RECEIVING}a_clock_that_was_set",),
    ),
)
