"""A button's data tells what kind of message it hangs under, and nobody can change that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sapp_bot.host.authoring.button_codec import (
    ButtonCodec,
    ButtonOutdated,
    ButtonOwner,
    is_under_picture,
)
from sapp_bot.host.authoring.buttons import Button
from sapp_bot.store import KeyRing, make_key

NOW = datetime(2026, 11, 30, tzinfo=UTC)
OWNER = ButtonOwner(1, 2, 3)


class Go(Button):
    """A button."""

    to: int


Go.bind("test")
KNOWN: dict[bytes, type[Button]] = {Go.route: Go}
CODEC = ButtonCodec(KeyRing([make_key()]))


@pytest.mark.parametrize("under_picture", [False, True])
def test_the_mark_comes_back(*, under_picture: bool) -> None:
    """It takes no room, and the button is read as before."""
    data = CODEC.data(Go(to=7), OWNER, NOW, under_picture=under_picture)

    assert CODEC.read(data, KNOWN, OWNER, NOW) == Go(to=7)
    assert is_under_picture(data) is under_picture
    assert len(data) == len(CODEC.data(Go(to=7), OWNER, NOW))


@pytest.mark.parametrize("under_picture", [False, True])
def test_the_mark_leaves_the_age_alone(*, under_picture: bool) -> None:
    """Seven days, under a picture too."""
    data = CODEC.data(Go(to=7), OWNER, NOW, under_picture=under_picture)
    CODEC.read(data, KNOWN, OWNER, NOW + timedelta(days=7))

    with pytest.raises(ButtonOutdated):
        CODEC.read(data, KNOWN, OWNER, NOW + timedelta(days=7, hours=1))


def test_the_mark_is_covered_by_the_signature() -> None:
    """Who turns a text's button into a picture's has a forged one."""
    data = bytearray(CODEC.data(Go(to=7), OWNER, NOW))
    data[4] ^= 0x80

    with pytest.raises(ButtonOutdated):
        CODEC.read(bytes(data), KNOWN, OWNER, NOW)
