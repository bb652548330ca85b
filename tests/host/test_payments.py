"""Payments: asked about before, stored before all else, and handled until the plugin has them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sapp_bot.domain.answers import AcceptPayment
from sapp_bot.domain.stars import RefundResult
from sapp_bot.domain.updates import Message, PaymentReceived, PreCheckoutQuery
from sapp_bot.errors import PluginError, TelegramAway
from sapp_bot.host.pacing.intake import Intake, IntakeLimits
from sapp_bot.testing import Stage

from .live import life_of, states, write

SHOP = Path(__file__).with_name("shop.py")


@asynccontextmanager
async def selling(folder: Path, **more: Any) -> AsyncIterator[Stage]:
    """Run the bot with the shop alone."""
    shutil.copy(SHOP, folder / "shop.py")
    async with Stage(folder, **more) as stage:
        yield stage


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Stage]:
    """Run the bot with the shop alone."""
    async with selling(tmp_path) as stage:
        yield stage


async def test_a_person_pays_and_is_thanked(shop: Stage) -> None:
    """The invoice shows what is sold; the payment brings its payload back."""
    ann = shop.person("Ann", language="ru")
    await ann.says("/buy green 7")
    bill = ann.news[-1].invoice
    paid = await ann.pays()

    assert bill is not None
    assert (bill.title, bill.stars, bill.pay_text) == ("Чай", 7, "Pay ⭐")
    assert paid.is_paid
    assert ann.last == "Thanks for 7 Stars."
    await ann.says("/sold")
    assert ann.last == "green 7"


async def test_one_invoice_is_paid_twice(shop: Stage) -> None:
    """Two payments of one invoice are two payments, by whomever."""
    ann, bob = shop.person("Ann"), shop.person("Bob")
    await ann.says("/buy")
    first, second = await ann.pays(), await ann.pays()
    other = await bob.pays(ann.chat[-3] if ann.chat[-3].invoice else ann.chat[1])

    assert len({first.charge_id, second.charge_id, other.charge_id}) == 3
    await ann.says("/sold")
    assert ann.last == "tea 5, tea 5, tea 5"


async def test_a_payment_that_arrives_twice_is_handled_once(shop: Stage) -> None:
    """Telegram may repeat an update: its charge is known."""
    ann = shop.person("Ann")
    payment = PaymentReceived(ann.person, "stx-1", b"tea", 5, datetime(2020, 1, 1, tzinfo=UTC))
    await shop.take(payment)
    await shop.take(payment)

    assert [shown.text.plain for shown in ann.news] == ["Thanks for 5 Stars."]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("gone", "Sold out."),
        ("no", "Not for you, Ann."),
        ("raise", "I could not check this payment in time"),
        ("say", "I could not check this payment in time"),
        ("nothing", "I could not check this payment in time"),
    ],
)
async def test_what_fails_before_the_payment_refuses_it(
    shop: Stage, payload: str, reason: str
) -> None:
    """Nothing is charged unless the plugin says yes, and the person reads why."""
    shop.may_fail = True
    ann = shop.person("Ann")
    await ann.says(f"/buy {payload}")
    paid = await ann.pays()

    assert not paid.is_paid
    assert paid.reason.startswith(reason)
    assert shop.stars.rows == []


async def test_a_refusal_is_told_in_the_persons_language(shop: Stage) -> None:
    """A text is a message id here, too."""
    ann = shop.person("Ann", language="ru")
    await ann.says("/buy gone")

    assert (await ann.pays()).reason == "Распродано."


async def test_a_slow_decision_refuses_in_time(shop: Stage) -> None:
    """After five seconds the handler's time is over, and it counts as the plugin's failure."""
    shop.may_fail = True
    ann = shop.person("Ann")
    await ann.says("/buy hang")
    bill = ann.chat[-1].invoice
    assert bill is not None
    shop.bot.receive(PreCheckoutQuery(ann.person, 77, bill.payload, bill.stars))
    await asyncio.wait({asyncio.create_task(shop.bot.idle())}, timeout=0.05)
    await shop.clock.advance(4.9)
    early = dict(shop.room.checkouts)
    await shop.passes(0.2)

    assert early == {}
    assert "nothing was charged" in str(shop.room.checkouts[77])


async def test_no_shop_sells_nothing(tmp_path: Path) -> None:
    """Without a plugin that sells, a payment is refused; one that comes stays stored."""
    async with selling(tmp_path) as stage:
        stage.may_fail = True
        ann = stage.person("Ann")
        await ann.says("/buy")
        await stage.bot.plugins.set_enabled(life_of(stage, "shop"), on=False)
        refused = await ann.pays()
        payment = stage.stars.paid(ann.person, b"tea", 5)
        await stage.take(payment)
        assert ann.sees("Your payment has arrived and is safe")
        await stage.restart()
        await stage.bot.plugins.set_enabled(life_of(stage, "shop"), on=True)
        await stage.passes(120)

        assert refused.reason.startswith("I sell nothing at the moment")
        assert ann.sees("Thanks for 5 Stars.")
        await ann.says("/sold")
        assert ann.last == "tea 5"


async def test_a_question_waits_for_the_plugins_of_the_start(shop: Stage) -> None:
    """Who pays while the bot starts is not told that nothing is sold."""
    ann = shop.person("Ann")
    await ann.says("/buy")
    bill = ann.news[-1].invoice
    assert bill is not None
    shop.bot._registry.opened.clear()  # as before the plugins are loaded
    shop.bot.receive(PreCheckoutQuery(ann.person, 77, bill.payload, bill.stars))
    await asyncio.wait({asyncio.create_task(shop.bot.idle())}, timeout=0.05)
    early = dict(shop.room.checkouts)
    shop.bot._registry.opened.set()
    await shop.bot.idle()

    assert early == {}
    assert isinstance(shop.room.checkouts[77], AcceptPayment)


async def test_a_failing_handler_is_called_again(shop: Stage) -> None:
    """The payment stays stored, the person hears once that it is safe, and then gets the rest."""
    shop.may_fail = True
    ann = shop.person("Ann")
    await ann.says("/buy late")
    await ann.pays()
    assert ann.last == "Your payment has arrived and is safe. What you paid for follows by itself."
    await shop.passes(2)

    assert ann.last == "Thanks for 5 Stars."
    assert len(ann.news) == 2


async def test_a_crash_between_payment_and_handling_loses_nothing(shop: Stage) -> None:
    """What was stored is handled by the next process, once."""
    ann = shop.person("Ann")
    await ann.says("/buy")
    payment = shop.stars.paid(ann.person, b"tea", 5)
    await shop.store.payments.accept(payment)
    await shop.restart()
    await shop.take(payment)

    await ann.says("/sold")
    assert ann.last == "tea 5"


async def test_a_payment_that_ends_processes_is_not_given_up(shop: Stage) -> None:
    """The plugin rests, and then gets the payment again: it was paid for."""
    shop.may_fail = True
    ann = shop.person("Ann")
    shop.bot.receive(shop.stars.paid(ann.person, b"stuck", 5))
    for number in range(2):
        await asyncio.wait({asyncio.create_task(shop.bot.idle())}, timeout=0.2)
        await begun_anew(shop, number)
    await asyncio.wait({asyncio.create_task(shop.bot.idle())}, timeout=0.2)
    assert ann.sees("Your payment has arrived and is safe")
    resting = dict(states(shop))
    await shop.passes(700)
    await ann.says("/sold")

    assert resting["shop"] == "quarantined"
    assert ann.last == "stuck 5"


async def begun_anew(stage: Stage, number: int) -> None:
    """Crash and start, as another process does, without waiting for what hangs."""
    await stage._end()
    stage.store.payments._scripts.token = f"process-{number}"
    await stage._begin()


async def test_payments_do_not_wait_behind_messages(tmp_path: Path) -> None:
    """A hanging command, a full queue and a rate limit hold up no payment."""
    source = SHOP.read_text("utf-8") + (
        '\n\n@plugin.command\nasync def hang(ctx: Ctx) -> None:\n    """Hang."""\n'
        "    await asyncio.Event().wait()\n"
    )
    write(tmp_path, "shop", source)
    async with Stage(tmp_path, messages_per_minute=1) as stage:
        ann = stage.person("Ann")
        stage.bot.receive(Message(ann.person, ann.chat_id, 1, "/hang", stage.clock.now()))
        payments = [stage.stars.paid(ann.person, b"tea", 5) for _ in range(5)]
        for payment in payments:
            stage.bot.receive(payment)
        async with asyncio.timeout(10):
            while stage.room.deliveries < len(payments):
                await asyncio.sleep(0)

        assert [shown.text.plain for shown in ann.news] == ["Thanks for 5 Stars."] * 5
        await stage.passes(20)


async def test_no_payment_is_turned_away(shop: Stage) -> None:
    """Neither memory nor Redis has a limit for them, as each was paid."""
    ann = shop.person("Ann")
    intake = Intake(IntakeLimits(waiting=1, per_minute=1), shop.clock)
    payments = [shop.stars.paid(ann.person, b"tea", 5) for _ in range(60)]

    assert all(intake.admit(payment) for payment in payments)
    assert not any([(await shop.store.payments.accept(payment)).full for payment in payments])


async def test_the_bot_returns_a_payment(shop: Stage) -> None:
    """The refund arrives at its handler like one from outside; a second one is done already."""
    ann = shop.person("Ann")
    await ann.says("/buy")
    paid = await ann.pays()
    await ann.says(f"/back {paid.charge_id}")

    assert ann.sees("refunded")
    assert ann.sees("5 Stars are yours again.")
    await ann.says(f"/back {paid.charge_id}")
    assert ann.last == "already_refunded CHARGE_ALREADY_REFUNDED"
    await ann.says("/till")
    assert ann.last == "0: +5, -5"
    await ann.says("/sold")
    assert ann.last == "tea 5 back"


async def test_a_chargeback_is_heard_of(shop: Stage) -> None:
    """Money that was taken back from outside reaches the same handler."""
    ann = shop.person("Ann")
    await ann.says("/buy")
    paid = await ann.pays()
    await shop.charge_back(paid.charge_id)

    assert ann.sees("5 Stars are yours again.")


async def test_a_test_can_refuse_refunds(shop: Stage) -> None:
    """What Telegram answers is the test's to say, and errors reach the plugin as ours."""
    ann = shop.person("Ann")
    await ann.says("/buy")
    paid = await ann.pays()
    shop.stars.refusals = [RefundResult("try_later", wait_s=5)]
    await ann.says(f"/back {paid.charge_id}")
    assert ann.last.startswith("try_later")
    shop.stars.away = TelegramAway("away")
    await ann.says("/till")

    assert not ann.sees("5: +5")
    assert len(ann.news) == 1


