"""Methods that look at an account's Telegram Stars: balance and transactions."""

from __future__ import annotations

from typing import Any

from telethon.tl import functions, types

from sapp_bot.sandbox.telegram.refusal import RpcError
from sapp_bot.sandbox.telegram.state.stars import StarsRow, shown_row
from sapp_bot.sandbox.telegram.state.world import RpcCaller

from .registry import Methods

methods = Methods()

_PAGE = 100


@methods.on(functions.payments.GetStarsStatusRequest)
def get_stars_status(caller: RpcCaller, request: Any) -> Any:
    """Return the caller's balance."""
    _check_own(caller, request.peer)
    return _status(caller, [])


@methods.on(functions.payments.GetStarsTransactionsRequest)
def get_stars_transactions(caller: RpcCaller, request: Any) -> Any:
    """Return a part of the caller's transactions; the offset is a number of rows to skip."""
    _check_own(caller, request.peer)
    offset = request.offset or "0"
    if not offset.isdecimal():
        raise RpcError("OFFSET_INVALID")
    if not 1 <= request.limit <= _PAGE:
        raise RpcError("LIMIT_INVALID")
    rows = [row for row in caller.world.stars.rows(caller.account.id) if _is_wanted(row, request)]
    if not request.ascending:
        rows.reverse()
    start = int(offset)
    page = rows[start : start + request.limit]
    end = start + len(page)
    return _status(caller, page, str(end) if end < len(rows) else None)


def _is_wanted(row: StarsRow, request: Any) -> bool:
    return not (request.inbound and row.stars < 0) and not (request.outbound and row.stars > 0)


@methods.on(functions.payments.GetStarsTransactionsByIDRequest)
def get_stars_transactions_by_id(caller: RpcCaller, request: Any) -> Any:
    """Return transactions by their ids."""
    _check_own(caller, request.peer)
    stars, me = caller.world.stars, caller.account.id
    found = [stars.row(me, wanted.id, is_refund=bool(wanted.refund)) for wanted in request.id]
    rows = [row for row in found if row is not None]
    if len(rows) < len(found):
        raise RpcError("TRANSACTION_ID_INVALID")
    return _status(caller, rows)


def _check_own(caller: RpcCaller, peer: Any) -> None:
    if caller.resolve(peer) is not caller.account:
        raise RpcError("PEER_ID_INVALID")


def _status(caller: RpcCaller, rows: list[StarsRow], next_offset: str | None = None) -> Any:
    return types.payments.StarsStatus(
        balance=types.StarsAmount(caller.world.stars.balance(caller.account.id), 0),
        chats=[],
        users=caller.users({row.other for row in rows}),
        history=[shown_row(row) for row in rows] or None,
        next_offset=next_offset,
    )
