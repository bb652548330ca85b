"""Makes texts fit for Telegram's wire."""

from __future__ import annotations

import re

_SURROGATE = re.compile("[\ud800-\udfff]")


def wire_text(text: str) -> str:
    """Return a text with each lone surrogate replaced by U+FFFD, as UTF-8 cannot encode it.

    The length in UTF-16 code units stays, so entity offsets remain right.
    """
    return _SURROGATE.sub("\ufffd", text)
