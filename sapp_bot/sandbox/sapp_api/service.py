"""Routes of /service: the rates. Each call costs a read, whatever the answer."""

from __future__ import annotations

import re
from datetime import datetime

from .context import Answer, Context
from .market import BASE
from .refusals import Refused

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:\d\d)")
_GO_LAYOUT = "2006-01-02T15:04:05Z07:00"
_AGE_S = 31_560_000
"""How long /service/currencies may be cached, as the API says it."""


async def live(ctx: Context) -> Answer:
    """Give the newest rates."""
    date, rates = ctx.ledger.rates.live()
    meta = {"code": 200, "disclaimer": "Usage subject to terms"}
    return Answer({"meta": meta, "response": {"date": date, "base": BASE, "rates": rates}})


async def currencies(ctx: Context) -> Answer:
    """Give the known codes, each time in another order."""
    return Answer(ctx.ledger.rates.currencies(), headers={"Cache-Control": f"max-age={_AGE_S}"})


async def convert(ctx: Context) -> Answer:
    """Convert an amount; to stands before from, and an unknown code gives 0."""
    sent = ctx.params["amount"]
    try:
        amount = float(sent.replace("_", "x"))
    except ValueError as error:
        raise Refused(f'strconv.ParseFloat: parsing "{sent}": invalid syntax') from error
    return Answer(ctx.ledger.rates.convert(ctx.params["to"], ctx.params["from"], amount))


async def prevailing(ctx: Context) -> Answer:
    """Give the first rate in the 60 minutes from a time on."""
    at = _time(ctx.first("timestamp"))
    return Answer(ctx.ledger.rates.prevailing(ctx.first("currency"), at).to_json())


async def historical(ctx: Context) -> Answer:
    """Give the rates of some currencies between two times; null when there are none."""
    start, end = _time(ctx.first("start")), _time(ctx.first("end"))
    found = ctx.ledger.rates.historical(ctx.query.get("currencies", []), start, end)
    return Answer([rate.to_json() for rate in found] or None)


def _time(text: str) -> datetime:
    """Read RFC 3339 as strictly as Go; an unescaped `+` in a query arrives here as a blank."""
    try:
        if _RFC3339.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise Refused(f'parsing time "{text}" as "{_GO_LAYOUT}": cannot parse "{text}" as "2006"')
