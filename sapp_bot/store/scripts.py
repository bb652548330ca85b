"""Lua scripts that run inside Redis: each call of the store is one script, all or nothing.

Every script may be repeated, late and out of turn, without a second effect, as a call whose
answer was lost is sent again and the first one may still lie in a socket that Redis reads later.
But for `claim`, `hold` and failed logins: read that late, they cost a start or a count.
The first line of a script is its name; `KEYS[1]` is the owner, `ARGV[1]` this process's token.
Only commands of Redis 7.0 are used. Source: https://redis.io/docs/latest/develop/programmability/
`roles.scripts` makes others of the same text for a bot in several processes; what they add stands
in the place of the comments `-- [reply]` and `-- [timer]`.
"""

from __future__ import annotations

from .person_state import FORGET

FENCE = """
local owner = redis.call('GET', KEYS[1])
if not owner then return {'lost'} end
if owner ~= ARGV[1] then return {'fenced'} end
"""
"""Begins each fenced script. No owner: Redis was emptied; another one: a newer process works."""

NAMED = """
local function named(entry, name)
  return entry and string.sub(entry, 1, #name + 1) == name .. '\\n'
end
"""

OUTCOME = """
-- What became of an update: 'done' if it is marked in one of the sets KEYS[first], ...
local function outcome(first, mark)
  for at = first, first + 2 do
    if redis.call('SISMEMBER', KEYS[at], mark) == 1 then return 'done' end
  end
  return redis.call('GET', KEYS[2])
end
local function mark_done(at, mark, marks_s)
  redis.call('SADD', KEYS[at], mark)
  redis.call('EXPIRE', KEYS[at], marks_s)
  redis.call('DEL', KEYS[2])
end
"""
"""Reads and writes the marks of updates that have ended: 8 bytes each, where a key costs 174."""

KEEP = """
-- Redis 7.0 ends whole keys only: values that ended go when their collection is looked after.
local function sweep(values, ends, now)
  local names = redis.call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, 100)
  if #names > 0 then
    redis.call('HDEL', values, unpack(names))
    redis.call('ZREM', ends, unpack(names))
  end
end
local function keep(first, last, now)
  for at = first, last, 4 do
    local place, name, blob = tonumber(ARGV[at]), ARGV[at + 1], ARGV[at + 2]
    local values, ends, ends_s = KEYS[place], KEYS[place + 1], ARGV[at + 3]
    if blob == '' then redis.call('HDEL', values, name)
    else redis.call('HSET', values, name, blob) end
    if ends_s == '' then redis.call('ZREM', ends, name)
    else redis.call('ZADD', ends, ends_s, name) end
    sweep(values, ends, now)
  end
end
"""
"""Writes values of collections: an empty blob deletes a value, an empty time means no expiry."""

# KEYS: owner workers. Workers that another process's gateway had are fenced off, too.
_CLAIM = """
local before = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[1], 'XX')
return {'done', before}
"""

# KEYS: owner alive   ARGV: token claim lasts_s place
_HOLD = """
local before = redis.call('GET', KEYS[2])
if before then
  local token, place = string.match(before, '^(%S+) (%S+)')
  if token ~= ARGV[1] and place ~= ARGV[4] then return {'held', before} end
end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
return {'done', before}
"""

# KEYS: owner alive   ARGV: token claim lasts_s; to release: token
_RENEW_CLAIM = """
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
return {'done'}
"""

_RELEASE_CLAIM = """
redis.call('DEL', KEYS[2])
return {'done'}
"""

# KEYS: any name. A write, so that a read-only or a full Redis is not healthy.
_PROBE = """
redis.call('SET', KEYS[1], '1', 'EX', ARGV[1])
return {'done'}
"""

