"""The ring of secret keys: sealing for a place, rotation, signing, and clear complaints."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from sapp_bot.errors import ConfigError
from sapp_bot.store.key_ring import CannotDecrypt, KeyRing, make_key


def test_a_sealed_text_opens_at_its_place() -> None:
    """What goes in comes out, and nothing of it shows in between."""
    key_ring = KeyRing([make_key()])

    blob = key_ring.seal(b"password\n\0\xff", "session:1")

    assert b"password" not in blob
    assert key_ring.open(blob, "session:1") == b"password\n\0\xff"


@pytest.mark.parametrize("place", ["session:2", "session:11", "session:", "forms:1", ""])
def test_a_blob_does_not_open_at_another_place(place: str) -> None:
    """A blob copied under another name of Redis is refused."""
    key_ring = KeyRing([make_key()])

    with pytest.raises(CannotDecrypt, match="at its place"):
        key_ring.open(key_ring.seal(b"token", "session:1"), place)


def test_what_an_older_version_has_sealed_still_opens_at_its_place() -> None:
    """Up to 2026-11 values were Fernet tokens with their place in front; an upgrade reads them."""
    old, new = make_key(), make_key()
    token = Fernet(old).encrypt(b"session:1\0token")
    key_ring = KeyRing([new, old])

    assert key_ring.open(token, "session:1") == b"token"
    with pytest.raises(CannotDecrypt, match="another place"):
        key_ring.open(token, "session:2")


def test_the_same_text_is_never_sealed_alike() -> None:
    """Nobody who reads Redis sees that two values are equal: neither now nor after a restart."""
    key = make_key()
    rings = KeyRing([key]), KeyRing([key])
    blobs = {ring.seal(b"token", "p") for ring in rings for _ in range(50)}

    assert len({blob[1:29] for blob in blobs}) == 100, "no salt and nonce comes twice"
    assert len({blob[29:] for blob in blobs}) == 100


def test_a_damaged_or_foreign_blob_does_not_open() -> None:
    """Cut short, changed, empty or sealed by somebody else: refused alike."""
    key_ring = KeyRing([make_key()])
    blob = key_ring.seal(b"token", "p")
    changed = blob[:40] + (b"A" if blob[40:41] != b"A" else b"B") + blob[41:]

    for bad in (
        blob[:-1],
        blob[:20],
        blob[:10],
        blob[:1],
        changed,
        b"",
        b"token",
        KeyRing([make_key()]).seal(b"t", "p"),
    ):
        with pytest.raises(CannotDecrypt):
            key_ring.open(bad, "p")


def test_an_old_key_still_opens_and_the_new_one_seals() -> None:
    """With a new key in front, what was stored stays readable; what is new needs only the new."""
    old, new = make_key(), make_key()
    blob = KeyRing([old]).seal(b"token", "p")
    both = KeyRing([new, old])

    assert both.open(blob, "p") == b"token"
    assert KeyRing([new]).open(both.seal(b"more", "p"), "p") == b"more"
    with pytest.raises(CannotDecrypt):
        KeyRing([new]).open(blob, "p")


def test_a_tag_holds_for_its_data_and_any_key_of_the_ring() -> None:
    """The newest key signs; buttons made under the one before still hold."""
    old, new = make_key(), make_key()
    tag = KeyRing([old]).sign(b"press")

    assert len(tag) == 32
    assert KeyRing([new, old]).verify(b"press", tag)
    assert KeyRing([new, old]).verify(b"press", tag[:8])
    assert not KeyRing([new]).verify(b"press", tag)
    assert not KeyRing([old]).verify(b"other", tag)


@pytest.mark.parametrize("length", [0, 1, 5, 33])
def test_a_tag_that_is_too_short_or_too_long_is_refused(length: int) -> None:
    """Whoever forges a button cannot choose a length that is guessed."""
    key_ring = KeyRing([make_key()])
    tag = (key_ring.sign(b"press") + b"\0")[:length]

    assert not key_ring.verify(b"press", tag)


def test_signing_and_naming_keys_differ_from_the_sealing_key() -> None:
    """Each purpose has its own derived key: the same text gives unrelated bytes."""
    key_ring = KeyRing([make_key()])

    assert key_ring.sign(b"a@b.c").hex()[:32] != key_ring.digest("a@b.c")
    assert key_ring.digest("a@b.c") == key_ring.digest("a@b.c") != key_ring.digest("a@b.d")
    assert key_ring.digest("\ud800")


@pytest.mark.parametrize("key", ["", " ", "short", "ключ", "A" * 44, "x" * 43 + "!"])
def test_what_is_no_key_is_explained(key: str) -> None:
    """The text says how to make a key, and never repeats what was given."""
    with pytest.raises(ConfigError, match="SAPP_SECRET_KEYS") as caught:
        KeyRing([key])

    assert "sapp_bot key" in str(caught.value)
    assert len(key) < 5 or key not in str(caught.value)


def test_a_ring_without_keys_is_explained() -> None:
    """The text names the setting and says how to make a key."""
    with pytest.raises(ConfigError, match=r"SAPP_SECRET_KEYS is not set.*sapp_bot key"):
        KeyRing([])


def test_the_ring_does_not_show_its_keys() -> None:
    """Neither `repr` nor `str` gives a key away."""
    key = make_key()

    assert key not in f"{KeyRing([key])!r}{KeyRing([key])}"
