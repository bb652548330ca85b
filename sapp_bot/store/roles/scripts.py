"""Lua scripts of a bot in several processes, beside those of `store.scripts`.

A person with updates that wait has one entry in the stream `ready`: the member "<lane>:<person>" of
the set `queued` says that it is there. One worker at a time has the entry pending, and whoever has
it pending may handle and commit: `finish` looks that up in the step in which it commits, so that a
worker which was taken for dead changes nothing any more.

The gateway's scripts are fenced by the account's owner, as those of a single process. The workers'
are fenced by the key `workers`, which a gateway sets when it takes the account and a single process
overwrites. Source of the commands: https://redis.io/docs/latest/develop/data-types/streams/
"""

from __future__ import annotations

from sapp_bot.store.scripts import (
    ACCEPT_BODY,
    COMMIT_BODY,
    FENCE,
    KEEP,
    NAMED,
    OUTCOME,
    PUSH,
    TELL,
)

from .kept_scripts import KEPT_SCRIPTS, TERM_SCRIPTS

GROUP = "workers"
"""The consumer group of both streams that the workers share."""

WORD = "workers"
"""What the key `workers` holds while a gateway has the account."""

# KEYS: owner workers ready calls arrived   ARGV: token
# Of what a single process has handled meanwhile nobody took the time of arrival off.
_LEAD = """
local before = redis.call('GET', KEYS[1])
if redis.call('GET', KEYS[2]) ~= 'workers' then redis.call('DEL', KEYS[5]) end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], 'workers')
redis.pcall('XGROUP', 'CREATE', KEYS[3], 'workers', '0', 'MKSTREAM') -- an error: it is there
redis.pcall('XGROUP', 'CREATE', KEYS[4], 'workers', '0', 'MKSTREAM')
return {'done', before}
"""

_QUEUE = """
local function queue(ready, queued, who)
  if redis.call('SADD', queued, who) == 1 then redis.call('XADD', ready, '*', 'who', who) end
end
"""

# As `accept`; KEYS, at the end: ready queued arrived   ARGV, at the end: who now_ms
_OFFER = """
local arrived, queued, ready = table.remove(KEYS), table.remove(KEYS), table.remove(KEYS)
local now, who = table.remove(ARGV), table.remove(ARGV)
"""

_OFFERED = """
if before then
  redis.call('HSET', arrived, update, now)
  queue(ready, queued, who)
end
return {'fresh'}
"""

# KEYS: owner people|payers ready queued   ARGV: token lane
_ANNOUNCE = """
for _, person in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  queue(KEYS[3], KEYS[4], ARGV[2] .. ':' .. person)
end
return {'done'}
"""

_HELD = """
local function held(ready, entry, worker)
  return #redis.call('XPENDING', ready, 'workers', entry, entry, 1, worker) == 1
end
local function drop(ready, queued, entry, who)
  redis.call('XACK', ready, 'workers', entry)
  redis.call('XDEL', ready, entry)
  redis.call('SREM', queued, who)
end
"""

_BEGIN = """
-- Counts a start of an update, unless this worker has begun it last; returns all of its starts.
local function begin(tries, update, worker)
  local count, process = string.match(redis.call('HGET', tries, update) or '', '^(%d+) (%S+)')
  if process ~= worker then
    count = (count or 0) + 1
    redis.call('HSET', tries, update, count .. ' ' .. worker)
  end
  return tonumber(count)
end
"""

# KEYS: workers inbox people tries session account profile forms ready queued arrived
# ARGV: token entry worker who person
_TAKE = """
if not held(KEYS[9], ARGV[2], ARGV[3]) then return {'taken'} end
local head = redis.call('LINDEX', KEYS[2], 0)
if not head then
  redis.call('SREM', KEYS[3], ARGV[5])
  drop(KEYS[9], KEYS[10], ARGV[2], ARGV[4])
  return {'done'}
end
local update = string.match(head, '^[^\\n]*')
local starts = begin(KEYS[4], update, ARGV[3])
local state = redis.call('MGET', KEYS[5], KEYS[6], KEYS[7], KEYS[8])
return {'done', head, state, starts, redis.call('HGET', KEYS[11], update)}
"""

# As `commit`; KEYS, at the end: ready queued arrived outgoing
# ARGV, at the end: entry worker who
_FINISH = """
local outgoing, arrived, queued, ready =
  table.remove(KEYS), table.remove(KEYS), table.remove(KEYS), table.remove(KEYS)
local who, worker, entry = table.remove(ARGV), table.remove(ARGV), table.remove(ARGV)
if not held(ready, entry, worker) then return {'taken'} end
"""

_FINISHED = """
redis.call('HDEL', arrived, update)
local behind, starts, at = redis.call('LINDEX', KEYS[3], 0), 0, false
if behind then
  local next = string.match(behind, '^[^\\n]*')
  starts, at = begin(KEYS[12], next, worker), redis.call('HGET', arrived, next)
else drop(ready, queued, entry, who) end
return {'done', redis.call('MGET', KEYS[7], KEYS[8], KEYS[9], KEYS[10]), behind, starts, at}
"""

# A commit begins the person's next update, here in the name of a worker.
_BEGUN_BY_ALL, _BEGUN_BY_WORKER = "'1 ' .. ARGV[1]", "'1 ' .. worker"

_SEND = """
redis.call('XADD', outgoing, '*', 'chat', ARGV[at + 1], 'entry', ARGV[at + 2])
"""

_SET_TIMER = """
redis.call('XADD', outgoing, '*', 'timer', ARGV[at], 'entry', ARGV[at + 1])
"""

