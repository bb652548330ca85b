"""Who asks: their chat, what they like, and what pays for their question."""

from typing import NamedTuple

from sapp_bot import Ctx, Store
from sapp_bot.services import Session

from .desk import Purse, RateDesk
from .tastes import Tastes


class Asker(NamedTuple):
    """One person with one question."""

    ctx: Ctx
    tastes: Tastes
    purse: Purse

    @property
    def desk(self) -> RateDesk:
        """The desk that the question is put to."""
        return self.purse.desk


async def tastes_of(ctx: Ctx, liked: Store[Tastes]) -> Tastes:
    """Return what a person likes; their zone is the bot's, or one kept before the bot had any."""
    tastes = await liked.get(ctx.person.id) or Tastes()
    return tastes.model_copy(update={"zone": ctx.zone}) if ctx.zone else tastes


async def asker_of(ctx: Ctx, desk: RateDesk, me: Session | None, liked: Store[Tastes]) -> Asker:
    """Return who asks."""
    return Asker(ctx, await tastes_of(ctx, liked), desk.purse(me))
