"""docs/operations.md, statement by statement: the test that shows each one.

A statement is named by how it begins. What is advice, or leads over to a block of commands, has
its reason in place of a test.
"""

# ruff: noqa: E501  # ids of tests cannot be broken

from __future__ import annotations

from collections.abc import Mapping

ADVICE = "what an operator should know or do; the bot has no part in it"
HEADING = "the head of a table"
LEAD = "leads over to commands, which are run by tests/end_to_end/test_operations.py"

STOPS = "tests/end_to_end/test_stops.py::"
START = "tests/end_to_end/test_start.py::"
LOGIN = "tests/end_to_end/test_login.py::"
DOCTOR = "tests/end_to_end/test_doctor.py::"
ROLES = "tests/end_to_end/test_roles.py::"
ROLE_STORE = "tests/service/test_store_roles.py::"
TOGETHER = "tests/unit/test_workers_together.py::"
SETTINGS = "tests/unit/test_role_settings.py::"
SELLING = "tests/end_to_end/test_roles_selling.py::"
SHARED = "tests/ledger/test_shared_ledger.py::"
TERMS = "tests/service/test_store_terms.py::"
SESSION = "tests/end_to_end/test_edge_session.py::"
USER = "tests/end_to_end/test_edge_user.py::"
USERBOT = "tests/end_to_end/test_userbot.py::"
OPERATIONS = "tests/end_to_end/test_operations.py::"
PACKAGING = "tests/test_packaging.py::"
CLAIM = "tests/service/test_store_claim.py::"
INSPECTION = "tests/service/test_store_inspection.py::"
AT_REST = "tests/service/test_store_at_rest.py::"
SENTINEL = "tests/service/test_store_sentinel.py::"
LOGS = "tests/unit/test_logs.py::"
HEART = "tests/unit/test_heartbeat.py::"
OPERATORS = "tests/plugins/operators/"
TRACES = "tests/end_to_end/test_traces.py::"
TRACING = "tests/unit/test_tracing.py::"
TRACING_SETTINGS = "tests/unit/test_tracing_settings.py::"
MONITORING = "tests/end_to_end/test_monitoring.py::"
LOST = "tests/ledger/test_lost.py::"
BACKUP = "tests/ledger/test_backup.py::"
LIVE = "tests/end_to_end/test_live_plugins.py::"
ADMIN = "tests/plugins/test_admin.py::"
NUMBERS = "tests/host/test_text_buttons.py::"
CHANGED = "tests/host/test_forms.py::test_a_changed_question_alone_is_asked_again"

