"""From /buy to the reads, in both languages, and what is said where nothing is sold."""

from __future__ import annotations

from sapp_bot.billing.config import BillingConfig
from sapp_bot.testing import Stage
from tests.plugins.billing.shop import OPERATOR, PLUGINS, buyer, buys, client_of, shop
from tests.redis_server import RedisServer


async def test_a_pack_becomes_reads() -> None:
    """Packs with their prices, an invoice, a payment, and the new number of reads."""
    async with shop() as stage:
        ann = await buyer(stage)
        await ann.says("/buy")
        assert ann.sees("Reads for client “desk”: 10 are left")
        assert ann.sees("1,000 reads for 50 Stars: 50 ⭐ per 1,000 reads")
        assert ann.sees("5,000 reads for 200 Stars: 40 ⭐ per 1,000 reads")
        await ann.presses("5,000 reads · 200 ⭐")
        assert (await ann.pays()).is_paid
        assert ann.sees("Done: +5,000 reads. Left: 5,010.")
        assert client_of(stage).reads_available == 5010
        assert ann.labels() == ["My client", "Payments", "Help with payments", "‹ Home"]


async def test_the_whole_of_it_in_russian() -> None:
    """Somebody who reads Russian reads Russian from the pack_list to the receipt."""
    async with shop() as stage:
        ann = await buyer(stage, language="ru")
        await ann.says("/make_payment")
        assert ann.sees("Запросы для клиента «desk»: осталось 10")
        await ann.presses("1\xa0000 запросов · 50 ⭐")
        assert (await ann.pays()).is_paid
        assert ann.sees("Готово: +1\xa0000 запросов. Осталось: 1\xa0010.")
        await ann.presses("Платежи")
        assert ann.sees("1 платёж")
        assert ann.sees("✅ выполнен")


async def test_who_is_not_logged_in_is_led_to_the_login() -> None:
    """Reads are a client's, and a client is an account's."""
    async with shop() as stage:
        ann = stage.person("Ann")
        await ann.says("/buy")
        assert ann.sees("/login")


async def test_where_nothing_is_sold_people_have_somebody_to_ask() -> None:
    """No dead link: whom to ask; operators read what is missing."""
    async with Stage(only=PLUGINS, admins=frozenset({OPERATOR}), support="@help") as stage:
        ann = await buyer(stage)
        await ann.says("/buy")
        assert ann.sees("Reads cannot be bought here.")
        assert ann.sees("@help")
        assert not ann.sees("SAPP_")
        assert ann.labels() == ["My client", "‹ Home"]


async def test_an_operator_reads_what_is_missing() -> None:
    """Stars were asked for by name, and three things lack two."""
    stars = BillingConfig("stars")
    async with Stage(only=PLUGINS, admins=frozenset({OPERATOR}), billing=stars) as stage:
        olga = stage.person("Olga", id=OPERATOR)
        await olga.says("/buy")
        assert olga.sees("SAPP_BILLING_PACKS is not set")
        assert olga.sees("SAPP_ADMIN_EMAIL")
        await olga.says("/billing")
        assert olga.sees("this bot keeps no ledger")


async def test_where_payments_are_not_safe_nothing_is_offered(redis_server: RedisServer) -> None:
    """A Redis that may lose them: no packs, no invoice; the operator reads what to set."""
    redis_server.call("CONFIG", "SET", "appendonly", "no")
    try:
        async with shop(redis_url=redis_server.url) as stage:
            olga, ann = stage.person("Olga", id=OPERATOR), await buyer(stage)
            await ann.says("/buy")
            assert ann.sees("Nothing can be sold at present")
            assert not ann.sees("SAPP_")
            assert not ann.sees("appendonly")
            assert ann.labels() == ["Try again", "Payments", "‹ Home"]
            await stage.signed_in("Ben")
            await olga.says("/billing")
            assert olga.sees("Payments: nothing can be sold. What is missing:")
            assert olga.sees("set appendonly yes")
    finally:
        redis_server.call("CONFIG", "SET", "appendonly", "yes")


async def test_where_redis_does_not_say_nothing_is_offered(redis_server: RedisServer) -> None:
    """It may keep payments or not: nothing is sold, and the operator reads what to allow."""
    redis_server.call("ACL", "SETUSER", "narrow", "on", ">pw", "~*", "+@all", "-info", "-config")
    try:
        async with shop(redis_url=redis_server.url.replace("//", "//narrow:pw@")) as stage:
            olga, ann = stage.person("Olga", id=OPERATOR), await buyer(stage)
            await ann.says("/buy")
            assert ann.sees("Nothing can be sold at present")
            assert not ann.sees("SAPP_")
            await olga.says("/billing")
            assert olga.sees("Payments: nothing can be sold. What is missing:")
            assert olga.sees("allow its user +info or +config|get, or set SAPP_REDIS_DURABLE=yes")
    finally:
        redis_server.call("ACL", "DELUSER", "narrow")


async def test_a_link_names_the_client() -> None:
    """In link mode people are led to a page of their client's own."""
    link = BillingConfig(payments_url="https://pay.example.com/clients/{client}")
    async with Stage(only=PLUGINS, billing=link) as stage:
        ann = await buyer(stage)
        await ann.says("/buy")
        assert ann.sees("paid for on a web page")
        keys = [key for shown in ann.news for row in shown.rows for key in row]
        number = client_of(stage).id
        assert f"https://pay.example.com/clients/{number}" in [getattr(k, "url", "") for k in keys]


async def test_a_userbot_leads_to_the_bot_that_sells() -> None:
    """A person's own account cannot sell."""
    seller = BillingConfig(seller="sapp_shop_bot")
    async with Stage(only=PLUGINS, mode="user", billing=seller) as stage:
        ann = await buyer(stage)
        await ann.says("/buy")
        assert ann.sees("@sapp_shop_bot")
        assert ann.sees("https://t.me/sapp_shop_bot?start=buy")


async def test_receipts_and_terms() -> None:
    """Each payment has its receipt; the terms can be read before."""
    async with shop() as stage:
        ann = await buyer(stage)
        await ann.says("/payments")
        assert ann.sees("You have paid nothing yet.")
        charge = await buys(ann)
        await buys(ann)
        await ann.says("/payments")
        assert ann.sees("2 payments")
        await ann.presses("Receipt 1")
        assert ann.sees(charge)
        assert ann.sees("✅ done")
        await ann.says("/terms")
        assert ann.sees("/paysupport")
        await ann.says("/paysupport")
        assert ann.sees("Telegram's own support cannot help")


async def test_many_payments_have_pages() -> None:
    """The newest come first, five a page, and each keeps its number."""
    async with shop() as stage:
        ann = await buyer(stage)
        for _ in range(6):
            await buys(ann)
            await stage.passes(61)
        await ann.says("/payments")
        assert "Receipt 6" in ann.labels()
        assert "Receipt 1" not in ann.labels()
        await ann.presses("Older ›")
        assert "Receipt 1" in ann.labels()
        await ann.presses("‹ Newer")
        assert "Receipt 6" in ann.labels()
