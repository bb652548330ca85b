"""What an invoice carries comes back as it was, and nothing else passes for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapp_bot.ledger.books.payload import MOST_BYTES, read_payload, write_payload
from sapp_bot.ledger.values import MOST_READS, PaymentPayload
from sapp_bot.store.key_ring import KeyRing, make_key
from tests.ledger.subjects import KEY, SIGNER

ORDER = PaymentPayload(client=7, reads=1000, base=250, order="0123456789abcdef")

payloads = st.builds(
    PaymentPayload,
    client=st.integers(1, 2**63 - 1),
    reads=st.integers(1, MOST_READS),
    base=st.integers(0, MOST_READS),
    order=st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=32),
)


@given(payloads)
def test_it_comes_back(payload: PaymentPayload) -> None:
    """Whatever an order says fits into Telegram's 128 bytes and is read back as it was."""
    data = write_payload(payload, SIGNER)

    assert len(data) <= MOST_BYTES
    assert read_payload(data, SIGNER) == payload


@given(payloads, st.data())
def test_a_changed_byte_is_found_out(payload: PaymentPayload, draw: st.DataObject) -> None:
    """No byte can be changed."""
    data = bytearray(write_payload(payload, SIGNER))
    at = draw.draw(st.integers(0, len(data) - 1))
    data[at] = (data[at] + draw.draw(st.integers(1, 255))) % 256
    found = read_payload(bytes(data), SIGNER)

    # The last sign of 11 in base64 carries two bits that say nothing.
    assert found is None or (found == payload and at == len(data) - 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"sub:1",
        b"v1|c7|r1000|b250|oabc|AAAAAAAAAAA",
        b"v2|c7|r1000|b250|oabc|AAAAAAAAAAA",
        b"v1|c0|r1000|b250|oabc|AAAAAAAAAAA",
        "v1|c٧|r1000|b250|oabc|AAAAAAAAAAA".encode(),
        b"v1|" * 50,
        b"\xff\xfe",
    ],
)
def test_what_is_not_ours_is_nothing(data: bytes) -> None:
    """Other payloads, other digits and rubbish are read as nothing, without an error."""
    assert read_payload(data, SIGNER) is None


def test_a_button_is_no_payload() -> None:
    """What the same keys sign for buttons does not pass for a payment."""
    bare = write_payload(ORDER, SIGNER).rpartition(b"|")[0] + b"|"

    class Plain:
        def sign(self, data: bytes) -> bytes:
            return SIGNER.sign(bare)

        def verify(self, data: bytes, tag: bytes) -> bool:
            return SIGNER.verify(data, tag)

    assert read_payload(write_payload_with(Plain()), SIGNER) is None


def write_payload_with(signer: object) -> bytes:
    """Write the order's payload by another signer."""
    return write_payload(ORDER, signer)  # type: ignore[arg-type]  # it has what is asked for


def test_an_older_key_still_reads() -> None:
    """A payload that was signed with an older key of the ring counts."""
    assert read_payload(write_payload(ORDER, SIGNER), KeyRing([make_key(), KEY])) == ORDER
    assert read_payload(write_payload(ORDER, SIGNER), KeyRing([make_key()])) is None


@pytest.mark.parametrize(
    "wrong",
    [
        PaymentPayload(0, 1000, 0, "a"),
        PaymentPayload(7, 0, 0, "a"),
        PaymentPayload(7, MOST_READS + 1, 0, "a"),
        PaymentPayload(7, 1, -1, "a"),
        PaymentPayload(7, 1, 0, ""),
        PaymentPayload(7, 1, 0, "A|B"),
        PaymentPayload(7, 1, 0, "a" * 33),
    ],
)
def test_what_cannot_be_read_back_is_not_written(wrong: PaymentPayload) -> None:
    """An order whose numbers are out of range has no payload."""
    with pytest.raises(ValueError, match="in range"):
        write_payload(wrong, SIGNER)