async def test_a_persons_account_sells_nothing(tmp_path: Path) -> None:
    """In user mode there are no invoices and no Stars, and both are said in words."""
    async with selling(tmp_path, mode="user") as stage:
        owner = stage.owner()
        await owner.says("/buy")
        assert owner.sees("I sell nothing here.")
        await owner.says("/till")

        assert owner.sees("only bots can")


async def test_a_file_arrives(shop: Stage) -> None:
    """Its bytes are made when it is sent; the reply in Redis only names them."""
    ann = shop.person("Ann")
    await ann.says("/csv")
    file = ann.news[-1].file

    assert ann.last == "Your report:"
    assert file is not None
    assert (file.name, file.text) == ("report.csv", "what,stars\r\ntea,5\r\nчай,7")


@pytest.mark.parametrize("fault", ["raise", "text"])
async def test_a_file_that_cannot_be_written_is_excused(shop: Stage, fault: str) -> None:
    """The text comes alone, and says that something is missing."""
    shop.may_fail = True
    ann = shop.person("Ann")
    await ann.says(f"/csv {fault}")

    assert ann.news[-1].file is None
    assert ann.last == (
        "Your report:\nI could not show that. The operators of this bot can see why."
    )


SALES = """
@plugin.pre_checkout
async def ask(query: PreCheckoutQuery) -> PreCheckoutAnswer:
    return AcceptPayment()


@plugin.payment
async def got(payment: PaymentReceived) -> None:
    pass


@plugin.refund
async def went(refund: PaymentRefunded) -> None:
    pass
"""

