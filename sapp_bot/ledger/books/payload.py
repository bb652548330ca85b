"""Writes what an invoice carries, and reads it back: a MAC finds out what was not ours.

    v1|c7|r1000|b250|o3f2a...|<MAC>

All that crediting needs, so that a payment counts also when Redis has lost its order. Telegram
hands the payload back with the payment and in its list of transactions. It takes 1 to 128 bytes.
Source: https://core.telegram.org/constructor/inputMediaInvoice and
https://core.telegram.org/bots/api#sendinvoice, `payload`.
"""

from __future__ import annotations

import base64
import binascii
import re

from sapp_bot.domain.ports import Signer
from sapp_bot.ledger.values import MOST_READS, PaymentPayload

MOST_BYTES = 128

_TAG_BYTES = 8
"""64 bits: nobody but the bot can set a payload, so that this guards against mistakes first."""

_PURPOSE = b"sapp payment 1\0"
"""The same keys sign buttons: what is signed here must never pass for one."""

_FORM = re.compile(rb"v1\|c(\d{1,19})\|r(\d{1,16})\|b(\d{1,16})\|o([0-9a-z]{1,32})\|([\w-]{11})")

_LARGEST_ID = 2**63 - 1


def write_payload(payload: PaymentPayload, signer: Signer) -> bytes:
    """Return the bytes that an invoice carries, at most 128.

    Raises:
        ValueError: a number is out of range, or the order's id has other signs than 0-9 and a-z.

    """
    bare = f"v1|c{payload.client}|r{payload.reads}|b{payload.base}|o{payload.order}".encode() + b"|"
    tag = base64.urlsafe_b64encode(signer.sign(_PURPOSE + bare)[:_TAG_BYTES]).rstrip(b"=")
    data = bare + tag
    if _numbers(data) != payload:
        raise ValueError("a payload of an order must have numbers in range")
    return data


def read_payload(data: bytes, signer: Signer) -> PaymentPayload | None:
    """Return what a payload says; None when it is not one that we wrote."""
    found = _numbers(data)
    if found is None:
        return None
    bare, _, tag = data.rpartition(b"|")
    try:
        mac = base64.urlsafe_b64decode(tag + b"=")
    except binascii.Error:
        return None
    return found if signer.verify(_PURPOSE + bare + b"|", mac) else None


def _numbers(data: bytes) -> PaymentPayload | None:
    match = _FORM.fullmatch(data) if len(data) <= MOST_BYTES else None
    if match is None:
        return None
    client, reads, base = int(match[1]), int(match[2]), int(match[3])
    if not (0 < client <= _LARGEST_ID and 0 < reads <= MOST_READS and base <= MOST_READS):
        return None
    return PaymentPayload(client, reads, base, match[4].decode())
