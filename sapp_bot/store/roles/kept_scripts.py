"""Lua scripts of the ledger's keeper: who it is, and its writes, which ask whether it is still.

They are those of `store.ledger.scripts`, with one question before them.
"""

from __future__ import annotations

from collections.abc import Mapping

from sapp_bot.store.ledger.scripts import BOUND, CHANGE_EPOCH, EPOCH

# KEYS, at the end: workers keeper   ARGV, at the end: term
_TERM = """
local keeper, workers = table.remove(KEYS), table.remove(KEYS)
local term = table.remove(ARGV)
if redis.call('GET', workers) ~= 'workers' then return {'replaced'} end
if string.match(redis.call('GET', keeper) or '', '^%S+') ~= term then return {'replaced'} end
"""

# KEYS: workers keeper   ARGV: token term mode lasts_s
_BEGIN_TERM = """
local stands = redis.call('GET', KEYS[2])
if stands and string.match(stands, '^%S+') ~= ARGV[2] then return {'done', 0} end
redis.call('SET', KEYS[2], ARGV[2] .. ' ' .. ARGV[3], 'EX', ARGV[4])
return {'done', 1}
"""

# As `begin_term`, but never without a term that stands: it may have been another's meanwhile.
_RENEW_TERM = """
if string.match(redis.call('GET', KEYS[2]) or '', '^%S+') ~= ARGV[2] then return {'done', 0} end
redis.call('SET', KEYS[2], ARGV[2] .. ' ' .. ARGV[3], 'EX', ARGV[4])
return {'done', 1}
"""

# KEYS: workers keeper   ARGV: token term
_END_TERM = """
if string.match(redis.call('GET', KEYS[2]) or '', '^%S+') == ARGV[2] then
  redis.call('DEL', KEYS[2])
end
return {'done'}
"""

# KEYS: workers keeper
_KEEPER = """
return {'done', redis.call('GET', KEYS[2])}
"""

TERM_SCRIPTS: Mapping[str, str] = {
    "begin_term": _BEGIN_TERM,
    "renew_term": _RENEW_TERM,
    "end_term": _END_TERM,
    "keeper": _KEEPER,
}
"""Name of a script of `Terms` -> its body; the fence of the workers stands before it."""

KEPT_SCRIPTS: Mapping[str, str] = {
    **{f"kept_{name}": f"-- kept_{name}{_TERM}{EPOCH}{body}" for name, body in BOUND.items()},
    "kept_change_epoch": f"-- kept_change_epoch{_TERM}{CHANGE_EPOCH}",
    "kept_stands": f"-- kept_stands{_TERM}return {{'done'}}\n",
}
"""Name of a script of `KeptLedger` -> its Lua text."""
