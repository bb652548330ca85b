"""Tip: split a bill. A command with typed arguments."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from pydantic import Field

from sapp_bot import Ctx, Plugin, bold

RUSSIAN = {
    "Tip": "Чаевые",
    "Split a bill, with a tip: /tip 100 4 15.": "Разделить счёт с чаевыми: /tip 100 4 15.",
    "{each} each, {total} in all.": "С каждого {each}, всего {total}.",
    "bill": "счёт",
    "people": "человек",
    "percent": "процентов",
}

plugin = Plugin(version="1.0", sapp=">=1", locales={"ru": RUSSIAN})

CENT = Decimal("0.01")


@plugin.command(
    aliases=["split"], examples={"/tip 100 4": "27.50 each", "/split 10": "11.00 in all"}
)
async def tip(
    ctx: Ctx,
    bill: Annotated[Decimal, Field(gt=0, le=1_000_000)],
    people: Annotated[int, Field(ge=1, le=100)] = 1,
    percent: Annotated[int, Field(ge=0, le=100)] = 10,
) -> None:
    """Split a bill, with a tip: /tip 100 4 15."""
    total = bill * (100 + percent) / 100
    each = (total / people).quantize(CENT, ROUND_HALF_UP)
    total = total.quantize(CENT, ROUND_HALF_UP)
    await ctx.say("{each} each, {total} in all.", each=bold(f"{each}"), total=f"{total}")
