"""Lua scripts of the ledger's store. Each may be repeated, late and out of turn, as the others.

They ask for no owner of the account: what they write is the same whoever writes it, and a backup
is made and restored beside a bot that runs. Instead each write names the epoch of the ledger it is
meant for (`KEYS[1]`, `ARGV[1]`), so that nothing is written into a Redis that was emptied. In a bot
of several processes those of the keeper ask for more: `store.roles.kept_ledger`.
"""

from __future__ import annotations

from collections.abc import Mapping

EPOCH = """
local epoch = redis.call('GET', KEYS[1])
if not epoch or string.match(epoch, '^%S+') ~= ARGV[1] then return {'lost'} end
"""

# KEYS: the epoch
_GET_EPOCH = """
return {'done', redis.call('GET', KEYS[1])}
"""

# KEYS: the epoch   ARGV: before after
CHANGE_EPOCH = """
local stands = redis.call('GET', KEYS[1]) or ''
if stands == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2])
  stands = ARGV[2]
end
return {'done', stands}
"""

# KEYS: epoch hash   ARGV: epoch field value
_ADD = """
redis.call('HSETNX', KEYS[2], ARGV[2], ARGV[3])
return {'done', redis.call('HGET', KEYS[2], ARGV[2])}
"""

# KEYS: epoch hash ...   ARGV: epoch, and for each hash: once|over field value
_ADD_ALL = """
local stands = {}
for at = 2, #KEYS do
  local how, field, value = ARGV[3 * at - 4], ARGV[3 * at - 3], ARGV[3 * at - 2]
  if how == 'over' then
    redis.call('HSET', KEYS[at], field, value)
  else
    redis.call('HSETNX', KEYS[at], field, value)
  end
  stands[at - 1] = redis.call('HGET', KEYS[at], field)
  if at == 2 and stands[1] ~= value then break end
end
return {'done', stands}
"""

# KEYS: epoch hash   ARGV: epoch field value
_PUT = """
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return {'done'}
"""

# KEYS: epoch hash   ARGV: epoch field value
_REMOVE = """
if redis.call('HGET', KEYS[2], ARGV[2]) == ARGV[3] then redis.call('HDEL', KEYS[2], ARGV[2]) end
return {'done'}
"""

# KEYS: the hash
_READ = """
return {'done', redis.call('HGETALL', KEYS[1])}
"""

# KEYS: the hash
_SIZE = """
return {'done', redis.call('HLEN', KEYS[1])}
"""

# KEYS: hash   ARGV: fields
_SOME = """
return {'done', redis.call('HMGET', KEYS[1], unpack(ARGV))}
"""

# KEYS: epoch key   ARGV: epoch value seconds
_KEEP = """
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
return {'done'}
"""

# KEYS: the key
_KEPT = """
return {'done', redis.call('GET', KEYS[1])}
"""

# KEYS: epoch key   ARGV: epoch token seconds
_LOCK = """
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[2] then return {'done', 0} end
if not holder then redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3]) end
return {'done', 1}
"""

# KEYS: epoch journal mark   ARGV: epoch entry most mark_s
_NOTE = """
if redis.call('SET', KEYS[3], '1', 'NX', 'EX', ARGV[4]) then
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'entry', ARGV[2])
end
return {'done'}
"""

# KEYS: journal   ARGV: count
_JOURNAL = """
return {'done', redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', ARGV[1])}
"""

# KEYS: hash   ARGV: field value ...: a backup's, none of which may replace what is there
_MERGE = """
local new = 0
for at = 1, #ARGV, 2 do new = new + redis.call('HSETNX', KEYS[1], ARGV[at], ARGV[at + 1]) end
return {'done', new}
"""

# KEYS: hash   ARGV: field before after: a value that is sealed anew
_RESEAL = """
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
return {'done'}
"""

BOUND = {
    "add": _ADD,
    "add_all": _ADD_ALL,
    "put": _PUT,
    "remove": _REMOVE,
    "keep": _KEEP,
    "lock": _LOCK,
    "note": _NOTE,
}
"""Name -> body of a script that writes for an epoch; `EPOCH` stands before it."""

_FREE = {
    "epoch": _GET_EPOCH,
    "change_epoch": CHANGE_EPOCH,
    "read": _READ,
    "size": _SIZE,
    "some": _SOME,
    "kept": _KEPT,
    "journal": _JOURNAL,
    "merge": _MERGE,
    "reseal": _RESEAL,
}

LEDGER_SCRIPTS: Mapping[str, str] = {
    **{f"ledger_{name}": f"-- ledger_{name}{EPOCH}{body}" for name, body in BOUND.items()},
    **{f"ledger_{name}": f"-- ledger_{name}{body}" for name, body in _FREE.items()},
}
"""Name of a script -> its Lua text."""
