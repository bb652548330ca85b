"""Support: whom to ask, and what to read, where the bot itself cannot help."""

from __future__ import annotations

from sapp_bot import CommandButton, Ctx, Plugin, Url, lines, link

plugin = Plugin(version="1.0", sapp=">=1", title="Help from people")

HOME = CommandButton(command="start").key("‹ Home")


@plugin.command(words=["Help with the bot"], examples={"/support": "Questions"})
async def support(ctx: Ctx) -> None:
    """Say who helps you."""
    text = ctx.t("Questions: the operators of this bot have named nobody who answers them.")
    if ctx.settings.support:
        text = ctx.t("Questions: {support}", support=ctx.settings.support)
    payments = ctx.t("Payments: /paysupport.") if ctx.settings.sells else None
    help_key = CommandButton(command="help").key("Help")
    await ctx.say(lines(text, payments), rows=[[help_key, HOME]])


@plugin.command(needs_setting="docs_url")
async def docs(ctx: Ctx) -> None:
    """Open the documentation of the API."""
    url = ctx.settings.docs_url
    if not url:
        support = ctx.settings.support
        text = lines(
            ctx.t(
                "This bot has no link to the documentation. How a program calls the API stands on "
                "your client's card: /client, then “How to call”."
            ),
            ctx.t("Questions: {support}", support=support) if support else None,
        )
        await ctx.say(text, rows=[[CommandButton(command="client").key("My client"), HOME]])
        return
    text = ctx.t("The documentation of the SAPP Finance API: {url}", url=link(url, url))
    await ctx.say(text, rows=[[Url("Open", url)]])
