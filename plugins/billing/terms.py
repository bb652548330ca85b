"""/terms: what people agree to when they buy."""

from __future__ import annotations

from sapp_bot import CommandButton, Ctx, Item, Url, bold, lines
from sapp_bot.services import Billing

from .plugin import HOME, plugin
from .words import helper


@plugin.command(words=["Terms"])
async def terms(ctx: Ctx, billing: Billing) -> None:
    """Show the terms of sale."""
    config = billing.config
    text = lines(
        bold(ctx.t("Terms of sale")),
        config.terms
        or lines(
            ctx.t("You buy reads: calls of the SAPP API with your client's key."),
            ctx.t("They are added at once, and do not run out by time."),
            ctx.t(
                "You can have your Stars back while the reads of a pack are unused: /paysupport."
            ),
        ),
        helper(ctx),
        ctx.t("Telegram's own support cannot help with purchases in this bot."),
    )
    rows: list[list[Item]] = (
        [[Url("The whole terms", config.terms_url)]] if config.terms_url else []
    )
    buy = CommandButton(command="buy").key("Buy reads")
    help_ = CommandButton(command="paysupport").key("Help with payments")
    await ctx.say(text, rows=[*rows, [buy, help_], [HOME]])
