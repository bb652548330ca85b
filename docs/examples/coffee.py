"""Coffee: order one. A form with buttons, and a screen that changes in place."""

from typing import ClassVar, Literal

from sapp_bot import Button, Ctx, Form, Plugin, Screen, ask, bold, lines

plugin = Plugin(version="1.0", sapp=">=1")

Drink = Literal["espresso", "latte", "tea"]


class Order(Form):
    """Asked one by one; /coffee latte answers the first question at once."""

    cancelled: ClassVar = "Nothing was ordered."

    drink: Drink = ask("What shall it be?")
    cups: int = ask("How many cups?", default=1, ge=1, le=9)


class Another(Button):
    """One cup more of the same."""

    drink: Drink
    cups: int


def card(ctx: Ctx, drink: Drink, cups: int) -> Screen:
    """Show an order."""
    text = lines(bold(ctx.n("{n} cup", "{n} cups", cups)), ctx.t("of {drink}", drink=drink))
    more = Another(drink=drink, cups=cups + 1).key("One more", style="primary")
    return Screen(text, [[more]] if cups < 9 else [])  # noqa: PLR2004  # as in the form


@plugin.command(examples={"/coffee": "What shall it be?", "/coffee tea 2": "2 cups"})
async def coffee(ctx: Ctx, form: Order) -> None:
    """Order coffee."""
    await ctx.show(card(ctx, form.drink, form.cups), name="order")


@plugin.button(typed_as="/coffee {drink} {cups}")
async def another(ctx: Ctx, pressed: Another) -> None:
    """Add a cup."""
    await ctx.show(card(ctx, pressed.drink, pressed.cups), name="order")