# KEYS: owner seen inbox people told timers session account profile forms tries
#       marks x 3
# ARGV: token offer update entry person limit(0: none) seen_s told_s timer('': none) mark marks_s
ACCEPT_BODY = """
local update = ARGV[3]
local seen = outcome(12, ARGV[10])
if seen == 'full' or seen == 'done' then
  -- Turned away for good, or a replay would be handled out of order. The one that brought the
  -- "slow down" is answered again, as that reply may have been lost with a crash.
  if redis.call('GET', KEYS[5]) == update then return {'full', 0} end
  return {'again'}
elseif seen and seen ~= ARGV[2] then
  return {'again'}
end
local before
if not seen then
  local limit = tonumber(ARGV[6])
  before = redis.call('LLEN', KEYS[3])
  if limit > 0 and before >= limit then
    mark_done(12, ARGV[10], ARGV[11])
    local first = redis.call('SET', KEYS[5], update, 'NX', 'EX', ARGV[8])
    return {'full', first and 0 or 1}
  end
  redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[7])
  redis.call('RPUSH', KEYS[3], ARGV[4])
  if before == 0 then redis.call('SADD', KEYS[4], ARGV[5]) end -- has whose inbox is not empty
  if ARGV[9] ~= '' then redis.call('HDEL', KEYS[6], ARGV[9]) end
end
"""

_ACCEPT_ANSWER = """
if before == 0 or not before and named(redis.call('LINDEX', KEYS[3], 0), update) then
  redis.call('HSETNX', KEYS[11], update, '1 ' .. ARGV[1])
  return {'fresh', redis.call('MGET', KEYS[7], KEYS[8], KEYS[9], KEYS[10])}
end
return {'fresh'}
"""

# KEYS: owner seen inbox people told timers session account profile forms chats
#       tries marks x 3 out... (kept ends)...
# ARGV: token update person mark marks_s half (ttl_s blob) x 4 timers (id blob)...
#       words now_s (collection name blob ends_s)... (out chat entry)...
#       ttl_s: 0 leaves the value, -1 takes it away; words: how many before the first `out`;
#       out, collection: which of KEYS
COMMIT_BODY = """
local update = ARGV[2]
local at_head = named(redis.call('LINDEX', KEYS[3], 0), update)
-- What waits is not done yet: only of what does not wait one has to ask.
local seen = not at_head and outcome(13, ARGV[4])
if seen and seen ~= 'done' then return {'misplaced'} end
if seen ~= 'done' then
  for i = 0, 3 do
    local ttl = tonumber(ARGV[7 + 2 * i])
    if ttl > 0 then
      redis.call('SET', KEYS[7 + i], ARGV[8 + 2 * i], 'EX', ttl)
    elseif ttl < 0 then
      redis.call('DEL', KEYS[7 + i])
    end
  end
  local at = 16
  for _ = 1, tonumber(ARGV[15]) do
    redis.call('HSET', KEYS[6], ARGV[at], ARGV[at + 1])
    -- [timer]
    at = at + 2
  end
  local replies = at + 2 + tonumber(ARGV[at])
  keep(at + 2, replies - 1, ARGV[at + 1])
  at = replies
  while at < #ARGV do
    redis.call('RPUSH', KEYS[tonumber(ARGV[at])], ARGV[at + 2])
    redis.call('SADD', KEYS[11], ARGV[at + 1])
    -- [reply]
    at = at + 3
  end
  mark_done(13, ARGV[4], ARGV[5])
  if at_head then
    redis.call('LPOP', KEYS[3])
    redis.call('HDEL', KEYS[12], update)
    local behind, left = redis.call('LINDEX', KEYS[3], 0), 0
    if behind then
      redis.call('HSETNX', KEYS[12], string.match(behind, '^[^\\n]*'), '1 ' .. ARGV[1])
      left = redis.call('LLEN', KEYS[3])
    else
      redis.call('SREM', KEYS[4], ARGV[3])
    end
    if left <= tonumber(ARGV[6]) then redis.call('DEL', KEYS[5]) end
  end
end
"""

_COMMIT_ANSWER = """
return {'done', redis.call('MGET', KEYS[7], KEYS[8], KEYS[9], KEYS[10])}
"""

