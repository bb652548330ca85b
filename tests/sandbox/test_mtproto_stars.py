"""Telegram Stars of the local Telegram, with unmodified Telethon on both sides."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from telethon import errors
from telethon.tl import functions, types

from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.telegram.connect import make_client
from sapp_bot.sandbox.telegram.refusal import RpcError
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account

from .buyer import Seller, invoice_media, pays


@pytest.fixture
async def seller(bot: Any, ann: SimulatedUser, telegram: TelegramServer) -> Seller:
    """Give a bot that sells to Ann, who has 100 Stars."""
    telegram.give_stars(ann.account, 100)
    await ann.say("/start")
    return Seller(bot, ann.account.id)


async def billed(seller: Seller, ann: SimulatedUser) -> Any:
    """Send an invoice to Ann; give it as she names it."""
    await seller.sends()
    box = [m async for m in ann.client.iter_messages(ann.bot.username, limit=1)]
    return types.InputInvoiceMessage(await ann.client.get_input_entity(ann.bot.username), box[0].id)


async def refused(call: Any) -> str:
    """Give Telegram's name for a refusal."""
    with pytest.raises(errors.RPCError) as caught:
        await call
    error: Any = caught.value
    names: dict[str, Any] = errors.rpcerrorlist.rpc_errors_dict
    known = next((n for n, kind in names.items() if kind is type(error)), "")
    return str(known or error.message)


async def status(client: Any) -> Any:
    """Ask for a balance."""
    return await client(functions.payments.GetStarsStatusRequest(types.InputPeerSelf()))


async def listed(client: Any, offset: str = "", limit: int = 100, **more: Any) -> Any:
    """Ask for transactions."""
    return await client(
        functions.payments.GetStarsTransactionsRequest(
            types.InputPeerSelf(), offset, limit, **{"ascending": True, **more}
        )
    )


async def test_a_person_pays(seller: Seller, ann: SimulatedUser, telegram: TelegramServer) -> None:
    """The bot is asked, both get a service message, and the Stars have moved."""
    bill = await billed(seller, ann)
    form = await ann.client(functions.payments.GetPaymentFormRequest(bill))
    await pays(ann, bill)
    await asyncio.wait_for(_until(lambda: seller.services), 5)

    (query,), action = seller.queries, seller.services[0].action
    assert isinstance(form, types.payments.PaymentFormStars)
    assert (query.payload, query.currency, query.total_amount) == (b"v1", "XTR", 5)
    assert (action.total_amount, action.payload) == (5, b"v1")
    assert seller.services[0].peer_id.user_id == ann.account.id
    assert (await status(ann.client)).balance.amount == 95
    assert (await status(seller.bot)).balance.amount == 5
    row = (await listed(seller.bot)).history[0]
    assert (row.id, row.bot_payload, row.peer.peer.user_id) == (
        action.charge.id,
        b"v1",
        ann.account.id,
    )
    assert telegram.crashes == []


async def _until(met: Any) -> None:
    while not met():
        await asyncio.sleep(0)


async def test_one_invoice_is_paid_twice(seller: Seller, ann: SimulatedUser) -> None:
    """Each payment has a charge of its own; a form pays once."""
    bill = await billed(seller, ann)
    form = await ann.client(functions.payments.GetPaymentFormRequest(bill))
    await ann.client(functions.payments.SendStarsFormRequest(form.form_id, bill))
    again = ann.client(functions.payments.SendStarsFormRequest(form.form_id, bill))
    assert await refused(again) == "FORM_EXPIRED"
    await pays(ann, bill)

    rows = (await listed(seller.bot)).history
    assert len({row.id for row in rows}) == 2
    assert [row.amount.amount for row in rows] == [5, 5]


async def test_a_refused_payment_charges_nothing(seller: Seller, ann: SimulatedUser) -> None:
    """The person reads why in a pop-up, and keeps the Stars."""
    seller.words = "Sold out."
    bill = await billed(seller, ann)

    assert await refused(pays(ann, bill)) == "BOT_PRECHECKOUT_FAILED"
    assert (await status(ann.client)).balance.amount == 100
    assert (await listed(seller.bot)).history is None


async def test_a_silent_bot_is_paid_nothing(
    seller: Seller, ann: SimulatedUser, telegram: TelegramServer
) -> None:
    """After ten seconds the payment is cancelled; a later word is refused."""
    over, asked = asyncio.Event(), []

    async def sleep(seconds: float) -> None:
        asked.append(seconds)
        await over.wait()

    telegram.world.stars.sleep = sleep
    seller.words = ""
    bill = await billed(seller, ann)
    paying = asyncio.create_task(pays(ann, bill))
    await asyncio.wait_for(_until(lambda: seller.queries), 5)
    over.set()

    assert await refused(paying) == "BOT_PRECHECKOUT_TIMEOUT"
    assert asked == [10.0]
    seller.words = None
    assert await refused(seller.decide(seller.queries[0].query_id)) == "QUERY_ID_INVALID"
    assert (await status(ann.client)).balance.amount == 100


async def test_too_few_stars(seller: Seller, ann: SimulatedUser, telegram: TelegramServer) -> None:
    """The bot is not even asked."""
    telegram.give_stars(ann.account, -96)
    bill = await billed(seller, ann)

    assert await refused(pays(ann, bill)) == "BALANCE_TOO_LOW"
    assert seller.queries == []


