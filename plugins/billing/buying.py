"""/buy: what is sold, and an invoice for what was chosen; or the way there where nothing is."""

from __future__ import annotations

from collections.abc import Sequence

from sapp_bot import (
    Button,
    CommandButton,
    Ctx,
    NextStep,
    Rich,
    Screen,
    Url,
    UserError,
    bold,
    isolate,
    lines,
)
from sapp_bot.services import (
    Billing,
    Client,
    Clients,
    MissingPart,
    NotForSale,
    NotSignedIn,
    Pack,
    Session,
)

from .plugin import HOME, plugin
from .words import helper, lacking, price, reads


class Choose(Button):
    """Buys a pack; the price is the one that was shown, so that a changed one is noticed."""

    reads: int
    stars: int


@plugin.command(aliases=["make_payment"], private=True, words=["Buy reads"])
async def buy(ctx: Ctx, me: Session | None, billing: Billing, clients: Clients) -> None:
    """Buy reads for your API client."""
    if billing.mode == "off" or (ctx.settings.mode == "user" and billing.mode != "link"):
        await ctx.show(await closed(ctx, billing), name="buy")
        return
    if me is None:
        raise NotSignedIn
    client = await clients.mine(me)
    if billing.mode == "link":
        await ctx.show(elsewhere(ctx, billing, client), name="buy")
    elif await billing.ledger.is_selling():
        await ctx.show(pack_list(ctx, billing, client), name="buy")
    else:
        await ctx.show(await paused(ctx, billing), name="buy")


@plugin.button(typed_as="/buy")
async def choose(
    ctx: Ctx,
    pressed: Choose,
    *,
    me: Session,
    billing: Billing,
    clients: Clients,
) -> None:
    """Send the invoice of a pack."""
    pack = Pack(pressed.reads, pressed.stars)
    if billing.mode != "stars" or pack not in billing.config.packs:
        await ctx.toast("That pack is not sold like this any more.", alert=True)
        await buy(ctx, me, billing, clients)
        return
    client = await clients.mine(me)
    try:
        payload = await billing.order(pack, user=ctx.person.id, client=client.id)
    except NotForSale as error:
        raise UserError(error.reply).offer(*ASK_OR_LOOK) from None
    await ctx.invoice(
        ctx.t("{reads} of the SAPP API", reads=reads(ctx, pack.reads)),
        ctx.t(
            "For client “{name}”. By paying you agree to the terms: /terms. Questions: "
            "/paysupport; Telegram's support cannot help with it.",
            name=isolate(client.name),
        ),
        payload=payload,
        stars=pack.stars,
        pay_text=ctx.t("Pay {n} ⭐", n=pack.stars),
    )
    await ctx.toast("Here is the invoice. It can be paid for a day.")


ASK_OR_LOOK = (NextStep("client", "My client"), NextStep("paysupport", "Help with payments"))


def pack_list(ctx: Ctx, billing: Billing, client: Client) -> Screen:
    """Return the packs, for a client."""
    text = lines(
        bold(
            ctx.n(
                "Reads for client “{name}”: {n} is left",
                "Reads for client “{name}”: {n} are left",
                client.reads_left,
                name=isolate(client.name),
            )
        ),
        *(price(ctx, pack) for pack in billing.config.packs),
        "",
        ctx.t("A read is one call of the API with your key. Bought reads do not run out by time."),
        ctx.t(
            "You pay in Telegram Stars. If you have too few, get some first: Telegram → Settings → "
            "My Stars."
        ),
    )
    rows = [
        [
            Choose(reads=pack.reads, stars=pack.stars).key(
                "{reads} · {stars} ⭐", reads=reads(ctx, pack.reads), stars=pack.stars
            )
        ]
        for pack in billing.config.packs
    ]
    more = [
        CommandButton(command="terms").key("Terms"),
        CommandButton(command="payments").key("Payments"),
    ]
    back = [CommandButton(command="client").key("My client"), HOME]
    return Screen(text, [*rows, more, back])


def elsewhere(ctx: Ctx, billing: Billing, client: Client) -> Screen:
    """Return the way to where people pay outside of Telegram."""
    url = billing.config.payments_url.replace("{client}", str(client.id))
    text = lines(
        bold(ctx.t("Reads for client “{name}” are paid for on a web page.", name=client.name)),
        ctx.t("It opens in your browser; what you bought shows on your client's card."),
        helper(ctx),
    )
    mine = CommandButton(command="client").key("My client")
    return Screen(text, [[Url("Open the page", url)], [mine, HOME]])


async def closed(ctx: Ctx, billing: Billing) -> Screen:
    """Return what people can do where nothing is sold, and tell operators what is missing."""
    seller = billing.config.seller
    mine = CommandButton(command="client").key("My client")
    if ctx.settings.mode == "user" and seller:
        text = ctx.t("A person's own account cannot sell. @{bot} does.", bot=seller)
        url = f"https://t.me/{seller}?start=buy"
        return Screen(lines(bold(text), url), [[Url("Buy there", url)], [mine, HOME]])
    support = ctx.settings.support
    missing = await billing.missing() if ctx.is_admin else ()
    text = lines(
        bold(ctx.t("Reads cannot be bought here.")),
        ctx.t("Whoever runs this bot adds them: {support}", support=support)
        if support
        else ctx.t("Whoever gave you access to the API can add them."),
        *lacking_for(ctx, missing),
    )
    return Screen(text, [[mine, HOME]])


async def paused(ctx: Ctx, billing: Billing) -> Screen:
    """Return why nothing can be bought for now, and tell operators what is missing."""
    missing = await billing.missing()
    is_lost = not missing and await billing.ledger.is_lost()
    text = lines(
        bold(
            ctx.t("Nothing can be sold at present: it could not be kept safe.")
            if missing
            else ctx.t("Payments are paused for a moment. Nothing was charged.")
        ),
        ctx.t("What you have paid already is safe, and is delivered all the same."),
        helper(ctx),
        ctx.t("Redis has lost the ledger: /billing shows what to do.")
        if is_lost and ctx.is_admin
        else None,
        *(lacking_for(ctx, missing) if ctx.is_admin else ()),
    )
    again = CommandButton(command="buy").key("Try again")
    return Screen(text, [[again, CommandButton(command="payments").key("Payments")], [HOME]])


def lacking_for(ctx: Ctx, missing: Sequence[MissingPart]) -> list[Rich]:
    """Return for an operator what is missing to sell; nothing if nothing is."""
    if not missing:
        return []
    heading = ctx.t("For you as an operator, what is missing to sell:")
    return [heading, *(lacking(ctx, part) for part in missing)]
