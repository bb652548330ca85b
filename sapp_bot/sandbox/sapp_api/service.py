"""Routes of /service: the rates. Each call costs a read, whatever the answer.

Source: the API at commit 1044593, internal/controllers/service.go and services/service.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from .context import ApiAnswer, RequestContext
from .gojson import BoundBody, required
from .market import BASE
from .refusals import NO_DOCUMENTS, ApiError, BindingError

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:\d\d)")
_GO_LAYOUT = "2006-01-02T15:04:05Z07:00"
_AGE_S = 31_560_000
"""How long /service/currencies may be cached, as the API says it."""

# Source: pkg.go.dev/strconv, ParseFloat: Go's literals, blanks and other digits are none.
_DECIMAL = re.compile(r"[+-]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)([eE][+-]?\d[\d_]*)?", re.ASCII)
_HEXADECIMAL = re.compile(
    r"[+-]?0[xX](?=\.?[0-9a-fA-F])[0-9a-fA-F]*\.?[0-9a-fA-F]*[pP][+-]?\d+", re.ASCII
)
_NO_NUMBER = re.compile(r"[+-]?inf(inity)?|nan", re.IGNORECASE | re.ASCII)
_START_OF_TIME = datetime(1, 1, 1, tzinfo=UTC)


async def live(ctx: RequestContext) -> ApiAnswer:
    """Return the newest rates; null when its source gave none."""
    date, rates = ctx.database.rates.live()
    meta = {"code": 200, "disclaimer": "Usage subject to terms"}
    return ApiAnswer({"meta": meta, "response": {"date": date, "base": BASE, "rates": rates}})


async def currencies(ctx: RequestContext) -> ApiAnswer:
    """Return the known codes, each time in another order; null when there are none."""
    return ApiAnswer(
        ctx.database.rates.currencies(), headers={"Cache-Control": f"max-age={_AGE_S}"}
    )


async def convert(ctx: RequestContext) -> ApiAnswer:
    """Convert an amount; to stands before from, and an unknown code gives 0."""
    amount = _parse_float(ctx.params["amount"])
    return ApiAnswer(ctx.database.rates.convert(ctx.params["to"], ctx.params["from"], amount))


async def prevailing(ctx: RequestContext) -> ApiAnswer:
    """Return the first stored rate in the 60 minutes from a time on.

    What cannot be bound is not looked at: it is looked up as year 1, where there is nothing.
    """
    fields = {"timestamp": "Timestamp", "currency": "Currency"}
    try:
        sent = _bind_query(ctx, "RateAtDateBody", fields, times=("timestamp",))
    except BindingError as error:
        raise BindingError(NO_DOCUMENTS) from error
    at, currency = sent.fields["timestamp"], sent.text("currency")
    assert isinstance(at, datetime)  # noqa: S101  # bound as one
    if not ctx.database.mongo_up:
        await ctx.points.reach("ask mongo")
        raise ApiError("server selection error: server selection timeout")
    return ApiAnswer(ctx.database.rates.prevailing(currency, at).to_json())


async def historical(ctx: RequestContext) -> ApiAnswer:
    """Return the rates of some currencies between two times, as they lie; null for none."""
    fields = {"start": "Start", "end": "End", "currencies": "Currencies"}
    sent = _bind_query(ctx, "RatesInPeriodBody", fields, times=("start", "end"))
    start, end = sent.fields["start"], sent.fields["end"]
    assert isinstance(start, datetime)  # noqa: S101  # bound as one
    assert isinstance(end, datetime)  # noqa: S101  # bound as one
    found = ctx.database.rates.historical(ctx.query["currencies"], start, end)
    return ApiAnswer([rate.to_json() for rate in found] or None)


def _bind_query(
    ctx: RequestContext, struct: str, fields: Mapping[str, str], *, times: tuple[str, ...]
) -> BoundBody:
    """Read a query as gin binds it: times first, then what is missing; year 1 counts as missing.

    Raises:
        BindingError: a time that is none, or a missing field.
    """
    found: dict[str, object] = {name: ctx.first(name) for name in fields if name in ctx.query}
    for name in times:
        moment = _time(ctx.first(name))
        found[name] = None if moment == _START_OF_TIME else moment
    if "currencies" in ctx.query:
        found["currencies"] = True
    sent = BoundBody(found)
    required(struct, sent, fields)
    return sent


def _time(text: str) -> datetime:
    """Read RFC 3339 as strictly as Go; an unescaped `+` in a query arrives here as a blank."""
    if not text:
        return _START_OF_TIME
    try:
        if _RFC3339.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise BindingError(f'parsing time "{text}" as "{_GO_LAYOUT}": cannot parse "{text}" as "2006"')


def _parse_float(text: str) -> float:
    """Read an amount as Go's strconv.ParseFloat does.

    Raises:
        ApiError: no number, or one beyond 1.8e308; as JSON, for nothing is bound here.
    """
    failed = f'strconv.ParseFloat: parsing "{text}": '
    try:
        if _NO_NUMBER.fullmatch(text):
            return float(text)
        if _HEXADECIMAL.fullmatch(text):
            return float.fromhex(text)
        value = float(text) if _DECIMAL.fullmatch(text) else None
    except OverflowError as error:
        raise ApiError(f"{failed}value out of range") from error
    except ValueError:
        value = None
    if value is None:
        raise ApiError(f"{failed}invalid syntax")
    if value in (float("inf"), float("-inf")):
        raise ApiError(f"{failed}value out of range")
    return value