# KEYS: owner pushed out chats   ARGV: token entry chat pushed_s
PUSH = """
if redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[4]) then
  redis.call('RPUSH', KEYS[3], ARGV[2])
  redis.call('SADD', KEYS[4], ARGV[3])
  -- [reply]
end
return {'done'}
"""

# KEYS: owner told chats out... (kept ends)...
# ARGV: token told_s words now_s (collection name blob ends_s)... (out chat entry)...
TELL = """
if redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[2]) then
  local at = 5 + tonumber(ARGV[3])
  keep(5, at - 1, ARGV[4])
  while at < #ARGV do
    redis.call('RPUSH', KEYS[tonumber(ARGV[at])], ARGV[at + 2])
    redis.call('SADD', KEYS[3], ARGV[at + 1])
    -- [reply]
    at = at + 3
  end
end
return {'done'}
"""

# KEYS: owner out chats screens   ARGV: token queued chat screen('': none) message screens_s
_SENT = """
local found = false
if named(redis.call('LINDEX', KEYS[2], 0), ARGV[2]) then
  found = redis.call('LPOP', KEYS[2]) and true
else
  for _, entry in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
    if named(entry, ARGV[2]) then
      redis.call('LREM', KEYS[2], 1, entry)
      found = true
      break
    end
  end
end
if found and redis.call('EXISTS', KEYS[2]) == 0 then redis.call('SREM', KEYS[3], ARGV[3]) end
-- Only with the reply itself: a late repeat must not name an older message the newest screen.
if found and ARGV[4] ~= '' then
  redis.call('HSET', KEYS[4], ARGV[4], ARGV[5])
  redis.call('EXPIRE', KEYS[4], ARGV[6])
end
return {'done', found and 1 or 0}
"""

# KEYS: owner screens   ARGV: token screen
_SCREEN = "\nreturn {'done', redis.call('HGET', KEYS[2], ARGV[2])}\n"

# KEYS: owner session account profile forms
_PERSON_STATE = "\nreturn {'done', redis.call('MGET', KEYS[2], KEYS[3], KEYS[4], KEYS[5])}\n"

# KEYS: owner people|chats
_MEMBERS = "\nreturn {'done', redis.call('SMEMBERS', KEYS[2])}\n"

# KEYS: owner inbox session account profile forms tries
_INBOX = """
local entries = redis.call('LRANGE', KEYS[2], 0, -1)
local head = entries[1] and string.match(entries[1], '^[^\\n]*')
local begun = head and redis.call('HEXISTS', KEYS[7], head) == 1 and head or ''
return {'done', entries, redis.call('MGET', KEYS[3], KEYS[4], KEYS[5], KEYS[6]), begun}
"""

# KEYS: owner tries   ARGV: token update
_BEGIN = """
local count, process = string.match(redis.call('HGET', KEYS[2], ARGV[2]) or '', '^(%d+) (%S+)')
if process ~= ARGV[1] then
  count = (count or 0) + 1
  redis.call('HSET', KEYS[2], ARGV[2], count .. ' ' .. ARGV[1])
end
return {'done', tonumber(count)}
"""

# KEYS: owner out
_OUT = "\nreturn {'done', redis.call('LRANGE', KEYS[2], 0, -1)}\n"

# KEYS: owner list people|chats   ARGV: token entry member
_DROP = """
redis.call('LREM', KEYS[2], 1, ARGV[2])
if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('SREM', KEYS[3], ARGV[3]) end
return {'done'}
"""

# KEYS: owner timers
_TIMERS = "\nreturn {'done', redis.call('HGETALL', KEYS[2])}\n"

# KEYS: owner kept   ARGV: token name...
_GET = "\nreturn {'done', redis.call('HMGET', KEYS[2], unpack(ARGV, 2))}\n"

