"""Protections in the scripts of a bot in several processes.

Each is missed by the machine whose workers stand still, die, go on late and repeat themselves.
"""

from __future__ import annotations

from .protection import Protection

_SCRIPTS = "sapp_bot/store/roles/scripts.py"
_SHARED = "sapp_bot/store/scripts.py"
_MACHINE = ("tests/service/test_roles_machine.py::test_the_same_at_length",)
_STORE = "tests/service/test_store_roles.py::test_"

_RULES = (
    # What a worker may do that is no holder any more: nothing.
    (
        "zombie-takes-nothing",
        "if not held(KEYS[9], ARGV[2], ARGV[3]) then return {'taken'} end\n",
        "",
    ),
    (
        "zombie-finishes-nothing",
        'if not held(ready, entry, worker) then return {\'taken\'} end\n"""\n\n_FINISHED',
        '"""\n\n_FINISHED',
    ),
    (
        "zombie-says-nothing",
        'if not held(ready, entry, worker) then return {\'taken\'} end\n"""\n\n# As `tell`',
        '"""\n\n# As `tell`',
    ),
    (
        "zombie-hands-nothing-back",
        "if not held(KEYS[4], ARGV[2], ARGV[3]) then return {'done'} end\n",
        "",
    ),
    (
        "zombie-hears-of-its-loss",
        "  if held(KEYS[2], ARGV[at], ARGV[2]) then\n",
        "  if true then\n",
    ),
    # Who is served, and by how many.
    (
        "offered-to-the-workers",
        "  queue(ready, queued, who)\n",
        "",
    ),
    (
        "queued-once",
        "if redis.call('SADD', queued, who) == 1 then redis.call('XADD'",
        "if true then redis.call('XADD'",
    ),
    ("ticket-ends-with-the-box", "else drop(ready, queued, entry, who) end\n", "end\n"),
    (
        "ticket-stays-until-then",
        "else drop(ready, queued, entry, who) end\n",
        "end\ndrop(ready, queued, entry, who)\n",
    ),
    ("ticket-not-pending-for-ever", "  redis.call('XACK', ready, 'workers', entry)\n", ""),
    ("ticket-leaves-the-stream", "  redis.call('XDEL', ready, entry)\n", ""),
    ("person-queued-again-later", "  redis.call('SREM', queued, who)\n", ""),
    (
        "handed-back-to-others",
        "if head then queue(KEYS[4], KEYS[5], ARGV[4]) end\n",
        "",
    ),
    ("arrival-forgotten-at-the-end", "redis.call('HDEL', arrived, update)\n", ""),
    # Who counts as dead.
    (
        "sign-of-life-makes-young",
        "    redis.call('XCLAIM', KEYS[2], 'workers', ARGV[2], 0, ARGV[at], 'JUSTID')\n",
        "",
    ),
    ("living-keep-their-tickets", "ARGV[2], ARGV[3], '0-0'", "ARGV[2], 0, '0-0'"),
    ("who-holds-stays-listed", "      if at == 3 or pending == 0 then\n", "      if true then\n"),
    # How often an update was begun.
    ("start-counted-once-a-worker", "  if process ~= worker then\n", "  if true then\n"),
    ("starts-of-all-workers", "    count = (count or 0) + 1\n", "    count = 1\n"),
    (
        "next-one-begun-by-its-worker",
        "\"'1 ' .. ARGV[1]\", \"'1 ' .. worker\"",
        "\"'1 ' .. ARGV[1]\", \"'1 ' .. ARGV[1]\"",
    ),
    (
        "handing-back-is-no-start",
        "if head then redis.call('HDEL', KEYS[3], string.match(head, '^[^\\\\n]*')) end\n",
        "",
    ),
    # What the gateway hears of.
    (
        "gateway-hears-of-replies",
        "'chat', ARGV[at + 1], 'entry', ARGV[at + 2])",
        "'chat', '', '', '')",
    ),
    (
        "gateway-hears-of-timers",
        "redis.call('XADD', outgoing, '*', 'timer', ARGV[at], 'entry', ARGV[at + 1])\n",
        "",
    ),
    (
        "gateway-hears-of-notices",
        "redis.call('XADD', outgoing, '*', 'chat', ARGV[3], 'entry', ARGV[2])",
        "",
    ),
    (
        "gateway-hears-nothing-twice",
        "redis.call('DEL', KEYS[2])\nreturn {'done'}",
        "return {'done'}",
    ),
)

OF_ROLE_SCRIPTS = (
    *(Protection(name, 2, _SCRIPTS, old, new, _MACHINE) for name, old, new in _RULES),
    Protection(
        "doubled-update-one-ticket",
        19,
        _SHARED,
        "if not seen then\n  local limit",
        "if true then\n  local limit",
        _MACHINE,
    ),
    Protection(
        "two-holders-one-commit",
        2,
        _SHARED,
        "if seen ~= 'done' then\n",
        "if true then\n",
        _MACHINE,
    ),
    Protection(
        "two-holders-one-notice",
        2,
        _SHARED,
        "if redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[4]) then\n",
        "if redis.call('SET', KEYS[2], '1', 'EX', ARGV[4]) then\n",
        _MACHINE,
    ),
    Protection(
        "given-in-a-lost-answer",
        2,
        "sapp_bot/store/roles/streams.py",
        "            self._is_sure = False\n",
        "            self._is_sure = True\n",
        _MACHINE,
    ),
    Protection(
        "left-behind-is-announced",
        2,
        _SCRIPTS,
        "  queue(KEYS[3], KEYS[4], ARGV[2] .. ':' .. person)\n",
        "",
        (f"{_STORE}what_waited_before_the_roles_is_announced",),
    ),
)
