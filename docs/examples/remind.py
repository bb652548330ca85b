"""Remind: say something later. A timer, with a store and settings."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, Field

from sapp_bot import Config, Ctx, Plugin, Store, UserError

plugin = Plugin(version="1.0", sapp=">=1")


class Limits(Config):
    """SAPP_REMIND_LONGEST_MINUTES=60 allows an hour."""

    longest_minutes: int = Field(24 * 60, ge=1)


class Reminder(BaseModel):
    """What to say, and when; one for each person."""

    at: datetime
    text: str


@plugin.command(examples={"/remind 5 tea": "in 5 minutes"})
async def remind(
    ctx: Ctx, kept: Store[Reminder], limits: Limits, minutes: Annotated[int, Field(ge=1)], text: str
) -> None:
    """Remind you later: /remind 5 the tea is ready."""
    if minutes > limits.longest_minutes:
        raise UserError("No more than {n} minutes.", n=limits.longest_minutes)
    await kept.set(ctx.person.id, Reminder(at=ctx.now + timedelta(minutes=minutes), text=text))
    await ctx.say("I will remind you in {span}.", span=ctx.span(minutes * 60))


@plugin.every(60)
async def tell(ctx: Ctx, kept: Store[Reminder]) -> None:
    """Say what is due."""
    async for person, reminder in kept.all():
        if reminder.at <= ctx.now:
            there = await ctx.to(int(person))
            await there.say("You asked me to say: {text}", text=reminder.text)
            await kept.delete(person)
