"""Routes of /service: the rates. Each call costs a read, whatever the answer."""

from __future__ import annotations

import re
from datetime import datetime

from .context import ApiAnswer, RequestContext
from .market import BASE
from .refusals import ApiError

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:\d\d)")
_GO_LAYOUT = "2006-01-02T15:04:05Z07:00"
_AGE_S = 31_560_000
"""How long /service/currencies may be cached, as the API says it."""


async def live(ctx: RequestContext) -> ApiAnswer:
    """Give the newest rates."""
    date, rates = ctx.database.rates.live()
    meta = {"code": 200, "disclaimer": "Usage subject to terms"}
    return ApiAnswer({"meta": meta, "response": {"date": date, "base": BASE, "rates": rates}})


async def currencies(ctx: RequestContext) -> ApiAnswer:
    """Give the known codes, each time in another order."""
    return ApiAnswer(
        ctx.database.rates.currencies(), headers={"Cache-Control": f"max-age={_AGE_S}"}
    )


async def convert(ctx: RequestContext) -> ApiAnswer:
    """Convert an amount; to stands before from, and an unknown code gives 0."""
    sent = ctx.params["amount"]
    try:
        amount = float(sent.replace("_", "x"))
    except ValueError as error:
        raise ApiError(f'strconv.ParseFloat: parsing "{sent}": invalid syntax') from error
    return ApiAnswer(ctx.database.rates.convert(ctx.params["to"], ctx.params["from"], amount))


async def prevailing(ctx: RequestContext) -> ApiAnswer:
    """Give the first rate in the 60 minutes from a time on."""
    at = _time(ctx.first("timestamp"))
    return ApiAnswer(ctx.database.rates.prevailing(ctx.first("currency"), at).to_json())


async def historical(ctx: RequestContext) -> ApiAnswer:
    """Give the rates of some currencies between two times; null when there are none."""
    start, end = _time(ctx.first("start")), _time(ctx.first("end"))
    found = ctx.database.rates.historical(ctx.query.get("currencies", []), start, end)
    return ApiAnswer([rate.to_json() for rate in found] or None)


def _time(text: str) -> datetime:
    """Read RFC 3339 as strictly as Go; an unescaped `+` in a query arrives here as a blank."""
    try:
        if _RFC3339.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise ApiError(f'parsing time "{text}" as "{_GO_LAYOUT}": cannot parse "{text}" as "2006"')