async def test_a_refund_returns_the_stars_once(seller: Seller, ann: SimulatedUser) -> None:
    """A second one is refused by a name that Telethon has no class for."""
    await pays(ann, await billed(seller, ann))
    (row,) = (await listed(seller.bot)).history
    user = types.InputUser(ann.account.id, 0)
    refund = functions.payments.RefundStarsChargeRequest(user, row.id)
    result = await seller.bot(refund)

    assert isinstance(result.updates[0].message.action, types.MessageActionPaymentRefunded)
    assert (await status(ann.client)).balance.amount == 100
    assert await refused(seller.bot(refund)) == "CHARGE_ALREADY_REFUNDED"
    unknown = functions.payments.RefundStarsChargeRequest(user, "stx")
    assert await refused(seller.bot(unknown)) == "CHARGE_ID_INVALID"
    rows = (await listed(seller.bot)).history
    assert [(r.id, r.amount.amount, bool(r.refund)) for r in rows] == [
        (row.id, 5, False),
        (row.id, -5, True),
    ]


async def test_the_list_has_pages(seller: Seller, ann: SimulatedUser) -> None:
    """Oldest first, by a number of rows to skip; by id a row or its refund, or a refusal."""
    bill = await billed(seller, ann)
    for _ in range(3):
        await pays(ann, bill)
    first = await listed(seller.bot, "", 2)
    second = await listed(seller.bot, first.next_offset, 2)
    newest = await listed(seller.bot, ascending=None)
    ids = [row.id for row in (*first.history, *second.history)]

    assert (first.next_offset, len(second.history), second.next_offset) == ("2", 1, None)
    assert [row.id for row in newest.history] == ids[::-1]

    def by_id(name: str, *, refund: bool) -> Any:
        row = types.InputStarsTransaction(name, refund=refund or None)
        request = functions.payments.GetStarsTransactionsByIDRequest(types.InputPeerSelf(), [row])
        return seller.bot(request)

    assert (await by_id(ids[1], refund=False)).history[0].id == ids[1]
    assert await refused(by_id(ids[1], refund=True)) == "TRANSACTION_ID_INVALID"
    assert await refused(by_id("stx", refund=False)) == "TRANSACTION_ID_INVALID"


async def test_a_chargeback_takes_the_stars_away(
    seller: Seller, ann: SimulatedUser, telegram: TelegramServer, bot_account: Account
) -> None:
    """From outside, once, and also when the bot has none left."""
    await pays(ann, await billed(seller, ann))
    (row,) = (await listed(seller.bot)).history
    telegram.give_stars(bot_account, -5)
    telegram.charge_back(bot_account, row.id)
    await asyncio.wait_for(_until(lambda: len(seller.services) == 2), 5)

    assert isinstance(seller.services[1].action, types.MessageActionPaymentRefunded)
    assert (await status(seller.bot)).balance.amount == -5
    with pytest.raises(RpcError, match="CHARGE_ALREADY_REFUNDED"):
        telegram.charge_back(bot_account, row.id)


async def test_a_link_can_be_paid(seller: Seller, ann: SimulatedUser) -> None:
    """An exported invoice is named by its slug."""
    media = invoice_media()
    link = await seller.bot(functions.payments.ExportInvoiceRequest(media))
    await pays(ann, types.InputInvoiceSlug(link.url.rpartition("$")[2]))

    assert (await status(seller.bot)).balance.amount == 5


async def test_the_difference_has_the_payment_and_not_the_question(
    seller: Seller, ann: SimulatedUser, telegram: TelegramServer, bot_account: Account
) -> None:
    """A bot that was away catches up on service messages; a query is never repeated."""
    bill = await billed(seller, ann)
    state = await seller.bot(functions.updates.GetStateRequest())
    await pays(ann, bill)
    other = make_client(telegram, telegram.ready_key(bot_account, 1))
    await other.connect()
    found = await other(functions.updates.GetDifferenceRequest(state.pts, state.date, 0))
    await other.disconnect()

    assert [type(m.action) for m in found.new_messages] == [types.MessageActionPaymentSentMe]
    assert found.other_updates == []


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"currency": "XTS"}, "PAYMENT_PROVIDER_INVALID"),
        ({"provider": "stripe"}, "PAYMENT_PROVIDER_INVALID"),
        ({"prices": [1, 2]}, "STARS_INVOICE_INVALID"),
        ({"prices": [0]}, "STARS_INVOICE_INVALID"),
        ({"tip": 5}, "STARS_INVOICE_INVALID"),
        ({"payload": b""}, "INVOICE_PAYLOAD_INVALID"),
        ({"payload": b"x" * 129}, "INVOICE_PAYLOAD_INVALID"),
        ({"title": "x" * 33}, "STARS_INVOICE_INVALID"),
        ({"description": "x" * 256}, "STARS_INVOICE_INVALID"),
        ({"start": "a:b"}, "START_PARAM_INVALID"),
    ],
)
async def test_an_invoice_keeps_to_the_limits(
    seller: Seller, changed: dict[str, Any], refusal: str
) -> None:
    """With the real one's names, of which Telethon knows only some."""
    assert await refused(seller.sends(**changed)) == refusal


async def test_a_person_sends_no_invoice(ann: SimulatedUser) -> None:
    """Only bots sell."""
    peer = await ann.client.get_input_entity(ann.bot.username)
    request = functions.messages.SendMediaRequest(peer, invoice_media(), "", random_id=1)

    with pytest.raises(errors.UserBotRequiredError):
        await ann.client(request)