# KEYS: owner kept ends   ARGV: token now_s name...
_OTHERS = """
sweep(KEYS[2], KEYS[3], ARGV[2])
local count = redis.call('HLEN', KEYS[2])
for i = 3, #ARGV do count = count - redis.call('HEXISTS', KEYS[2], ARGV[i]) end
return {'done', count}
"""

# KEYS: owner kept
_NAMES = "\nreturn {'done', redis.call('HKEYS', KEYS[2])}\n"

# KEYS: owner wrote (kept ends)...   ARGV: token wrote_s now_s (collection name blob ends_s)...
_WRITE = """
if redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[2]) then
  keep(4, #ARGV, ARGV[3])
end
return {'done'}
"""

# KEYS: owner attempts   ARGV: token attempt now_s window_s oldest_s
_NOTE = """
redis.call('ZADD', KEYS[2], 'NX', ARGV[3], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[4])
return {'done'}
"""

# KEYS: owner attempts   ARGV: token oldest_s
_RECENT = """
return {'done', redis.call('ZRANGEBYSCORE', KEYS[2], ARGV[2], '+inf', 'WITHSCORES')}
"""

# KEYS: owner attempts
_CLEAR = """
redis.call('DEL', KEYS[2])
return {'done'}
"""

# KEYS: owner plugins   ARGV: token plugin now_ms on|off
# The time is there for late repeats: an older wish never replaces a newer one.
_TURN = """
local before = redis.call('HGET', KEYS[2], ARGV[2])
if not before or tonumber(string.match(before, '^%d+')) <= tonumber(ARGV[3]) then
  redis.call('HSET', KEYS[2], ARGV[2], ARGV[3] .. ' ' .. ARGV[4])
end
return {'done'}
"""

# KEYS: owner lease   ARGV: token span offer keep_s
_LEASE = """
local before = redis.call('GET', KEYS[2])
if before then
  local span, offer = string.match(before, '^(%-?%d+) (%S+)')
  if tonumber(span) > tonumber(ARGV[2]) then return {'done', 0} end
  if span == ARGV[2] then return {'done', offer == ARGV[3] and 1 or 0} end
end
redis.call('SET', KEYS[2], ARGV[2] .. ' ' .. ARGV[3], 'EX', ARGV[4])
return {'done', 1}
"""

# KEYS: owner lock   ARGV: token holder lasts_s; to release: token holder
_ACQUIRE = """
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[2] then return {'done', 0} end
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
return {'done', 1}
"""

_RELEASE = """
if redis.call('GET', KEYS[2]) == ARGV[2] then redis.call('DEL', KEYS[2]) end
return {'done'}
"""

_UNFENCED = {"claim": _CLAIM, "hold": _HOLD, "probe": _PROBE}
_FENCED = {
    "renew_claim": _RENEW_CLAIM,
    "release_claim": _RELEASE_CLAIM,
    "accept": NAMED + OUTCOME + ACCEPT_BODY + _ACCEPT_ANSWER,
    "begin": _BEGIN,
    "commit": NAMED + OUTCOME + KEEP + COMMIT_BODY + _COMMIT_ANSWER,
    "push": PUSH,
    "tell": KEEP + TELL,
    "sent": NAMED + _SENT,
    "screen": _SCREEN,
    "person_state": _PERSON_STATE,
    "members": _MEMBERS,
    "inbox": _INBOX,
    "out": _OUT,
    "drop": _DROP,
    "timers": _TIMERS,
    "get": _GET,
    "others": KEEP + _OTHERS,
    "names": _NAMES,
    "write": KEEP + _WRITE,
    "note": _NOTE,
    "recent": _RECENT,
    "clear": _CLEAR,
    "turn": _TURN,
    "lease": _LEASE,
    "acquire": _ACQUIRE,
    "release": _RELEASE,
    "forget": FORGET,
}

SCRIPTS = {
    **{name: f"-- {name}{body}" for name, body in _UNFENCED.items()},
    **{name: f"-- {name}{FENCE}{body}" for name, body in _FENCED.items()},
}
"""Name of a script -> its Lua text."""