IMPORTS = """from sapp_bot import *
from sapp_bot import AcceptPayment, Ctx, File, PaymentReceived, PaymentRefunded, Plugin
from sapp_bot import PreCheckoutAnswer, PreCheckoutQuery
from sapp_bot.services import Session

plugin = Plugin(version="1.0")
"""


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (SALES.partition("@plugin.refund")[0], "@plugin.refund is missing"),
        (SALES + SALES, "@plugin.pre_checkout is there already"),
        (SALES.replace("payment: PaymentReceived", ""), "add a parameter `paid: PaymentReceived`"),
        (SALES.replace("payment: P", "n: int, payment: P"), "no form, no button and no text"),
        (SALES.replace("payment: P", "s: Session, payment: P"), "write `Session | None`"),
        (SALES.replace("async def ask", "def ask"), "write it as `async def`"),
        (
            "@plugin.command\nasync def x(q: PaymentReceived):\n    'X.'\n",
            "comes to @plugin.payment",
        ),
        (
            "class A(File):\n    pass\n@plugin.command\nasync def x(a: A):\n    'X.'\n",
            "@plugin.file",
        ),
        (
            "@plugin.file\nasync def x() -> bytes:\n    return b''\n",
            "one parameter of a class below",
        ),
    ],
)
async def test_a_wrong_declaration_is_refused(tmp_path: Path, source: str, why: str) -> None:
    """`check` and the host say what to write instead."""
    write(tmp_path, "good", IMPORTS)
    async with Stage(tmp_path) as stage:
        stage.may_fail = True
        write(tmp_path, "good", IMPORTS + source)
        with pytest.raises(PluginError, match=why.replace("|", r"\|")):
            await stage.reload("good")


async def test_two_plugins_cannot_sell(tmp_path: Path) -> None:
    """Nothing says whose a payment is, so the second one is refused."""
    write(tmp_path, "first", IMPORTS + SALES)
    write(tmp_path, "second", IMPORTS)
    async with Stage(tmp_path) as stage:
        stage.may_fail = True
        write(tmp_path, "second", IMPORTS + SALES)
        with pytest.raises(PluginError, match="taken by first and by second"):
            await stage.reload("second")
