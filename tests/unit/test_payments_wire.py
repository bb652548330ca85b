"""Payments on Telegram's wire: what is sent and read, each type through its real bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from telethon import errors
from telethon.extensions import BinaryReader
from telethon.tl import functions, types

from sapp_bot.domain.answers import AcceptPayment, DeclinePayment
from sapp_bot.domain.replies import FileSource, Invoice, Send
from sapp_bot.domain.stars import RefundResult, StarsTransaction
from sapp_bot.domain.text import Rich
from sapp_bot.domain.updates import (
    PaymentReceived,
    PaymentRefunded,
    Person,
    PreCheckoutQuery,
)
from sapp_bot.telegram import outgoing
from sapp_bot.telegram.incoming import Reader
from sapp_bot.telegram.payments.requests import (
    invoice_request,
    page_of,
    transaction_request,
    transactions_request,
)
from sapp_bot.telegram.payments.stars import refund_result

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
ANN = types.InputPeerUser(7, 0)


def wired(value: Any) -> Any:
    """Give a value as it comes out of its bytes."""
    data = bytes(value)
    reader = BinaryReader(data)
    found = reader.tgread_object()
    assert reader.tell_position() == len(data)
    return found


def service(action: Any, **more: Any) -> Any:
    """Make the update of a service message in the chat with person 7."""
    message = types.MessageService(5, peer_id=types.PeerUser(7), date=AT, action=action, **more)
    return wired(types.UpdateNewMessage(message, pts=3, pts_count=1))


CHARGE = types.PaymentCharge("stx-1", "other")
PAID = types.MessageActionPaymentSentMe("XTR", 50, b"v1|o9", CHARGE)
BACK = types.MessageActionPaymentRefunded(types.PeerUser(99), "XTR", 50, CHARGE, payload=b"v1|o9")


def test_an_invoice_is_in_stars() -> None:
    """One price, no provider, a start parameter, and a button that pays."""
    request = wired(invoice_request(ANN, Invoice(7, "Tea", "A cup", b"\x00\xff", 50, "Pay ⭐"), 9))

    media = request.media
    assert (media.title, media.description, media.payload) == ("Tea", "A cup", b"\x00\xff")
    assert (media.invoice.currency, media.provider, media.provider_data.data) == (
        "XTR",
        None,
        "null",
    )
    assert [(p.label, p.amount) for p in media.invoice.prices] == [("Tea", 50)]
    assert media.start_param == "invoice"
    button = request.reply_markup.rows[0].buttons[0]
    assert (button.text, type(button.type)) == ("Pay ⭐", types.InlineButtonTypeBuy)
    assert (request.random_id, request.message) == (9, "")


def test_an_invoice_without_a_text_has_telegrams_own_button() -> None:
    """Telegram puts the price on it."""
    assert wired(invoice_request(ANN, Invoice(7, "Tea", "A cup", b"x", 50), 9)).reply_markup is None


def test_a_payment_is_let_through_or_refused_with_words() -> None:
    """A refusal carries its reason, cut to what is safe; a lone surrogate is replaced."""
    good = wired(outgoing.answer_request(5, AcceptPayment()))
    bad = wired(outgoing.answer_request(5, DeclinePayment(Rich("n\ud800o " * 200))))

    assert (good.query_id, good.success, good.error) == (5, True, None)
    assert (bool(bad.success), len(bad.error)) == (False, 255)
    assert bad.error.startswith("n\ufffdo ")


def test_a_pre_checkout_query_is_read() -> None:
    """Who, what, how much; the id answers it."""
    update = wired(types.UpdateBotPrecheckoutQuery(2**62, 7, b"v1|o9", "XTR", 50))

    query = Reader(lambda _: True).read(update)

    assert query == PreCheckoutQuery(Person(7), 2**62, b"v1|o9", 50)


@pytest.mark.parametrize("author", [7, 99])
def test_payments_and_refunds_are_read(author: int) -> None:
    """Telethon's NewMessage never sees them; a refund's message may be the bot's own."""
    reader = Reader(lambda message: not message.out)
    sender = types.PeerUser(author)

    paid = reader.read(service(PAID))
    back = reader.read(service(BACK, out=author != 7, from_id=sender))

    assert paid == PaymentReceived(Person(7), "stx-1", b"v1|o9", 50, AT)
    assert back == PaymentRefunded(Person(7), "stx-1", b"v1|o9", 50, AT)
    assert (paid.key, back.key) == ("paid:stx-1", "refunded:stx-1")
    assert (paid.chat_id, paid.private) == (7, True)


def test_a_payment_in_a_group_is_its_senders() -> None:
    """The words about it go to the private chat of who has paid."""
    message = types.MessageService(
        5, peer_id=types.PeerChat(3), date=AT, action=PAID, from_id=types.PeerUser(7)
    )
    update = wired(types.UpdateNewMessage(message, pts=3, pts_count=1))

    paid = Reader(lambda _: True).read(update)

    assert isinstance(paid, PaymentReceived)
    assert paid.chat_id == 7