SHOWN_BY: Mapping[str, str] = {
    "`docker compose up --detach --build` runs": f"{PACKAGING}test_containers_may_do_little",
    "One process works for one bot": f"{STOPS}test_one_process_per_account",
    "A second one, with the same session file": f"{SESSION}test_second_process_is_refused",
    "The first one's claim in Redis": f"{CLAIM}test_a_claim_runs_out_and_is_renewed",
    "After a crash its successor": f"{STOPS}test_a_killed_process_leaves_its_claim_to_its_successor",
    "| Exit code |": HEADING,
    "| 0 |": f"{STOPS}test_fifty_in_flight_at_sigterm",
    "| 1 |": f"{USER}test_a_lost_mark_ends_the_bot",
    "| 70 |": "tests/host/test_isolation.py::test_a_loop_that_stands_ends_the_process",
    "Start it again |": "tests/end_to_end/test_poison.py::test_a_message_that_ends_the_process_is_given_up",
    "| 75 |": f"{STOPS}test_one_process_per_account",
    "| 78 |": f"{STOPS}test_settings_are_missing",
    "What passes by itself": f"{START}test_passing_faults_at_the_start_are_waited_out",
    "The log says so of each": f"{START}test_redis_and_telegram_are_looked_at_beside_each_other",
    "SIGTERM stops it cleanly": f"{START}test_a_signal_during_the_imports_ends_process_1",
    "A second signal ends it at once": f"{STOPS}test_a_second_signal_ends_it_at_once",
    "`docker-compose.yml` tries ten times": f"{PACKAGING}test_containers_may_do_little",
    "`docker compose up --detach` is enough": ADVICE,
    "After a restart of the machine Docker": ADVICE,
    "A tag such as": ADVICE,
    "`docker-compose.yml` and the `Dockerfile` name": f"{PACKAGING}test_each_image_is_fixed_by_its_digest",
    "This looks up what": f"{OPERATIONS}test_images_are_fixed_by_their_digests",
    "`pip install .` in the repository": "tests/test_wheel.py::test_the_command_works_anywhere",
    "It reads `plugins`": "tests/unit/test_paths.py::test_the_folder_here_comes_before_the_built_in_plugins",
    "To have your own beside": "tests/host/test_built_in.py::test_a_file_is_built_in_by_its_place_or_as_a_copy",
    "`/etc/sapp_bot.env` holds": f"{OPERATIONS}test_the_systemd_unit_is_one",
    "`python -m sapp_bot doctor` looks": f"{DOCTOR}test_a_world_in_order",
    "`--json` is for programs": f"{DOCTOR}test_wrong_settings_are_items_too",
    "It shows no secret, changes": f"{DOCTOR}test_a_world_in_ruins",
    "One process answers more": ADVICE,
    "Part it when a plugin's": ADVICE,
    "runs one gateway, two workers": f"{PACKAGING}test_a_bot_in_several_processes_is_a_profile",
    "Without Docker give each": f"{ROLES}test_a_form_goes_on_whoever_dies",
    "`SAPP_ROLE` says the same": f"{SETTINGS}test_a_role_needs_less_than_the_whole",
    "From one process to several": f"{ROLE_STORE}test_what_waited_before_the_roles_is_announced",
    "- The gateway is the only one": f"{ROLES}test_a_role_imports_only_what_it_needs",
    "It stores what arrives": f"{ROLES}test_a_role_imports_only_what_it_needs",
    "- A worker runs the plugins": f"{ROLES}test_a_role_imports_only_what_it_needs",
    "Each person's messages": f"{ROLES}test_kills_among_many_lose_nothing",
    "A worker that dies": f"{ROLES}test_a_killed_workers_message_is_answered_by_another",
    "One that was only frozen": f"{ROLES}test_a_zombie_changes_nothing",
    "- A second gateway with the same": f"{ROLES}test_a_gateway_that_stands_by_takes_over",
    "With a `SAPP_DATA` of its own": ADVICE,
    "- Each worker takes a folder": f"{TOGETHER}test_each_worker_has_a_folder_of_its_own_and_finds_it_again",
    "`python -m sapp_bot health` with": f"{ROLES}test_health_tells_of_each_role",
    "- Any worker sells, and books": f"{SHARED}test_any_worker_sells_and_the_keeper_delivers",
    "It shows every second that it lives": f"{TERMS}test_one_worker_at_a_time_keeps_the_ledger",
    "When it dies, another takes over": f"{SELLING}test_the_keeper_dies_between_charge_and_delivery",
    "A keeper that was only frozen": f"{SELLING}test_a_zombie_keeper_neither_delivers_nor_returns_again",
    "- Several processes on one machine": ADVICE,
    "`deploy/prometheus.yml` finds all": "tests/test_deploy.py::test_prometheus_asks_every_process_of_the_compose_file",
    "How long an update has waited": "tests/service/test_store_waits.py::test_a_worker_knows_how_long_each_update_has_waited",
    "| What one process knows |": HEADING,
    "| who sends too much |": f"{ROLE_STORE}test_the_gateway_says_who_sends_too_much",
    "| buttons, inline queries": f"{ROLES}test_a_press_ends_in_time_without_a_worker",
    "| logins, forms, cooldowns": f"{ROLES}test_a_form_goes_on_whoever_dies",
    "| timers of plugins": f"{TOGETHER}test_two_runs_of_a_timer_never_overlap",
    "| delayed presses": f"{ROLES}test_each_way_of_answering_goes_through_the_gateway",
    "| `/plugin enable`, `disable` and": f"{ROLES}test_what_an_operator_switches_off_is_off_everywhere",
    "| `/plugins` |": f"{ROLES}test_a_reload_holds_everywhere_and_differences_are_told",
    "| a plugin's file that changes |": f"{ROLES}test_operators_rule_all_workers_by_any_of_them",
    "| a plugin that fails and rests": ADVICE,
    "| payments and refunds that arrive": f"{SELLING}test_what_is_paid_while_no_worker_lives_waits",
    "| checkouts: paused sales": f"{SHARED}test_what_is_in_doubt_is_sold_by_nobody",
    "| `/billing`, `/paysupport`, grants": f"{SHARED}test_acts_are_the_keepers",
    "| news (`/broadcast`)": f"{ROLES}test_operators_rule_all_workers_by_any_of_them",
    "| what operators hear": f"{ROLES}test_operators_rule_all_workers_by_any_of_them",
    "| the pauses after failures": ADVICE,
    "Selling for Stars needs nothing more": f"{SELLING}test_the_keeper_dies_between_charge_and_delivery",
    "Not promised: that nobody is told twice": ADVICE,
    "Pictures and files that plugins": ADVICE,
    "A person's own account (": f"{SETTINGS}test_what_is_one_process_is_refused_to_a_role",
    "What a handler has begun outside": f"{ROLES}test_a_killed_workers_message_is_answered_by_another",
    "News under way when": "tests/host/test_broadcasts.py::test_a_crash_neither_repeats_nor_leaves_out",
    "Where Telegram is blocked": "tests/unit/test_telegram_proxy.py::test_an_http_proxy_is_asked_for_telegram",
    "Redis may be another machine": "tests/unit/test_advice.py::test_a_unix_socket_takes_the_password",
    "Where Sentinels watch it": "tests/end_to_end/test_failover.py::test_a_failover_is_waited_out",
    "User and password are the primary's": f"{SENTINEL}test_the_address_is_read_whole",
    "Replicas follow a moment later": "tests/end_to_end/test_roles_failover.py::test_a_failover_loses_nothing_that_redis_has_acknowledged",
    "Clusters are not supported": f"{INSPECTION}test_a_lasting_refusal_at_the_start_is_a_wrong_setting",
    "`SAPP_MODE=user` makes": f"{USERBOT}test_an_allowed_person_does_the_whole_first_day",
    "Sign in once, before": f"{LOGIN}test_signs_in",
    "The session file is": f"{SESSION}test_name_of_the_file",
    "It opens the whole account": ADVICE,
    "To sign in as somebody else": ADVICE,
    "- It answers the owner": "tests/unit/test_user_account.py::test_who_is_heard",
    "Everybody else, every group": f"{USER}test_other_chats_are_closed",
    "- In those chats only": f"{USERBOT}test_a_notebook_is_left_alone",
    "Notes, forwards, pictures": f"{NUMBERS}test_a_notebook_is_left_alone",
    "- **The operator of a userbot": "tests/plugins/test_start.py::test_about_and_docs_say_what_there_is",
    "Allow only people who know": ADVICE,
    "- There are no buttons": f"{NUMBERS}test_numbers_hold_for_ten_minutes",
    "Telegram tells a userbot": "tests/examples/test_user_mode.py::*",
    "- It can write only to": f"{USER}test_a_new_session_knows_whom_the_account_knows",
    "- Own messages in Saved": "tests/unit/test_user_account.py::test_own_words_are_not_heard",
    "Its presence is checked": f"{USER}test_the_mark_is_looked_at_once",
    "- Telegram may limit": ADVICE,
    "A bot account has": ADVICE,
    "`bot.ready` is the one line": f"{START}*",
    "A good start has no warnings": f"{INSPECTION}test_a_good_redis_has_no_warning",
    "`python -m sapp_bot health` prints": f"{HEART}test_each_neighbour_is_told_apart",
    "It knows of the process's end": f"{HEART}test_the_end_is_known_at_once",
    "The log is JSON": f"{LOGS}test_a_log_that_is_no_terminal_is_json",
    "`update.handled` comes": "tests/host/test_metrics.py::test_each_update_is_counted_and_timed",
    "`update.failed` carries": "tests/host/test_router.py::test_a_crash_gives_a_number_and_no_details",
    "`trace_id` is the same": "tests/end_to_end/test_trace.py::test_one_id_from_the_update_to_the_api_and_the_log",
    "Telegram ids are hashed": f"{LOGS}test_a_person_is_hashed",
    "While the plugins are not open": f"{HEART}test_opening_is_said_and_its_end_at_once",
    "`OTEL_EXPORTER_OTLP_ENDPOINT=": f"{TRACES}test_log_api_and_collector_tell_of_the_same_trace",
    "The trace's id is the `trace_id`": f"{TRACES}test_log_api_and_collector_tell_of_the_same_trace",
    "All processes of a bot with the same": "tests/unit/test_trace.py::test_processes_with_one_secret_make_the_same_ids",
    "A span holds what": f"{TRACING}test_a_whole_day_shows_no_secret_and_nobody",
    "It needs the extra `otel`": f"{PACKAGING}test_requirements_of_the_extra_are_those_to_run_and_its_own",
    "Where it is missing `run`": f"{TRACING_SETTINGS}test_without_the_extra_it_is_said_what_to_install",
    "Without the variable nothing of it": f"{ROLES}test_a_role_imports_only_what_it_needs",
    "Spans are sent from a thread": f"{TRACING}test_the_collector_gets_the_last_spans_too",
    "A collector that is away": f"{TRACING}test_the_end_does_not_wait_for_a_collector_that_is_gone",
    "`OTEL_EXPORTER_OTLP_HEADERS` holds": f"{TRACING}test_the_collector_gets_the_last_spans_too",
    "What is counted and timed": "tests/host/test_metrics.py::test_the_catalogue_is_what_the_code_measures",
    "`SAPP_MONITORING=9464` serves": f"{MONITORING}test_it_can_be_asked_while_it_waits_for_telegram",
    "Nothing there names": f"{MONITORING}test_the_bot_is_watched_while_people_use_it",
    "`/livez` is 200": "tests/unit/test_monitoring.py::test_without_signs_of_life_it_is_not_alive",
    "A start that waits": f"{MONITORING}test_it_can_be_asked_while_it_waits_for_telegram",
    "`/readyz` is 200": f"{MONITORING}test_health_and_readyz_agree",
    "`/metrics` is for": "tests/unit/test_prometheus.py::test_prometheus_may_ask_for_openmetrics",
    "The folder `deploy` has": "tests/test_deploy.py::*",
    "`docker compose --profile metrics": f"{PACKAGING}test_only_the_dashboard_is_published",
    "No Alertmanager comes with it": ADVICE,
    "A label with more": "tests/unit/test_prometheus.py::test_labels_without_end_are_counted_together",
    "| Event |": HEADING,
    "The plugin folder is looked at": f"{LIVE}test_a_file_is_dropped_in_changed_and_deleted",
    "SIGHUP looks at once": f"{LIVE}test_sighup_tries_again_what_failed",
    "`/plugins`, `/plugin": f"{ADMIN}test_plugins_are_for_operators",
    "What is switched off stays": f"{ADMIN}test_switched_off_stays_off_over_a_restart",
    "`python -m sapp_bot run --safe`": "tests/host/test_built_in.py::test_safe_mode_reads_what_ships_with_the_bot",
    "Operators (`SAPP_ADMINS`) have": f"{OPERATORS}test_reach.py::test_a_plain_person_is_refused_and_sees_nothing_of_it",
    "What reads or changes accounts": f"{OPERATORS}test_reach.py::test_an_operator_who_is_no_administrator_is_told_so",
    "| Command | |": HEADING,
    "| `/users`, `/clients`": f"{OPERATORS}test_clients.py::test_lists_have_pages_and_a_search",
    "A client's card gives": f"{OPERATORS}test_clients.py::test_a_new_key_is_seen_by_its_owner_only",
    "| `/topup": f"{OPERATORS}test_clients.py::test_reads_are_given_once_after_a_question",
    "| `/report`": f"{OPERATORS}test_report.py::test_clients_are_shown_by_use",
    "| `/broadcast": "tests/host/test_broadcasts.py::test_it_keeps_to_the_rate",
    "People turn it off": f"{OPERATORS}test_news.py::test_who_wants_no_news_gets_none",
    "It reaches only people": f"{OPERATORS}test_news.py::test_groups_and_the_forgotten_get_none",
    "| `/maintenance": f"{OPERATORS}test_maintenance.py::test_people_are_told_and_operators_go_on",
    "`health` says so": f"{HEART}test_maintenance_is_said_and_is_no_illness",
    "| `/audit`": "tests/host/test_audit_log.py::test_lines_outlive_a_restart_and_come_in_pages",
    'An act that stands as "begun"': "tests/host/test_audit_log.py::test_an_act_that_is_not_over_is_a_line_already",
    "- `SAPP_DATA` holds": f"{SESSION}test_name_of_the_file",
    "It is as good as the token": f"{SESSION}test_file_is_private",
    "If it leaks": ADVICE,
    "- Redis 7.0 is the least": f"{INSPECTION}test_redis_6_is_refused_by_name",
    "- Redis holds logins": f"{AT_REST}test_nothing_is_in_clear",
    "Run it with `appendonly yes`": f"{PACKAGING}test_redis_keeps_what_it_is_given",
    "- Without the keys": f"{OPERATIONS}test_a_key_can_be_changed",
    "A Redis that others use": f"{OPERATIONS}test_a_user_of_its_own_is_enough",
    "`BACKUP` is a folder": LEAD,
    "Stop the bot first": ADVICE,
    "To restore, with bot": LEAD,
    "Redis reads its append-only": f"{OPERATIONS}test_what_was_backed_up_can_be_restored",
    "Who was logged in then": f"{OPERATIONS}test_what_was_backed_up_can_be_restored",
    "With Docker the same": ADVICE,
    "- `SAPP_DATA/start_cache`": "tests/unit/test_start_cache.py::test_the_next_start_gets_what_was_made",
    "Delete it when you like": "tests/unit/test_start_cache.py::test_a_folder_that_is_not_there_changes_nothing",
    "What was paid is a ledger": "tests/ledger/test_redis.py::test_a_fact_is_written_once",
    "It needs `appendonly yes`": "tests/ledger/test_redis.py::test_durable_is_what_redis_says",
    "A Redis that does not say": "tests/ledger/test_redis.py::test_a_ledger_believes_who_vouches",
    "Back it up by itself": f"{BACKUP}test_a_backup_beside_a_working_bot",
    "The file names no person": "tests/ledger/test_redis.py::test_persons_are_sealed",
    "When Redis has lost it": f"{LOST}test_an_emptied_store_credits_nothing",
    "Then:": LEAD,
    "A restore only adds": f"{BACKUP}test_wiped_and_restored_it_is_exact",
    "What was paid since": f"{LOST}test_an_old_copy_comes_back_exact",
    "Reads that operators gave": "tests/plugins/billing/test_desk.py::test_a_number_that_nobody_can_explain_is_an_operators_matter",
    "Those people are told": "tests/plugins/billing/test_lost.py::test_what_was_paid_meanwhile_is_given_or_returned",
    "A file of another bot": f"{BACKUP}test_what_is_no_backup_of_ours_is_refused",
    "Without a backup an operator": f"{LOST}test_adoption_takes_all_for_settled",
    "The report names who": "tests/plugins/billing/test_lost.py::test_what_was_paid_meanwhile_is_given_or_returned",
    "`/billing fix CLIENT` shows": "tests/plugins/billing/test_desk.py::test_a_number_that_nobody_can_explain_is_an_operators_matter",
    "The brace that opens": f"{OPERATIONS}test_a_user_of_its_own_is_enough",
    "The new key stands": f"{OPERATIONS}test_a_key_can_be_changed",
    "Then restart.": ADVICE,
    "What is new is sealed": "tests/unit/test_key_ring.py::test_an_old_key_still_opens_and_the_new_one_seals",
    "Taking the old one out": f"{AT_REST}test_everything_ends_by_itself",
    "Where plugins keep what": ADVICE,
    "The ledger of payments is exact": f"{BACKUP}test_reseal_is_a_command",
    "Invoices that were signed": "tests/ledger/test_payload.py::test_what_is_not_ours_is_nothing",
    "Back up, replace, start": f"{PACKAGING}test_requirements_are_hashed_and_say_how_they_are_made",
    "Open forms go on": CHANGED,
}
"""How a statement begins, and the test that shows it; `*` is the whole file."""