# KEYS: workers inbox tries ready queued   ARGV: token entry worker who
_HAND_BACK = """
if not held(KEYS[4], ARGV[2], ARGV[3]) then return {'done'} end
local head = redis.call('LINDEX', KEYS[2], 0)
if head then redis.call('HDEL', KEYS[3], string.match(head, '^[^\\n]*')) end
drop(KEYS[4], KEYS[5], ARGV[2], ARGV[4])
if head then queue(KEYS[4], KEYS[5], ARGV[4]) end
return {'done'}
"""

# KEYS: workers ready staff   ARGV: token worker lives_s entry...
_BEAT = """
local lost = {}
redis.call('SET', KEYS[3], '1', 'EX', ARGV[3])
for at = 4, #ARGV do
  if held(KEYS[2], ARGV[at], ARGV[2]) then
    redis.call('XCLAIM', KEYS[2], 'workers', ARGV[2], 0, ARGV[at], 'JUSTID')
  else
    lost[#lost + 1] = ARGV[at]
  end
end
return {'done', lost}
"""

# KEYS: workers ready   ARGV: token worker idle_ms count
_RECLAIM = """
local found = redis.call(
  'XAUTOCLAIM', KEYS[2], 'workers', ARGV[2], ARGV[3], '0-0', 'COUNT', ARGV[4])
return {'done', found[2]}
"""

# KEYS: workers ready calls   ARGV: token idle_ms worker('': all that are idle)
# A consumer that has entries pending stays: with it they would be lost.
_LEAVE = """
for at = 2, 3 do
  for _, found in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[at], 'workers')) do
    local name, pending, idle = found[2], found[4], found[6]
    if name == ARGV[3] or ARGV[3] == '' and idle > tonumber(ARGV[2]) then
      if at == 3 or pending == 0 then
        redis.call('XGROUP', 'DELCONSUMER', KEYS[at], 'workers', name)
      end
    end
  end
end
return {'done'}
"""

# KEYS: owner staff
_STAFF = """
return {'done', redis.call('EXISTS', KEYS[2])}
"""

# As `push`; KEYS, at the end: outgoing
_PUSH = """
local outgoing = table.remove(KEYS)
"""
_PUSHED = "redis.call('XADD', outgoing, '*', 'chat', ARGV[3], 'entry', ARGV[2])"

# As `push`; KEYS, at the end: ready outgoing   ARGV, at the end: entry worker
_PUSH_HELD = """
local outgoing, ready = table.remove(KEYS), table.remove(KEYS)
local worker, entry = table.remove(ARGV), table.remove(ARGV)
if not held(ready, entry, worker) then return {'taken'} end
"""

# As `tell`; KEYS, at the end: outgoing
_TELL = """
local outgoing = table.remove(KEYS)
"""

# KEYS: fence stream   ARGV: token ends_s most (field value)...
_POST = """
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', unpack(ARGV, 4))
if tonumber(ARGV[2]) > 0 then redis.call('EXPIRE', KEYS[2], ARGV[2]) end
return {'done'}
"""

# KEYS: workers calls   ARGV: token entry
_CALL_TAKEN = """
redis.call('XACK', KEYS[2], 'workers', ARGV[2])
redis.call('XDEL', KEYS[2], ARGV[2])
return {'done'}
"""

# KEYS: fence stream   ARGV: token entry: all before it and it itself have been seen
_SEEN = """
redis.call('XTRIM', KEYS[2], 'MINID', ARGV[2])
redis.call('XDEL', KEYS[2], ARGV[2])
return {'done'}
"""

# KEYS: owner outgoing
_EMPTY = """
redis.call('DEL', KEYS[2])
return {'done'}
"""

# KEYS: owner me   ARGV: token sealed
_INTRODUCE = """
redis.call('SET', KEYS[2], ARGV[2])
return {'done'}
"""

# KEYS: workers me alive
_KNOW = """
return {'done', redis.call('GET', KEYS[2]), redis.call('EXISTS', KEYS[3])}
"""

_BODIES = {
    "offer": _OFFER + _QUEUE + NAMED + OUTCOME + ACCEPT_BODY + _OFFERED,
    "announce": _QUEUE + _ANNOUNCE,
    "take": _HELD + _BEGIN + _TAKE,
    "finish": _HELD
    + _BEGIN
    + _FINISH
    + NAMED
    + OUTCOME
    + KEEP
    + COMMIT_BODY.replace("-- [reply]", _SEND)
    .replace("-- [timer]", _SET_TIMER)
    .replace(_BEGUN_BY_ALL, _BEGUN_BY_WORKER)
    + _FINISHED,
    "hand_back": _QUEUE + _HELD + _HAND_BACK,
    "beat": _HELD + _BEAT,
    "reclaim": _RECLAIM,
    "leave": _LEAVE,
    "staff": _STAFF,
    "push_out": _PUSH + PUSH.replace("-- [reply]", _PUSHED),
    "push_held": _HELD + _PUSH_HELD + PUSH.replace("-- [reply]", _PUSHED),
    "tell_out": _TELL + KEEP + TELL.replace("-- [reply]", _SEND),
    "post": _POST,
    "call_taken": _CALL_TAKEN,
    "seen": _SEEN,
    "empty": _EMPTY,
    "introduce": _INTRODUCE,
    "know": _KNOW,
    **TERM_SCRIPTS,
}

ROLE_SCRIPTS = {
    "lead": f"-- lead{_LEAD}",
    **{name: f"-- {name}{FENCE}{body}" for name, body in _BODIES.items()},
    **KEPT_SCRIPTS,
}
"""Name of a script -> its Lua text."""