def test_a_persons_account_is_paid_by_nobody() -> None:
    """What the owner of a userbot gets back from a shop is no refund of ours."""
    reader = Reader(lambda _: True, sells=False)

    assert reader.read(service(BACK)) is None
    assert reader.read(types.UpdateBotPrecheckoutQuery(1, 7, b"", "XTR", 5)) is None


def test_other_service_messages_are_nothing() -> None:
    """A pinned message is no payment."""
    assert Reader(lambda _: True).read(service(types.MessageActionPinMessage())) is None


def test_a_file_keeps_its_name() -> None:
    """It is a document with a name and the type that its end says."""
    reply = Send(7, Rich("Here"), file=FileSource("shop.Report", "{}", "report.csv"))
    media = outgoing.uploaded_file(3, b"a,b", "report.csv")

    request = wired(outgoing.media_request(ANN, reply, 9, media))

    assert request.message == "Here"
    assert request.media.mime_type == "text/csv"
    assert request.media.attributes[0].file_name == "report.csv"
    assert (request.media.file.parts, request.media.file.id, request.media.force_file) == (
        1,
        3,
        True,
    )


def test_the_list_is_asked_for_in_order() -> None:
    """Oldest first, and the offset is a number of rows."""
    request = wired(transactions_request(200, 500))
    row = wired(transaction_request("stx-1", is_refund=True))

    assert (request.offset, request.limit, request.ascending) == ("200", 100, True)
    assert (row.id[0].id, row.id[0].refund) == ("stx-1", True)


def test_rows_become_transactions() -> None:
    """A payment, its refund, and what is none of ours."""
    amount = types.StarsAmount
    peer = types.StarsTransactionPeer(types.PeerUser(7))
    status = wired(
        types.payments.StarsStatus(
            amount(40, 0),
            [],
            [],
            history=[
                types.StarsTransaction("stx-1", amount(50, 0), AT, peer, bot_payload=b"v1"),
                types.StarsTransaction("stx-1", amount(-50, 0), AT, peer, refund=True),
                types.StarsTransaction(
                    "w", amount(-9, 0), AT, types.StarsTransactionPeerFragment(), pending=True
                ),
                types.StarsTransaction("t", types.StarsTonAmount(5), AT, peer),
            ],
            next_offset="104",
        )
    )

    page = page_of(status, 100)

    assert page.transactions == (
        StarsTransaction("stx-1", 50, AT, person_id=7, payload=b"v1"),
        StarsTransaction("stx-1", -50, AT, is_refund=True, person_id=7),
        StarsTransaction("w", -9, AT, party="other", is_final=False, is_pending=True),
        StarsTransaction("t", 0, AT, person_id=7, is_final=False),
    )
    assert (page.next_offset, page.is_last) == (104, False)


def refusal(message: str) -> errors.BadRequestError:
    """Make the error that Telethon raises for a refusal it has no class for."""
    return errors.BadRequestError(None, message)


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (
            refusal("CHARGE_ALREADY_REFUNDED"),
            RefundResult("already_refunded", "CHARGE_ALREADY_REFUNDED"),
        ),
        (refusal("CHARGE_ID_INVALID"), RefundResult("refused", "CHARGE_ID_INVALID")),
        (refusal("BALANCE_TOO_LOW"), RefundResult("try_later", "BALANCE_TOO_LOW")),
        (errors.FloodWaitError(None, 17), RefundResult("try_later", "FLOOD", 17.0)),
        (errors.TimedOutError(None, "Timeout"), RefundResult("try_later", "Timeout")),
        (errors.UserIdInvalidError(None), RefundResult("refused", "UserIdInvalidError")),
        (TimeoutError(), RefundResult("try_later", "TimeoutError")),
        (ConnectionError(), RefundResult("try_later", "ConnectionError")),
        (errors.AuthKeyError(None, "PEER_FLOOD"), RefundResult("try_later", "PEER_FLOOD")),
    ],
)
def test_refusals_of_a_refund_are_outcomes(error: Exception, result: RefundResult) -> None:
    """By Telegram's text, as Telethon has no class for most; what is unknown is tried again."""
    found = refund_result(error)

    assert (found.outcome, found.wait_s) == (result.outcome, result.wait_s)
    assert found.reason.startswith(result.reason)
    assert found.is_done == (result.outcome == "already_refunded")


def test_requests_of_the_account_go_through_their_bytes() -> None:
    """The refund names the person by id alone."""
    request = wired(functions.payments.RefundStarsChargeRequest(types.InputUser(7, 0), "stx-1"))

    assert (request.user_id.user_id, request.charge_id) == (7, "stx-1")
