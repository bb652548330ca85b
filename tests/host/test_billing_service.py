"""The ledger at work in a bot: a plugin that sells with it, and hears what it has to say."""

from __future__ import annotations

from pathlib import Path

from sapp_bot.billing.config import BillingConfig, MissingPart, Pack
from sapp_bot.sandbox.sapp_api.rows import ClientRow
from sapp_bot.testing import Stage

SELLER = '''
from sapp_bot import (
    AcceptPayment, Ctx, DeclinePayment, LedgerNotice, PaymentReceived, PaymentRefunded, Plugin,
    PreCheckoutAnswer, PreCheckoutQuery,
)
from sapp_bot.services import Billing, Clients, ReadsAdded, ReadsGrants, Session

plugin = Plugin(version="1.0")


@plugin.command
async def buy(ctx: Ctx, me: Session, billing: Billing, clients: Clients) -> None:
    """Buy."""
    pack = billing.config.packs[0]
    client = await clients.mine(me)
    payload = await billing.order(pack, user=ctx.person.id, client=client.id)
    await ctx.invoice("Reads", "Some", payload=payload, stars=pack.stars)


@plugin.command(role="admin")
async def gift(ctx: Ctx, client: int, reads: int, me: Session, grants: ReadsGrants) -> None:
    """Give."""
    await ctx.say("now {n}", n=await grants.grant(me, client, reads, key=ctx.key))


@plugin.pre_checkout
async def decide(query: PreCheckoutQuery, billing: Billing) -> PreCheckoutAnswer:
    refusal = await billing.decide(query)
    return AcceptPayment() if refusal is None else DeclinePayment(refusal.value)


@plugin.payment
async def paid(payment: PaymentReceived, billing: Billing) -> None:
    await billing.receive(payment)


@plugin.refund
async def refunded(refund: PaymentRefunded, billing: Billing) -> None:
    await billing.receive(refund)


@plugin.notice
async def told(ctx: Ctx, notice: LedgerNotice) -> None:
    if isinstance(notice, ReadsAdded):
        there = await ctx.to(notice.payment.user)
        await there.say("done, left {n}", n=notice.left)
'''


def seller(folder: Path) -> Path:
    """Write the plugin into a folder."""
    (folder / "seller.py").write_text(SELLER)
    return folder


def client_of(stage: Stage, email: str) -> ClientRow:
    """Make the client of an account, with 10 reads."""
    user = stage.api.database.users.find_by("email", email)
    assert user is not None
    return stage.api.database.add_client(user, name="Desk", available=10)


async def test_a_payment_becomes_reads_and_is_told(tmp_path: Path) -> None:
    """Who pays has the reads at the API, and hears so from the ledger."""
    async with Stage(seller(tmp_path), packs={1000: 50}) as stage:
        ann = await stage.signed_in("Ann")
        client = client_of(stage, "ann@example.com")
        await ann.says("/buy")
        result = await ann.pays()
        assert result.charge_id
        assert ann.sees("done, left 1,010")
        assert stage.api.database.clients.get(client.id).reads_available == 1010


async def test_a_notice_that_fails_is_told_again(tmp_path: Path) -> None:
    """A plugin that cannot speak now is asked again; nothing is lost, and it is told once."""
    broken = SELLER.replace("there = await", "raise ValueError; there = await")
    (tmp_path / "seller.py").write_text(broken)
    async with Stage(tmp_path, packs={1000: 50}) as stage:
        stage.may_fail = True
        ann = await stage.signed_in("Ann")
        client_of(stage, "ann@example.com")
        await ann.says("/buy")
        await ann.pays()
        assert not ann.sees("done")
        (tmp_path / "seller.py").write_text(SELLER)
        await stage.reload("seller")
        await stage.passes(200)
        assert [shown.text.plain for shown in ann.chat if "done" in shown.text.plain] == [
            "done, left 1,010"
        ]


def test_what_is_missing_is_named() -> None:
    """Prices without a login sell nothing, and say so; a login without prices is no wish to."""
    packs = (Pack(1000, 50),)
    assert BillingConfig().mode(is_bot=True) == "off"
    assert BillingConfig(packs=packs).missing(is_bot=True) == (MissingPart.ADMIN_LOGIN,)
    assert BillingConfig(admin_email="a@b.c").missing(is_bot=True) == ()
    assert BillingConfig("stars").missing(is_bot=False) == (
        MissingPart.BOT,
        MissingPart.PACKS,
        MissingPart.ADMIN_LOGIN,
    )


def test_a_link_is_no_stand_in_for_stars_that_were_asked_for() -> None:
    """Only who asked for nothing by name is given what is possible."""
    url = "https://pay.example.com/{client}"
    assert BillingConfig("stars", payments_url=url).mode(is_bot=True) == "off"
    assert BillingConfig(payments_url=url).mode(is_bot=True) == "link"
    assert BillingConfig("link").missing(is_bot=True) == (MissingPart.ADDRESS,)
